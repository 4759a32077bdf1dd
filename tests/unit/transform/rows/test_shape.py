"""The shape of trees against a stack, by the compiled module and by whole-column steps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snake_pipe.transform.rows import shape as shapes
from snake_pipe.transform.rows.contract import RowError
from snake_pipe.transform.rows.shape import tree_shape
from testkit.forests import forests, plain_shape


@pytest.fixture(autouse=True, scope="module", params=["compiled", "python"])
def _with_and_without(request):
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "python":
            patch.setattr(shapes, "ROWS", None)
        yield


@given(forests(), st.sampled_from([np.uint8, np.int32]))
def test_tree_shape_is_what_a_stack_computes(forest, dtype):
    depths, _ = forest
    shape = tree_shape(np.array(depths, dtype))
    parents, indexes, ends = plain_shape(depths)
    assert shape.parent.tolist() == parents
    assert shape.child_index.tolist() == indexes
    assert shape.end.tolist() == ends


def test_a_chain_of_200_000_levels_needs_no_recursion():
    n = 200_000
    shape = tree_shape(np.arange(n, dtype=np.int32))
    assert shape.parent[-1] == n - 2
    assert (shape.end == n).all()


@pytest.mark.parametrize("depths", [[1], [0, 2], [0, 1, 3]])
def test_depths_of_no_tree_are_refused(depths):
    with pytest.raises(RowError):
        tree_shape(np.array(depths, np.int32))
