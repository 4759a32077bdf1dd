"""Whole-column steps against the plain recursive computation."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snake_pipe.schemas import TABLES, arrow_schema
from snake_pipe.transform.rows.builder import (
    RowError,
    Words,
    dictionary_column,
    empty_batch,
    int_column,
    record_batch,
    shorten,
    structure_columns,
    text_column,
    tree_shape,
)


@st.composite
def forests(draw):
    """Depths of some trees in preorder, and the size of each."""
    depths: list[int] = []
    sizes: list[int] = []
    for _ in range(draw(st.integers(0, 4))):
        tree = [0]
        for step in draw(st.lists(st.integers(0, 6), max_size=40)):
            tree.append(max(1, tree[-1] + 1 - step))
        depths += tree
        sizes.append(len(tree))
    return depths, sizes


def naive(depths):
    """(parent, child_index, end) by a stack, one node at a time."""
    parents, indexes, ends, stack, counts = [], [], [0] * len(depths), [], {}
    for row, depth in enumerate(depths):
        del stack[depth:]
        parent = stack[-1] if stack else -1
        parents.append(parent)
        indexes.append(counts.get(parent, 0) if parent >= 0 else 0)
        counts[parent] = counts.get(parent, 0) + 1
        stack.append(row)
        for ancestor in stack:
            ends[ancestor] = row + 1
    return parents, indexes, ends


@given(forests(), st.sampled_from([np.uint8, np.int32]))
def test_tree_shape_is_what_a_stack_computes(forest, dtype):
    depths, _ = forest
    shape = tree_shape(np.array(depths, dtype))
    parents, indexes, ends = naive(depths)
    assert shape.parent.tolist() == parents
    assert shape.child_index.tolist() == indexes
    assert shape.end.tolist() == ends


@given(forests())
def test_structure_columns_number_each_tree_from_zero(forest):
    depths, sizes = forest
    depth = np.array(depths, np.int32)
    columns = structure_columns(list(range(100, 100 + len(sizes))), sizes, depth, tree_shape(depth))
    at = 0
    for file_id, size in enumerate(sizes, 100):
        parents, _, ends = naive(depths[at : at + size])
        part = slice(at, at + size)
        assert set(columns["file_id"][part].tolist()) == {file_id}
        assert columns["node_id"][part].tolist() == list(range(size))
        assert columns["parent_id"].slice(at, size).to_pylist() == [None, *parents[1:]]
        assert columns["descendant_count"][part].tolist() == [end - row - 1 for row, end in enumerate(ends)]
        at += size


def test_a_chain_of_200_000_levels_needs_no_recursion():
    n = 200_000
    shape = tree_shape(np.arange(n, dtype=np.int32))
    assert shape.parent[-1] == n - 2
    assert (shape.end == n).all()


@pytest.mark.parametrize("depths", [[1], [0, 2], [0, 1, 3]])
def test_depths_of_no_tree_are_refused(depths):
    with pytest.raises(RowError):
        tree_shape(np.array(depths, np.int32))


@given(st.lists(st.tuples(st.text(max_size=8), st.booleans()), max_size=12))
def test_text_column_cuts_the_slices_out(pieces):
    encoded = [text.encode("utf-8", "ignore") for text, _ in pieces]
    ends = np.cumsum([0, *map(len, encoded)])
    source = np.frombuffer(b"".join(encoded) or b"\0", np.uint8)
    present = np.array([flag for _, flag in pieces], np.bool_)
    column = text_column(source, ends[:-1], ends[1:], present)
    column.validate(full=True)
    assert column.to_pylist() == [
        text.decode() if flag else None for text, (_, flag) in zip(encoded, pieces, strict=True)
    ]


def test_text_slices_may_overlap_and_go_back():
    source = np.frombuffer(b"abcdef", np.uint8)
    column = text_column(source, np.array([3, 0, 2]), np.array([6, 6, 2]))
    assert column.to_pylist() == ["def", "abcdef", ""]


@given(st.text(max_size=30), st.integers(0, 12))
def test_shorten_cuts_between_characters(text, limit):
    data = text.encode("utf-8", "ignore")
    source = np.frombuffer(data + b".", np.uint8)
    end = shorten(source, np.array([0]), np.array([len(data)]), limit)
    assert data[: end[0]].decode() == data.decode()[:limit]


def test_words_number_in_order_of_first_use():
    words = Words(["a"])
    assert [words.code(word) for word in ("b", "a", "c", "b")] == [1, 0, 2, 1]
    assert words.words == ["a", "b", "c"]
    assert len(words) == 3


def test_dictionary_column_has_nulls_for_negative_codes():
    column = dictionary_column(np.array([1, -1, 0]), ["x", "y"])
    assert column.type == pa.dictionary(pa.int32(), pa.string())
    assert column.to_pylist() == ["y", None, "x"]


def test_int_column_masks_nulls():
    column = int_column(np.array([1, 2]), pa.int32(), null=np.array([False, True]))
    assert column.to_pylist() == [1, None]


IMPORT = {
    "file_id": np.array([1], np.int64),
    "node_id": np.array([0], np.int32),
    "is_relative": [True],
    "is_wildcard": [False],
}


def test_record_batch_has_the_schema_and_fills_what_may_be_null():
    batch = record_batch("imports", IMPORT)
    assert batch.schema == arrow_schema("imports")
    assert batch.to_pylist()[0]["module"] is None


@pytest.mark.parametrize(
    "change",
    [
        {"node_id": None},
        {"is_relative": [None]},
        {"unheard_of": [1]},
        {"module": ["a", "b"]},
        {"module": pa.array([1], pa.int64())},
    ],
)
def test_record_batch_refuses_what_does_not_fit(change):
    columns = {**IMPORT, **change}
    with pytest.raises(RowError):
        record_batch("imports", {name: column for name, column in columns.items() if column is not None})


@pytest.mark.parametrize("table", sorted(TABLES))
def test_empty_batches_have_the_schema(table):
    assert empty_batch(table).schema == arrow_schema(table)
    assert empty_batch(table).num_rows == 0
