"""One moment of a dataset, as views of the rows that were true then."""

# ruff: noqa: S608 - statements are put together from names of our own and from quoted paths
from __future__ import annotations

import re
from typing import TYPE_CHECKING

from snake_pipe.errors import DatasetError
from snake_pipe.load.sql.view_comments import literal
from snake_pipe.schemas import CANCELLED_RANK, TABLES, WORKER_TABLES, Column

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import duckdb

    from snake_pipe.load.dataset import Dataset
    from snake_pipe.load.delta.entries import Snapshot
    from snake_pipe.load.stored_part import StoredPart

SQL_TYPES = {
    "int64": "BIGINT",
    "int32": "INTEGER",
    "float64": "DOUBLE",
    "bool": "BOOLEAN",
    "string": "VARCHAR",
    "binary": "BLOB",
    "dictionary": "VARCHAR",
    "list<string>": "VARCHAR[]",
    "timestamp": "TIMESTAMP",
}
"""How the words of `schemas` are called in SQL. Times are UTC without a zone: DuckDB hands zoned ones to
Python only where `pytz` is installed."""

_CREATE_CURRENT = f"""
    CREATE TABLE {{current}} AS
    SELECT file_id
    FROM (SELECT arg_max(file_id, rank) AS file_id, arg_max(status, rank) AS status
          FROM (SELECT repo, path, file_id, status,
                       file_id - CASE WHEN reason = 'cancelled' THEN {CANCELLED_RANK} ELSE 0 END AS rank
                FROM {{files}} WHERE container_id IS NULL)
          GROUP BY repo, path)
    WHERE status <> 'deleted'
    """

_ADD_TREES = """
    INSERT INTO {current}
    SELECT t.file_id FROM {files} t JOIN {current} c ON t.container_id = c.file_id
    """

_WHERE_CURRENT = {
    **dict.fromkeys(("files", *WORKER_TABLES), "SEMI JOIN {current} USING (file_id)"),
    # What concerns no file, such as a folder that cannot be read, is what the newest jobs say of it.
    "errors": "WHERE file_id IN (FROM {current}) OR (file_id IS NULL AND job_id IN ({jobs}))",
}
"""What leaves out superseded rows, where they are still in the tables."""

_OF_JOBS = ("batches", "runs")
"""Tables of no files: what they tell of the last run may come after its last commit of `files`."""

_TRIES = 3
"""How often a moment is looked for that goes away meanwhile, as runs follow each other."""


class State:
    """The dataset at a moment, by default the newest; DatasetError where that is no longer kept."""

    def __init__(self, dataset: Dataset, files_version: int | None = None) -> None:
        """`files_version` is the version of the Delta table `files` that made an earlier moment."""
        self._files_version = files_version
        self.snapshot, self.parts = _moment(dataset, files_version)

    def create_views(
        self,
        connection: duckdb.DuckDBPyConnection,
        *,
        schema: str = "main",
        tables: Collection[str] = tuple(TABLES),
        newest_jobs: Sequence[str] | None = None,
    ) -> None:
        """Views of `tables` in a schema of the connection, which has a schema `snake_pipe`, too.

        What concerns no file is what `newest_jobs` say of it, by default the one that made the moment.
        """
        snapshot = self.snapshot
        rows = {table: rows_of(TABLES[table], self.parts[table]) for table in TABLES}
        if self._files_version is not None:
            rows["runs"] = f"FROM ({rows['runs']}) WHERE files_version <= {self._files_version}"
        is_current = snapshot.is_tidy and not (
            snapshot.has_loose_errors and newest_jobs not in (None, (snapshot.job_id,))
        )
        words = {
            "current": f"snake_pipe.current_files_of_{schema}",
            "files": f"({rows['files']})",
            "jobs": ", ".join(map(literal, newest_jobs or (snapshot.job_id,))),
        }
        if not is_current:
            connection.execute(_CREATE_CURRENT.format(**words))
            connection.execute(_ADD_TREES.format(**words))
        for table in tables:
            left = "" if is_current else _WHERE_CURRENT.get(table, "").format(**words)
            query = f"FROM ({rows[table]}) {left}" if left else rows[table]
            connection.execute(f"CREATE VIEW {schema}.{table} AS {query}")


def _moment(dataset: Dataset, files_version: int | None) -> tuple[Snapshot, dict[str, list[StoredPart]]]:
    """A moment of the dataset, by default the newest, and the parts of all tables at it."""
    for attempt in range(_TRIES):
        snapshot = dataset.snapshot() if files_version is None else dataset.snapshot_at(files_version)
        if snapshot is None:
            break
        try:
            versions: dict[str, int | None] = dict(snapshot.versions)
            # The row of a run comes after the moment that it makes.
            versions |= dict.fromkeys(_OF_JOBS if files_version is None else ("runs",))
            parts = {table: dataset.parts(table, versions[table]) for table in TABLES}
        except DatasetError:  # its entries were just removed, if not the table itself
            if attempt == _TRIES - 1 or files_version is not None:
                raise
            continue
        if files_version is None or dataset.holds(part for each in parts.values() for part in each):
            return snapshot, parts
        break
    raise DatasetError(
        f"{dataset.url} no longer keeps what it held at version {files_version}",
        "snake-pipe jobs tells what it keeps; --keep-runs and --keep-days say how much",
    )


def rows_of(columns: Sequence[Column], parts: Sequence[StoredPart]) -> str:
    """All rows of the parts, or none with the right types."""
    if not parts:
        empty = ", ".join(f"NULL::{SQL_TYPES[column.type]} AS {_quoted(column.name)}" for column in columns)
        return f"SELECT {empty} WHERE false"
    shown = ", ".join(_shown(column) for column in columns)
    paths = ", ".join(literal(_exact(part.dataset.sql_name(part.name))) for part in parts)
    return f"SELECT {shown} FROM read_parquet([{paths}], hive_partitioning = false)"


def _shown(column: Column) -> str:
    name = _quoted(column.name)
    return f"make_timestamp(epoch_us({name})) AS {name}" if column.type == "timestamp" else name


def _quoted(name: str) -> str:
    return f'"{name}"'


def _exact(name: str) -> str:
    """A name as DuckDB's pattern that matches nothing else."""
    return re.sub(r"[*?\[]", r"[\g<0>]", name)
