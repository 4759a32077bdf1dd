"""Where nodes stand: one reader for each way in which dialects write positions.

A reader takes the nodes of one document in preorder, a chunk at a time, and gives six rows of numbers, one
entry a node: offsets, lines, and columns from 0, ends exclusive. What is out of range means unknown;
`finish` makes the columns of many documents of them. `point` gives line and column of one node, for the
places of names.
"""

from __future__ import annotations

from itertools import chain, compress
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from snake_pipe.transform.dialects.places import Places
from snake_pipe.transform.json_last_token import LastTokenPositions
from snake_pipe.transform.json_places import PlacesReader, SrcPositions
from snake_pipe.transform.json_token_positions import TokenPositions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

Node = dict[str, Any]
Point = tuple[int | None, int | None]
Table = Any
"""An int64 array of six rows: start_offset, end_offset, start_line, start_col, end_line, end_col."""
_Place = tuple[int, int, int, int, bool]
"""clang: offset, line, column, token length, and whether it is in the main file."""
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


def _carefully(values: Sequence[Any]) -> list[int]:
    """The numbers of which some are none: what is no integer, or too large for a column, is -1."""
    return [v if v.__class__ is int and 0 <= v <= _OFFSET_MAX else -1 for v in values]


def _count(value: Any, base: int) -> int | None:
    if value.__class__ is int and 1 - base <= value < _LINE_MAX:
        return int(value) + base
    return None


_NO_POINT: Node = {}
_NOT_EXACT = (KeyError, TypeError, ValueError, OverflowError)

_LOC, _RANGE = itemgetter("loc"), itemgetter("range")
_START, _END = itemgetter("start"), itemgetter("end")
_LINE, _COLUMN = itemgetter("line"), itemgetter("column")


class LocPositions:
    """JavaScript's tools: `start`/`end` or `range` as offsets, `loc` with line from 1 and column from 0.

    Each part is read where the document has it: parsers write what they were asked for.
    """

    def __init__(self) -> None:
        self._offsets: Callable[[Sequence[Node], Table], None] | None = None
        self._has_loc = False
        self._begun = False

    def spans(self, nodes: Sequence[Node]) -> Table:
        """See `PositionReader`."""
        if not self._begun:
            self._begin(nodes[:20])
        n = len(nodes)
        table = _unknown(n)
        if self._offsets is not None:
            self._offsets(nodes, table)
        if not self._has_loc:
            return table
        try:
            locs = list(map(_LOC, nodes))
            starts, ends = list(map(_START, locs)), list(map(_END, locs))
            table[2] = np.fromiter(map(_LINE, starts), np.int64, n)
            table[3] = np.fromiter(map(_COLUMN, starts), np.int64, n)
            table[4] = np.fromiter(map(_LINE, ends), np.int64, n)
            table[5] = np.fromiter(map(_COLUMN, ends), np.int64, n)
        except _NOT_EXACT:
            _loc_columns_carefully(nodes, table)
        return table

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

    def _begin(self, sample: Sequence[Node]) -> None:
        self._begun = True
        self._has_loc = any("loc" in node for node in sample)
        if any(node.get("start").__class__ is int for node in sample):
            self._offsets = _offsets
        elif any(node.get("range").__class__ is list for node in sample):
            self._offsets = _offsets_of_ranges


def _offsets(nodes: Sequence[Node], table: Table) -> None:
    n = len(nodes)
    try:
        table[0] = np.fromiter(map(_START, nodes), np.int64, n)
        table[1] = np.fromiter(map(_END, nodes), np.int64, n)
    except _NOT_EXACT:
        table[0] = _carefully([node.get("start") for node in nodes])
        table[1] = _carefully([node.get("end") for node in nodes])


def _offsets_of_ranges(nodes: Sequence[Node], table: Table) -> None:
    """Offsets of `[start, end]` pairs."""
    try:
        pairs = list(map(_RANGE, nodes))
        both = np.fromiter(chain.from_iterable(pairs), np.int64)
        exact = len(both) == 2 * len(pairs) and set(map(len, pairs)) == {2}
    except _NOT_EXACT:
        exact = False
    if exact:
        table[:2] = both.reshape(-1, 2).T
        return
    ranges = [node.get("range") for node in nodes]
    known = [pair if pair.__class__ is list and len(pair) == 2 else (-1, -1) for pair in ranges]
    table[0] = _carefully([pair[0] for pair in known])
    table[1] = _carefully([pair[1] for pair in known])


def _loc_columns_carefully(nodes: Sequence[Node], table: Table) -> None:
    starts, ends = [], []
    for node in nodes:
        loc = node.get("loc")
        start, end = (loc.get("start"), loc.get("end")) if loc.__class__ is dict else (None, None)
        starts.append(start if start.__class__ is dict else _NO_POINT)
        ends.append(end if end.__class__ is dict else _NO_POINT)
    table[2] = _carefully([point.get("line") for point in starts])
    table[3] = _carefully([point.get("column") for point in starts])
    table[4] = _carefully([point.get("line") for point in ends])
    table[5] = _carefully([point.get("column") for point in ends])


_LINE_KEYS = ("lineno", "col_offset", "end_lineno", "end_col_offset")
_LINE_PARTS = tuple(map(itemgetter, _LINE_KEYS))


class LinePositions:
    """Python's `ast`: `lineno` from 1, `col_offset` from 0 in bytes; the same field names elsewhere."""

    def spans(self, nodes: Sequence[Node]) -> Table:
        """See `PositionReader`. A third of the nodes (contexts, operators) stand nowhere."""
        table = _unknown(len(nodes))
        placed = ["lineno" in node for node in nodes]
        there = list(compress(nodes, placed))
        rows = np.flatnonzero(placed)
        try:
            for index, part in enumerate(_LINE_PARTS, 2):
                table[index, rows] = np.fromiter(map(part, there), np.int64, len(there))
        except _NOT_EXACT:
            for index, key in enumerate(_LINE_KEYS, 2):
                table[index] = _carefully([node.get(key) for node in nodes])
        return table

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
        self.in_main: list[bool] = []
        self._seen: dict[int, tuple[_Place, _Place, _Place]] = {}
        self._pinned: dict[int, tuple[_Place, _Place, _Place]] = {}
        self._file: str | None = None
        self._line = 0

    def spans(self, nodes: Sequence[Node]) -> Table:
        """See `PositionReader`."""
        rows: list[int] = []
        add_in_main = self.in_main.append
        place = self._place
        seen = self._seen
        for node in nodes:
            named = place(node.get("loc"))
            span = node.get("range")
            if span.__class__ is dict:
                begin, end = place(span.get("begin")), place(span.get("end"))
            else:
                begin = end = named
            first = begin or named
            if first is None:
                rows += (-1, -1, 0, -1, 0, -1)
                add_in_main(False)
                continue
            last = end or first
            seen[id(node)] = named or first, first, last
            last_offset, last_line, last_col, length, _ = last
            offset, line, col, _, in_main = first
            rows += (offset, last_offset + length, line, col - 1, last_line, last_col + length - 1)
            add_in_main(in_main)
        return np.array(rows, np.int64).reshape(-1, 6).T

    def point(self, node: Node) -> Point:
        """See `PositionReader`: a declaration's `loc` is the place of its name."""
        seen = self._seen.get(id(node))
        return (None, None) if seen is None else seen[0][1:3]

    def lines(self, first: Node, last: Node) -> Point | None:
        """See `PositionReader`."""
        if id(last) not in self._seen:
            return None
        begin = self._seen.get(id(first))
        return begin and begin[1][1], self._seen[id(last)][2][1]

    def begin_part(self) -> None:
        """Forget the nodes seen, but not the file and line that the next location may rely on."""
        self._seen = dict(self._pinned)
        self.in_main = []

    def pin(self, node: Node) -> None:
        """Read the places of a node that comes next, and write them so that they rely on nothing before.

        They are remembered beyond the part, so the node has to live as long as the reader.
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
            self._pinned[id(node)] = places.get("loc") or first, first, places.get("end") or first

    @property
    def at(self) -> tuple[str | None, int]:
        """File and line of the location read last."""
        return self._file, self._line

    @at.setter
    def at(self, place: tuple[str | None, int]) -> None:
        self._file, self._line = place

    def _place(self, location: Any) -> _Place | None:
        """The place that a location tells; None where there is no location."""
        if not location or location.__class__ is not dict:
            return None
        if "expansionLoc" in location and location["expansionLoc"].__class__ is dict:
            main_file = self.main_file
            self._place(location.get("spellingLoc"))
            self.main_file = main_file  # a macro may be spelled on the command line
            return self._place(location["expansionLoc"])
        if "line" in location:
            line = location["line"]
            if line.__class__ is int and 0 <= line <= _LINE_MAX:
                self._line = line
        if "file" in location and location["file"].__class__ is str:
            self._file = location["file"]
        offset: Any = location.get("offset")
        col: Any = location.get("col")
        length: Any = location.get("tokLen", 0)
        try:
            if not 0 <= offset | col | length <= _LINE_MAX:  # of none is below 0 or above
                return None
        except TypeError:
            return None
        in_main = "includedFrom" not in location
        if in_main and self.main_file is None:
            self.main_file = self._file
        return +offset, self._line, +col, +length, in_main  # true is no column, but may stand there


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
