"""What is said about a definition: its docstring, or the comments directly before it."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from snake_pipe.transform.sources.rows import SourceRows

_QUOTES = re.compile(r"\A[A-Za-z]{0,2}('''|\"\"\"|'|\")")
_MARKS = re.compile(
    r"\n[ \t]*(?:///?!?|/\*[*!]?<?|\*(?!/)|<?#+=?|--+(?:\[=*\[|[ ]?[|^])?|\{-[ ]?[|^]?|\(\*\*?(?!\)))?[ \t]?"
)
"""Begins with a line break, which the regular expression engine finds fast."""

_CLOSES = {"/*": "*/", "(*": "*)", "{-": "-}", "--[": "]=", "#=": "=#", "<#": "#>"}
"""Begin of a block comment → the characters that may end it."""
_BLANKS = " \t\r\n"
_LINE_BREAK = ord("\n")
_DOC_ATTRIBUTES = frozenset({"@doc", "@typedoc"})
"""Where documentation is an attribute before the definition."""

_MOST_COMMENTS = 500
_WIDEST_INDENT = 200


def docstring(rows: SourceRows, body: NDArray[np.int32], docs: list[str | None]) -> None:
    """Fill in the docs of the bodies that begin with a string."""
    grammar, end = rows.grammar, rows.shape.end
    statement = grammar.flags({"expression_statement"})
    string = grammar.flags({"string", "concatenated_string"})
    comment = grammar.flags(grammar.rules.comments)
    index = np.flatnonzero(body >= 0)
    row = body[index] + 1
    limit = end[body[index]]
    for _ in range(8):
        skip = (row < limit) & comment[rows.code[np.minimum(row, len(rows) - 1)]]
        if not skip.any():
            break
        row = np.where(skip, end[np.minimum(row, len(rows) - 1)], row)
    ok = row + 1 < limit
    index, row = index[ok], row[ok]
    first = row + 1
    ok = statement[rows.code[row]] & string[rows.code[first]] & (end[row] == end[first])
    for position, at in zip(index[ok].tolist(), first[ok].tolist(), strict=True):
        docs[position] = clean_docstring(rows.text(at))


def clean_docstring(literal: str) -> str | None:
    """A string literal's text without quotes and common indentation; None for bytes and format strings."""
    quotes = _QUOTES.match(literal)
    if quotes is None or set(literal[: quotes.start(1)].lower()) & {"b", "f"}:
        return None
    text = literal[quotes.end() : -len(quotes[1])]
    return inspect.cleandoc(text) or None


class Comments:
    """The comments of some rows, and which of them stand directly before what."""

    def __init__(self, rows: SourceRows) -> None:
        self._rows = rows
        rules = rows.grammar.rules
        is_comment = rows.grammar.flags(rules.comments)
        between = is_comment | rows.grammar.flags(rules.skipped_before)
        at = np.flatnonzero(between[rows.code]).astype(np.int32)
        follower = rows.shape.end[at]
        inside = follower < len(rows)
        at, follower = at[inside], follower[inside]
        side_by_side = rows.depth[follower] == rows.depth[at]
        if rules.groups:
            grouping = rows.grammar.flags(rules.groups)[rows.code[follower]] & (
                rows.depth[follower] <= rows.depth[at]
            )
            grouping &= rows.shape.end[follower] > follower + 1
            follower, side_by_side = follower + grouping.astype(np.int32), side_by_side | grouping
        self._at, self._follower = at[side_by_side], follower[side_by_side]
        self._is_comment = is_comment[rows.code[self._at]]

    def before(self, targets: NDArray[np.int32], docs: list[str | None]) -> None:
        """Fill in the docs, where there are none yet, of targets with comments directly before them."""
        if len(self._at) == 0:
            return
        order = np.argsort(self._follower, kind="stable")
        follower, at = self._follower[order], self._at[order]
        found = np.minimum(np.searchsorted(follower, targets), len(follower) - 1)
        above = np.minimum(np.searchsorted(follower, at), len(follower) - 1)
        blocks = _Blocks(
            self._rows.data,
            self._rows.start[at].tolist(),
            self._rows.end[at].tolist(),
            self._is_comment[order].tolist(),
            np.where(follower[above] == at, above, -1).tolist(),
        )
        starts = self._rows.start[targets].tolist()
        places = found.tolist()
        for index in np.flatnonzero(follower[found] == targets).tolist():
            if docs[index] is None:
                docs[index] = blocks.text(places[index], starts[index])

    def after(self, targets: NDArray[np.int32], docs: list[str | None], mark: str) -> None:
        """Fill in the docs, where there are none yet, of targets directly followed by a marked comment.

        What comes next must keep its distance, or the comment is taken for its own.
        """
        rows, data = self._rows, self._rows.data
        of_row = dict(
            zip(self._at[self._is_comment].tolist(), self._follower[self._is_comment].tolist(), strict=True)
        )
        for index, target in enumerate(targets.tolist()):
            row = int(rows.shape.end[target])
            if docs[index] is not None or row >= len(rows) or rows.depth[row] != rows.depth[target]:
                continue
            start, end = int(rows.start[row]), int(rows.end[row])
            if (
                not data.startswith(mark.encode(), start)
                or data.count(b"\n", int(rows.end[target]), start) > 1
            ):
                continue
            follower = of_row.get(row)
            if follower is None or data.count(b"\n", end, int(rows.start[follower])) > 1:
                docs[index] = strip_marks(rows.text(row)).strip() or None


@dataclass(frozen=True, slots=True)
class _Blocks:
    """Comments as lists: offsets, whether it is one at all, and the place of the one before it or -1."""

    data: bytes
    start: list[int]
    end: list[int]
    is_comment: list[bool]
    above: list[int]

    def text(self, place: int, target: int) -> str | None:
        """The text of the comments that end on the line before the offset."""
        parts: list[bytes] = []
        while place >= 0 and len(parts) < _MOST_COMMENTS:
            start = self.start[place]
            comment = self.data[start : self.end[place]].rstrip()
            if self.data.count(b"\n", start + len(comment), target) > 1:
                break
            if self.is_comment[place]:
                if not _begins_line(self.data, start):
                    break
                parts.append(comment)
            target = start
            place = self.above[place]
        parts.reverse()
        if all(comment.startswith(b"//") for comment in parts):  # the most frequent ones, all at once
            parts = [b"\n".join(parts)]
        texts = [strip_marks(comment.decode("utf-8", "replace")) for comment in parts]
        return "\n".join(texts).strip() or None


def _begins_line(data: bytes, start: int) -> bool:
    """Whether nothing but blanks stands before the offset in its line; a wide indent counts as text."""
    if start and data[start - 1] == _LINE_BREAK:
        return True
    window = max(0, start - _WIDEST_INDENT)
    before = data[window:start].rstrip(b" \t")
    return before.endswith(b"\n") or (not before and window == 0)


def strip_marks(comment: str) -> str:
    """A comment's text without what makes it a comment."""
    if comment.startswith("//"):
        return _MARKS.sub("\n", f"\n{comment}")[1:]
    if comment.startswith(('"', "'")):
        return clean_docstring(comment) or ""
    if comment.startswith("#!"):
        return ""
    if comment.startswith("@"):
        word, _, text = comment.partition(" ")
        return clean_docstring(text.strip()) or "" if word in _DOC_ATTRIBUTES else ""
    for begin, close in _CLOSES.items():
        if comment.startswith(begin):
            comment = comment.rstrip(close + _BLANKS)
    return _MARKS.sub("\n", f"\n{comment}")[1:]
