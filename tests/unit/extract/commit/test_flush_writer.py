"""A flush: written, promised, committed, in this order; and what is left of one that fails."""

from __future__ import annotations

import asyncio

import pyarrow.parquet as pq
import pytest

from snake_pipe.errors import StorageError
from snake_pipe.extract.batch_models import BatchResult, DiscoveredFile, FileBatch, Trigger
from snake_pipe.extract.commit.flush_writer import FlushWriter
from snake_pipe.extract.model.rows import error_row, file_row, rows_to_batch, to_ipc
from snake_pipe.load.part_writer import Part, PartWriter
from snake_pipe.storage.local import LocalStorage
from snake_pipe.utils.journal.append_file import FileJournal
from testkit.engines import within

FILE = DiscoveredFile("/r", "a.py", 10, 0, "python", "r", file_id=7)


class Disk:
    """A flush writer with its journal and parts, and what it does in its order."""

    def __init__(self, folder):
        self.done = []
        self.failure = None
        self.folder = folder
        for table in ("files", "errors", "batches"):
            (folder / table).mkdir()
        self.journal = FileJournal(folder / "journal.jsonl")
        append = self.journal.append

        def note(record):
            self.done.append(record["type"])
            append(record)

        self.journal.append = note
        self.writer = FlushWriter(
            job_id="j",
            epoch=3,
            series="repo",
            last_flush_seq=4,
            journal=self.journal,
            check=lambda: self.done.append("check"),
            commit=self._commit,
            open_writer=self._open,
            read_with="settings",
            tidy=lambda _: self.done.append("tidy"),
        )

    def _commit(self, seq, parts):
        self.done.append(("commit", seq, sorted(part.table for part in parts)))
        if self.failure == "commit":
            raise StorageError("a table cannot be committed")

    def _open(self, stem):
        if self.failure == "write":
            raise StorageError("no room")
        return PartWriter(LocalStorage(self.folder), stem, ("files", "errors", "batches"))

    def rows(self, table):
        return [
            row
            for part in sorted((self.folder / table).glob("*.parquet"))
            for row in pq.ParquetFile(part).read().to_pylist()
        ]


def finished(batch_id=1):
    """A batch of one file, as a worker gives it back."""
    batch = FileBatch(batch_id, (FILE,), 10, "python", Trigger.SIZE, waited=0.5)
    rows = to_ipc(rows_to_batch("files", [file_row(FILE, "j", status="ok")]))
    parts = [Part("nodes", f"part-{batch_id}.parquet", 100, 5)]
    return batch, BatchResult(batch_id, parts=parts, files=rows, outcomes={("ok", "python"): 1})


def test_nothing_is_no_flush(tmp_path):
    disk = Disk(tmp_path)
    assert within(disk.writer.flush()) is None
    assert disk.done == []
    disk.writer.close()


def test_a_flush_is_promised_before_it_is_committed(tmp_path):
    disk = Disk(tmp_path)
    disk.writer.add(*finished())
    disk.writer.add_rows(error_rows=[error_row("b", "j", phase="discover", code="x", message="y")])
    info = within(disk.writer.flush())
    assert (info.flush_seq, info.files, len(info.parts)) == (5, 1, 4)
    tables = ["batches", "errors", "files", "nodes"]
    assert disk.done == ["check", "flush", ("commit", 5, tables), "committed"]
    rows = disk.rows("files")
    assert [(row["file_id"], row["flush_seq"], row["read_with"]) for row in rows] == [(7, 5, "settings")]
    assert [(row["batch_id"], row["status"], row["flush_seq"]) for row in disk.rows("batches")] == [
        (1, "ok", 5)
    ]
    assert [row["path"] for row in disk.rows("errors")] == ["b"]
    assert (disk.writer.files_committed, disk.writer.flushes, disk.writer.has_pending) == (1, 1, False)
    disk.writer.close()


def test_a_batch_that_is_tried_again_is_a_row_without_files(tmp_path):
    disk = Disk(tmp_path)
    disk.writer.add_retried(finished()[0])
    info = within(disk.writer.flush())
    assert (info.files, [row["status"] for row in disk.rows("batches")]) == (0, ["retried"])
    disk.writer.close()


def test_what_could_not_be_written_waits_for_the_next_flush(tmp_path):
    disk = Disk(tmp_path)
    disk.writer.add(*finished(1))
    disk.failure = "write"
    with pytest.raises(StorageError, match="no room"):
        within(disk.writer.flush())
    assert disk.writer.may_try_again
    assert disk.done == []
    disk.failure = None
    disk.writer.add(*finished(2))
    info = within(disk.writer.flush())
    assert (info.flush_seq, info.files) == (5, 2)
    assert [row["batch_id"] for row in disk.rows("batches")] == [1, 2]
    disk.writer.close()


def test_after_a_promise_that_was_not_kept_nothing_more_is_promised(tmp_path):
    """Only the next start, which reads the journal, can tell what the disk has kept."""
    disk = Disk(tmp_path)
    disk.writer.add(*finished(1))
    disk.failure = "commit"
    with pytest.raises(StorageError, match="cannot be committed"):
        within(disk.writer.flush())
    assert not disk.writer.may_try_again
    disk.failure = None
    disk.writer.add(*finished(2))
    with pytest.raises(StorageError, match="cannot be committed"):
        within(disk.writer.flush())
    assert [each for each in disk.done if each == "flush"] == ["flush"]
    disk.writer.close()


def test_a_flush_runs_to_its_end_though_its_caller_is_cancelled(tmp_path):
    disk = Disk(tmp_path)
    disk.writer.add(*finished(1))

    async def go():
        flush = asyncio.create_task(disk.writer.flush())
        await asyncio.sleep(0)
        flush.cancel()
        with pytest.raises(asyncio.CancelledError):
            await flush
        return await disk.writer.flush()  # after the one under way

    assert within(go()) is None
    assert disk.done[-1] == "committed"
    assert disk.writer.files_committed == 1
    disk.writer.close()


def test_a_tidy_waits_for_a_flush_under_way_and_runs_to_its_end(tmp_path):
    disk = Disk(tmp_path)
    disk.writer.add(*finished())

    async def go():
        flush = asyncio.create_task(disk.writer.flush())
        await asyncio.sleep(0)
        tidy = asyncio.create_task(disk.writer.tidy(is_last=True))
        await asyncio.sleep(0)
        tidy.cancel()  # who asked goes away; what is under way is done all the same
        await flush
        await disk.writer.tidy(is_last=True)

    within(go())
    disk.writer.close()
    assert disk.done[-3:] == ["committed", "tidy", "tidy"]
