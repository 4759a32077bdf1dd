"""Columns as numpy arrays: each as the plain way to ask for it would have it."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from snake_pipe.load.columns import among, is_null, longs, look_up, look_up_pairs, spread

_IDS = st.lists(st.integers(-3, 12) | st.sampled_from([-(2**63), 2**63 - 1]))


@given(_IDS, _IDS)
def test_which_values_are_among_others(values, others):
    values = np.array(values, np.int64)
    ascending = np.sort(np.array(others, np.int64))
    assert among(values, ascending).tolist() == np.isin(values, ascending).tolist()


_WORDS = st.lists(st.sampled_from(["a", "b", None]), max_size=20)
_INTEGERS = st.sampled_from([pa.int8(), pa.int32(), pa.int64()])


@given(st.lists(st.integers(0, 99) | st.none(), max_size=30), _INTEGERS, st.integers(0, 9), st.integers(0, 9))
def test_numbers_and_what_is_missing(values, type_, start, end):
    """Also of a slice, whose bits and values begin within the buffers of the whole."""
    column = pa.array(values, type_)[start : max(start, len(values) - end)]
    expected = values[start : max(start, len(values) - end)]
    assert is_null(column).tolist() == [value is None for value in expected]
    assert longs(column, -1).tolist() == [-1 if value is None else value for value in expected]


@given(_WORDS, _WORDS, st.integers(0, 5))
def test_what_is_asked_once_for_each_value_or_pair(first, second, start):
    size = min(len(first), len(second))
    one, other = (
        pa.array(words[:size], pa.string()).dictionary_encode()[start:] for words in (first, second)
    )
    pairs = list(zip(first[start:size], second[start:size], strict=True))
    assert look_up(one, "a".__eq__).tolist() == [word == "a" for word, _ in pairs]
    assert look_up_pairs(one, other, lambda *pair: pair in {("a", None), ("b", "b")}).tolist() == [
        pair in {("a", None), ("b", "b")} for pair in pairs
    ]


@given(st.lists(st.sampled_from(["a", "b", None])))
def test_the_values_of_a_dictionary(values):
    column = pa.array(values, pa.string()).dictionary_encode()
    assert spread(column) == values
