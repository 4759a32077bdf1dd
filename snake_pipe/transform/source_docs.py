"""What is said about a definition: its docstring, or the comments directly before it."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from snake_pipe.transform.source_rows import SourceRows

_QUOTES = re.compile(r"\A[A-Za-z]{0,2}('''|\"\"\"|'|\")")
_MARK = re.compile(r"\A[ \t]*(?:///?!?|/\*[*!]?<?|\*(?!/)|#+|--+)?[ \t]?")
_CLOSE = re.compile(r"[ \t]*\*+/[ \t]*\Z")
_MOST_COMMENTS = 500


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
        self._at, self._follower = at[side_by_side], follower[side_by_side]
        self._is_comment = is_comment[rows.code[self._at]]

    def before(self, targets: NDArray[np.int32], docs: list[str | None]) -> None:
        """Fill in the docs, where there are none yet, of targets with comments directly before them."""
        if len(self._at) == 0:
            return
        order = np.argsort(self._follower, kind="stable")
        follower, at = self._follower[order], self._at[order]
        is_comment = self._is_comment[order]
        place = np.minimum(np.searchsorted(follower, targets), len(follower) - 1)
        for index in np.flatnonzero(follower[place] == targets).tolist():
            if docs[index] is None:
                docs[index] = self._block(int(targets[index]), int(place[index]), at, follower, is_comment)

    def _block(
        self,
        target: int,
        place: int,
        at: NDArray[np.int32],
        follower: NDArray[np.int32],
        is_comment: NDArray[np.bool_],
    ) -> str | None:
        """The text of the comments that end on the line before the target."""
        rows = self._rows
        lines: list[str] = []
        next_start = int(rows.start[target])
        for _ in range(_MOST_COMMENTS):
            row = int(at[place])
            start, end = int(rows.start[row]), int(rows.end[row])
            text = rows.data[start:end]
            breaks = rows.data.count(b"\n", start + len(text.rstrip()), next_start)
            if breaks > 1 or (is_comment[place] and not _begins_line(rows.data, start)):
                break
            if is_comment[place]:
                lines[:0] = strip_marks(text.decode("utf-8", "replace"))
            next_start = start
            place = int(np.searchsorted(follower, row))
            if place == len(follower) or follower[place] != row:
                break
        return "\n".join(lines).strip() or None


def _begins_line(data: bytes, start: int) -> bool:
    line = data.rfind(b"\n", 0, start) + 1
    return not data[line:start].strip()


def strip_marks(comment: str) -> list[str]:
    """A comment's lines without what makes it a comment."""
    lines = comment.rstrip().splitlines()
    block = comment.startswith("/*")
    if block:
        lines[-1] = _CLOSE.sub("", lines[-1])
    return [_MARK.sub("", line, count=1).rstrip() for line in lines]
