"""The current state in SQL, whatever the log went through before."""

from __future__ import annotations

import datetime
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from snake_pipe.errors import DatasetError, QueryError
from snake_pipe.load.dataset import Dataset
from snake_pipe.load.sql.select import select
from snake_pipe.load.sql.state import SQL_TYPES
from snake_pipe.load.sql.views import connect, connect_for
from snake_pipe.schemas import TABLES, VIEWS
from snake_pipe.storage.local import LocalStorage
from snake_pipe.utils.checkpoint_manager import CheckpointData, CheckpointManager, ProcessingProgress

if TYPE_CHECKING:
    from collections.abc import Callable


def ask(dataset: Dataset, sql: str) -> list[tuple[Any, ...]]:
    with connect_for(dataset.storage, sql) as connection:
        return connection.execute(sql).fetchall()


def node_files(dataset: Dataset) -> list[int]:
    return [row[0] for row in ask(dataset, "SELECT DISTINCT file_id FROM nodes ORDER BY 1")]


def test_an_empty_dataset_has_all_views_with_the_types_of_a_full_one(dataset: Dataset, job: Any) -> None:
    def types() -> dict[str, list[tuple[Any, ...]]]:
        with connect(dataset.storage) as connection:
            views = [*TABLES, "files_history"]
            return {view: select(connection, f"FROM {view}").types for view in views}  # type: ignore[misc]

    empty = types()
    row = {"file_id": 1}
    job.flush(job.write(**{table: [row if table != "batches" else {}] for table in TABLES}))
    assert types() == empty


def test_columns_are_those_of_the_schema(dataset: Dataset, job: Any) -> None:
    job.flush(job.file(1, "a.py"))
    with connect(dataset.storage) as connection:
        for table, columns in TABLES.items():
            answer = select(connection, f"FROM {table}")
            assert answer.columns == tuple(column.name for column in columns)
        for view, columns in VIEWS.items():
            answer = select(connection, f"FROM {view}")
            assert answer.columns == tuple(column.name for column in columns)
            assert answer.types == tuple(SQL_TYPES[column.type] for column in columns)


def test_a_superseded_file_is_hidden_with_its_rows(dataset: Dataset, job: Any) -> None:
    job.flush(job.file(1, "a.py", nodes=3) + job.file(2, "b.py", nodes=4))
    job.flush(job.file(10, "a.py", nodes=5))
    assert ask(dataset, "SELECT path, file_id FROM files ORDER BY path") == [("a.py", 10), ("b.py", 2)]
    assert node_files(dataset) == [2, 10]
    assert ask(dataset, "SELECT count(*) FROM nodes") == [(9,)]
    assert ask(dataset, "SELECT count(*) FROM files_history") == [(3,)]


def test_the_greatest_id_wins_whatever_the_order_of_commits(dataset: Dataset, job: Any) -> None:
    job.flush(job.file(10, "a.py"))
    job.flush(job.file(1, "a.py"))
    assert ask(dataset, "SELECT file_id FROM files") == [(10,)]


def test_a_deleted_file_is_hidden_until_it_comes_back(dataset: Dataset, job: Any) -> None:
    job.flush(job.file(1, "a.py"))
    job.flush(job.write(files=[{"file_id": 2, "repo": "repo", "path": "a.py", "status": "deleted"}]))
    assert ask(dataset, "FROM files") == []
    assert node_files(dataset) == []
    assert ask(dataset, "SELECT status FROM files_history ORDER BY file_id") == [("ok",), ("deleted",)]
    job.flush(job.file(3, "a.py"))
    assert node_files(dataset) == [3]


def test_the_same_path_in_two_repos_is_two_files(dataset: Dataset, job: Any) -> None:
    job.flush(job.file(1, "a.py", repo="one") + job.file(2, "a.py", repo="two"))
    assert ask(dataset, "SELECT repo FROM files ORDER BY 1") == [("one",), ("two",)]
    assert node_files(dataset) == [1, 2]


def test_rows_are_seen_only_through_files(dataset: Dataset, job: Any) -> None:
    job.flush(job.file(1, "a.py"))
    nodes = [part for part in job.file(2, "b.py") if part.table == "nodes"]
    job.flush(nodes)
    assert node_files(dataset) == [1]


def test_a_reader_keeps_its_moment_while_a_job_goes_on(dataset: Dataset, job: Any) -> None:
    job.flush(job.file(1, "a.py"))
    with connect(dataset.storage) as connection:
        job.flush(job.file(2, "a.py") + job.file(3, "c.py"))
        assert connection.execute("SELECT file_id FROM files").fetchall() == [(1,)]
        assert connection.execute("SELECT DISTINCT file_id FROM nodes").fetchall() == [(1,)]
        assert connection.cursor().execute("SELECT count(*) FROM nodes").fetchall() == [(2,)]
    assert node_files(dataset) == [2, 3]


def test_uncommitted_parts_do_not_exist(dataset: Dataset, job: Any) -> None:
    job.flush(job.file(1, "a.py"))
    job.file(2, "b.py")
    (dataset.storage.folder / "nodes" / "part-job1-1-99-1.parquet").write_bytes(b"rubbish")
    assert ask(dataset, "SELECT count(*) FROM nodes") == [(2,)]


def test_errors_follow_their_files_and_jobs(dataset: Dataset, new_job: Callable[..., Any]) -> None:
    # What the newest job does not say any more, such as a folder that can be read again, is over.
    old, new = new_job("job1"), new_job("job2")
    manager = CheckpointManager(dataset.storage)
    for epoch, job in enumerate((old, new), 1):
        manager.save(CheckpointData(job.job_id, {}, {}, ProcessingProgress(epoch=epoch)))
    old.flush(
        old.file(1, "a.py")
        + old.file(2, "b.py")
        + old.write(
            errors=[
                {"path": "a.py", "file_id": 1, "code": "old"},
                {"path": "b.py", "file_id": 2, "code": "kept"},
                {"path": "folder", "code": "old"},
            ]
        )
    )
    new.flush(
        new.file(3, "a.py")
        + new.write(errors=[{"path": "a.py", "file_id": 3, "code": "new"}, {"path": "folder", "code": "new"}])
    )
    assert ask(dataset, "SELECT path, code FROM errors ORDER BY path") == [
        ("a.py", "new"),
        ("b.py", "kept"),
        ("folder", "new"),
    ]


def test_values_come_through(dataset: Dataset, job: Any) -> None:
    job.flush(
        job.write(
            files=[
                {
                    "file_id": 2**40,
                    "repo": "r",
                    "path": "caf\\xe9.py",
                    "path_bytes": b"caf\xe9.py",
                    "status": "ok",
                    "traits": ["test", "minified"],
                    "mtime_ns": 2**62,
                }
            ]
        )
    )
    columns = "file_id, path_bytes, traits, mtime_ns, ingested_at, language"
    assert ask(dataset, f"SELECT {columns} FROM files") == [
        (2**40, b"caf\xe9.py", ["test", "minified"], 2**62, datetime.datetime(2026, 1, 2, 3, 4, 5), None)
    ]


@pytest.mark.parametrize("name", ["it's", 'a"b', "a[1]", "*", "?", "x=1", "{a,b}", "ünï", "# %"])
def test_odd_folder_names(tmp_path: Path, name: str, new_job: Callable[..., Any]) -> None:
    dataset = Dataset.create(LocalStorage(tmp_path / name / "d"))
    decoy = Dataset.create(LocalStorage(tmp_path / "1" / "d"))
    for into in (dataset, decoy):
        job = new_job()
        job.dataset = into
        job.flush(job.file(1, "a.py"))
    assert ask(dataset, "SELECT count(*) FROM nodes") == [(2,)]
    assert "x" not in [row[0] for row in ask(dataset, "DESCRIBE nodes")]


def test_many_parts(dataset: Dataset, job: Any) -> None:
    parts = [part for number in range(300) for part in job.write(nodes=[{"file_id": number}])]
    files = [{"file_id": n, "repo": "r", "path": str(n), "status": "ok"} for n in range(0, 300, 2)]
    job.flush(parts + job.write(files=files))
    assert ask(dataset, "SELECT count(*), max(file_id) FROM nodes") == [(150, 298)]


def test_no_dataset(tmp_path: Path) -> None:
    with pytest.raises(DatasetError):
        connect(LocalStorage(tmp_path))


def test_the_memory_limit_is_set(dataset: Dataset) -> None:
    with connect(LocalStorage(dataset.storage.folder), memory_limit_mb=200) as connection:
        (limit,) = connection.execute("SELECT current_setting('memory_limit')").fetchone() or ("",)
        assert limit.startswith("190.7")


# -- statistics of batches -------------------------------------------------------------------------------


def test_statistics_of_an_empty_dataset(dataset: Dataset) -> None:
    assert ask(dataset, "FROM batch_statistics") == []


def test_statistics_of_each_job(dataset: Dataset, new_job: Callable[..., Any]) -> None:
    counted = [
        {"trigger": "size", "file_count": 4, "duration_ms": 2000.0, "byte_count": 70, "waited_ms": 500.0},
        {"trigger": "bytes", "file_count": 3, "duration_ms": 1000.0, "byte_count": 20},
        {"trigger": "timer", "file_count": 1, "duration_ms": 0.0, "byte_count": 10},
        {"trigger": "retry", "file_count": 0, "status": "retried"},  # lost with its worker
    ]
    for name in ("job1", "job2"):
        job = new_job(name)
        job.flush(
            job.write(batches=[{"status": "ok", **row} for row in counted[: 4 if name == "job1" else 1]])
        )
    columns = (
        "total_operations, total_batches, batched_operations, individual_operations, batch_efficiency,"
        " size_flushes, timer_flushes, priority_flushes, manual_flushes, close_flushes,"
        " average_batch_size, average_batch_seconds, average_wait_seconds, total_bytes_processed"
    )
    assert ask(dataset, f"SELECT job_id, {columns} FROM batch_statistics ORDER BY job_id") == [
        ("job1", 8, 3, 7, 1, 0.875, 2, 1, 0, 0, 0, pytest.approx(8 / 3), 1.0, pytest.approx(1 / 6), 100),
        ("job2", 4, 1, 4, 0, 1.0, 1, 0, 0, 0, 0, 4.0, 2.0, 0.5, 70),
    ]


def test_how_far_estimates_were_off(dataset: Dataset, job: Any) -> None:
    memory = {"memory_before": 100, "memory_peak": 300}
    rows = [
        {"duration_ms": 100.0, "estimated_ms": 0.0, "estimated_memory": 200, **memory},  # nothing learned yet
        {"duration_ms": 100.0, "estimated_ms": 50.0, "estimated_memory": 400, **memory},
        {"duration_ms": 50.0, "estimated_ms": 50.0},
        {"duration_ms": 0.0, "estimated_ms": 5.0},
    ]
    job.flush(job.write(batches=[{"file_count": 1, "status": "ok", **row} for row in rows]))
    errors = "time_estimate_error, memory_estimate_error"
    assert ask(dataset, f"SELECT {errors} FROM batch_statistics") == [(0.5, 0.25)]


# -- damage ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", ["files", "nodes"])
def test_a_damaged_part_is_named(dataset: Dataset, job: Any, table: str) -> None:
    job.flush(job.file(1, "a.py"))
    part = Path(dataset.parts(table)[0].url)
    os.truncate(part, 50)
    with pytest.raises(DatasetError, match=part.name):
        connect(dataset.storage)
    part.unlink()
    with pytest.raises(DatasetError, match=part.name):
        connect(dataset.storage)


def test_a_part_damaged_later_is_a_query_error(dataset: Dataset, job: Any) -> None:
    job.flush(job.file(1, "a.py"))
    with connect(dataset.storage) as connection:
        os.truncate(dataset.parts("nodes")[0].url, 50)
        assert list(select(connection, "SELECT path FROM files").rows) == [("a.py",)]
        with pytest.raises(QueryError):
            list(select(connection, "FROM nodes").rows)


def test_flushes_of_a_resumed_job_show_once(dataset: Dataset, job: Any) -> None:
    flush = job.flush(job.file(1, "a.py"))
    dataset.commit(flush)
    assert ask(dataset, "SELECT count(*) FROM nodes") == [(2,)]


# -- comments --------------------------------------------------------------------------------------------


def test_every_view_and_every_documented_column_tells_what_it_means(dataset: Dataset) -> None:
    with connect(dataset.storage) as connection:
        views = connection.execute(
            "SELECT view_name, comment FROM duckdb_views() WHERE NOT internal AND schema_name = 'main'"
        ).fetchall()
        columns = connection.execute(
            "SELECT table_name, column_name, comment FROM duckdb_columns() WHERE NOT internal"
        ).fetchall()
    assert {name for name, comment in views if not comment} == set()
    told = {(table, column): comment for table, column, comment in columns}
    for table, documented in (TABLES | VIEWS).items():
        for column in documented:
            assert told[table, column.name] == column.doc
            if table == "files":
                assert told["files_history", column.name] == column.doc


@pytest.mark.parametrize(
    "sql",
    [
        "FROM hot_spots",
        "SELECT (SELECT count(*) FROM Hot_Spots) FROM files",
        "FROM files; FROM hot_spots",
        "DESCRIBE hot_spots",
        "SELECT view_name FROM duckdb_views() WHERE view_name = 'hot_spots'",
        "SELECT table_name FROM information_schema.tables WHERE table_name = 'hot_spots'",
        "SHOW TABLES",
        "SELECT relname FROM pg_catalog.pg_class",
        "FROM sqlite_master",
        "SELECT comment FROM duckdb_columns() JOIN files ON table_name = 'hot_spots'",
    ],
)
def test_what_a_question_can_see_is_there(dataset: Dataset, sql: str) -> None:
    with connect_for(dataset.storage, sql) as connection:
        views = {name for (name,) in connection.execute("SELECT view_name FROM duckdb_views()").fetchall()}
    assert set(VIEWS) <= views


@pytest.mark.parametrize(
    "sql", ["SELECT 1", "FROM files", "FROM files; FROM refs", "WITH x AS (FROM Nodes) FROM x, files_history"]
)
def test_a_question_of_tables_alone_does_not_wait_for_other_views(dataset: Dataset, sql: str) -> None:
    """Each `query` took half as long again when ready views and comments came."""
    with connect_for(dataset.storage, sql) as connection:
        views = {name for (name,) in connection.execute("SELECT view_name FROM duckdb_views()").fetchall()}
        assert set(VIEWS).isdisjoint(views)
        connection.execute(sql)
