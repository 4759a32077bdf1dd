"""One DuckDB file that stands for itself."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from snake_pipe.errors import DatasetError, SinkError, UsageError
from snake_pipe.load.export import export_duckdb
from snake_pipe.schemas import TABLES

if TYPE_CHECKING:
    from pathlib import Path

    from snake_pipe.load.dataset import Dataset


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def filled(dataset: Dataset, job: Any) -> Dataset:
    job.flush(job.file(1, "a.py") + job.file(2, "b.py", traits=["test"]))
    job.flush(job.file(3, "a.py", nodes=5))
    return dataset


def test_the_current_state_is_exported(filled: Dataset, tmp_path: Path) -> None:
    target = tmp_path / "it's out.duckdb"
    rows = export_duckdb(filled.path, target)
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
    assert names(tmp_path) == ["data set", target.name]


def test_an_older_duckdb_can_open_it(filled: Dataset, tmp_path: Path) -> None:
    export_duckdb(filled.path, tmp_path / "out.duckdb")
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"ATTACH '{tmp_path / 'out.duckdb'}' AS out (READ_ONLY)")
        (tags,) = connection.execute(
            "SELECT tags FROM duckdb_databases() WHERE database_name = 'out'"
        ).fetchone() or ({},)
        assert tags["storage_version"].startswith("v1.5")


def test_nothing_is_overwritten_unasked(filled: Dataset, tmp_path: Path) -> None:
    target = tmp_path / "out.duckdb"
    target.write_text("mine")
    with pytest.raises(UsageError, match="exists already"):
        export_duckdb(filled.path, target)
    assert target.read_text() == "mine"
    assert export_duckdb(filled.path, target, overwrite=True)["files"] == 2
    with duckdb.connect(target, read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM files").fetchall() == [(2,)]
    with pytest.raises(UsageError):
        export_duckdb(filled.path, tmp_path, overwrite=True)


def test_a_failure_leaves_nothing(filled: Dataset, tmp_path: Path) -> None:
    os.truncate(filled.parts("nodes")[0], 30)
    with pytest.raises(DatasetError):
        export_duckdb(filled.path, tmp_path / "out.duckdb")
    with pytest.raises(DatasetError):
        export_duckdb(tmp_path, tmp_path / "out.duckdb")
    assert names(tmp_path) == ["data set"]


def test_a_folder_that_is_not_there_is_a_sink_error(filled: Dataset, tmp_path: Path) -> None:
    with pytest.raises(SinkError, match="nowhere"):
        export_duckdb(filled.path, tmp_path / "nowhere" / "out.duckdb")
