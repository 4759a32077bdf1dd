"""Parts are there whole or not at all."""

from __future__ import annotations

import pickle
import subprocess
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from snake_pipe.errors import StorageError
from snake_pipe.load.part_writer import Part, PartWriter
from snake_pipe.schemas import TABLES, arrow_schema
from snake_pipe.storage.local import LocalStorage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NODES = [
    {
        "file_id": 7 + number // 3,
        "node_id": number,
        "child_index": 0,
        "depth": number,
        "descendant_count": 0,
        "type": "Name",
        "kind": "identifier",
        "name": f"name{number}",
        "parent_id": number - 1 if number else None,
        "start_offset": 2**40 + number,
    }
    for number in range(10)
]


def nodes(rows: list[dict[str, object]]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(rows, schema=arrow_schema("nodes"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for table in TABLES:
        (tmp_path / table).mkdir()
    return tmp_path


def names(folder: Path, table: str = "nodes") -> list[str]:
    return sorted(path.name for path in (folder / table).iterdir())


@pytest.mark.parametrize("codec", ["zstd", "snappy", "lz4", "none"])
def test_rows_come_back(folder: Path, codec: str) -> None:
    writer = PartWriter(LocalStorage(folder), "job-1-1", ["nodes"], codec=codec)
    writer.write("nodes", nodes(NODES[:4]))
    writer.write("nodes", nodes(NODES[4:]))
    (part,) = writer.close()
    path = folder / "nodes" / "part-job-1-1.parquet"
    assert part == Part("nodes", path.name, path.stat().st_size, 10, 7, 10)
    assert (
        pq.read_table(path, partitioning=None).cast(arrow_schema("nodes")).to_pylist()
        == nodes(NODES).to_pylist()
    )
    assert pq.read_metadata(path).num_row_groups == 2


@pytest.mark.parametrize("table", TABLES)
def test_every_table_can_be_written(folder: Path, table: str) -> None:
    schema = arrow_schema(table)
    values = {
        "string": "x",
        "bool": True,
        "double": 0.5,
        "list<element: string>": ["a", "b"],
        "binary": b"\xff",
    }
    row = {
        field.name: "word" if pa.types.is_dictionary(field.type) else values.get(str(field.type), 1)
        for field in schema
        if not pa.types.is_list(field.type)
    } | {field.name: ["a", "b"] for field in schema if pa.types.is_list(field.type)}
    batch = pa.RecordBatch.from_pylist([row], schema=schema)
    writer = PartWriter(LocalStorage(folder), "job-1-1", [table])
    writer.write(table, batch)
    (part,) = writer.close()
    read = pq.read_table(folder / table / part.name, partitioning=None).cast(schema)
    assert read.to_pylist() == batch.to_pylist()
    assert part.first_file_id == (1 if "file_id" in schema.names else None)


def test_nothing_is_seen_before_close(folder: Path) -> None:
    writer = PartWriter(LocalStorage(folder), "job-1-1", ["nodes", "symbols"])
    writer.write("nodes", nodes(NODES))
    assert names(folder) == [".part-job-1-1.parquet.tmp"]
    assert [part.table for part in writer.close()] == ["nodes"]
    assert names(folder) == ["part-job-1-1.parquet"]
    assert names(folder, "symbols") == []


def test_no_rows_no_part(folder: Path) -> None:
    writer = PartWriter(LocalStorage(folder), "job-1-1", ["nodes"])
    writer.write("nodes", nodes([]))
    assert writer.close() == []
    assert names(folder) == []


def test_abort_leaves_nothing(folder: Path) -> None:
    writer = PartWriter(LocalStorage(folder), "job-1-1", ["nodes"])
    writer.write("nodes", nodes(NODES))
    writer.abort()
    assert names(folder) == []
    writer.write("nodes", nodes(NODES))
    writer.close()
    writer.abort()
    assert names(folder) == []
    writer.abort()


def test_a_part_is_never_overwritten(folder: Path) -> None:
    writer = PartWriter(LocalStorage(folder), "job-1-1", ["nodes"])
    writer.write("nodes", nodes(NODES))
    writer.close()
    before = (folder / "nodes" / "part-job-1-1.parquet").read_bytes()
    with pytest.raises(StorageError, match="exists already"):
        PartWriter(LocalStorage(folder), "job-1-1", ["nodes"]).write("nodes", nodes(NODES[:1]))
    assert (folder / "nodes" / "part-job-1-1.parquet").read_bytes() == before
    assert names(folder) == ["part-job-1-1.parquet"]


def test_two_writers_of_one_attempt_exclude_each_other(folder: Path) -> None:
    first = PartWriter(LocalStorage(folder), "job-1-1", ["nodes"])
    first.write("nodes", nodes(NODES))
    second = PartWriter(LocalStorage(folder), "job-1-1", ["nodes"])
    with pytest.raises(StorageError, match="exists already"):
        second.write("nodes", nodes(NODES))
    second.abort()
    (part,) = first.close()
    assert part.rows == 10


def test_a_missing_folder_is_a_sink_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="No such file"):
        PartWriter(LocalStorage(tmp_path / "gone"), "job-1-1", ["nodes"]).write("nodes", nodes(NODES))


def test_unwanted_tables_are_a_mistake(folder: Path) -> None:
    with pytest.raises(ValueError, match="symbols"):
        PartWriter(LocalStorage(folder), "job-1-1", ["nodes"]).write("symbols", nodes(NODES))


def test_nulls_where_there_must_be_none_do_not_pass(folder: Path) -> None:
    writer = PartWriter(LocalStorage(folder), "job-1-1", ["nodes"])
    with pytest.raises(pa.ArrowInvalid):
        writer.write("nodes", nodes([{"file_id": 1}]))
    writer.abort()
    assert names(folder) == []


def test_parts_pickle() -> None:
    part = Part("nodes", "part-job-1-1.parquet", 1, 2, 3, 4)
    assert pickle.loads(pickle.dumps(part)) == part


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)]
    try:
        mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("no right to mount a file system")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


@pytest.mark.root
def test_a_full_disk_is_a_sink_error_and_leaves_nothing(small_disk: Path) -> None:
    (small_disk / "nodes").mkdir()
    writer = PartWriter(LocalStorage(small_disk), "job-1-1", ["nodes"], codec="none")
    rows = [{**NODES[0], "node_id": number, "name": f"{number:0100}"} for number in range(20_000)]
    with pytest.raises(StorageError, match="No space left"):  # noqa: PT012 - either call may meet the end
        writer.write("nodes", nodes(rows))
        writer.close()
    writer.abort()
    assert names(small_disk) == []
    writer = PartWriter(LocalStorage(small_disk), "job-1-2", ["nodes"])
    writer.write("nodes", nodes(NODES))
    assert [part.rows for part in writer.close()] == [10]


@pytest.mark.root
def test_a_disk_without_a_byte_left_is_a_sink_error_at_the_first_write(small_disk: Path) -> None:
    """The format's first four bytes were refused with an exception that no caller knew.

    The file whose rows came first was taken for unreadable, and the next one met the part left half open.
    """
    (small_disk / "nodes").mkdir()
    with pytest.raises(OSError, match="No space left"):
        (small_disk / "filler").write_bytes(bytes(1 << 20))
    writer = PartWriter(LocalStorage(small_disk), "job-1-1", ["nodes"])
    for _ in range(2):
        with pytest.raises(StorageError, match="No space left"):
            writer.write("nodes", nodes(NODES))
    assert list((small_disk / "nodes").iterdir()) == []
