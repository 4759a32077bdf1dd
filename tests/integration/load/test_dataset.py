"""Commits on real Delta tables: whole, once, and in the right order, whatever happens in between."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from deltalake import DeltaTable

from snake_pipe.errors import DatasetError, StorageError
from snake_pipe.load.claims.writers import live_writers
from snake_pipe.load.dataset import Dataset, Flush
from snake_pipe.load.delta import log as delta_log
from snake_pipe.load.part_writer import Part
from snake_pipe.load.sql.views import connect
from snake_pipe.load.tidy.retention import Retention, Vacuum
from snake_pipe.schemas import ORDINAL_BITS, SCHEMA_VERSION, TABLES
from snake_pipe.storage import file_lock
from snake_pipe.storage.local import LocalStorage
from testkit.claims import taken
from testkit.descriptors import open_below

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def names(dataset: Dataset, table: str) -> list[str]:
    return sorted(part.name_in_table for part in dataset.parts(table))


def log_of(dataset: Dataset, table: str) -> Path:
    return dataset.storage.folder / table / "_delta_log"


# -- the folder ------------------------------------------------------------------------------------------


def test_create_makes_every_table_and_hides_itself_from_git(tmp_path: Path) -> None:
    dataset = Dataset.create(LocalStorage(tmp_path / "repo" / ".snake-pipe"))
    assert all(DeltaTable(dataset.storage.folder / table).version() == 0 for table in TABLES)
    git = ["git", "-C", str(tmp_path / "repo")]
    subprocess.run([*git, "init", "-q"], check=True)
    status = subprocess.run([*git, "status", "--porcelain"], check=True, capture_output=True)
    assert status.stdout == b""


def test_create_again_changes_nothing(dataset: Dataset, job: Any) -> None:
    job.flush(job.file(1, "a.py"))
    before = {path: path.stat().st_mtime_ns for path in dataset.storage.folder.rglob("*")}
    assert len(Dataset.create(dataset.storage).parts("files")) == 1
    assert {path: path.stat().st_mtime_ns for path in dataset.storage.folder.rglob("*")} == before


@pytest.mark.parametrize("made", [[], [".gitignore"], [".gitignore", "files", "nodes"]])
def test_create_finishes_what_was_left_half_made(tmp_path: Path, made: list[str]) -> None:
    whole = Dataset.create(LocalStorage(tmp_path / "whole"))
    (tmp_path / "half").mkdir()
    for name in made:
        (whole.storage.folder / name).rename(tmp_path / "half" / name)
    dataset = Dataset.create(LocalStorage(tmp_path / "half"))
    assert [dataset.parts(table) for table in TABLES] == [[]] * len(TABLES)


def test_a_folder_with_other_things_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(DatasetError, match="other files") as caught:
        Dataset.create(LocalStorage(tmp_path))
    assert caught.value.hint
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
    with pytest.raises(DatasetError, match="not a folder"):
        Dataset.create(LocalStorage(tmp_path / "notes.txt"))


def test_open_needs_a_dataset(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no dataset"):
        Dataset.open(LocalStorage(tmp_path))
    with pytest.raises(DatasetError, match="no dataset"):
        Dataset.open(LocalStorage(tmp_path / "nowhere"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "does not describe"),
        (b"[]", "does not describe"),
        (b'{"format": "other"}', "does not describe"),
        (b'{"format": "snake-pipe", "format_version": 99}', "format_version 99"),
        (b'{"format": "snake-pipe", "format_version": 1, "schema_version": 99}', "schema_version 99"),
    ],
)
def test_other_versions_are_refused(dataset: Dataset, content: bytes, message: str) -> None:
    (dataset.storage.folder / "dataset.json").write_bytes(content)
    for way in (Dataset.open, Dataset.create):
        with pytest.raises(DatasetError, match=message):
            way(dataset.storage)


def test_the_marker_says_what_it_is(dataset: Dataset) -> None:
    marker = orjson.loads((dataset.storage.folder / "dataset.json").read_bytes())
    versions = {"format_version": 1, "schema_version": SCHEMA_VERSION}
    assert marker == {"format": "snake-pipe", **versions, "id": dataset.id}


@pytest.mark.parametrize("name", ["a%20b", "a\\b"])
def test_a_name_that_deltalake_cannot_open_is_refused_at_once(tmp_path: Path, name: str) -> None:
    with pytest.raises(DatasetError, match="percent"):
        Dataset.create(LocalStorage(tmp_path / name))
    assert list(tmp_path.iterdir()) == []


# -- commits ---------------------------------------------------------------------------------------------


def test_a_flush_is_in_every_table_and_readable_by_deltalake(dataset: Dataset, job: Any) -> None:
    parts = job.file(5, "a.py", nodes=3) + job.file(6, "b.py", nodes=1)
    job.flush(parts)
    table = DeltaTable(dataset.storage.folder / "nodes")
    assert table.transaction_version("snake-pipe job1") == 1
    assert table.to_pyarrow_table().num_rows == 4
    actions = table.get_add_actions(flatten=True)
    assert sorted(actions.column("num_records").to_pylist()) == [1, 3]
    assert sorted(actions.column("min.file_id").to_pylist()) == [5, 6]
    assert dataset.log("nodes").last_number("job1") == 1
    assert dataset.log("symbols").last_number("job1") == 0
    assert dataset.log("files").last_number("other") == 0


def test_files_are_committed_last(dataset: Dataset, job: Any) -> None:
    parts = job.write(
        files=[{"file_id": 1, "repo": "r", "path": "a"}],
        nodes=[{"file_id": 1}],
        errors=[{"path": "a"}],
        batches=[{}],
    )
    job.flush(parts)
    entries = [log_of(dataset, table) / f"{1:020}.json" for table in ("nodes", "errors", "batches", "files")]
    times = [entry.stat().st_mtime_ns for entry in entries]
    assert times == sorted(times)
    assert not (log_of(dataset, "symbols") / f"{1:020}.json").exists()


def test_a_flush_without_file_rows_still_counts(dataset: Dataset, job: Any) -> None:
    job.flush(job.write(batches=[{}]))
    assert dataset.log("files").last_number("job1") == 1
    assert dataset.parts("files") == []
    assert len(dataset.parts("batches")) == 1


def test_an_empty_flush_is_fine(dataset: Dataset, job: Any) -> None:
    job.flush([])
    job.flush(job.file(1, "a.py"))
    assert dataset.log("files").last_number("job1") == 2


class Crash(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("tables_done", range(5))
def test_a_crash_between_tables_is_rolled_forward(
    dataset: Dataset, job: Any, tables_done: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    job.flush(job.file(1, "first.py"))
    rows = [{"file_id": 2, "repo": "repo", "path": "second.py", "status": "ok"}]
    parts = job.write(
        files=rows, nodes=[{"file_id": 2}], symbols=[{"file_id": 2}], errors=[{"path": "x", "file_id": 2}]
    )
    flush = Flush("job1", 2, parts, series="job1")
    append, appended = delta_log.DeltaLog.append, []

    def crashing(log: Any, *arguments: Any) -> None:
        if len(appended) == tables_done:
            raise Crash
        append(log, *arguments)
        appended.append(log.table)

    monkeypatch.setattr(delta_log.DeltaLog, "append", crashing)
    if tables_done < 4:
        with pytest.raises(Crash):
            dataset.commit(flush)
    else:
        dataset.commit(flush)
    monkeypatch.undo()

    seen = connect(dataset.storage).execute("SELECT path FROM files ORDER BY path").fetchall()
    assert seen == ([("first.py",)] if tables_done < 4 else [("first.py",), ("second.py",)])
    assert connect(dataset.storage).execute("SELECT count(*) FROM symbols").fetchall() == [
        (tables_done // 4,)
    ]

    reopened = Dataset.open(dataset.storage)
    reopened.commit(flush)
    reopened.commit(flush)
    for table, count in (("files", 2), ("nodes", 2), ("symbols", 1), ("errors", 1)):
        listed = DeltaTable(dataset.storage.folder / table).file_uris()
        assert len(listed) == len(set(listed)) == count
        assert reopened.log(table).last_number("job1") == 2
    counts = connect(dataset.storage).execute("SELECT count(*) FROM nodes").fetchone()
    assert counts == (3,)


def test_older_flushes_are_not_repeated(dataset: Dataset, job: Any) -> None:
    first = job.flush(job.file(1, "a.py"))
    job.flush(job.file(2, "b.py"))
    Dataset.open(dataset.storage).commit(first)
    assert len(dataset.parts("files")) == 2


def test_jobs_count_their_flushes_apart(dataset: Dataset, new_job: Callable[..., Any]) -> None:
    one, two = new_job("job1"), new_job("job2")
    one.flush(one.file(1, "a.py"))
    two.flush(two.file(2, "b.py"))
    one.flush(one.file(3, "c.py"))
    assert dataset.log("files").last_number("job1") == 2
    assert dataset.log("files").last_number("job2") == 1
    assert len(dataset.parts("files")) == 3


@pytest.mark.parametrize("change", ["remove", "cut"])
def test_a_part_that_is_not_as_recorded_is_refused_before_anything_is_committed(
    dataset: Dataset, job: Any, change: str
) -> None:
    parts = job.file(1, "a.py")
    path = dataset.storage.folder / "files" / next(part.name for part in parts if part.table == "files")
    if change == "remove":
        path.unlink()
    else:
        os.truncate(path, 10)
    with pytest.raises(StorageError, match=r"part .* (cannot be committed|has 10 bytes)"):
        job.flush(parts)
    assert [DeltaTable(dataset.storage.folder / table).version() for table in TABLES] == [0] * len(TABLES)


def test_a_part_outside_its_table_is_refused(dataset: Dataset, job: Any) -> None:
    (part,) = job.write(nodes=[{"file_id": 1}])
    with pytest.raises(StorageError):
        job.flush([Part("symbols", f"../nodes/{part.name}", part.size_bytes, 1)])


def test_another_writers_version_is_left_to_it(dataset: Dataset, job: Any) -> None:
    job.flush(job.file(1, "a.py"))
    table = DeltaTable(dataset.storage.folder / "nodes")
    table.alter.set_table_properties({"delta.logRetentionDuration": "interval 1 days"})
    job.flush(job.file(2, "b.py"))
    assert not list(log_of(dataset, "nodes").glob(".*"))
    assert (DeltaTable(dataset.storage.folder / "nodes").version(), dataset.waits.conflicts) == (3, 1)
    assert dataset.snapshot().versions["nodes"] == 3
    Dataset.open(dataset.storage).commit(Flush("job1", 3, job.file(3, "c.py"), series="job1"))
    dataset.commit(
        Flush("job1", 3, job.file(4, "d.py"), series="job1")
    )  # which the other has done for the same job
    assert len(dataset.parts("nodes")) == 3


def test_checkpoints_keep_parts_and_transactions(
    dataset: Dataset, job: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delta_log, "CHECKPOINT_EVERY", 5)
    for number in range(1, 13):
        job.flush(job.file(number, f"{number}.py"))
    for table in ("files", "nodes"):
        assert list(log_of(dataset, table).glob("*.checkpoint.parquet"))
    dataset.checkpoint()
    for entry in log_of(dataset, "nodes").glob("*.json"):
        entry.unlink()
    again = Dataset.open(dataset.storage)
    assert len(again.parts("nodes")) == 12
    assert again.log("nodes").last_number("job1") == 12
    job.flush(job.file(13, "13.py"))
    assert len(again.parts("nodes")) == 13


# -- what a power cut leaves -----------------------------------------------------------------------------


@pytest.mark.parametrize("length", [0, 20])
def test_a_torn_log_entry_is_set_aside_and_committed_again(dataset: Dataset, job: Any, length: int) -> None:
    job.flush(job.file(1, "a.py"))
    flush = job.flush(job.file(2, "b.py"))
    os.truncate(log_of(dataset, "nodes") / f"{2:020}.json", length)
    reopened = Dataset.open(dataset.storage)
    reopened.mend()
    assert reopened.log("nodes").last_number("job1") == 1
    reopened.commit(flush)
    assert DeltaTable(dataset.storage.folder / "nodes").to_pyarrow_table().num_rows == 4
    assert (log_of(dataset, "nodes") / f"{2:020}.json.torn").exists()


def test_a_torn_checkpoint_is_removed(dataset: Dataset, job: Any) -> None:
    for number in range(1, 4):
        job.flush(job.file(number, f"{number}.py"))
    dataset.checkpoint()
    (checkpoint,) = log_of(dataset, "nodes").glob("*.checkpoint.parquet")
    os.truncate(checkpoint, 100)
    reopened = Dataset.open(dataset.storage)
    reopened.mend()
    assert len(reopened.parts("nodes")) == 3
    assert reopened.log("nodes").last_number("job1") == 3


def test_damage_that_cannot_be_mended_is_said(dataset: Dataset, job: Any) -> None:
    job.flush(job.file(1, "a.py"))
    job.flush(job.file(2, "b.py"))
    (log_of(dataset, "nodes") / f"{1:020}.json").write_bytes(b"{")
    with pytest.raises(DatasetError, match="cannot be read"):
        Dataset.open(dataset.storage).parts("nodes")


# -- orphans ---------------------------------------------------------------------------------------------


def test_orphans_are_what_no_log_names(dataset: Dataset, new_job: Callable[..., Any]) -> None:
    job, longer, other = new_job("j-1a"), new_job("j-1ab"), new_job("k-1a")
    job.flush(job.file(1, "a.py"))
    promised, lost = job.write(nodes=[{"file_id": 2}]), job.write(nodes=[{"file_id": 3}])
    longer.file(4, "d.py")
    other.file(5, "e.py")
    unfinished = dataset.storage.folder / "nodes" / ".part-j-1a-1-9-1.parquet.tmp"
    unfinished.touch()
    own = dataset.storage.folder / "files" / "part-j-1a-1-flush-3.parquet"
    own.touch()
    document = dataset.storage.folder / "nodes" / "part-j-1a-1-9-1-2.parquet"
    document.touch()
    orphans = {
        unfinished,
        own,
        document,
        *(dataset.storage.folder / "nodes" / part.name for part in promised + lost),
    }
    kept = dataset.storage.folder / "nodes" / promised[0].name

    with taken(dataset.storage.folder, job_id="j-1ab"):
        running = Vacuum(dataset, Retention(), is_promised=[kept.name].__contains__)
    assert running.removable.parts == running.remove().parts == len(orphans) - 1 + 2
    assert [path for path in orphans if path.exists()] == [kept]
    left = Vacuum(dataset, Retention(), is_promised=[kept.name].__contains__)
    assert left.removable.parts == 0, "the job may have promised something"
    left = Vacuum(dataset, Retention(), is_promised=[kept.name].__contains__, idle_jobs=["j-1ab"])
    assert left.removable.parts == 2
    assert all(path.exists() for table in TABLES for path in dataset.parts(table))


# -- epochs ----------------------------------------------------------------------------------------------


def test_epochs_never_repeat(dataset: Dataset) -> None:
    assert dataset.max_epoch() == 0
    assert [dataset.next_epoch(), dataset.next_epoch()] == [1, 2]
    assert Dataset.open(dataset.storage).next_epoch() == 3


def test_a_lost_counter_is_found_again_in_the_tables(dataset: Dataset, job: Any) -> None:
    counter = dataset.storage.folder / "_jobs" / "_epochs"
    for _ in range(7):
        dataset.next_epoch()
    job.flush(job.file(7 << ORDINAL_BITS | 5, "a.py"))
    shutil.rmtree(counter)
    assert dataset.next_epoch() == 8
    job.flush(job.write(batches=[{"epoch": 11}]))
    shutil.rmtree(counter)
    assert dataset.next_epoch() == 12


def test_parts_hold_what_was_written(dataset: Dataset, job: Any) -> None:
    job.flush(job.file(3, "ü.py", nodes=5))
    (part,) = dataset.parts("nodes")
    assert part.open().read().column("node_id").to_pylist() == [0, 1, 2, 3, 4]
    assert len(names(dataset, "nodes")) == 1


@pytest.mark.parametrize("reason", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_refused_with_the_reason(
    tmp_path: Path, dataset: Dataset, monkeypatch: pytest.MonkeyPatch, reason: int
) -> None:
    """It was said to be busy (exit 75: try again later), for ever."""

    def without_locks(*_: object) -> None:
        raise OSError(reason, os.strerror(reason))

    monkeypatch.setattr(file_lock.fcntl, "flock", without_locks)
    before = open_below(tmp_path)
    for attempt in (
        lambda: taken(dataset.storage.folder),
        lambda: Dataset.create(LocalStorage(tmp_path / "new")),
    ):
        with pytest.raises(DatasetError, match=f"cannot lock .*{os.strerror(reason)}") as caught:
            attempt()
        assert "file system that has locks" in (caught.value.hint or "")
    assert open_below(tmp_path) == before
    assert live_writers(dataset.storage) == []
