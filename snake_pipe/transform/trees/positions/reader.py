"""Where nodes stand: one reader for each way in which dialects write positions.

A reader takes the nodes of one document in preorder, a chunk at a time, and gives six rows of numbers, one
entry a node: offsets, lines, and columns from 0, ends exclusive. What is out of range means unknown;
`finish` makes the columns of many documents of them. `point` gives line and column of one node, for the
places of names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from snake_pipe.transform.dialects.places import Places
from snake_pipe.transform.trees.positions.clang import ClangPositions
from snake_pipe.transform.trees.positions.last_token import LastTokenPositions
from snake_pipe.transform.trees.positions.numbers import numbers
from snake_pipe.transform.trees.positions.places import PlacesReader, SrcPositions
from snake_pipe.transform.trees.positions.tokens import TokenPositions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from snake_pipe.transform.trees.positions.numbers import Plan

Node = dict[str, Any]
Point = tuple[int | None, int | None]
Table = Any
"""An int64 array of six rows: start_offset, end_offset, start_line, start_col, end_line, end_col."""
_LINE_MAX = 2**31 - 1
_OFFSET_MAX = 2**63 - 1
_LARGEST = (_OFFSET_MAX, _OFFSET_MAX, _LINE_MAX, _LINE_MAX - 1, _LINE_MAX, _LINE_MAX - 1)
_LINES, _COLUMNS = (2, 4), (3, 5)
"""Which of the six are lines, and which columns."""


class PositionReader(Protocol):
    """Reads the positions of the nodes of one document."""

    def spans(self, nodes: Sequence[Node]) -> Table:
        """The numbers of the next nodes; called before their `point`."""
        ...

    def point(self, node: Node) -> Point:
        """Line and column, from 1, of the start of a node (of the name, where the dialect tells)."""
        ...

    def lines(self, first: Node, last: Node) -> Point | None:
        """The line where the first node begins and the one where the last ends.

        None where that will be known only when the rest of the document was read.
        """
        ...


def finish(tables: Sequence[Table]) -> tuple[NDArray[np.int64], ...]:
    """The six columns of documents: offsets from 0, else -1; lines and columns from 1, else 0."""
    columns = []
    for index, largest in enumerate(_LARGEST):
        column = np.concatenate([table[index] for table in tables])
        missing = 0 if index in _LINES else -1
        if len(column) and (int(column.max()) > largest or int(column.min()) < missing):
            column = np.where((column > largest) | (column < 0), missing, column)
        if index in _COLUMNS:
            column += 1
        columns.append(column)
    return tuple(columns)


def _unknown(count: int) -> Table:
    return np.full((6, count), -1, np.int64)


def _count(value: Any, base: int) -> int | None:
    if value.__class__ is int and 1 - base <= value < _LINE_MAX:
        return int(value) + base
    return None


_START_AND_END: Plan = (("start", 0), ("end", 1))
_RANGE: Plan = (("range", ((0, 0), (1, 1))),)
_LOC: Plan = (("loc", (("start", (("line", 2), ("column", 3))), ("end", (("line", 4), ("column", 5))))),)
_LINES_AND_COLUMNS: Plan = (("lineno", 2), ("col_offset", 3), ("end_lineno", 4), ("end_col_offset", 5))


class LocPositions:
    """JavaScript's tools: `start`/`end` or `range` as offsets, `loc` with line from 1 and column from 0.

    Offsets are read as the first nodes have them: parsers write what they were asked for. Where `locations`
    were cut out of the text, `loc` is the number of one.
    """

    def __init__(self, locations: NDArray[np.int32] | None = None) -> None:
        self._locations = locations
        self._plan: Plan | None = None

    def spans(self, nodes: Sequence[Node]) -> Table:
        """See `PositionReader`."""
        if self._plan is None:
            self._plan = _loc_plan(nodes[:20])
        if self._locations is None:
            return numbers(nodes, self._plan, 6)
        table = numbers(nodes, (*self._plan, ("loc", 6)), 7)
        cut = np.flatnonzero(table[6] >= 0)
        table[2:6, cut] = self._locations[table[6, cut]].T
        return table[:6]

    def point(self, node: Node) -> Point:
        """See `PositionReader`."""
        loc = node.get("loc")
        if loc.__class__ is int and self._locations is not None:
            return _count(self._locations.item(loc, 0), 0), _count(self._locations.item(loc, 1), 1)
        start = loc.get("start") if loc.__class__ is dict else None
        if start.__class__ is not dict:
            return None, None
        return _count(start.get("line"), 0), _count(start.get("column"), 1)

    def lines(self, first: Node, last: Node) -> Point:
        """See `PositionReader`."""
        loc = last.get("loc")
        if loc.__class__ is int and self._locations is not None:
            return self.point(first)[0], _count(self._locations.item(loc, 2), 0)
        end = loc.get("end") if loc.__class__ is dict else None
        return self.point(first)[0], _count(end.get("line"), 0) if end.__class__ is dict else None


def _loc_plan(sample: Sequence[Node]) -> Plan:
    plan: Plan = ()
    if any(node.get("start").__class__ is int for node in sample):
        plan += _START_AND_END
    elif any(node.get("range").__class__ is list for node in sample):
        plan += _RANGE
    return plan + _LOC


class LinePositions:
    """Python's `ast`: `lineno` from 1, `col_offset` from 0 in bytes; the same field names elsewhere."""

    def spans(self, nodes: Sequence[Node]) -> Table:
        """See `PositionReader`. A third of the nodes (contexts, operators) stand nowhere."""
        return numbers(nodes, _LINES_AND_COLUMNS, 6)

    def point(self, node: Node) -> Point:
        """See `PositionReader`."""
        return _count(node.get("lineno"), 0), _count(node.get("col_offset"), 1)

    def lines(self, first: Node, last: Node) -> Point:
        """See `PositionReader`."""
        return _count(first.get("lineno"), 0), _count(last.get("end_lineno"), 0)


class NoPositions:
    """Trees that do not say where they stand."""

    def spans(self, nodes: Sequence[Node]) -> Table:
        """See `PositionReader`."""
        return _unknown(len(nodes))

    def point(self, node: Node) -> Point:  # noqa: ARG002 (the protocol's)
        """See `PositionReader`."""
        return None, None

    def lines(self, first: Node, last: Node) -> Point:  # noqa: ARG002 (the protocol's)
        """See `PositionReader`."""
        return None, None


def open_reader(positions: str | Places | Sequence[Places]) -> PositionReader:
    """The reader for what a dialect says of its positions, for one document."""
    if isinstance(positions, str):
        return READERS[positions]()
    return PlacesReader([positions] if isinstance(positions, Places) else positions)


READERS: dict[str, Callable[[], PositionReader]] = {
    "clang": ClangPositions,
    "line": LinePositions,
    "loc": LocPositions,
    "none": NoPositions,
    "src": SrcPositions,
    "swift": LastTokenPositions,
    "tokens": TokenPositions,
}
"""The words a dialect may use for its `positions`."""
