"""Columns → RecordBatches: what the readers of sources and of JSON trees share.

A reader appends numbers to flat columns, one entry a node in preorder, the trees of many files behind
one another. Everything here works on whole columns at once; no Python object is made for a node.
Integer columns are numpy arrays; a *row* is a position in such columns, over all files.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from snake_pipe.schemas import KINDS, TABLES, arrow_schema
from snake_pipe.transform.rows.contract import RowError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from snake_pipe.transform.rows.shape import TreeShape

    Ints = NDArray[np.integer[Any]]
    Bools = NDArray[np.bool_]

KIND_CODES = {kind: code for code, kind in enumerate(KINDS)}
"""The code of each normalised kind in dictionary columns made with the words `KINDS`."""


def structure_columns(
    file_ids: Sequence[int] | Ints, counts: Sequence[int] | Ints, depth: Ints, shape: TreeShape
) -> dict[str, pa.Array | NDArray[Any]]:
    """file_id, node_id, parent_id, child_index, depth and descendant_count of `nodes`.

    `counts[i]` rows belong to `file_ids[i]`, in this order, and are one tree each (or none).
    """
    sizes = np.asarray(counts, np.int64)
    row = np.arange(len(depth), dtype=np.int32)
    base = np.repeat((np.cumsum(sizes) - sizes).astype(np.int32), sizes)
    is_root = shape.parent < 0
    return {
        "file_id": np.repeat(np.asarray(file_ids, np.int64), sizes),
        "node_id": row - base,
        "parent_id": int_column(shape.parent - base, pa.int32(), null=is_root),
        "child_index": shape.child_index,
        "depth": depth.astype(np.int32, copy=False),
        "descendant_count": shape.end - row - 1,
    }


class Words:
    """A growing dictionary: word → code, in order of first use; the words of a dictionary column."""

    __slots__ = ("code_of", "words")

    def __init__(self, words: Iterable[str] = ()) -> None:
        self.words = list(words)
        self.code_of = {word: code for code, word in enumerate(self.words)}

    def code(self, word: str) -> int:
        """The word's code, a new one if it is new."""
        known = self.code_of.get(word)
        if known is None:
            known = self.code_of[word] = len(self.words)
            self.words.append(word)
        return known

    def __len__(self) -> int:
        return len(self.words)


def dictionary_column(codes: Ints, words: Words | Sequence[str] | pa.Array) -> pa.DictionaryArray:
    """Codes into `words` as a column; negative codes are null."""
    if isinstance(words, Words):
        words = words.words
    values = words if isinstance(words, pa.Array) else pa.array(words, pa.string())
    return pa.DictionaryArray.from_arrays(int_column(codes, pa.int32(), null=codes < 0), values, safe=False)


def int_column(values: Ints, type_: pa.DataType, *, null: Bools | None = None) -> pa.Array:
    """Integers, null where the mask says so."""
    array = np.ascontiguousarray(values, type_.to_pandas_dtype())
    nulls = 0 if null is None else int(np.count_nonzero(null))
    present = pa.py_buffer(np.packbits(~null, bitorder="little")) if nulls and null is not None else None
    return pa.Array.from_buffers(type_, len(array), [present, pa.py_buffer(array)], nulls)


def record_batch(table: str, columns: Mapping[str, pa.Array | NDArray[Any] | list[Any]]) -> pa.RecordBatch:
    """A batch with exactly the table's schema; nullable columns that are not given become null.

    Takes Arrow arrays, numpy arrays and lists of Python values. RowError if lengths differ, a column
    is unknown, or a required one is missing or holds nulls.
    """
    schema = arrow_schema(table)
    unknown = columns.keys() - set(schema.names)
    if unknown:
        raise RowError(f"{table} has no column {sorted(unknown)}")
    if not columns:
        raise RowError(f"no columns for {table}")
    length = len(next(iter(columns.values())))
    arrays = []
    for column in schema:
        values = columns.get(column.name)
        if values is None:
            array = pa.nulls(length, column.type)
        elif isinstance(values, pa.Array):
            array = values
        else:
            array = _as_array(values, column.type)
        if array.type != column.type:
            raise RowError(f"{table}.{column.name} is {array.type}, not {column.type}")
        if len(array) != length:
            raise RowError(f"{table}.{column.name} has {len(array)} rows, not {length}")
        if not column.nullable and array.null_count:
            raise RowError(f"{table}.{column.name} has {array.null_count} nulls")
        arrays.append(array)
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _as_array(values: NDArray[Any] | list[Any], type_: pa.DataType) -> pa.Array:
    if pa.types.is_dictionary(type_):
        return pa.array(values, pa.string()).dictionary_encode().cast(type_)
    return pa.array(values, type_)


@cache
def empty_batch(table: str) -> pa.RecordBatch:
    """The table without rows."""
    return record_batch(table, {column.name: [] for column in TABLES[table]})
