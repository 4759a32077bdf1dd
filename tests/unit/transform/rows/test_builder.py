"""Whole-column steps against the plain recursive computation."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given

from snake_pipe.schemas import TABLES, arrow_schema
from snake_pipe.transform.rows.builder import (
    Words,
    dictionary_column,
    empty_batch,
    int_column,
    record_batch,
    structure_columns,
)
from snake_pipe.transform.rows.contract import RowError
from snake_pipe.transform.rows.shape import tree_shape
from testkit.forests import forests, plain_shape


@given(forests())
def test_structure_columns_number_each_tree_from_zero(forest):
    depths, sizes = forest
    depth = np.array(depths, np.int32)
    columns = structure_columns(list(range(100, 100 + len(sizes))), sizes, depth, tree_shape(depth))
    at = 0
    for file_id, size in enumerate(sizes, 100):
        parents, _, ends = plain_shape(depths[at : at + size])
        part = slice(at, at + size)
        assert set(columns["file_id"][part].tolist()) == {file_id}
        assert columns["node_id"][part].tolist() == list(range(size))
        assert columns["parent_id"].slice(at, size).to_pylist() == [None, *parents[1:]]
        assert columns["descendant_count"][part].tolist() == [end - row - 1 for row, end in enumerate(ends)]
        at += size


def test_words_number_in_order_of_first_use():
    words = Words(["a"])
    assert [words.code(word) for word in ("b", "a", "c", "b")] == [1, 0, 2, 1]
    assert words.words == ["a", "b", "c"]
    assert len(words) == 3


def test_dictionary_column_has_nulls_for_negative_codes():
    column = dictionary_column(np.array([1, -1, 0]), ["x", "y"])
    assert column.type == pa.dictionary(pa.int32(), pa.string())
    assert column.to_pylist() == ["y", None, "x"]


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 64, 65])
@pytest.mark.parametrize("type_", [pa.int32(), pa.int64()])
def test_int_column_is_what_arrow_makes_of_a_mask(count, type_):
    """Bits of nulls are packed here, eight a byte."""
    values = np.arange(2 * count, dtype=np.int64)[::2]
    for null in (None, *(np.arange(count) % every == 0 for every in (1, 2, 3, 100))):
        column = int_column(values, type_, null=null)
        column.validate(full=True)
        assert column.equals(pa.array(values.astype(type_.to_pandas_dtype()), type_, mask=null))
        assert column.null_count == (0 if null is None else np.count_nonzero(null))


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
