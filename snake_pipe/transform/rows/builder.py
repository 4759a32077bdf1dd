"""Columns → RecordBatches: what the readers of sources and of JSON trees share.

A reader appends numbers to flat columns, one entry a node in preorder, the trees of many files behind
one another. Everything here works on whole columns at once; no Python object is made for a node.
Integer columns are numpy arrays; a *row* is a position in such columns, over all files.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from snake_pipe.schemas import KINDS, TABLES, arrow_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    Ints = NDArray[np.integer[Any]]
    Bools = NDArray[np.bool_]
    Bytes = NDArray[np.uint8]

_LARGEST_TEXT = 2**31 - 1
KIND_CODES = {kind: code for code, kind in enumerate(KINDS)}
"""The code of each normalised kind in dictionary columns made with the words `KINDS`."""


class RowError(ValueError):
    """Columns do not fit their table; always a mistake in a reader, never in a file."""


@dataclass(frozen=True, slots=True)
class TreeShape:
    """The shape of preordered trees, one entry a row.

    `parent` is a row, -1 for roots; `child_index` counts siblings from 0 (0 for roots);
    `end` is the row behind the node's last descendant, so its subtree is `row:end`.
    """

    parent: NDArray[np.int32]
    child_index: NDArray[np.int32]
    end: NDArray[np.int32]


def tree_shape(depth: Ints) -> TreeShape:
    """The shape of the trees whose nodes in preorder have these depths; each depth 0 begins a tree.

    O(n log n) at worst, whatever the depth. ValueError where the depths are no preorder.

    Sorted by (depth, row), siblings stand side by side. A node is a first child when the row before it
    is one level above it; any other node has the parent of the node before it in that order.
    """
    n = len(depth)
    if n == 0:
        empty = np.empty(0, np.int32)
        return TreeShape(empty, empty, empty)
    depth = depth.astype(np.int32, copy=False)
    step = np.diff(depth)
    if depth[0] != 0 or (n > 1 and (int(step.max()) > 1 or int(depth.min()) < 0)):
        raise RowError("depths are not those of trees in preorder")
    order = _stable_order(depth)
    place = np.arange(n, dtype=np.int32)
    first = np.zeros(n, np.bool_)
    first[1:] = step == 1
    first_place = np.maximum.accumulate(np.where(first[order], place, 0))
    roots = int(np.count_nonzero(depth == 0))
    parent = np.empty(n, np.int32)
    parent[order] = order[first_place] - 1
    parent[order[:roots]] = -1
    child_index = np.empty(n, np.int32)
    child_index[order] = place - first_place
    child_index[order[:roots]] = 0
    return TreeShape(parent, child_index, _subtree_ends(order, first, parent, roots))


def _stable_order(depth: Ints) -> NDArray[np.int32]:
    """Rows sorted by (depth, row). numpy sorts 16-bit keys by radix, in linear time."""
    narrow = depth.astype(np.uint16) if int(depth.max()) < 2**16 else depth
    return np.argsort(narrow, kind="stable").astype(np.int32)


def _subtree_ends(
    order: NDArray[np.int32], first: Bools, parent: NDArray[np.int32], roots: int
) -> NDArray[np.int32]:
    """Where subtrees end: at the next sibling, or for a last child where its parent's ends.

    Chains of last children are followed by pointer doubling, so depth costs only its logarithm.
    """
    n = len(order)
    sibling = np.full(n, -1, np.int32)
    not_last = ~first[order[1:]]
    if roots < n:
        not_last[roots - 1] = False
    sibling[order[:-1][not_last]] = order[1:][not_last]
    sibling[order[roots - 1]] = n
    end = sibling
    ancestor = parent.copy()
    open_rows = np.flatnonzero(end < 0)
    while len(open_rows):
        above = ancestor[open_rows]
        end_above = end[above]
        further = ancestor[above]
        end[open_rows] = end_above
        ancestor[open_rows] = further
        open_rows = open_rows[end_above < 0]
    return end


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


LONGEST_NAME = 500
"""Characters of a name of a source. Names inside of names would otherwise be squares of their file's size."""


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
    null = codes < 0
    narrow = codes.astype(np.int32, copy=False)
    indices = pa.array(narrow, pa.int32(), mask=null) if null.any() else pa.array(narrow, pa.int32())
    return pa.DictionaryArray.from_arrays(indices, values, safe=False)


def int_column(values: Ints, type_: pa.DataType, *, null: Bools | None = None) -> pa.Array:
    """Integers, null where the mask says so."""
    array = values.astype(type_.to_pandas_dtype(), copy=False)
    return pa.array(array, type_, mask=null if null is not None and null.any() else None)


def text_column(source: Bytes, start: Ints, end: Ints, present: Bools | None = None) -> pa.StringArray:
    """Slices `source[start:end]` of UTF-8 bytes as strings; null where not `present`.

    The slices may overlap and stand in any order. Each must begin and end between characters.
    """
    length = (end - start).astype(np.int64)
    if present is not None:
        length = np.where(present, length, 0)
    offsets = np.zeros(len(length) + 1, np.int64)
    np.cumsum(length, out=offsets[1:])
    total = int(offsets[-1])
    if total > _LARGEST_TEXT:
        raise RowError(f"{total} bytes of text in one column of one batch")
    narrow = offsets.astype(np.int32)
    if len(source) <= _LARGEST_TEXT:
        shift: Ints = np.asarray(start).astype(np.int32, copy=False) - narrow[:-1]
        picked: Ints = np.arange(total, dtype=np.int32)
    else:
        shift = np.asarray(start).astype(np.int64) - offsets[:-1]
        picked = np.arange(total, dtype=np.int64)
    picked += np.repeat(shift, length)
    text = source[picked]
    validity = None
    nulls = 0
    if present is not None:
        nulls = len(present) - int(np.count_nonzero(present))
        validity = pa.py_buffer(np.packbits(present, bitorder="little")) if nulls else None
    return pa.StringArray.from_buffers(len(length), pa.py_buffer(narrow), pa.py_buffer(text), validity, nulls)


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
    cut = np.array(end)
    for row in long.tolist():
        # No character is longer than four bytes, so this piece always reaches far enough.
        piece = source[start[row] : min(int(end[row]), int(start[row]) + 4 * characters + 4)]
        begins = np.flatnonzero((piece & 0xC0) != 0x80)
        if len(begins) > characters:
            cut[row] = int(start[row]) + int(begins[characters])
    return cut


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
