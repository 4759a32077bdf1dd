"""What a sink lacks, read from journals; and what of a flush counts."""

from __future__ import annotations

from dataclasses import astuple
from pathlib import Path

import pytest

from snake_pipe.errors import StorageError
from snake_pipe.extract.batch_models import DiscoveredFile
from snake_pipe.extract.model.promise import flush_in
from snake_pipe.extract.model.rows import file_row, rows_to_batch
from snake_pipe.extract.sinks import ledger as ledger_module
from snake_pipe.extract.sinks.ledger import (
    Delivered,
    SinkLedger,
    forget_sinks_behind,
    known_sinks,
    owed_parts,
    read_since,
)
from snake_pipe.load.dataset import Dataset
from snake_pipe.load.part_writer import PartWriter
from snake_pipe.storage.local import LocalStorage
from snake_pipe.utils.checkpoint_manager import CheckpointData, CheckpointManager, ProcessingProgress


class Store:
    """A dataset whose jobs commit flushes, each of one file."""

    def __init__(self, folder: Path):
        self.dataset = Dataset.create(LocalStorage(folder))
        self.manager = CheckpointManager(self.dataset.storage)
        self.ledger = SinkLedger(self.dataset, self.manager, "lines-1")
        self.numbers = iter(range(1, 1000))

    def commit(self, job_id: str, epoch: int, seq: int, *rows, delivered=False):
        progress = ProcessingProgress(epoch=epoch)
        self.manager.save(CheckpointData(job_id, {}, {}, progress))
        writer = PartWriter(self.dataset.storage, f"{job_id}-{epoch}-{seq}", ("files", "symbols"))
        writer.write("files", rows_to_batch("files", rows or [self.row(f"{seq}.py", next(self.numbers))]))
        parts = writer.close()
        with self.manager.journal(job_id) as journal:
            named = [astuple(part) for part in parts]
            record = {"type": "flush", "seq": seq, "epoch": epoch, "series": job_id, "parts": named}
            journal.append(record)
            self.dataset.commit(flush_in(record, job_id))
            if delivered:
                Delivered("lines-1", job_id, seq).note(journal)

    def row(self, path, file_id, status="ok", **more):
        found = DiscoveredFile("/r", path, 1, 0, "python", "r", file_id=file_id)
        return file_row(found, "j", status=status, **more)

    def missing(self, epoch):
        return [(flush.key.job_id, flush.key.flush_seq) for flush in self.ledger.missing(epoch)]


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "ds")


def test_a_sink_that_was_there_from_the_beginning_lacks_what_was_not_noted(store):
    assert store.missing(1) == [("snapshot", 1)]  # of nothing
    store.ledger.settle(0)
    store.commit("job1", 1, 1, delivered=True)
    store.commit("job1", 1, 2)
    store.commit("job2", 2, 1)
    store.commit("job1", 3, 3)  # resumed
    assert store.missing(4) == [("job1", 2), ("job2", 1), ("job1", 3)]
    store.ledger.settle(3)
    assert store.missing(4) == []


def test_a_sink_that_comes_later_gets_a_snapshot_of_what_counts(store):
    store.commit("job1", 1, 1, store.row("a.py", 1), store.row("b.py", 2))
    store.commit("job2", 2, 1, store.row("a.py", 3), store.row("b.py", 4, "deleted"))
    store.commit("job3", 3, 1, store.row("c.py", 5, "skipped", reason="cancelled"))
    (snapshot,) = store.ledger.missing(4)
    assert snapshot.is_snapshot
    assert (snapshot.key.job_id, snapshot.key.flush_seq) == ("snapshot", 4)
    rows = [row for batch in snapshot.batches("files", ["file_id", "path"]) for row in batch.to_pylist()]
    assert rows == [{"file_id": 3, "path": "a.py"}]
    assert list(snapshot.leaving()) == []
    assert store.missing(5) == [("snapshot", 5)]  # until it has one
    store.ledger.settle(3)
    assert store.missing(5) == []


def test_of_a_flush_the_newest_row_of_a_file_counts(store):
    """A watch may read a file twice, and see it go, between two commits."""
    store.ledger.settle(0)
    store.commit(
        "job1",
        1,
        1,
        store.row("a.py", 1),
        store.row("a.py", 2),
        store.row("b.py", 3),
        store.row("b.py", 4, "deleted"),
        store.row("c.py", 5, "skipped", reason="cancelled"),
        store.row("d.json", 6),
        store.row("d.json#0", 7, container_id=6),
    )
    (flush,) = store.ledger.missing(2)
    rows = [row["file_id"] for batch in flush.batches("files", ["file_id"]) for row in batch.to_pylist()]
    assert rows == [2, 6, 7]
    left = [row["path"] for batch in flush.leaving() for row in batch.to_pylist()]
    assert left == ["a.py", "a.py", "b.py", "b.py", "d.json"]
    assert flush.schema("files").names == next(flush.batches("files")).schema.names
    with pytest.raises(ValueError, match="there is no table 'trees'"):
        next(flush.batches("trees"))


def test_what_is_no_longer_there_one_by_one_comes_as_a_snapshot(store, monkeypatch):
    store.ledger.settle(0)
    for seq in (1, 2, 3):
        store.commit("job1", 1, seq)
    assert len(store.missing(2)) == 3
    monkeypatch.setattr(ledger_module, "MOST_BEHIND", 2)
    assert store.missing(2) == [("snapshot", 2)]
    monkeypatch.undo()
    with store.manager.journal("job1") as journal:
        journal.rewrite(lambda records: [{"type": "compacted", "seq": 2, "epoch": 1}, *records[2:]])
    assert store.missing(2) == [("snapshot", 2)]
    store.ledger.settle(1)
    store.commit("job2", 2, 1)
    next((store.dataset.storage.folder / "files").glob("part-job2-*")).unlink()
    assert store.missing(3) == [("snapshot", 3)]


def test_parts_are_owed_until_the_sink_has_them_or_is_given_up(store):
    store.ledger.settle(0)
    store.commit("job1", 1, 1, delivered=True)
    store.commit("job1", 1, 2)
    with store.manager.journal("job1") as journal:
        records = journal.records
    assert owed_parts(store.manager, records, ["lines-1"]) == {"part-job1-1-2.parquet"}
    assert owed_parts(store.manager, records, ["other-2"]) == set()
    store.ledger.forget()
    assert owed_parts(store.manager, records, ["lines-1"]) == set()


def test_a_job_that_is_removed_leaves_nothing_to_be_guessed(store):
    store.ledger.settle(0)
    assert known_sinks(store.manager) == ["lines-1"]
    store.ledger.settle(5)
    forget_sinks_behind(store.manager, 5)
    assert read_since(store.manager, "lines-1") == 5
    forget_sinks_behind(store.manager, 6)
    assert read_since(store.manager, "lines-1") is None


@pytest.mark.parametrize("unreadable", ["job1/checkpoint.json", "job1/journal.jsonl", "sink-lines-1.json"])
def test_what_cannot_be_read_now_is_not_passed_over(store, unreadable):
    """The sink would have been noted to have all of the run, and never got the flush."""
    store.ledger.settle(0)
    store.commit("job1", 1, 1)
    path = store.dataset.storage.folder / "_jobs" / unreadable
    aside = path.rename(path.with_suffix(".aside"))
    path.mkdir()  # as good as a disk that fails
    with pytest.raises(StorageError, match=r"cannot (be )?read"):
        store.ledger.missing(2)
    path.rmdir()
    aside.rename(path)
    assert store.missing(2) == [("job1", 1)]
