"""Files that stand for themselves: DuckDB, Parquet, SQLite."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from contextlib import closing
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow.parquet as pq
import pytest

from snake_pipe.errors import DatasetError, SnakePipeError, StorageError, UsageError
from snake_pipe.load.export import export
from snake_pipe.load.export.export import ENDINGS, export_tables, format_of
from snake_pipe.schemas import TABLES, VIEWS
from snake_pipe.storage.local import LocalStorage

if TYPE_CHECKING:
    from pathlib import Path

    from snake_pipe.load.dataset import Dataset


def export_duckdb(dataset: Path, target: Path, **options: Any) -> dict[str, int]:
    return export_tables(LocalStorage(dataset), target, "duckdb", **options)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def filled(dataset: Dataset, job: Any) -> Dataset:
    job.flush(job.file(1, "a.py") + job.file(2, "b.py", traits=["test"]))
    job.flush(job.file(3, "a.py", nodes=5))
    return dataset


def test_the_current_state_is_exported(filled: Dataset, tmp_path: Path) -> None:
    target = tmp_path / "it's out.duckdb"
    ready = ("functions", "classes", "call_sites", "hot_spots", "todo_comments")
    rows = export_duckdb(filled.storage.folder, target)
    assert rows == {**dict.fromkeys(TABLES, 0), "files": 2, "nodes": 7}
    with duckdb.connect(target, read_only=True) as connection:
        assert connection.execute("SELECT path, traits FROM files ORDER BY path").fetchall() == [
            ("a.py", None),
            ("b.py", ["test"]),
        ]
        assert connection.execute("SELECT count(*) FROM nodes WHERE file_id = 3").fetchall() == [(5,)]
        comments = dict(
            connection.execute(
                "SELECT column_name, comment FROM duckdb_columns() WHERE table_name = 'nodes'"
            ).fetchall()
        )
        assert comments == {column.name: column.doc for column in TABLES["nodes"]}
        tables = connection.execute("SELECT table_name, comment FROM duckdb_tables()").fetchall()
        views = connection.execute(
            "SELECT view_name, comment FROM duckdb_views() WHERE NOT internal"
        ).fetchall()
        assert {name for name, comment in tables + views if comment} == {*TABLES, *ready}
        assert len(tables + views) == len(TABLES) + len(ready)
        for view in ready:
            described = connection.execute(f"FROM {view}").description
            assert [name for name, *_ in described] == [column.name for column in VIEWS[view]]
    with duckdb.connect() as other:  # also from another database
        other.execute(f"ATTACH '{str(target).replace(chr(39), chr(39) * 2)}' AS trees (READ_ONLY)")
        for view in ready:
            other.execute(f"SELECT count(*) FROM trees.{view}").fetchall()
    assert names(tmp_path) == ["data set", target.name]


def test_an_older_duckdb_can_open_it(filled: Dataset, tmp_path: Path) -> None:
    export_duckdb(filled.storage.folder, tmp_path / "out.duckdb")
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"ATTACH '{tmp_path / 'out.duckdb'}' AS out (READ_ONLY)")
        (tags,) = connection.execute(
            "SELECT tags FROM duckdb_databases() WHERE database_name = 'out'"
        ).fetchone() or ({},)
        assert tags["storage_version"].startswith("v1.5")


def test_nothing_is_overwritten_unasked(filled: Dataset, tmp_path: Path) -> None:
    target = tmp_path / "out.duckdb"
    target.write_text("mine")
    with pytest.raises(UsageError, match="already exists"):
        export_duckdb(filled.storage.folder, target)
    assert target.read_text() == "mine"
    assert export_duckdb(filled.storage.folder, target, overwrite=True)["files"] == 2
    with duckdb.connect(target, read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM files").fetchall() == [(2,)]
    with pytest.raises(UsageError):
        export_duckdb(filled.storage.folder, tmp_path, overwrite=True)


def test_a_failure_leaves_nothing(filled: Dataset, tmp_path: Path) -> None:
    os.truncate(filled.parts("nodes")[0].url, 30)
    with pytest.raises(DatasetError):
        export_duckdb(filled.storage.folder, tmp_path / "out.duckdb")
    with pytest.raises(DatasetError):
        export_duckdb(tmp_path, tmp_path / "out.duckdb")
    assert names(tmp_path) == ["data set"]


def test_a_folder_that_is_not_there_is_a_sink_error(filled: Dataset, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="nowhere"):
        export_duckdb(filled.storage.folder, tmp_path / "nowhere" / "out.duckdb")


@pytest.mark.parametrize(
    ("target", "given", "form"),
    [
        ("out.duckdb", None, "duckdb"),
        ("out.DB", None, "duckdb"),
        ("out.parquet", None, "parquet"),
        ("out/", None, "parquet"),
        ("a.b/out.sqlite", None, "sqlite"),
        ("out.sqlite3", None, "sqlite"),
        ("out.parquet", "duckdb", "duckdb"),
        ("out", "sqlite", "sqlite"),
    ],
)
def test_the_name_says_the_format(target: str, given: str | None, form: str) -> None:
    """Every name gave a DuckDB file, `trees.parquet` too."""
    assert format_of(target, given) == form


def test_a_name_that_says_none_is_refused_with_those_that_do() -> None:
    with pytest.raises(UsageError) as refused:
        format_of("out.xlsx")
    assert all(ending in refused.value.hint for ending in ENDINGS)
    with pytest.raises(UsageError, match="no format 'excel'"):
        format_of("out.duckdb", "excel")


def test_parquet_is_a_folder_with_a_file_for_each_table(filled: Dataset, tmp_path: Path) -> None:
    target = tmp_path / "it's out.parquet"
    rows = export_tables(filled.storage, target, "parquet")
    assert rows == {**dict.fromkeys(TABLES, 0), "files": 2, "nodes": 7}
    assert names(target) == sorted(f"{table}.parquet" for table in TABLES)
    for table, columns in TABLES.items():
        found = pq.read_table(target / f"{table}.parquet")
        assert (found.num_rows, found.column_names) == (rows[table], [column.name for column in columns])
    assert sorted(pq.read_table(target / "files.parquet")["traits"].to_pylist(), key=str) == [None, ["test"]]


def test_sqlite_has_all_values(filled: Dataset, job: Any, tmp_path: Path) -> None:
    odd = {"path_bytes": b"\xff", "traits": ["a", "b"], "duration_ms": 1.5, "mtime_ns": 2**62}
    job.flush(job.file(9, "z.py", nodes=0, **odd) + job.write(symbols=[{"file_id": 9, "exported": True}]))
    target = tmp_path / "out.sqlite"
    rows = export_tables(filled.storage, target, "sqlite")
    assert (rows["files"], rows["nodes"], rows["refs"]) == (3, 7, 0)
    with closing(sqlite3.connect(target)) as database:
        for table, columns in TABLES.items():
            found = database.execute(f"SELECT * FROM {table}")
            assert [column[0] for column in found.description] == [column.name for column in columns]
            assert len(found.fetchall()) == rows[table]
        values = "path_bytes, traits, duration_ms, mtime_ns, ingested_at, language"
        assert database.execute(f"SELECT {values} FROM files WHERE path = 'z.py'").fetchall() == [
            (b"\xff", '["a","b"]', 1.5, 2**62, "2026-01-02 03:04:05", None)
        ]
        assert database.execute("SELECT exported FROM symbols").fetchall() == [(1,)]
        ((made,),) = database.execute("SELECT sql FROM sqlite_master WHERE name = 'files'").fetchall()
        assert all(f"-- {column.doc}" in made for column in TABLES["files"])


@pytest.mark.parametrize("form", ["duckdb", "parquet", "sqlite"])
def test_some_tables_only(filled: Dataset, tmp_path: Path, form: str) -> None:
    assert export_tables(filled.storage, tmp_path / "out", form, tables=["refs", "files"]) == {
        "files": 2,
        "refs": 0,
    }
    with pytest.raises(UsageError, match="no table 'nodles'"):
        export_tables(filled.storage, tmp_path / "none", form, tables=["nodles"])
    with pytest.raises(UsageError, match="no table is left"):
        export_tables(filled.storage, tmp_path / "none", form, tables=[])
    assert names(tmp_path) == ["data set", "out"]


@pytest.mark.parametrize("form", ["duckdb", "parquet", "sqlite"])
def test_nothing_is_written_into_the_dataset(filled: Dataset, tmp_path: Path, form: str) -> None:
    before = names(filled.storage.folder)
    (tmp_path / "link").symlink_to(filled.storage.folder)
    for target in (filled.storage.folder / "out", tmp_path / "link" / "nodes" / "out", filled.storage.folder):
        with pytest.raises(UsageError, match="inside of the dataset"):
            export_tables(filled.storage, target, form, overwrite=True)
    assert names(filled.storage.folder) == before


def test_a_folder_with_anything_else_in_it_is_not_replaced(filled: Dataset, tmp_path: Path) -> None:
    target = tmp_path / "out"
    export_tables(filled.storage, target, "parquet", tables=["files"])
    with pytest.raises(UsageError, match="already exists"):
        export_tables(filled.storage, target, "parquet")
    export_tables(filled.storage, target, "parquet", tables=["refs"], overwrite=True)
    assert names(target) == ["refs.parquet"]
    (target / "thesis.doc").write_text("mine")
    with pytest.raises(UsageError, match=r"thesis\.doc"):
        export_tables(filled.storage, target, "parquet", overwrite=True)
    (tmp_path / "file").write_text("mine")
    with pytest.raises(UsageError, match="no folder"):
        export_tables(filled.storage, tmp_path / "file", "parquet", overwrite=True)
    assert names(tmp_path) == ["data set", "file", "out"]
    assert names(target) == ["refs.parquet", "thesis.doc"]


@pytest.mark.parametrize("form", ["duckdb", "parquet", "sqlite"])
def test_a_failure_in_the_middle_leaves_nothing_of_any_format(
    filled: Dataset, tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = export.connect_tables

    def damaged(path: Path, **options: Any) -> Any:
        connection = opened(path, **options)
        os.truncate(filled.parts("nodes")[0].url, 30)  # seen as `nodes` is read, after `files` is written
        return connection

    monkeypatch.setattr(export, "connect_tables", damaged)
    with pytest.raises(SnakePipeError):
        export_tables(filled.storage, tmp_path / "out", form)
    assert names(tmp_path) == ["data set"]


@pytest.mark.parametrize("form", ["duckdb", "sqlite"])
def test_a_full_disk_leaves_nothing_and_is_1(filled: Dataset, tmp_path: Path, cli: Any, form: str) -> None:
    """DuckDB's log of writes stayed beside the target for ever, and the exit code said wrong usage."""
    target = tmp_path / "room" / f"out.{form}"
    target.parent.mkdir()
    limited = [
        "bash",
        "-c",
        'ulimit -f 8; exec "$@"',
        "-",
        *cli.command("export", target, "-d", filled.storage.folder),
    ]
    # Modules that are compiled meanwhile would be cut off, too, and stay like that.
    environment = cli.environment | {"PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(limited, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"snake-pipe: cannot export to {target}: ")
    assert names(target.parent) == []
