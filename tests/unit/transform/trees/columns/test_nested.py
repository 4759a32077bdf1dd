"""Definitions are nested in the same way by the compiled module and by Python."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snake_pipe.transform.native.compiled import ROWS
from snake_pipe.transform.rows.builder import KIND_CODES
from snake_pipe.transform.trees.columns import nested as module
from snake_pipe.transform.trees.columns.nested import Defined, Nested, nested

SEPARATORS = [".", "::", "\\", ":.:", ""]
kinds = st.sampled_from([KIND_CODES[kind] for kind in ("function", "method", "variable", "field", "class")])
names = st.text("a.:\\ü", max_size=5)
definition = st.tuples(
    st.integers(0, 3),
    st.integers(1, 12),
    st.booleans(),
    st.booleans(),
    kinds,
    names,
    st.none() | names,
    st.integers(0, 3),
)


def defined(drawn: list[Any]) -> Defined:
    """Definitions in trees: each row begins a subtree that ends within those that it stands in."""
    rows: list[int] = []
    ends: list[int] = []
    open_ends: list[tuple[int, int]] = []
    for step, length, *_ in drawn:
        row = rows[-1] + step if rows else step
        while open_ends and open_ends[-1][1] <= row:
            open_ends.pop()
        if open_ends and open_ends[-1][0] == row:
            end = open_ends[-1][1]
        else:
            end = min([row + length, *(end for _, end in open_ends)])
            open_ends.append((row, end))
        rows.append(row)
        ends.append(end)
    columns = list(zip(*(each[2:] for each in drawn), strict=True)) or [()] * 6
    return Defined(
        np.array(rows, np.int32),
        np.array(ends, np.int32),
        np.array(columns[0], np.bool_),
        np.array(columns[1], np.bool_),
        np.array(columns[2], np.int32),
        pa.array(columns[3], pa.string()),
        pa.array(columns[4], pa.string()),
        np.array(columns[5], np.int32),
        pa.array(SEPARATORS[:4], pa.string()),
    )


@pytest.mark.skipif(ROWS is None, reason="Python alone, as SNAKE_PIPE_PURE_PYTHON asks for")
@given(st.lists(definition, max_size=25))
def test_the_module_nests_as_python_does(drawn: list[Any]) -> None:
    found = nested(defined(drawn))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "ROWS", None)
        expected = nested(defined(drawn))
    for column in fields(Nested):
        one, other = getattr(found, column.name), getattr(expected, column.name)
        assert one.tolist() == other.tolist()
    found.qualified_names.validate(full=True)


def test_definitions_of_one_node_stand_beside_each_other() -> None:
    outer = (1, 9, False, False, KIND_CODES["class"], "A", None, 0)
    one, other = (
        (row, 5, False, True, KIND_CODES["variable"], name, "q", 1) for row, name in ((1, "a"), (0, "b"))
    )
    found = nested(defined([outer, one, other]))
    assert found.qualified_names.to_pylist() == ["A", "A.q.a", "A.q.b"]
    assert found.parents.tolist() == [-1, 0, 0]
    assert found.kinds.tolist()[1:] == [KIND_CODES["field"]] * 2
