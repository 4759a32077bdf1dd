"""A file of JSON, however large, as blocks of UTF-8: unpacked and turned from other encodings on the way.

The policy is that of `document.decoding`: gzip of any number of members up to a ratio, UTF-8, UTF-16 and
UTF-32 with or without a byte order mark. What is no UTF-8, lone surrogates, `NaN` and large integers are left
to the decoder of the pieces that the blocks are cut into.
"""

from __future__ import annotations

import codecs
import json
import zlib
from typing import TYPE_CHECKING

from snake_pipe.errors import TransformError
from snake_pipe.transform.trees.document.decoding import GZIP_MAGIC, largest_content

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_BLOCK = 1 << 20


class JsonBlocks:
    """Reads a file of `size` bytes on disk with `read(size)` from its beginning. Iterated once.

    After the iteration `traits` says how the blocks were decoded, and `lines` how many lines they had.
    TransformError `gzip_truncated`, `gzip_damaged` or `gzip_bomb`.
    """

    def __init__(self, read: Callable[[int], bytes], size: int) -> None:
        self._read = read
        self._size = size
        self.traits: list[str] = []
        self.lines = 1

    def __iter__(self) -> Iterator[bytes]:
        for block in self._utf8():
            self.lines += block.count(b"\n")
            yield block

    def _utf8(self) -> Iterator[bytes]:
        blocks = iter(lambda: self._read(_BLOCK), b"")
        first = next(blocks, b"")
        if first.startswith(GZIP_MAGIC):
            self.traits.append("gzip")
            blocks = _unpacked(_chained(first, blocks), self._size)
            first = next(blocks, b"")
        encoding = json.detect_encoding(first)
        if encoding == "utf-8":
            return _chained(first, blocks)
        if encoding == "utf-8-sig":
            return _chained(first[3:], blocks)
        self.traits.append("transcoded")
        return _transcoded(_chained(first, blocks), encoding)


def _chained(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    if first:
        yield first
    yield from rest


def _transcoded(blocks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    for block in blocks:
        yield decoder.decode(block).encode("utf-8", "replace")
    yield decoder.decode(b"", final=True).encode("utf-8", "replace")


def _unpacked(blocks: Iterator[bytes], size: int) -> Iterator[bytes]:
    """The content of gzip members that follow each other; zero bytes after the last are padding."""
    limit = largest_content(size)
    total = 0
    member = None
    for block in blocks:
        rest = block
        while rest:
            if member is None:
                rest = rest.lstrip(b"\0")
                if not rest:
                    break
                member = zlib.decompressobj(wbits=31)
            try:
                piece = member.decompress(rest, _BLOCK)
            except zlib.error as error:
                raise TransformError("decode", "gzip_damaged", f"gzip stream is damaged: {error}") from None
            total += len(piece)
            if total > limit:
                raise TransformError(
                    "decode", "gzip_bomb", f"gzip stream of {size} bytes unpacks to more than {limit}"
                )
            if piece:
                yield piece
            rest = member.unconsumed_tail
            if member.eof:
                rest, member = member.unused_data, None
    if member is not None:
        raise TransformError("decode", "gzip_truncated", "gzip stream ends before its trailer")
