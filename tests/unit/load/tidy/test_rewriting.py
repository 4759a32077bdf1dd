"""Parts written anew hold the same rows in the same order, and each file in one part."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snake_pipe.errors import StorageError
from snake_pipe.load.part_writer import PartWriter
from snake_pipe.load.stored_part import StoredPart
from snake_pipe.load.tidy import rewriting
from snake_pipe.load.tidy.rewriting import write_anew
from snake_pipe.schemas import arrow_schema
from snake_pipe.storage.local import LocalStorage

NEEDED = {"name": "n", "role": "call"}


class Folder:
    def __init__(self, path):
        self.path = path
        self.written = 0
        (path / "refs").mkdir()
        self.most_writers = None

    def open_writer(self):
        self.written += 1
        if self.written == self.most_writers:
            raise StorageError("no room")
        return PartWriter(LocalStorage(self.path), f"new-{self.written}", ("refs",))

    def part(self, rows, groups=2):
        self.written += 1
        writer = PartWriter(LocalStorage(self.path), f"old-{self.written}", ("refs",))
        cut = len(rows) // groups or 1
        for start in range(0, len(rows), cut):
            full = [{**NEEDED, "file_id": file, "node_id": node} for file, node in rows[start : start + cut]]
            writer.write("refs", pa.RecordBatch.from_pylist(full, schema=arrow_schema("refs")))
        (part,) = writer.close()
        return StoredPart(f"refs/{part.name}", LocalStorage(self.path))

    def rows(self, part):
        table = pq.read_table(self.path / "refs" / part.name, partitioning=None)
        return list(zip(table["file_id"].to_pylist(), table["node_id"].to_pylist(), strict=True))


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)


@st.composite
def sources(draw):
    parts, file = [], 0
    for _ in range(draw(st.integers(1, 4))):
        rows = []
        for _ in range(draw(st.integers(1, 4))):
            file += 1
            rows += [(file, node) for node in range(draw(st.integers(1, 6)))]
        parts.append(rows)
    return parts


@given(
    parts=sources(), most_rows=st.integers(1, 12), gone=st.sets(st.integers(1, 12)), group=st.integers(1, 9)
)
def test_rows_stay_in_order_and_each_file_in_one_part(tmp_path_factory, parts, most_rows, gone, group):
    folder = Folder(tmp_path_factory.mktemp("parts"))

    def edit(rows):
        return rows.filter(pa.array([file not in gone for file in rows["file_id"].to_pylist()], pa.bool_()))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rewriting, "_GROUP_ROWS", group)
        patch.setattr(rewriting, "_ROWS_AT_ONCE", group)
        made = write_anew(
            "refs",
            [folder.part(rows) for rows in parts],
            edit,
            most_rows=most_rows,
            open_writer=folder.open_writer,
        )
    written = [folder.rows(part) for part in made]
    assert [row for part in written for row in part] == [
        row for part in parts for row in part if row[0] not in gone
    ]
    for part, rows in zip(made, written, strict=True):
        assert part.rows == len(rows)
        assert (part.first_file_id, part.last_file_id) == (rows[0][0], rows[-1][0])
    ids = [{file for file, _ in rows} for rows in written]
    assert sum(map(len, ids)) == len(set().union(*ids))
    for rows in written[:-1]:  # a part is closed when it has rows enough, and not before
        last = rows[-1][0]
        assert len(rows) >= most_rows
        assert len([row for row in rows if row[0] != last]) < most_rows


def test_nothing_is_left_of_what_could_not_be_written(folder):
    source = folder.part([(file, 0) for file in range(1, 9)])
    folder.most_writers = folder.written + 3
    with pytest.raises(StorageError):
        write_anew("refs", [source], lambda rows: rows, most_rows=2, open_writer=folder.open_writer)
    assert list((folder.path / "refs").iterdir()) == [folder.path / source.name]
