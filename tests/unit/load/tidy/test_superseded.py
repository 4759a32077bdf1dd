"""Which rows of `files` are superseded, against the rule said row by row."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from snake_pipe.load.part_writer import PartWriter
from snake_pipe.load.stored_part import StoredPart
from snake_pipe.load.tidy.superseded import find_superseded
from snake_pipe.schemas import TABLES, arrow_schema
from snake_pipe.storage.local import LocalStorage

REQUIRED = {
    "input_kind": "source",
    "read_with": "r",
    "first_epoch": 0,
    "content_epoch": 0,
    "job_id": "j",
    "flush_seq": 1,
    "ingested_at": 0,
}


def write_files(folder, number, rows):
    (folder / "files").mkdir(exist_ok=True)
    writer = PartWriter(LocalStorage(folder), f"{number}", ("files",))
    full = [{c.name: None for c in TABLES["files"]} | REQUIRED | row for row in rows]
    writer.write("files", pa.RecordBatch.from_pylist(full, schema=arrow_schema("files")))
    (part,) = writer.close()
    return StoredPart(f"files/{part.name}", LocalStorage(folder))


def by_the_rule(rows):
    newest = {}
    for row in rows:
        if row["container_id"] is None:
            key = (row["repo"], row["path"])
            rank = (row["reason"] != "cancelled", row["file_id"])
            newest[key] = max(newest.get(key, (rank, row)), (rank, row), key=lambda pair: pair[0])
    current = {row["file_id"] for _, row in newest.values() if row["status"] != "deleted"}
    return sorted(row["file_id"] for row in rows if (row["container_id"] or row["file_id"]) not in current)


@st.composite
def files(draw):
    rows = []
    for file_id in range(1, 1 + draw(st.integers(0, 30))):
        container = draw(
            st.sampled_from([None, None, *(r["file_id"] for r in rows if r["container_id"] is None)])
        )
        rows.append(
            {
                "file_id": file_id,
                "repo": draw(st.sampled_from(["one", "two"])),
                "path": draw(st.sampled_from(["a", "b", "one\0a", "c"])),
                "status": draw(st.sampled_from(["ok", "deleted", "failed"])),
                "reason": draw(st.sampled_from([None, "cancelled", "too_large"])),
                "container_id": container,
            }
        )
    return draw(st.permutations(rows))


@given(rows=files(), cut=st.integers(0, 30))
def test_the_newest_row_counts_and_what_is_cancelled_supersedes_nothing(rows, cut):
    with tempfile.TemporaryDirectory() as name:
        halves = enumerate((rows[:cut], rows[cut:]))
        parts = [write_files(Path(name), number, half) for number, half in halves if half]
        assert find_superseded(parts).ids.tolist() == by_the_rule(rows)


def test_no_files_are_none_superseded():
    assert find_superseded([]).ids.tolist() == []


def test_a_file_that_came_back_is_a_new_one(tmp_path):
    """A sink that saw it go knows nothing of before: a run killed before its tidy had made a difference."""
    statuses = {"back": ("ok", "ok", "deleted", "ok", "failed"), "gone": ("ok", "deleted"), "new": ("ok",)}
    rows = [
        {"repo": "one", "path": path, "status": status, "reason": None, "container_id": None}
        for path, found in statuses.items()
        for status in found
    ]
    part = write_files(tmp_path, 0, [row | {"file_id": number} for number, row in enumerate(rows, 1)])
    found = find_superseded([part])
    assert [state.tolist() for state in found.states] == [[4, 5]]
    assert found.ids.tolist() == [1, 2, 3, 4, 6, 7]
