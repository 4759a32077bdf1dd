"""Columns as numpy arrays: each as the plain way to ask for it would have it."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from snake_pipe.load.columns import among, spread

_IDS = st.lists(st.integers(-3, 12) | st.sampled_from([-(2**63), 2**63 - 1]))


@given(_IDS, _IDS)
def test_which_values_are_among_others(values, others):
    values = np.array(values, np.int64)
    ascending = np.sort(np.array(others, np.int64))
    assert among(values, ascending).tolist() == np.isin(values, ascending).tolist()


@given(st.lists(st.sampled_from(["a", "b", None])))
def test_the_values_of_a_dictionary(values):
    column = pa.array(values, pa.string()).dictionary_encode()
    assert spread(column) == values
