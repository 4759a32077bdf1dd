"""Readers of positions under keys that are always the same: JavaScript's `loc`, Python's `lineno`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snake_pipe.transform.trees.positions.numbers import numbers
from snake_pipe.transform.trees.positions.reader import LINE_MAX, PlannedReader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from snake_pipe.transform.dialects.dialect import Node
    from snake_pipe.transform.trees.positions.numbers import Plan
    from snake_pipe.transform.trees.positions.reader import Picked, Point, Table

_START_AND_END: Plan = (("start", 0), ("end", 1))
_RANGE: Plan = (("range", ((0, 0), (1, 1))),)
_RANGE_BESIDE: Plan = (("range", ((0, 6), (1, 7))),)
"""The same in columns of its own."""
_LOC: Plan = (("loc", (("start", (("line", 2), ("column", 3))), ("end", (("line", 4), ("column", 5))))),)
_LINES_AND_COLUMNS: Plan = (("lineno", 2), ("col_offset", 3), ("end_lineno", 4), ("end_col_offset", 5))
_SAMPLE = 20
"""The first nodes, which show what all of them have."""


class LocPositions(PlannedReader):
    """JavaScript's tools: `start`/`end` or `range` as offsets, `loc` with line from 1 and column from 0.

    Offsets are read as the first nodes have them: parsers write what they were asked for.
    """

    plan = (*_START_AND_END, *_RANGE_BESIDE, *_LOC)
    columns = 8
    lines_are_read = True

    def __init__(self) -> None:
        self._plan: Plan = ()

    def picked(self, found: Picked) -> Table:
        """See `PlannedReader`."""
        table = super().picked(found)
        if not self._plan:
            self.sample(found.head)
        if _RANGE[0] in self._plan:
            table[:2] = table[6:]
        elif _START_AND_END[0] not in self._plan:
            table[:2] = -1
        return table[:6]

    def spans(self, nodes: Sequence[Node]) -> Table:
        """See `PositionReader`."""
        if not self._plan:
            self.sample(nodes)
        return numbers(nodes, self._plan, 6)

    def sample(self, nodes: Sequence[Node]) -> None:
        """See `PositionReader`."""
        self._plan = _loc_plan(nodes[:_SAMPLE])

    def point(self, node: Node) -> Point:
        """See `PositionReader`."""
        if self.lines_of is not None and type(node) is not dict:
            line, column, _ = self.lines_of(node)
            return line if 0 < line < LINE_MAX else None, column + 1 if 0 <= column < LINE_MAX else None
        loc = node.get("loc")
        start = loc.get("start") if loc.__class__ is dict else None
        if start.__class__ is not dict:
            return None, None
        return _count(start.get("line"), 0), _count(start.get("column"), 1)

    def lines(self, first: Node, last: Node) -> Point:
        """See `PositionReader`."""
        begin = self.point(first)[0]
        if self.lines_of is not None and type(last) is not dict:
            return begin, _count(self.lines_of(last)[2], 0)
        loc = last.get("loc")
        end = loc.get("end") if loc.__class__ is dict else None
        return begin, _count(end.get("line"), 0) if end.__class__ is dict else None


def _loc_plan(sample: Sequence[Node]) -> Plan:
    plan: Plan = ()
    if any(node.get("start").__class__ is int for node in sample):
        plan += _START_AND_END
    elif any(node.get("range").__class__ is list for node in sample):
        plan += _RANGE
    return plan + _LOC


class LinePositions(PlannedReader):
    """Python's `ast`: `lineno` from 1, `col_offset` from 0 in bytes; the same field names elsewhere."""

    plan = _LINES_AND_COLUMNS
    lines_are_read = True

    def spans(self, nodes: Sequence[Node]) -> Table:
        """See `PositionReader`. A third of the nodes (contexts, operators) stand nowhere."""
        return numbers(nodes, _LINES_AND_COLUMNS, 6)

    def point(self, node: Node) -> Point:
        """See `PositionReader`."""
        return _count(node.get("lineno"), 0), _count(node.get("col_offset"), 1)

    def lines(self, first: Node, last: Node) -> Point:
        """See `PositionReader`."""
        return _count(first.get("lineno"), 0), _count(last.get("end_lineno"), 0)


def _count(value: Any, base: int) -> int | None:
    if value.__class__ is int and 1 - base <= value < LINE_MAX:
        return int(value) + base
    return None
