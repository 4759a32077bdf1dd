"""Lines and columns against counting, by the compiled module and by whole-column steps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snake_pipe.transform.sources import lines as line_columns
from snake_pipe.transform.sources.lines import LineIndex


@pytest.fixture(autouse=True, scope="module", params=["compiled", "python"])
def _with_and_without(request):
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "python":
            patch.setattr(line_columns, "ROWS", None)
        yield


def counted(text: str, offset: int) -> tuple[int, int]:
    before = text[:offset]
    return before.count("\n") + 1, offset - before.rfind("\n")


TEXTS = st.lists(st.text("a\n", max_size=60), min_size=1, max_size=3)


@given(TEXTS, st.lists(st.tuples(st.integers(0, 2), st.integers(0, 60)), max_size=30), st.integers(1, 9))
def test_each_offset_is_found_in_its_file_wherever_it_is_looked_for(texts, places, near):
    joined = np.frombuffer("\n\n".join(texts).encode() or b" ", np.uint8)
    begins = np.cumsum([0, *(len(text) + 2 for text in texts)])
    files = [file % len(texts) for file, _ in places]
    within = [min(offset, len(texts[file])) for file, (_, offset) in zip(files, places, strict=True)]
    expected = [counted(texts[file], offset) for file, offset in zip(files, within, strict=True)]
    base = begins[files].astype(np.int32)
    offset = base + np.array(within, np.int32)
    hints = np.array([max(1, min(near, texts[file].count("\n") + 1)) for file in files], np.int32)
    index = LineIndex(joined)
    for hint in (None, hints):
        line, column = index.locate(offset, base, hint)
        assert list(zip(line.tolist(), column.tolist(), strict=True)) == expected


def test_far_lines_are_found_forwards_and_backwards():
    text = "".join("x" * (i % 7) + "\n" for i in range(3000))
    offsets = [0, len(text), 5000, 4999, len(text) - 1, 1, 9000, 17]
    index = LineIndex(np.frombuffer(text.encode(), np.uint8))
    line, column = index.locate(np.array(offsets, np.int32), np.zeros(8, np.int32))
    assert list(zip(line.tolist(), column.tolist(), strict=True)) == [counted(text, at) for at in offsets]
    assert index.lines(np.array([5000]), np.array([0])).tolist() == [counted(text, 5000)[0]]
