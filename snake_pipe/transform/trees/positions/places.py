"""Positions by the paths of a dialect's `Places`: one reader for all that keep them in plain keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from snake_pipe.transform.trees.positions.numbers import numbers
from snake_pipe.transform.trees.positions.reader import LINE_MAX, OFFSET_MAX, PlannedReader, PositionReader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from snake_pipe.transform.dialects.dialect import Node
    from snake_pipe.transform.dialects.places import Places
    from snake_pipe.transform.trees.positions.numbers import Plan
    from snake_pipe.transform.trees.positions.reader import Picked, Point, Table

Path = tuple[str | int, ...]
_START_LINE, _START_COL, _END_LINE = 2, 3, 4
_NOT_EXACT = (KeyError, IndexError, TypeError, ValueError, OverflowError)


class PlacesReader(PlannedReader):
    """For one document of a dialect with `Places`.

    Nodes of one dialect may be placed in several ways; where a node says a number twice the last one counts.
    """

    def __init__(self, ways: Sequence[Places]) -> None:
        self._ways = [tuple(zip(map(_steps, way.paths), _shifts(way), strict=True)) for way in ways]
        self._lengths = [_steps(way.length) for way in ways if way.length]
        paths = [path for way in self._ways for path, _ in way if path] + self._lengths
        self._columns = {path: column for column, path in enumerate(dict.fromkeys(paths))}
        self.columns = len(self._columns)
        self.plan = _plan(list(self._columns.items()))

    def spans(self, nodes: Sequence[Node]) -> Table:
        """See `PositionReader`."""
        assert self.plan is not None
        return self._placed(numbers(nodes, self.plan, self.columns))

    def picked(self, found: Picked) -> Table:
        """See `PlannedReader`."""
        return self._placed(found.table)

    def _placed(self, found: Table) -> Table:
        """The six numbers of each node, of those that its ways have."""
        table = np.full((6, found.shape[1]), -1, np.int64)
        for way in self._ways:
            for index, (path, shift) in enumerate(way):
                if path:
                    column = found[self._columns[path]]
                    shifted = np.where(column < OFFSET_MAX, column + shift, column) if shift else column
                    np.copyto(table[index], shifted, where=column >= 0)
        for path in self._lengths:
            lengths = found[self._columns[path]]
            known = (lengths >= 0) & (table[0] >= 0) & (table[0] <= OFFSET_MAX - lengths)
            np.copyto(table[1], table[0] + lengths, where=known)
        return table

    def point(self, node: Node) -> Point:
        """See `PositionReader`."""
        return self._number(node, _START_LINE), self._number(node, _START_COL, base=1)

    def lines(self, first: Node, last: Node) -> Point:
        """See `PositionReader`."""
        return self._number(first, _START_LINE), self._number(last, _END_LINE)

    def _number(self, node: Node, index: int, base: int = 0) -> int | None:
        for way in self._ways:
            path, shift = way[index]
            number = _number(node, path) if path else None
            if number is not None:
                number += shift + base
                return number if 0 < number < LINE_MAX else None
        return None


class SrcPositions(PositionReader):
    """solc: `src` is `start:length:file`, all three -1 for what stands nowhere."""

    def spans(self, nodes: Sequence[Node]) -> Table:
        """See `PositionReader`."""
        table = np.full((6, len(nodes)), -1, np.int64)
        try:
            numbers = np.fromiter(map(int, ":".join([node["src"] for node in nodes]).split(":")), np.int64)
            parts = numbers.reshape(-1, 3)
        except _NOT_EXACT:
            parts = np.array([_src(node.get("src")) for node in nodes], np.int64).reshape(-1, 2)
        starts, lengths = parts.T[0], parts.T[1]
        placed = (starts >= 0) & (lengths >= 0) & (starts <= OFFSET_MAX - lengths)
        table[0] = np.where(placed, starts, -1)
        table[1] = np.where(placed, starts + lengths, -1)
        return table


def _src(written: Any) -> tuple[int, int]:
    parts: list[str] = written.split(":") if written.__class__ is str else []
    if len(parts) not in (2, 3) or not all(part.isdecimal() and len(part) < 19 for part in parts[:2]):
        return -1, -1
    return int(parts[0]), int(parts[1])


def _steps(path: str) -> Path:
    return tuple(int(step) if step.isdigit() else step for step in path.split(".")) if path else ()


def _shifts(places: Places) -> tuple[int, ...]:
    """What is to be added to each number: lines from 1, columns and offsets from 0, ends exclusive."""
    line, column = 1 - places.first_line, -places.first_column
    return (
        0,
        int("offset" in places.ends_on_last),
        line,
        column,
        line,
        column + int("column" in places.ends_on_last),
    )


def _plan(paths: list[tuple[Path, int]]) -> Plan:
    """Paths to columns as a plan (`positions.numbers`), with each key once."""
    below: dict[str | int, list[tuple[Path, int]]] = {}
    for path, column in paths:
        below.setdefault(path[0], []).append((path[1:], column))
    return tuple((key, inner[0][1] if not inner[0][0] else _plan(inner)) for key, inner in below.items())


def _number(node: Node, path: Path) -> int | None:
    """The number at the path; None where there is none, or one that no column can hold."""
    value: Any = node
    for step in path:
        if value.__class__ is dict:
            value = value.get(step)
        elif value.__class__ is list and step.__class__ is int and len(value) > step:
            value = value[step]
        else:
            return None
    return value if value.__class__ is int and -1 <= value <= OFFSET_MAX else None
