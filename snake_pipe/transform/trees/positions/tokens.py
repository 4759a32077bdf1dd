"""asty: a position object for each token, so a node's place is that of the tokens below it.

A node begins where the first of its tokens stands and ends behind the last; its comments are not part of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from snake_pipe.transform.trees.positions.reader import LINE_MAX, PositionReader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from snake_pipe.transform.dialects.dialect import Node
    from snake_pipe.transform.trees.positions.reader import Point, Table

_BESIDE = frozenset({"Doc", "Comment", "Comments", "Imports", "Unresolved", "FileSet"})
_TEXTS = {"NamePos": "Name", "ValuePos": "Value", "Slash": "Text", "TokPos": "Tok", "OpPos": "Op"}
"""Where the text of the token stands that begins at a position."""
_LENGTHS = {"Return": 6, "Ellipsis": 3, "Package": 7, "Case": 4, "Struct": 6, "Interface": 9, "Arrow": 2}
"""The lengths of words that may end a node; all others are of one byte, or are followed by something."""
_EMPTY_PLACE = (-1, -1, 0, -1, 0, -1)


class _Token(NamedTuple):
    """Offset, line and column (from 1) where a token stands, and the same behind it."""

    start: int
    line: int
    col: int
    end: int
    end_line: int
    end_col: int


class TokenPositions(PositionReader):
    """asty's tokens; what is below a node is looked at when the first of those nodes is asked for."""

    def __init__(self) -> None:
        self._first: dict[int, _Token] = {}
        self._last: dict[int, _Token] = {}
        self._known: set[int] = set()

    def spans(self, nodes: Sequence[Node]) -> Table:
        """See `PositionReader`."""
        rows: list[tuple[int, ...]] = []
        for node in nodes:
            key = id(node)
            if key not in self._known:
                self._measure(node)
            first, last = self._first.get(key), self._last.get(key)
            if first is None or last is None:
                rows.append(_EMPTY_PLACE)
                continue
            rows.append((first.start, last.end, first.line, first.col - 1, last.end_line, last.end_col - 1))
        return np.array(rows, np.int64).reshape(-1, 6).T

    def point(self, node: Node) -> Point:
        """See `PositionReader`."""
        first = self._first.get(id(node))
        return (None, None) if first is None else (first.line, first.col)

    def lines(self, first: Node, last: Node) -> Point:
        """See `PositionReader`."""
        begin, end = self._first.get(id(first)), self._last.get(id(last))
        return begin and begin.line, end and end.end_line

    def begin_piece(self) -> None:
        """See `PositionReader`."""
        self._first, self._last, self._known = {}, {}, set()

    def _measure(self, root: Node) -> None:
        """The first and the last token of a node and of all below, the lower ones first."""
        order: list[tuple[Node, list[Node]]] = []
        stack = [root]
        while stack:
            node = stack.pop()
            self._known.add(id(node))
            below: list[Node] = []
            for key, value in node.items():
                held = value if value.__class__ is list else (value,)
                for each in held:
                    if each.__class__ is not dict:
                        continue
                    if each.get("NodeType") == "Position":
                        self._note(node, key, each)
                        continue
                    stack.append(each)
                    if key not in _BESIDE:
                        below.append(each)
            order.append((node, below))
        for node, below in reversed(order):
            for each in below:
                self._widen(node, self._first.get(id(each)), self._last.get(id(each)))

    def _note(self, node: Node, key: str, position: Node) -> None:
        token = _token(position, node.get(_TEXTS.get(key, "")), _LENGTHS.get(key, 1))
        self._widen(node, token, token)

    def _widen(self, node: Node, first: _Token | None, last: _Token | None) -> None:
        key = id(node)
        if first is not None and (key not in self._first or first.start < self._first[key].start):
            self._first[key] = first
        if last is not None and (key not in self._last or last.end > self._last[key].end):
            self._last[key] = last


def _token(position: Node, written: Any, length: int) -> _Token | None:
    numbers: list[Any] = [position.get(key) for key in ("Offset", "Line", "Column")]
    if not all(number.__class__ is int and 0 <= number < LINE_MAX for number in numbers):
        return None
    start, line, col = numbers
    if written.__class__ is str and written:
        data = written.encode("utf-8", "replace")
        length = len(data)
        breaks = data.count(b"\n")
        if breaks:
            behind = length - data.rindex(b"\n")
            return _Token(start, line, col, start + length, line + breaks, behind)
    return _Token(start, line, col, start + length, line, col + length)
