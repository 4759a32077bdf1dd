"""A record of a journal as bytes, `{"crc32":"xxxxxxxx","record":{...}}`: the checksum is of the record."""

from __future__ import annotations

import zlib
from typing import Any

import orjson

Record = dict[str, Any]

_HEAD = b'{"crc32":"'
_MIDDLE = b'","record":'
_RECORD_AT = len(_HEAD) + 8 + len(_MIDDLE)


def encode(record: Record) -> bytes:
    """A record as a line, with its line feed."""
    payload = orjson.dumps(record)
    return b"%s%08x%s%s}\n" % (_HEAD, zlib.crc32(payload), _MIDDLE, payload)


def decode(line: bytes) -> Record | None:
    """The record of one line without its line feed; None if the line is not whole."""
    if not line.startswith(_HEAD) or not line.endswith(b"}"):
        return None
    payload = line[_RECORD_AT:-1]
    if line[:_RECORD_AT] != b"%s%08x%s" % (_HEAD, zlib.crc32(payload), _MIDDLE):
        return None
    record = orjson.loads(payload)
    return record if isinstance(record, dict) else None
