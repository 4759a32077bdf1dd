"""Slices of texts as columns of strings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from snake_pipe.transform.native.compiled import ROWS
from snake_pipe.transform.rows.contract import RowError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.integer[Any]]
    Bools = NDArray[np.bool_]
    Bytes = NDArray[np.uint8]

LONGEST_NAME = 500
"""Characters of a name of a source. Names inside of names would otherwise be squares of their file's size."""

_LARGEST_TEXT = 2**31 - 1


def text_column(source: Bytes, start: Ints, end: Ints, present: Bools | None = None) -> pa.StringArray:
    """Slices `source[start:end]` of UTF-8 bytes as strings; null where not `present`.

    The slices may overlap and stand in any order. Each must begin and end between characters. RowError for
    more than 2^31 - 1 bytes of text.
    """
    offsets, text = (_copied if ROWS is None else _cut)(source, start, end, present)
    validity = None
    nulls = 0
    if present is not None:
        nulls = len(present) - int(np.count_nonzero(present))
        validity = pa.py_buffer(np.packbits(present, bitorder="little")) if nulls else None
    return pa.StringArray.from_buffers(len(start), pa.py_buffer(offsets), pa.py_buffer(text), validity, nulls)


def _cut(source: Bytes, start: Ints, end: Ints, present: Bools | None) -> tuple[Any, Any]:
    """Offsets and bytes of a column of strings, by the compiled module."""
    assert ROWS is not None
    columns = np.ascontiguousarray(start, np.int32), np.ascontiguousarray(end, np.int32)
    try:
        return ROWS.cut(source, *columns, None if present is None else np.ascontiguousarray(present))
    except ValueError as error:
        raise RowError(str(error)) from None


def _copied(source: Bytes, start: Ints, end: Ints, present: Bools | None) -> tuple[Any, Any]:
    """The same, by one indexing of the source."""
    length = (end - start).astype(np.int64)
    if present is not None:
        length = np.where(present, length, 0)
    offsets = np.zeros(len(length) + 1, np.int64)
    np.cumsum(length, out=offsets[1:])
    total = int(offsets[-1])
    if total > _LARGEST_TEXT:
        raise RowError(f"{total} bytes of text in one column of one batch")
    narrow = offsets.astype(np.int32)
    shift: Ints = np.asarray(start).astype(np.int32, copy=False) - narrow[:-1]
    picked: Ints = np.arange(total, dtype=np.int32)
    picked += np.repeat(shift, length)
    return narrow, source[picked]


def name_column(source: Bytes, start: Ints, end: Ints, present: Bools | None = None) -> pa.StringArray:
    """The same for names, cut to `LONGEST_NAME`: that of a command may be a command that holds another."""
    if present is not None:
        end = np.where(present, end, start)
    return text_column(source, start, shorten(source, start, end, LONGEST_NAME), present)


def shorten(source: Bytes, start: Ints, end: Ints, characters: int) -> Ints:
    """The ends of the slices cut to at most so many characters of UTF-8."""
    long = np.flatnonzero(end - start > characters)
    if len(long) == 0:
        return end
    if ROWS is not None:
        ends = np.array(end, np.int32)
        ROWS.shorten(source, np.ascontiguousarray(start, np.int32), ends, characters)
        return ends
    cut = np.array(end)
    for row in long.tolist():
        # No character is longer than four bytes, so this piece always reaches far enough.
        piece = source[start[row] : min(int(end[row]), int(start[row]) + 4 * characters + 4)]
        begins = np.flatnonzero((piece & 0xC0) != 0x80)
        if len(begins) > characters:
            cut[row] = int(start[row]) + int(begins[characters])
    return cut
