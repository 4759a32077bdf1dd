r"""Bytes of one JSON file → the decoded document.

What is read, whichever decoder does it:
- gzip (any number of members) is unpacked up to a size and a ratio;
- UTF-8, UTF-16 and UTF-32, with or without a byte order mark; bytes that are no UTF-8 become U+FFFD;
- a lone surrogate (`"\\ud800"`, real in JavaScript's trees) becomes U+FFFD as well, because Arrow
  and Parquet hold UTF-8 only;
- `NaN`, `Infinity` and `-Infinity` become the strings of that name;
- any depth: orjson stops at 1024 levels, so what it refuses goes through ijson's events, without recursion;
- integers of any size: orjson makes floats of those beyond 64 bits, `decode_exactly` keeps them, up to
  some thousand digits; above that they are infinite.
"""

from __future__ import annotations

import json
import re
import zlib
from decimal import Decimal
from typing import Any

import ijson
import orjson

from snake_pipe.errors import TransformError

GZIP_MAGIC = b"\x1f\x8b"
LARGEST_DOCUMENT = 1 << 30
"""Bytes of JSON, unpacked, above which a file is refused."""
LARGEST_RATIO = 200
"""How many times its packed size a gzip file above `_SMALL` may become; real trees reach about 60."""
_SMALL = 16 << 20
_CHUNK = 1 << 20

_ESCAPE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # a pair
    rb"|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})"  # half of one
    rb"|\\."
)
_DIGITS = 4000
"""Digits of an integer beyond which Python refuses to convert it, and ijson 3.6 crashes because of that."""
_MANY_DIGITS = re.compile(rb"[0-9]{%d}" % _DIGITS)
_STRING_OR_LONG_INTEGER = re.compile(
    rb'"(?:[^"\\]|\\.)*"|((?<![0-9.eE+])[0-9]{%d,}(?![0-9.eE]))' % _DIGITS, re.DOTALL
)
_STRING_OR_NOT_A_NUMBER = re.compile(rb'"(?:[^"\\]|\\.)*"|(-?Infinity|NaN)', re.DOTALL)


def largest_content(packed_size: int) -> int:
    """Bytes that a gzip file of that size may unpack to."""
    return max(_SMALL, packed_size * LARGEST_RATIO)


def unpack(data: bytes) -> bytes:
    """The content of gzip members that follow each other; zero bytes after the last are padding.

    TransformError `gzip_truncated`, `gzip_damaged` or `gzip_bomb`.
    """
    limit = min(LARGEST_DOCUMENT, largest_content(len(data)))
    pieces: list[bytes] = []
    size = 0
    rest: bytes = data
    while rest:
        member = zlib.decompressobj(wbits=31)
        while not member.eof:
            try:
                piece = member.decompress(rest, _CHUNK)
            except zlib.error as error:
                raise TransformError("decode", "gzip_damaged", f"gzip stream is damaged: {error}") from None
            if not piece and not member.unconsumed_tail and not member.eof:
                raise TransformError("decode", "gzip_truncated", "gzip stream ends before its trailer")
            size += len(piece)
            if size > limit:
                raise TransformError(
                    "decode", "gzip_bomb", f"gzip stream of {len(data)} bytes unpacks to more than {limit}"
                )
            pieces.append(piece)
            rest = member.unconsumed_tail
        rest = member.unused_data.lstrip(b"\0")
    return b"".join(pieces)


def json_to_utf8(data: bytes) -> tuple[bytes, bool]:
    """JSON text as UTF-8 without a byte order mark, and whether it was in another encoding."""
    encoding = json.detect_encoding(data)
    if encoding == "utf-8":
        return data, False
    if encoding == "utf-8-sig":
        return data[3:], False
    return data.decode(encoding, "replace").encode("utf-8", "replace"), True


def decode(data: bytes) -> Any:
    """The document in UTF-8 JSON text; TransformError `invalid_json` with line and column."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        first = error
    data = mend(data)
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        pass
    try:
        return decode_exactly(data)
    except TransformError as error:
        if "limit" in first.msg:  # the depth is what orjson refused, so it never saw the real mistake
            raise
        raise TransformError(
            "decode", "invalid_json", f"not valid JSON: {first.msg}", first.lineno, first.colno
        ) from error


def decode_exactly(data: bytes) -> Any:
    """The same by ijson's events: slower, of any depth, with integers of any size."""
    data = mend(data)
    root: list[Any] = []
    holder: Any = root
    above: list[Any] = []
    keys: list[str] = []
    key = ""
    in_list = True
    try:
        for event, value in ijson.basic_parse(data):
            if event == "map_key":
                key = value
                continue
            if event == "end_map" or event == "end_array":
                holder = above.pop()
                key = keys.pop()
                in_list = holder.__class__ is list
                continue
            opened = event == "start_map" or event == "start_array"
            if event == "start_map":
                value = {}
            elif event == "start_array":
                value = []
            elif value.__class__ is Decimal:
                value = float(value)
            if in_list:
                holder.append(value)
            else:
                holder[key] = value
            if opened:
                above.append(holder)
                keys.append(key)
                holder = value
                in_list = event == "start_array"
    except (ijson.JSONError, ValueError, ArithmeticError) as error:  # the latter for exponents
        what = " ".join(str(error).split())[:200]
        raise TransformError("decode", "invalid_json", f"not valid JSON: {what}") from None
    if not root:
        raise TransformError("decode", "invalid_json", "not valid JSON: the file is empty")
    return root[0]


def mend(data: bytes) -> bytes:
    """The text with U+FFFD for what is no UTF-8 and for lone surrogates, and without bare NaN."""
    try:
        data.decode()
    except UnicodeDecodeError:
        data = data.decode("utf-8", "replace").encode()
    if b"\\u" in data:
        data = _ESCAPE.sub(lambda found: b"\\ufffd" if found.group(1) else found.group(), data)
    if b"NaN" in data or b"Infinity" in data:
        data = _STRING_OR_NOT_A_NUMBER.sub(
            lambda found: b'"' + found.group(1) + b'"' if found.group(1) else found.group(), data
        )
    if _MANY_DIGITS.search(data):
        data = _STRING_OR_LONG_INTEGER.sub(lambda found: b"1e9999" if found.group(1) else found.group(), data)
    return data
