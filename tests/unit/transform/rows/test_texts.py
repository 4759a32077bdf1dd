"""Columns of strings, by the compiled module and by indexing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snake_pipe.transform.rows import texts as columns_of_texts
from snake_pipe.transform.rows.texts import shorten, text_column


@pytest.fixture(autouse=True, scope="module", params=["compiled", "python"])
def _with_and_without(request):
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "python":
            patch.setattr(columns_of_texts, "ROWS", None)
        yield


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
