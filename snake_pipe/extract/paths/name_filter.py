"""What a name must have for any of some patterns to match it, told for many names at once.

Nearly all files match no rule of a `.gitignore`. An expression of a hundred rules finds that out by trying
each of them on each name, 3 µs a file. Most rules are a name or an ending, and the others have letters, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class NameFilter:
    """Some patterns, each for the name of a file or folder; it lets too many names pass, never too few."""

    def __init__(self) -> None:
        self._names: set[bytes] = set()
        self._endings: set[bytes] = set()
        self._pieces: set[bytes] = set()
        self._has_no_letters = False

    def add(self, pattern: bytes) -> None:
        """Take in a pattern, as in `.gitignore`, without slashes."""
        piece = max(_pieces(pattern), key=len)
        bare = piece.strip(b"\0")
        if not bare:
            self._has_no_letters = True
        elif len(piece) == len(bare) + 2:
            self._names.add(bare)
        elif piece.endswith(b"\0") and bare.startswith(b".") and bare.count(b".") == 1:
            self._endings.add(bare)
        else:
            self._pieces.add(piece)

    def may_match(self, names: Sequence[bytes]) -> bool:
        """Whether any of them may match any of some names, which have no slash."""
        if self._has_no_letters or not self._names.isdisjoint(names):
            return True
        if self._endings and not self._endings.isdisjoint([name[name.rfind(b".") :] for name in names]):
            return True
        together = b"\0%s\0" % b"\0".join(names)
        for piece in self._pieces:  # noqa: SIM110 - `any` takes twice as long for each
            if piece in together:
                return True
        return False


def _pieces(pattern: bytes) -> Iterator[bytes]:
    """What stands for itself, from one wildcard to the next; NUL is the beginning or the end of a name."""
    piece = b"\0"
    at = 0
    while at < len(pattern):
        char = pattern[at : at + 1]
        if char == b"[":  # where it ends takes a closer look
            yield piece
            return
        if char in (b"*", b"?"):
            yield piece
            piece = b""
        else:
            at += char == b"\\"
            piece += pattern[at : at + 1]
        at += 1
    yield piece + b"\0"
