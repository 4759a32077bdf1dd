"""Numbers out of many nodes at once, by a plan of where they stand in each → columns."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np

from snake_pipe.transform.native.compiled import LOOPS
from snake_pipe.transform.trees.positions.reader import OFFSET_MAX

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from snake_pipe.transform.dialects.dialect import Node

Plan = tuple[tuple[str | int, Any], ...]
"""`((key, column), (key, plan), ...)`: what stands under a key (a number is an index into a list)."""


def numbers(nodes: Sequence[Node], plan: Plan, columns: int) -> NDArray[np.int64]:
    """A table of so many rows, one entry a node: the integers from 0 that the plan finds, -1 for others."""
    if LOOPS is not None:
        found = LOOPS.numbers(list(nodes), plan, columns)
        return np.frombuffer(found, np.int64).reshape(columns, len(nodes))
    table = np.full((columns, len(nodes)), -1, np.int64)
    _read(list(nodes), np.arange(len(nodes)), plan, table)
    return table


def _read(holders: list[Any], rows: NDArray[np.int64], plan: Plan, table: NDArray[np.int64]) -> None:
    """Read what the plan wants from holders, of which each belongs to a row of its own."""
    for key, target in plan:
        values, at = _under(key, holders, rows)
        if isinstance(target, tuple):
            _read(values, at, target, table)
            continue
        if set(map(type, values)) <= {int}:
            try:
                table[target, at] = np.maximum(np.fromiter(values, np.int64, len(values)), -1)
                continue
            except OverflowError:
                pass
        table[target, at] = [v if v.__class__ is int and 0 <= v <= OFFSET_MAX else -1 for v in values]


def _under(
    key: str | int, holders: list[Any], rows: NDArray[np.int64]
) -> tuple[list[Any], NDArray[np.int64]]:
    """What holders have under a key, and the rows of those that have something there."""
    try:
        return list(map(itemgetter(key), holders)), rows
    except (KeyError, IndexError, TypeError):
        there = [index for index, holder in enumerate(holders) if _has(holder, key)]
        return [holders[index][key] for index in there], rows[there]


def _has(holder: Any, key: str | int) -> bool:
    if isinstance(key, int):
        return isinstance(holder, list) and len(holder) > key
    return isinstance(holder, dict) and key in holder
