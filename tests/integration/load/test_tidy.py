"""A tidied dataset: every reader of its tables sees the current state alone, and earlier states are kept."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING, Any

import duckdb
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, QueryBuilder

from snake_pipe.errors import DatasetError
from snake_pipe.load.delta import entries, log
from snake_pipe.load.run_changes import count_changes
from snake_pipe.load.sql.views import connect_tables
from snake_pipe.load.tidy import parts_plan
from snake_pipe.load.tidy.retention import Retention, Vacuum
from snake_pipe.load.tidy.tidy import Tidied, Tidy
from snake_pipe.schemas import TABLES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from snake_pipe.load.dataset import Dataset

NO_GRACE = Retention(grace_seconds=0)


def tidy(dataset: Dataset, job: Any, number: int = 1, **options: Any) -> Tidied:
    return Tidy(dataset, job_id=job.job_id, stem=f"{job.job_id}-1-{number}", **options).run()


def seen(dataset: Dataset, sql: str, files_version: int | None = None) -> list[tuple[Any, ...]]:
    with connect_tables(dataset.storage, files_version=files_version) as connection:
        return connection.execute(sql).fetchall()


def seen_by_others(dataset: Dataset, table: str, column: str) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of a table by readers that know nothing of us; DuckDB and Spark are told the parts."""
    delta = DeltaTable(str(dataset.storage.folder / table))
    sql = f"SELECT {column} FROM {{}} ORDER BY {column}"
    fusion = QueryBuilder().register("t", delta).execute(sql.format("t")).read_all()
    parts = [uri.removeprefix("file://").replace("%20", " ") for uri in delta.file_uris()]
    with duckdb.connect() as connection:
        duck = (
            connection.execute(sql.format("read_parquet($parts)"), {"parts": parts}).fetchall()
            if parts
            else []
        )
    return {
        "datafusion": [tuple(row.values()) for row in pa.table(fusion).to_pylist()],
        "duckdb": duck,
        "pyarrow": sorted(zip(*delta.to_pyarrow_table(columns=[column]).to_pydict().values(), strict=True)),
    }


@pytest.fixture
def changed(dataset: Dataset, job: Any) -> Dataset:
    """Of three files one is changed, one deleted, and one called off and so left as it was."""
    job.flush(job.file(1, "a.py") + job.file(2, "b.py", nodes=3) + job.file(3, "c.py", nodes=4))
    row = {"repo": "repo", "path": "b.py", "status": "deleted"}
    job.flush(job.file(10, "a.py", nodes=5) + job.write(files=[{**row, "file_id": 11}]))
    job.flush(job.file(12, "c.py", nodes=0, status="skipped", reason="cancelled"))
    return dataset


def test_every_reader_sees_what_query_sees(changed: Dataset, job: Any) -> None:
    before = {
        table: seen(changed, f"SELECT file_id FROM {table} ORDER BY ALL") for table in ("files", "nodes")
    }
    assert before == {"files": [(3,), (10,)], "nodes": [(3,)] * 4 + [(10,)] * 5}
    assert tidy(changed, job).rows == 4 + 5  # of files: a and b as they were, b's deletion, c called off
    for table, rows in before.items():
        assert seen(changed, f"SELECT file_id FROM {table} ORDER BY ALL") == rows
        others = seen_by_others(changed, table, "file_id")
        assert others == dict.fromkeys(("datafusion", "duckdb", "pyarrow"), rows)


def test_polars_sees_what_query_sees(changed: Dataset, job: Any, tmp_path: Path) -> None:
    """In a path without a space: else polars itself looks for `data%20set`."""
    polars = pytest.importorskip("polars")
    tidy(changed, job)
    for table in ("files", "nodes"):
        copy = shutil.copytree(changed.storage.folder / table, tmp_path / table)
        frame = polars.scan_delta(str(copy)).select("file_id").sort("file_id").collect()
        assert frame.rows() == seen(changed, f"SELECT file_id FROM {table} ORDER BY ALL")


def test_a_tidy_dataset_is_let_alone(changed: Dataset, job: Any) -> None:
    assert Tidy(changed, job_id=job.job_id, stem="x").is_due()
    tidy(changed, job)
    assert not Tidy(changed, job_id=job.job_id, stem="x").is_due()
    parts = {table: changed.parts(table) for table in TABLES}
    assert tidy(changed, job, 2) == Tidied()
    assert {table: changed.parts(table) for table in TABLES} == parts


def test_the_end_of_an_earlier_run_can_be_asked_for(
    changed: Dataset, job: Any, new_job: Callable[..., Any]
) -> None:
    tidy(changed, job)
    version = changed.snapshot().versions["files"]
    later = new_job("job2")
    later.flush(later.file(20, "a.py", nodes=1))
    tidy(changed, later)
    Vacuum(changed, NO_GRACE).remove()
    assert seen(changed, "SELECT file_id, count(*) FROM nodes GROUP BY 1 ORDER BY 1") == [(3, 4), (20, 1)]
    earlier = "SELECT file_id, count(*) FROM nodes GROUP BY 1 ORDER BY 1"
    assert seen(changed, earlier, files_version=version) == [(3, 4), (10, 5)]
    history = seen(changed, "SELECT file_id FROM files_history WHERE path = 'a.py' ORDER BY 1")
    assert history == [(10,), (20,)]

    Vacuum(changed, Retention(runs=1, grace_seconds=0)).remove()
    with pytest.raises(DatasetError, match="no longer keeps"):
        seen(changed, earlier, files_version=version)
    assert seen(changed, "SELECT count(*) FROM nodes") == [(5,)]
    assert seen(changed, "SELECT file_id FROM files_history WHERE path = 'a.py'") == [(20,)]


def test_a_state_that_is_tidied_again_is_asked_for_as_before(changed: Dataset, job: Any) -> None:
    """As `compact` does it, after a run whose row in `runs` names the version at its end."""
    versions = [changed.snapshot().versions["files"]]
    for number in (1, 2, 3):
        tidy(changed, job, number)
        versions.append(changed.snapshot().versions["files"])
    Vacuum(changed, Retention(runs=1, grace_seconds=0)).remove()
    assert len(set(versions)) == 4
    for version in versions:
        assert seen(changed, "SELECT file_id, count(*) FROM nodes GROUP BY 1 ORDER BY 1", version) == [
            (3, 4),
            (10, 5),
        ]


def test_what_was_replaced_a_moment_ago_stays_for_who_reads_it(changed: Dataset, job: Any) -> None:
    with connect_tables(changed.storage) as reader:
        tidy(changed, job)
        Vacuum(changed, Retention(runs=1)).remove()
        assert reader.execute("SELECT count(*) FROM nodes").fetchall() == [(9,)]
        assert Vacuum(changed, Retention(runs=1, grace_seconds=0)).remove().parts > 0
        with pytest.raises(duckdb.IOException):
            reader.execute("SELECT count(*) FROM nodes").fetchall()
    assert seen(changed, "SELECT count(*) FROM nodes") == [(9,)]


def test_a_tidy_that_was_cut_off_is_done_again(changed: Dataset, job: Any, monkeypatch: Any) -> None:
    """Wherever between two tables it ends: readers see the same, and the next one completes it."""
    before = seen(changed, "SELECT file_id, count(*) FROM nodes GROUP BY 1 ORDER BY 1")
    for table in ("nodes", "files"):
        log = changed.log(table)
        with monkeypatch.context() as patch:
            patch.setattr(type(log), "replace", refuse_for(log, type(log).replace))
            with pytest.raises(RuntimeError):
                tidy(changed, job, len(table))
        assert seen(changed, "SELECT file_id, count(*) FROM nodes GROUP BY 1 ORDER BY 1") == before
        assert not changed.snapshot().is_tidy
    tidy(changed, job, 3)
    assert changed.snapshot().is_tidy
    Vacuum(changed, NO_GRACE).remove()
    assert seen(changed, "SELECT file_id, count(*) FROM nodes GROUP BY 1 ORDER BY 1") == before
    assert not Vacuum(changed, NO_GRACE).removable.parts


def refuse_for(log: Any, replace: Any) -> Any:
    def replaced(self: Any, *args: Any, **kwargs: Any) -> None:
        if self.table == log.table:
            raise RuntimeError("cut off")
        replace(self, *args, **kwargs)

    return replaced


def test_many_small_parts_become_few(dataset: Dataset, job: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts_plan, "MOST_SMALL_PARTS", 8)
    for number in range(1, 31):
        job.flush(job.file(number, f"{number}.py"))
        tidy(dataset, job, number)
    assert len(dataset.parts("nodes")) <= 10
    assert len(dataset.parts("files")) <= 10
    assert seen(dataset, "SELECT count(*), count(DISTINCT file_id) FROM nodes") == [(60, 30)]
    Vacuum(dataset, NO_GRACE).remove()
    for table in ("nodes", "files"):
        assert len(list((dataset.storage.folder / table).glob("part-*"))) <= 20
        assert len(list((dataset.storage.folder / table / "_delta_log").iterdir())) <= 30


@pytest.mark.parametrize("tidied", [False, True])
def test_what_the_entries_tell_of_parts_is_what_deltalake_does(
    changed: Dataset, job: Any, monkeypatch: pytest.MonkeyPatch, *, tidied: bool
) -> None:
    if tidied:
        tidy(changed, job)
    told = {table: changed.log(table).state() for table in TABLES}
    assert told["nodes"].parts
    monkeypatch.setattr(log, "MOST_ENTRIES", 0)
    assert {table: changed.log(table).state() for table in TABLES} == told


def test_an_entry_of_another_writer_may_not_tell_of_its_parts(changed: Dataset) -> None:
    wanted = changed.log("nodes").state()
    (entry,) = (changed.storage.folder / "nodes" / "_delta_log").glob("*1.json")
    told = orjson.loads(next(line for line in entry.read_bytes().splitlines() if b'"add"' in line))
    assert entries.added_parts([told]) == [wanted.parts[0]]
    told["add"]["stats"] = '{"numRecords":5,"minValues":null}'
    (part,) = entries.added_parts([told]) or ()
    assert (part.rows, part.first_file_id) == (5, None)
    told["add"]["stats"] = "null"
    assert entries.added_parts([told]) is None
    del told["add"]["stats"]
    assert entries.added_parts([told]) is None


def test_trees_go_and_stay_with_the_file_that_holds_them(dataset: Dataset, job: Any) -> None:
    def document(first: int) -> list[Any]:
        rows = [{"file_id": first, "path": "d.json", "reason": "holds_trees"}]
        rows += [{"file_id": first + at, "path": f"d.json#{at}", "container_id": first} for at in (1, 2)]
        nodes = [{"file_id": first + at, "node_id": 0} for at in (1, 2)]
        return job.write(files=[{"status": "ok", "repo": "repo", **row} for row in rows], nodes=nodes)

    job.flush(document(1))
    job.flush(document(100))
    tidy(dataset, job)
    assert seen(dataset, "SELECT file_id FROM files ORDER BY 1") == [(100,), (101,), (102,)]
    assert seen_by_others(dataset, "nodes", "file_id")["duckdb"] == [(101,), (102,)]


def test_noted_times_change_nothing_else(changed: Dataset, job: Any) -> None:
    tidy(changed, job)
    tidied = Tidy(changed, job_id=job.job_id, stem="noted", noted_times={3: 777})
    assert tidied.is_due()
    tidied.run()
    assert seen(changed, "SELECT file_id, mtime_ns FROM files ORDER BY 1") == [(3, 777), (10, None)]
    assert seen(changed, "SELECT count(*) FROM nodes") == [(9,)]


def test_errors_of_folders_are_those_of_the_newest_job(dataset: Dataset, new_job: Callable[..., Any]) -> None:
    old, new = new_job("job1"), new_job("job2")
    old.flush(old.file(1, "a.py") + old.write(errors=[{"file_id": None, "path": "closed"}, {"file_id": 1}]))
    tidy(dataset, old)
    assert Tidy(dataset, job_id=new.job_id, stem="x").is_due()
    tidy(dataset, new)
    assert seen_by_others(dataset, "errors", "file_id")["datafusion"] == [(1,)]
    assert seen(dataset, "SELECT file_id FROM errors") == [(1,)]


# -- which states are kept ---------------------------------------------------------------------------------


def run_once(dataset: Dataset, job: Any, number: int, retention: Retention | None = None) -> None:
    """A run that changes one file, with its row of `batches`, which most runs have."""
    job.flush(job.file(number * 10, "a.py") + job.write(batches=[{"epoch": number}]))
    tidy(dataset, job, number)
    if retention is not None:
        Vacuum(dataset, retention).remove()


@pytest.fixture
def checkpoints_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "CHECKPOINT_EVERY", 5)


@pytest.mark.usefixtures("checkpoints_often")
def test_more_states_may_be_asked_for_than_were_kept_so_far(
    dataset: Dataset, new_job: Callable[..., Any]
) -> None:
    """Entries of states that are gone stay until the log is summed up anew; they count for nothing."""
    more = Retention(runs=10, grace_seconds=0)
    for number in range(1, 13):
        run_once(dataset, new_job(f"job{number}"), number, NO_GRACE if number < 8 else more)
    kept = [end.job_id for end in Vacuum(dataset, more).kept]
    assert kept == [f"job{number}" for number in range(12, 12 - len(kept), -1)]
    assert kept[-1] in ("job6", "job7")
    assert seen(dataset, "SELECT file_id FROM nodes", Vacuum(dataset, more).kept[-1].versions["files"])


@pytest.mark.usefixtures("checkpoints_often")
def test_history_has_all_that_is_kept(dataset: Dataset, new_job: Callable[..., Any]) -> None:
    """Also where the log between an earlier state and the newest one is gone."""
    run_once(dataset, new_job("job0"), 1)
    busy = new_job("job1")
    for number in range(2, 12):
        run_once(dataset, busy, number, NO_GRACE)
    versions = dataset.log("files").entry_versions()
    assert len(versions) < versions[-1] - versions[0], "there is no gap"
    assert seen(dataset, "SELECT file_id FROM files_history ORDER BY 1") == [(10,), (110,)]


def test_an_earlier_state_stays_for_who_reads_it_as_well(
    dataset: Dataset, new_job: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [time.time()]
    monkeypatch.setattr(time, "time", lambda: now[0])
    for number in (1, 2):
        run_once(dataset, new_job(f"job{number}"), number, Retention())
        now[0] += 3600
    with connect_tables(dataset.storage, files_version=2) as reader:
        run_once(dataset, new_job("job3"), 3, Retention())
        now[0] += 200
        Vacuum(dataset, Retention()).remove()
        assert reader.execute("SELECT file_id FROM nodes").fetchall() == [(10,)] * 2
        now[0] += 200
        assert Vacuum(dataset, Retention()).remove().parts > 0
    assert seen(dataset, "SELECT file_id FROM files_history ORDER BY 1") == [(20,), (30,)]


def test_what_a_reader_may_have_begun_with_stays_also_after_a_long_tidy(
    changed: Dataset, job: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`files` is committed last: until then readers begin with tables that were replaced long ago."""
    now, replace = [time.time()], type(changed.log("nodes")).replace

    def replaced(self: Any, *args: Any, **kwargs: Any) -> None:
        replace(self, *args, **kwargs)
        now[0] += 360

    monkeypatch.setattr(time, "time", lambda: now[0])
    monkeypatch.setattr(type(changed.log("nodes")), "replace", replaced)
    now[0] += 3600
    with connect_tables(changed.storage) as reader:
        tidy(changed, job)
        now[0] -= 300
        Vacuum(changed, Retention(runs=1)).remove()
        assert reader.execute("SELECT count(*) FROM nodes").fetchall() == [(9,)]


@pytest.mark.usefixtures("checkpoints_often")
def test_the_state_before_anything_was_is_known_for_ever(
    dataset: Dataset, new_job: Callable[..., Any]
) -> None:
    before = dataset.snapshot()
    for number in range(1, 6):
        run_once(dataset, new_job(f"job{number}"), number, NO_GRACE)
    assert count_changes(dataset, before, dataset.snapshot())["repo"].files_added == 1
    assert seen(dataset, "FROM files", files_version=0) == []


def test_a_state_that_was_tidied_later_is_the_same(dataset: Dataset, new_job: Callable[..., Any]) -> None:
    job, touching = new_job("job1"), new_job("job2")
    run_once(dataset, new_job("job0"), 1, NO_GRACE)
    run_once(dataset, job, 2, NO_GRACE)
    end = dataset.snapshot()
    tidy(dataset, touching, noted_times={20: 5})
    Vacuum(dataset, NO_GRACE).remove()
    assert seen(dataset, "SELECT file_id FROM files", end.versions["files"]) == [(20,)]
    assert [end.job_id for end in Vacuum(dataset, NO_GRACE).kept] == ["job2", "job0"]


def test_a_part_that_cannot_be_read_is_said(changed: Dataset, job: Any) -> None:
    part, *_ = changed.parts("nodes")
    (changed.storage.folder / part.name).write_bytes(b"x")
    with pytest.raises(DatasetError, match="cannot be read"):
        tidy(changed, job)


def test_summed_up_logs_forget_what_left_long_ago(
    dataset: Dataset, new_job: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    for number, seconds in ((1, 7200), (2, 7200), (3, 0)):
        monkeypatch.setattr(time, "time", lambda ago=seconds: now - ago)
        run_once(dataset, new_job(f"job{number}"), number)
    dataset.checkpoint()
    (checkpoint,) = (dataset.storage.folder / "nodes" / "_delta_log").glob("*.checkpoint.parquet")
    removed = [row["path"] for row in pq.read_table(checkpoint)["remove"].to_pylist() if row]
    assert removed == ["part-job2-1-1-1.parquet"]
