"""Blocks of JSON text → where it can be cut: the containers too large for one piece, and what is in them.

Nothing is decoded here. Brackets and commas outside of strings are found; a container that does not close
within `piece_size` bytes is *large* and reported as opened and closed, and its complete members in between
come as pieces of text of about that size. So memory stays near a few pieces, whatever the document's size.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from snake_pipe.errors import TransformError
from snake_pipe.transform.native.compiled import DOCUMENTS
from snake_pipe.transform.trees.document.decoding import decode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

LONGEST_SCALAR = 64 << 20
"""Bytes of one string or number above which a document is refused."""
DEEPEST = 2_000
"""Large containers inside each other above which a document is refused."""

_QUOTE, _BACKSLASH, _COMMA = b'"\\,'
_OPEN, _CLOSE = b"{[", b"}]"
_MARKS = np.zeros(256, np.bool_)
_MARKS[list(b'"{}[],')] = True
_STEP = np.zeros(256, np.int8)
_STEP[list(_OPEN)] = 1
_STEP[list(_CLOSE)] = -1
_BLANK = b" \t\n\r"


class Opened(NamedTuple):
    """A large container begins; `key` is that of an object's member, None in a list."""

    key: str | None
    is_object: bool


class Members(NamedTuple):
    """Complete members of the innermost large container, without a comma at the end.

    `last` is where the last of them begins.
    """

    text: bytes
    last: int


class Closed(NamedTuple):
    """The innermost large container ends."""


Event = Opened | Members | Closed


@dataclass(slots=True)
class _Marks:
    """Brackets and commas outside of strings: where they stand, what they are, the depth behind them.

    `unpaired` are the indexes of brackets whose partner is not in the text.
    """

    at: NDArray[np.int64]
    what: NDArray[np.uint8]
    depth: NDArray[np.int64]
    unpaired: list[int]

    @classmethod
    def find(cls, text: bytes) -> _Marks:
        """Those in a text that begins outside of strings."""
        if DOCUMENTS is None:
            return cls._find(text)
        at, what, depth, unpaired = DOCUMENTS.find_marks(text)
        return cls(
            np.frombuffer(at, np.int64),
            np.frombuffer(what, np.uint8),
            np.frombuffer(depth, np.int64),
            np.frombuffer(unpaired, np.int64).tolist(),
        )

    @classmethod
    def _find(cls, text: bytes) -> _Marks:
        data = np.frombuffer(text, np.uint8)
        at = np.flatnonzero(_MARKS[data])
        what = data[at]
        quotes = what == _QUOTE
        if b"\\" in text:
            escaped = np.isin(at, _escaped(data), assume_unique=True)
            quotes &= ~escaped
        inside = np.cumsum(quotes) & 1
        plain = (inside == 0) & (what != _QUOTE)
        at, what = at[plain], what[plain]
        depth = np.cumsum(_STEP[what], dtype=np.int64)
        return cls(at, what, depth, _unpaired(what, depth))

    def commas(self, first: int, until: int, depth: int) -> list[int]:
        """Where commas stand at that depth among those marks: all, or the first and the last two."""
        part = slice(first, until)
        found = self.at[part][(self.depth[part] == depth) & (self.what[part] == _COMMA)]
        return [int(at) for at in (found if len(found) < 3 else found[[0, -2, -1]])]


def _unpaired(what: NDArray[np.uint8], depth: NDArray[np.int64]) -> list[int]:
    if not len(depth):
        return []
    steps = _STEP[what]
    lowest = np.minimum.accumulate(np.minimum(depth, 0))
    before = np.concatenate((np.zeros(1, np.int64), lowest[:-1]))
    closing = (steps < 0) & (depth < before)
    least_after = np.minimum.accumulate(depth[::-1])[::-1]
    opening = (steps > 0) & (least_after >= depth)
    found: list[int] = np.flatnonzero(closing | opening).tolist()
    return found


def _escaped(data: NDArray[np.uint8]) -> NDArray[np.int64]:
    """The places behind an odd number of backslashes."""
    slashes = np.flatnonzero(data == _BACKSLASH)
    ends = np.flatnonzero(np.diff(slashes, append=-1) != 1)
    starts = np.concatenate((np.zeros(1, np.int64), ends[:-1] + 1))
    odd = (ends - starts) % 2 == 0
    escaped: NDArray[np.int64] = slashes[ends[odd]] + 1
    return escaped


def extents(text: bytes) -> list[int]:
    """Where the objects and lists end that follow each other in a text; none if brackets do not fit."""
    marks = _Marks.find(text)
    steps = _STEP[marks.what]
    ends = marks.at[(steps < 0) & (marks.depth == 0)]
    starts = marks.at[(steps > 0) & (marks.depth == 1)]
    if not len(ends) or len(ends) != len(starts) or int(marks.depth.min()) < 0 or marks.depth[-1] != 0:
        return []
    cuts = np.column_stack((starts, ends + 1)).ravel()  # in their order, as starts and ends take turns
    found: list[int] = cuts[np.diff(cuts, prepend=0) > 0].tolist()
    return found


class Scanner:
    """Cuts one document into events; the same for the same text, whatever its blocks.

    TransformError `invalid_json` where brackets and commas do not fit, `too_deep`, or `too_large` for a
    single string. That the pieces are JSON is for their decoder to find out.
    """

    def __init__(self, blocks: Iterable[bytes], piece_size: int) -> None:
        self._blocks = iter(blocks)
        self._block = memoryview(b"")
        self._piece = piece_size
        self._text = b""
        self._at_end = False
        self._passed = 0
        self._open: list[bool] = []
        self._after_child = False
        """Whether what comes next in the innermost container is a comma or its end."""
        self._must_follow = False
        """Whether there was a comma, so that a member has to come."""

    def __iter__(self) -> Iterator[Event]:
        """The events of a document that is one object or list, the outermost always large."""
        self._fill(self._piece)
        while not (start := self._text.lstrip(_BLANK)) and not self._at_end:
            self._drop(len(self._text))
            self._fill(self._piece)
        if start[:1] not in (b"{", b"["):
            raise self._invalid("no object or list")
        yield self._enter(None, start[0])
        self._drop(len(self._text) - len(start) + 1)
        while self._open:
            self._fill(2 * self._piece)
            size = len(self._text)
            yield from self._cut()
            if len(self._text) == size and self._open:
                if self._at_end:
                    raise self._invalid("the document ends early")
                if size > LONGEST_SCALAR:
                    raise TransformError("decode", "too_large", f"a string of more than {size:,} bytes")
                self._fill(2 * size)
        while True:
            if self._text.strip(_BLANK):
                raise self._invalid("more text behind the document")
            self._drop(len(self._text))
            if self._at_end:
                return
            self._fill(self._piece)

    def _fill(self, size: int) -> None:
        """Have just that many bytes at hand, unless there are more already or the document ends."""
        pieces, missing = [self._text], size - len(self._text)
        while missing > 0 and not self._at_end:
            if not self._block:
                block = next(self._blocks, None)
                if block is None:
                    self._at_end = True
                    break
                self._block = memoryview(block)
            piece, self._block = self._block[:missing], self._block[missing:]
            pieces.append(bytes(piece))
            missing -= len(piece)
        if len(pieces) > 1:
            self._text = b"".join(pieces)

    def _drop(self, count: int) -> None:
        self._text = self._text[count:]
        self._passed += count

    def _cut(self) -> Iterator[Event]:
        """The events of the text at hand; what is not complete stays."""
        marks = _Marks.find(self._text)
        done = first = depth = 0
        for index in marks.unpaired:
            at, what = int(marks.at[index]), int(marks.what[index])
            if what in _OPEN:
                if self._at_end:
                    raise self._invalid("the document ends early", at)
                if len(self._text) - at < self._piece:
                    break  # it may close within a piece
                done, commas = self._after_comma(done, marks.commas(first, index, depth))
                if self._after_child:
                    raise self._invalid("a comma is missing", at)
                if commas:
                    yield self._members(done, commas[-1], commas[:-1])
                    done = commas[-1] + 1
                yield self._enter(self._key(self._text[done:at].strip(_BLANK), at), what)
                depth += 1
            else:
                done, commas = self._after_comma(done, marks.commas(first, index, depth))
                if self._text[done:at].strip(_BLANK):
                    if self._after_child:
                        raise self._invalid("a comma is missing", done)
                    yield self._members(done, at, commas)
                elif self._must_follow:
                    raise self._invalid("a comma before the end", at)
                yield self._leave(what, at)
                depth -= 1
                if not self._open:
                    self._drop(at + 1)
                    return
            done, first = at + 1, index + 1
        done, commas = self._after_comma(done, marks.commas(first, len(marks.at), depth))
        if commas:
            yield self._members(done, commas[-1], commas[:-1])
            done = commas[-1] + 1
            self._must_follow = True
        self._drop(done)

    def _after_comma(self, done: int, commas: list[int]) -> tuple[int, list[int]]:
        """Behind the comma that a large member is followed by, if it is at hand; and the other commas."""
        if not self._after_child or not commas:
            return done, commas
        if self._text[done : commas[0]].strip(_BLANK):
            raise self._invalid("a comma is missing", done)
        self._after_child, self._must_follow = False, True
        return commas[0] + 1, commas[1:]

    def _members(self, start: int, end: int, commas: list[int]) -> Members:
        """The members between two places, with the commas between them."""
        text = self._text[start:end]
        if not text.strip(_BLANK):
            raise self._invalid("nothing before a comma", start)
        return Members(text, commas[-1] + 1 - start if commas else 0)

    def _key(self, text: bytes, at: int) -> str | None:
        """The key before a large member, as it is written; None in a list."""
        if not self._open[-1]:
            if text:
                raise self._invalid("text before a bracket", at)
            return None
        key = decode(text[:-1]) if text[-1:] == b":" else None
        if key.__class__ is not str:
            raise self._invalid("a key is missing", at)
        return str(key)

    def _leave(self, what: int, at: int) -> Closed:
        if what != (_CLOSE[0] if self._open[-1] else _CLOSE[1]):
            raise self._invalid("brackets do not fit", at)
        self._open.pop()
        self._after_child, self._must_follow = True, False
        return Closed()

    def _enter(self, key: str | None, what: int) -> Opened:
        if len(self._open) >= DEEPEST:
            raise TransformError(
                "extract",
                "too_deep",
                f"more than {DEEPEST} large parts inside each other; raise --memory-limit to read it whole",
            )
        self._open.append(what == _OPEN[0])
        self._after_child = self._must_follow = False
        return Opened(key, self._open[-1])

    def _invalid(self, what: str, at: int = 0) -> TransformError:
        return TransformError(
            "decode", "invalid_json", f"not valid JSON: {what}, near byte {self._passed + at}"
        )
