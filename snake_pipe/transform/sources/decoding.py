"""Bytes → UTF-8, the one policy for every reader.

In this order: a NUL byte near the start without a byte order mark means the file is binary; UTF-16 and
UTF-32 are known by their byte order mark; valid UTF-8 is taken as it is, a UTF-8 byte order mark
included, so that offsets stay offsets into the file; a Python coding cookie is followed; anything else is
read as cp1252, and as latin-1 where cp1252 leaves a byte open, which never fails.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

_BINARY_WINDOW = 8192
_MARKS = (  # UTF-32 before UTF-16: the longer mark begins with the shorter one
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_COOKIE = re.compile(rb"\A(?:[ \t\f]*(?:#[^\r\n]*)?\r?\n)?[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
"""A comment in one of the first two lines, the first one being blank or a comment (PEP 263)."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text as UTF-8.

    `data` is None for a binary file. `encoding` is what the bytes were read as; where `transcoded`,
    offsets count in `data`, not in the file. `damaged`: bytes had to be replaced.
    """

    data: bytes | None
    encoding: str
    transcoded: bool = False
    damaged: bool = False


def source_to_utf8(data: bytes, *, cookies: bool = False) -> Decoded:
    """The bytes as UTF-8; never raises. `cookies`: a coding comment counts, as in Python sources."""
    if not data.isascii():
        for mark, encoding in _MARKS:
            if data.startswith(mark):
                return _transcode(data, encoding)
    if b"\0" in data[:_BINARY_WINDOW]:
        return Decoded(None, "binary")
    try:
        data.decode()
    except UnicodeDecodeError:
        pass
    else:
        return Decoded(data, "utf-8")
    declared = _declared(data) if cookies else None
    if declared is not None:
        return _transcode(data, declared)
    try:
        return Decoded(data.decode("cp1252").encode(), "cp1252", transcoded=True)
    except UnicodeDecodeError:
        return Decoded(data.decode("latin-1").encode(), "latin-1", transcoded=True)


def _transcode(data: bytes, encoding: str) -> Decoded:
    text = data.decode(encoding, "replace")
    # A lone surrogate can come out of UTF-16 and UTF-32 alike; UTF-8 has no room for it.
    utf8 = text.encode("utf-8", "replace")
    return Decoded(utf8, encoding, transcoded=True, damaged="\ufffd" in text)


def _declared(data: bytes) -> str | None:
    """The text encoding a coding cookie names, where it is known and not UTF-8."""
    found = _COOKIE.match(data[:400])
    if found is None:
        return None
    try:
        codec = codecs.lookup(found.group(1).decode("ascii", "replace"))
    except LookupError:
        return None
    is_text: bool = getattr(codec, "_is_text_encoding", True)
    return codec.name if is_text and codec.name not in {"utf-8", "utf-8-sig"} else None
