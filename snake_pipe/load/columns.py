"""Columns of record batches as numpy arrays, without `pyarrow.compute`, which takes 30 ms to import."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    import pyarrow as pa
    from numpy.typing import NDArray

    Longs: TypeAlias = NDArray[np.int64]
    Flags: TypeAlias = NDArray[np.bool_]


def is_null(column: pa.Array) -> Flags:
    """Which rows have no value."""
    if column.null_count in (0, len(column)):
        return np.full(len(column), column.null_count > 0)
    end = column.offset + len(column)
    bits = np.unpackbits(np.frombuffer(column.buffers()[0], np.uint8), count=end, bitorder="little")
    flags: Flags = bits[column.offset :] == 0
    return flags


def longs(column: pa.Array, null: int) -> Longs:
    """The whole numbers of a column, `null` for those that have no value."""
    if column.null_count == len(column):
        return np.full(len(column), null, np.int64)
    if column.null_count == 0:
        numbers: Longs = column.to_numpy(zero_copy_only=False)
        return numbers
    end = column.offset + len(column)
    values = np.frombuffer(column.buffers()[1], column.type.to_pandas_dtype(), count=end)
    return np.where(is_null(column), null, values[column.offset :])


def codes(column: pa.DictionaryArray) -> Longs:
    """For each row which of the distinct values it has; -1 for none."""
    return longs(column.indices, -1)


def look_up(column: pa.DictionaryArray, test: Callable[[str], bool]) -> Flags:
    """`test` of each row's value, asked once for each distinct value; False for null."""
    answers = np.array([bool(test(value)) for value in column.dictionary.to_pylist()] + [False], np.bool_)
    return answers[codes(column)]


def look_up_pairs(
    first: pa.DictionaryArray, second: pa.DictionaryArray, test: Callable[[Any, Any], bool]
) -> Flags:
    """`test` of each row's two values, None for null, asked once for each pair of distinct ones."""
    values = [[*column.dictionary.to_pylist(), None] for column in (first, second)]
    answers = np.array([[bool(test(one, other)) for other in values[1]] for one in values[0]], np.bool_)
    return answers[codes(first), codes(second)]


def spread(column: pa.DictionaryArray) -> list[Any]:
    """Each row's value, None for null; much faster than `to_pylist`, which makes every one anew."""
    values = [*column.dictionary.to_pylist(), None]
    return [values[code] for code in codes(column).tolist()]


def among(values: Longs, ascending: Longs) -> Flags:
    """Which values are among others, which ascend.

    For a few values at a time and many others: `np.isin` goes through all of these each time, which makes
    the time for all rows of a table grow with the square of their number.
    """
    if not len(ascending):
        return np.zeros(len(values), np.bool_)
    at = np.minimum(np.searchsorted(ascending, values), len(ascending) - 1)
    flags: Flags = ascending[at] == values
    return flags
