"""Where nodes stand: one reader for each way in which dialects write positions.

A reader takes all nodes of one document in preorder and gives six columns, one entry a node: offsets
from 0, lines and columns from 1, ends exclusive. Zero (for offsets: a negative number) means unknown.
`point` gives line and column of one node, for the places of names.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, compress
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

Node = dict[str, Any]
Point = tuple[int | None, int | None]
_LINE_MAX = 2**31 - 1
_OFFSET_MAX = 2**63 - 1


@dataclass(slots=True)
class Spans:
    """Six int64 columns: start_offset, end_offset, start_line, start_col, end_line, end_col."""

    columns: tuple[NDArray[np.int64], ...]


class PositionReader(Protocol):
    """Reads the positions of the nodes of one document."""

    def spans(self, nodes: Sequence[Node]) -> Spans:
        """The columns of all nodes; called once, before `point`."""
        ...

    def point(self, node: Node) -> Point:
        """Line and column, from 1, of the start of a node (of the name, where the dialect tells)."""
        ...

    def lines(self, first: Node, last: Node) -> Point:
        """The line where the first node begins and the one where the last ends."""
        ...


def _column(values: list[Any], missing: int, largest: int) -> NDArray[np.int64]:
    """Integers as a column; what is none, is negative or too large is `missing`."""
    try:
        column = np.fromiter(values, np.int64, len(values))
    except (TypeError, ValueError, OverflowError):
        column = np.fromiter(
            (v if v.__class__ is int and 0 <= v <= largest else missing for v in values),
            np.int64,
            len(values),
        )
    if len(column) and (int(column.max()) > largest or int(column.min()) < missing):
        column = np.where((column > largest) | (column < 0), missing, column)
    return column


def _unknown(count: int, missing: int = 0) -> NDArray[np.int64]:
    return np.full(count, missing, np.int64)


def _lines(values: list[Any]) -> NDArray[np.int64]:
    return _column(values, 0, _LINE_MAX)


def _offsets(values: list[Any]) -> NDArray[np.int64]:
    return _column(values, -1, _OFFSET_MAX)


def _columns_from_zero(values: list[Any]) -> NDArray[np.int64]:
    """Columns that count from 0, made to count from 1; -1 means unknown."""
    return _column(values, -1, _LINE_MAX - 1) + 1


def _count(value: Any, base: int) -> int | None:
    if value.__class__ is int and 1 - base <= value < _LINE_MAX:
        return int(value) + base
    return None


_NO_POINT: Node = {}


_LOC = itemgetter("loc")
_START, _END = itemgetter("start"), itemgetter("end")
_PARTS = (itemgetter("line"), itemgetter("column"))


class LocPositions:
    """JavaScript's tools: `start`/`end` or `range` as offsets, `loc` with line from 1 and column from 0.

    Each part is read where the document has it: parsers write what they were asked for.
    """

    def spans(self, nodes: Sequence[Node]) -> Spans:
        """See `PositionReader`."""
        return Spans((*self._offset_columns(nodes), *self._loc_columns(nodes)))

    def point(self, node: Node) -> Point:
        """See `PositionReader`."""
        loc = node.get("loc")
        start = loc.get("start") if loc.__class__ is dict else None
        if start.__class__ is not dict:
            return None, None
        return _count(start.get("line"), 0), _count(start.get("column"), 1)

    def lines(self, first: Node, last: Node) -> Point:
        """See `PositionReader`."""
        loc = last.get("loc")
        end = loc.get("end") if loc.__class__ is dict else None
        return self.point(first)[0], _count(end.get("line"), 0) if end.__class__ is dict else None

    def _offset_columns(self, nodes: Sequence[Node]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        sample = nodes[:20]
        if any(node.get("start").__class__ is int for node in sample):
            try:
                return _offsets(list(map(_START, nodes))), _offsets(list(map(_END, nodes)))
            except KeyError:
                pass
            return _offsets([d.get("start", -1) for d in nodes]), _offsets([d.get("end", -1) for d in nodes])
        if any(node.get("range").__class__ is list for node in sample):
            return _pairs([d.get("range") for d in nodes])
        return _unknown(len(nodes), -1), _unknown(len(nodes), -1)

    def _loc_columns(self, nodes: Sequence[Node]) -> tuple[NDArray[np.int64], ...]:
        n = len(nodes)
        if not any("loc" in node for node in nodes[:20]):
            return tuple(_unknown(n) for _ in range(4))
        try:
            locs = list(map(_LOC, nodes))
            starts, ends = list(map(_START, locs)), list(map(_END, locs))
            lines = [
                np.fromiter(map(part, points), np.int64, n) for points in (starts, ends) for part in _PARTS
            ]
            if (
                min(int(c.min(initial=0)) for c in lines) >= 0
                and max(int(c.max(initial=0)) for c in lines) < _LINE_MAX
            ):
                lines[1] += 1
                lines[3] += 1
                return tuple(lines)
        except (KeyError, TypeError, ValueError, OverflowError):
            pass
        starts, ends = [], []
        for node in nodes:
            loc = node.get("loc")
            start, end = (loc.get("start"), loc.get("end")) if loc.__class__ is dict else (None, None)
            starts.append(start if start.__class__ is dict else _NO_POINT)
            ends.append(end if end.__class__ is dict else _NO_POINT)
        return (
            _lines([p.get("line", 0) for p in starts]),
            _columns_from_zero([p.get("column", -1) for p in starts]),
            _lines([p.get("line", 0) for p in ends]),
            _columns_from_zero([p.get("column", -1) for p in ends]),
        )


def _pairs(pairs: list[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Columns of `[start, end]` pairs."""
    try:
        both = np.fromiter(chain.from_iterable(pairs), np.int64)
        exact = len(both) == 2 * len(pairs) and set(map(len, pairs)) == {2} and int(both.min()) >= 0
    except (TypeError, ValueError, OverflowError):
        exact = False
    if exact:
        return both[0::2], both[1::2]
    known = [pair if pair.__class__ is list and len(pair) == 2 else (-1, -1) for pair in pairs]
    return _offsets([pair[0] for pair in known]), _offsets([pair[1] for pair in known])


_LINE_KEYS = tuple(map(itemgetter, ("lineno", "col_offset", "end_lineno", "end_col_offset")))
_COLUMN_KEYS = _LINE_KEYS[1::2]


class LinePositions:
    """Python's `ast`: `lineno` from 1, `col_offset` from 0 in bytes; the same field names elsewhere."""

    def spans(self, nodes: Sequence[Node]) -> Spans:
        """See `PositionReader`. A third of the nodes (contexts, operators) stand nowhere."""
        n = len(nodes)
        placed = np.fromiter(["lineno" in node for node in nodes], np.bool_, n)
        rows = np.flatnonzero(placed)
        there = list(compress(nodes, placed.tolist()))
        columns = []
        try:
            for key in _LINE_KEYS:
                values = np.fromiter(map(key, there), np.int64, len(there))
                if len(there) and not 0 <= int(values.min()) <= int(values.max()) < _LINE_MAX:
                    raise ValueError  # noqa: TRY301 (to the careful way below)
                column = _unknown(n)
                column[rows] = values + 1 if key in _COLUMN_KEYS else values
                columns.append(column)
            return Spans((_unknown(n, -1), _unknown(n, -1), *columns))
        except (KeyError, TypeError, ValueError, OverflowError):
            pass
        return Spans(
            (
                _unknown(n, -1),
                _unknown(n, -1),
                _lines([d.get("lineno", 0) for d in nodes]),
                _columns_from_zero([d.get("col_offset", -1) for d in nodes]),
                _lines([d.get("end_lineno", 0) for d in nodes]),
                _columns_from_zero([d.get("end_col_offset", -1) for d in nodes]),
            )
        )

    def point(self, node: Node) -> Point:
        """See `PositionReader`."""
        return _count(node.get("lineno"), 0), _count(node.get("col_offset"), 1)

    def lines(self, first: Node, last: Node) -> Point:
        """See `PositionReader`."""
        return _count(first.get("lineno"), 0), _count(last.get("end_lineno"), 0)


class ClangPositions:
    """clang: offset, line, column and token length of a token; ends are the start of the last token.

    A line or a file is printed only where it differs from the one printed before, so all locations are
    followed in the order of printing, those of macro arguments (`spellingLoc`) included. A location in a
    macro stands where the macro was used (`expansionLoc`). A place without `includedFrom` is in the main
    file; `main_file` is its name once it was printed.
    """

    def __init__(self) -> None:
        self.main_file: str | None = None
        self.in_main: NDArray[np.bool_] = np.zeros(0, np.bool_)
        self._names: dict[int, Point] = {}
        self._lines: dict[int, Point] = {}
        self._file: str | None = None
        self._line = 0

    def spans(self, nodes: Sequence[Node]) -> Spans:
        """See `PositionReader`."""
        rows: list[int] = []
        in_main: list[bool] = []
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
                rows += (-1, -1, 0, 0, 0, 0)
                in_main.append(False)
                continue
            last = end or first
            name = named or first
            self._names[id(node)] = name[1], name[2]
            self._lines[id(node)] = first[1], last[1]
            rows += (first[0], last[0] + last[3], first[1], first[2], last[1], last[2] + last[3])
            in_main.append(first[4])
        self.in_main = np.array(in_main, np.bool_)
        table = np.array(rows, np.int64).reshape(-1, 6)
        return Spans(tuple(np.ascontiguousarray(table[:, i]) for i in range(6)))

    def point(self, node: Node) -> Point:
        """See `PositionReader`: a declaration's `loc` is the place of its name."""
        return self._names.get(id(node), (None, None))

    def lines(self, first: Node, last: Node) -> Point:
        """See `PositionReader`."""
        return self._lines.get(id(first), (None, None))[0], self._lines.get(id(last), (None, None))[1]

    def _place(self, location: Any) -> tuple[int, int, int, int, bool] | None:
        """offset, line, column, token length, in the main file; None where there is no location."""
        if location.__class__ is not dict or not location:
            return None
        expansion = location.get("expansionLoc")
        if expansion.__class__ is dict:
            main_file = self.main_file
            self._place(location.get("spellingLoc"))
            self.main_file = main_file  # a macro may be spelled on the command line
            return self._place(expansion)
        offset: Any = location.get("offset")
        col: Any = location.get("col")
        length: Any = location.get("tokLen", 0)
        file, line = location.get("file"), location.get("line")
        if file.__class__ is str:
            self._file = file
        if line.__class__ is int and 0 <= line <= _LINE_MAX:
            self._line = line
        if not (_is_offset(offset) and _is_offset(col) and _is_offset(length)):
            return None
        in_main = "includedFrom" not in location
        if in_main and self.main_file is None:
            self.main_file = self._file
        return offset, self._line, col, length, in_main


def _is_offset(value: Any) -> bool:
    return value.__class__ is int and 0 <= value < _LINE_MAX


class NoPositions:
    """Trees that do not say where they stand."""

    def spans(self, nodes: Sequence[Node]) -> Spans:
        """See `PositionReader`."""
        n = len(nodes)
        return Spans((_unknown(n, -1), _unknown(n, -1), *(_unknown(n) for _ in range(4))))

    def point(self, node: Node) -> Point:  # noqa: ARG002 (the protocol's)
        """See `PositionReader`."""
        return None, None

    def lines(self, first: Node, last: Node) -> Point:  # noqa: ARG002 (the protocol's)
        """See `PositionReader`."""
        return None, None


READERS: dict[str, Callable[[], PositionReader]] = {
    "clang": ClangPositions,
    "line": LinePositions,
    "loc": LocPositions,
    "none": NoPositions,
}
"""The words a dialect may use for its `positions`."""
