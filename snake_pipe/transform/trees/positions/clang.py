"""Where clang's nodes stand: its locations leave out what the one printed before them has said."""

from __future__ import annotations

from bisect import bisect_right
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from snake_pipe.transform.trees.positions.reader import LINE_MAX, PlannedReader

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from snake_pipe.transform.dialects.dialect import Node
    from snake_pipe.transform.trees.positions.reader import Context, Picked, Point, Table

_Place = tuple[int, int, int, int, bool]
"""Offset, line, column, token length, and whether it is in the main file."""
_NOWHERE = (-1, -1, 0, -1, 0, -1, 0, -1, 0)
"""What is read of a node: the six of a `Table`, line and column of its name, whether it is in the main file.

A column below 0 is that of a node that stands nowhere.
"""
_FIRST_LINE, _LAST_LINE, _NAME_LINE, _NAME_COL, _IN_MAIN = 2, 4, 6, 7, 8


class _Lines(NamedTuple):
    """Where a node's name stands, and the lines it begins and ends on."""

    line: int
    col: int
    first: int
    last: int


class ClangPositions(PlannedReader):
    """Offset, line, column and token length; ends are the last token's start.

    A line or a file is printed only where it differs from the one printed before, so all locations are
    followed in the order of printing, those of macro arguments (`spellingLoc`) included. A location in a
    macro stands where the macro was used (`expansionLoc`). A place without `includedFrom` is in the main
    file; `main_file` is its name once it was printed.
    """

    plan = None
    columns = len(_NOWHERE)
    follows = True

    def __init__(self) -> None:
        self._in_main: list[bool] = []
        self.in_main = self._in_main
        self._row_of: Callable[[Node], int] | None = None
        self._rows: dict[int, int] = {}
        self._tables: list[Table] = []
        self._begins: list[int] = []
        self._pinned: dict[int, _Lines] = {}
        self._file: str | None = None
        self._line = 0

    def spans(self, nodes: Sequence[Node]) -> Table:
        """See `PositionReader`."""
        table = self._read(nodes)
        begin = len(self._in_main)
        self._begins.append(begin)
        self._tables.append(table)
        self._rows.update(zip(map(id, nodes), count(begin), strict=False))
        self._in_main += (table[_IN_MAIN] == 1).tolist()
        return table[:_NAME_LINE]

    def picked(self, found: Picked) -> Table:
        """See `PlannedReader`."""
        self._begins, self._tables = [0], [found.table]
        self.in_main = found.table[_IN_MAIN] == 1
        self.main_file, self._row_of = found.main_file, found.row_of
        return found.table[:_NAME_LINE]

    def point(self, node: Node) -> Point:
        """See `PositionReader`: a declaration's `loc` is the place of its name."""
        lines = self._lines(node)
        return (None, None) if lines is None else lines[:2]

    def lines(self, first: Node, last: Node) -> Point | None:
        """See `PositionReader`."""
        end = self._lines(last)
        if end is None:
            return None
        begin = self._lines(first)
        return begin and begin.first, end.last

    def begin_piece(self) -> None:
        """See `PositionReader`."""
        self._rows, self._tables, self._begins, self._in_main = {}, [], [], []
        self.in_main = self._in_main

    def pin(self, node: Node) -> None:
        """Read the places of a node that comes next, and write them so that they rely on nothing before.

        They are remembered beyond the piece, so the node has to live as long as the reader.
        """
        places: dict[str, _Place] = {}
        for holder, key in ((node, "loc"), (node.get("range"), "begin"), (node.get("range"), "end")):
            if holder.__class__ is dict and (place := self._place(holder.get(key))) is not None:
                places[key] = place
                offset, line, col, length, in_main = place
                holder[key] = {"offset": offset, "line": line, "col": col, "tokLen": length}
                if not in_main:
                    holder[key]["includedFrom"] = {}
        first = places.get("begin") or places.get("loc")
        if first is not None:
            name, last = places.get("loc") or first, places.get("end") or first
            self._pinned[id(node)] = _Lines(name[1], name[2], first[1], last[1])

    @property
    def context(self) -> Context:
        """File and line of the location read last."""
        return self._file, self._line

    @context.setter
    def context(self, context: Context) -> None:
        self._file, self._line = context

    def _lines(self, node: Node) -> _Lines | None:
        """What is known of a node that was read; None where it stands nowhere."""
        row = self._rows.get(id(node), -1) if self._row_of is None else self._row_of(node)
        if row < 0:
            return self._pinned.get(id(node))
        index = bisect_right(self._begins, row) - 1
        cells = self._tables[index][:, row - self._begins[index]].tolist()
        if cells[_NAME_COL] < 0:
            return None
        return _Lines(cells[_NAME_LINE], cells[_NAME_COL], cells[_FIRST_LINE], cells[_LAST_LINE])

    def _read(self, nodes: Sequence[Node]) -> Table:
        rows: list[int] = []
        place = self._place
        for node in nodes:
            named = place(node.get("loc"))
            span = node.get("range")
            if span.__class__ is dict:
                begin, end = place(span.get("begin")), place(span.get("end"))
            else:
                begin = end = named
            first = begin or named
            if first is None:
                rows += _NOWHERE
                continue
            offset, line, col, _, in_main = first
            last_offset, last_line, last_col, length, _ = end or first
            _, name_line, name_col, _, _ = named or first
            rows += (offset, last_offset + length, line, col - 1, last_line, last_col + length - 1)
            rows += (name_line, name_col, in_main)
        return np.array(rows, np.int64).reshape(-1, len(_NOWHERE)).T

    def _place(self, location: Any) -> _Place | None:
        """The place that a location gives; None where there is no location."""
        if not location or location.__class__ is not dict:
            return None
        expansion = location.get("expansionLoc")
        if expansion.__class__ is dict:
            main_file = self.main_file
            self._own_place(location.get("spellingLoc"))
            self.main_file = main_file  # a macro may be spelled on the command line
            location = expansion
        return self._own_place(location)

    def _own_place(self, location: Any) -> _Place | None:
        """That of a location outside of macros."""
        if not location or location.__class__ is not dict:
            return None
        if "line" in location:
            line = location["line"]
            if line.__class__ is int and 0 <= line <= LINE_MAX:
                self._line = line
        if "file" in location and location["file"].__class__ is str:
            self._file = location["file"]
        offset: Any = location.get("offset")
        col: Any = location.get("col")
        length: Any = location.get("tokLen", 0)
        if not offset.__class__ is col.__class__ is length.__class__ is int:
            return None
        if not 0 <= offset | col | length <= LINE_MAX:  # of none is below 0 or above
            return None
        in_main = "includedFrom" not in location
        if in_main and self.main_file is None:
            self.main_file = self._file
        return offset, self._line, col, length, in_main
