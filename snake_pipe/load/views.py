"""A dataset as SQL: DuckDB views of the current state, and of everything.

A view's parts are listed by name from the tables' logs, never found by a pattern: what no commit names
does not exist. The state is that of the moment of `connect`, also while a job is writing: the newest commit
of `files` names the versions of the other tables that belong to it.
"""

# ruff: noqa: S608 - statements are put together from names of our own and from quoted paths
from __future__ import annotations

import re
import secrets
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from snake_pipe.errors import DatasetError
from snake_pipe.load import dump_links, ready_views
from snake_pipe.load.dataset import Dataset
from snake_pipe.load.import_targets import view as import_targets
from snake_pipe.load.view_comments import comments, literal
from snake_pipe.schemas import TABLES, TREE_TABLES, VIEWS, Column
from snake_pipe.utils.checkpoint_manager import CheckpointManager

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from snake_pipe.load.delta.entries import Snapshot

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

_CURRENT = "snake_pipe.current_files"

_SUM_WHERE = "coalesce(sum(file_count) FILTER ({}), 0)::BIGINT"

_AVERAGE_ERROR = "avg(abs({0} - {1}) / greatest({0}, {1})) FILTER ({0} > 0)"
"""How far estimates were off, from 0 (right) to 1, where there were any. In parts of the greater one of both:
a batch that took next to nothing would otherwise count for more than all others."""

_BATCH_STATISTICS = f"""
    SELECT
        job_id,
        sum(file_count)::BIGINT AS total_operations,
        count(*) AS total_batches,
        {_SUM_WHERE.format("file_count > 1")} AS batched_operations,
        {_SUM_WHERE.format("file_count = 1")} AS individual_operations,
        batched_operations / nullif(total_operations, 0) AS batch_efficiency,
        count(*) FILTER (trigger IN ('size', 'bytes', 'memory')) AS size_flushes,
        count(*) FILTER (trigger = 'timer') AS timer_flushes,
        count(*) FILTER (trigger = 'priority') AS priority_flushes,
        count(*) FILTER (trigger = 'manual') AS manual_flushes,
        count(*) FILTER (trigger = 'close') AS close_flushes,
        avg(file_count) AS average_batch_size,
        avg(duration_ms) / 1000 AS average_batch_seconds,
        avg(waited_ms) / 1000 AS average_wait_seconds,
        sum(byte_count)::BIGINT AS total_bytes_processed,
        {_AVERAGE_ERROR.format("estimated_ms", "duration_ms")} AS time_estimate_error,
        {_AVERAGE_ERROR.format("estimated_memory", "(memory_peak - memory_before)")}
            AS memory_estimate_error,
    FROM batches WHERE status = 'ok' GROUP BY job_id
    """
"""A row a job with the figures of its finished batches, by the names of `BatchStatistics.figures`; a file
that ended its worker is in none."""

_DOCUMENTED = (*TABLES, "files_history", *VIEWS, "batch_statistics")

_TABLE_VIEWS = {name for name in _DOCUMENTED if name not in VIEWS}

_CATALOG = re.compile(r"duckdb_|pragma|show|descri|summar", re.IGNORECASE)
"""What may ask which tables and columns there are, or what their comments say."""

_CREATE_CURRENT = f"""
    CREATE TABLE {_CURRENT} AS
    SELECT file_id
    FROM (SELECT arg_max(file_id, rank) AS file_id, arg_max(status, rank) AS status
          FROM (SELECT repo, path, file_id, status,
                       -- A file whose reading was called off keeps what was read before, if anything was.
                       file_id - CASE WHEN reason = 'cancelled' THEN 4611686018427387904 ELSE 0 END AS rank
                FROM {{files}} WHERE container_id IS NULL)
          GROUP BY repo, path)
    WHERE status <> 'deleted'
    """

_ADD_TREES = f"""
    INSERT INTO {_CURRENT}
    SELECT t.file_id FROM {{files}} t JOIN {_CURRENT} c ON t.container_id = c.file_id
    """

_WHERE_CURRENT = {
    **dict.fromkeys(("files", *TREE_TABLES), f"SEMI JOIN {_CURRENT} USING (file_id)"),
    # What concerns no file, such as a folder that cannot be read, is what the newest job says of it.
    "errors": f"WHERE file_id IN (FROM {_CURRENT}) OR (file_id IS NULL AND job_id = '{{job}}')",
}
"""What leaves out superseded rows, where they are still in the tables."""

_OF_JOBS = ("batches", "runs")
"""Tables of no files: what they tell of the last run may come after its last commit of `files`."""

_TRIES = 3
"""How often a moment is looked for that goes away meanwhile, as runs follow each other."""


def connect(path: Path | str, *, memory_limit_mb: int | None = None) -> duckdb.DuckDBPyConnection:
    """DuckDB with views of the dataset in `path`; DatasetError if there is none or it cannot be read.

    `files`, `nodes`, `symbols`, `refs`, `imports` and `errors` show the current state, `batches` and `runs`
    the work of jobs, `files_history` also what was superseded and is kept, `batch_statistics` a row a job,
    `dump_sources` which source each AST file was made from, `import_targets` which file each import means;
    `functions`, `classes`, `call_sites`, `import_graph`, `hot_spots` and `todo_comments` are made of these.
    What they and their columns mean is told by their comments (`duckdb_views()`, `duckdb_columns()`). Nothing
    is fetched from the net. Beyond `memory_limit_mb` (DuckDB's own default: 80 % of the machine's) large
    queries go to the folder of temporary files.
    """
    connection = connect_tables(path, memory_limit_mb=memory_limit_mb)
    _add_views(connection, path)
    return connection


def connect_for(path: Path | str, sql: str) -> duckdb.DuckDBPyConnection:
    """What `connect` gives, as far as it makes a difference to these statements.

    Those that ask nothing but tables are most of them, and begin in two thirds of the time.
    """
    connection = connect_tables(path)
    if not _asks_tables_alone(sql):
        _add_views(connection, path)
    return connection


def _asks_tables_alone(sql: str) -> bool:
    if _CATALOG.search(sql):
        return False
    try:
        with duckdb.connect(":memory:") as parser:  # which would try to expand the views
            names = parser.get_table_names(sql)
    except (duckdb.Error, TypeError):  # several statements; none that can be read, or is Unicode
        return False
    return bool(names) and {name.lower() for name in names} <= _TABLE_VIEWS


def _add_views(connection: duckdb.DuckDBPyConnection, path: Path | str) -> None:
    """The views that are made of the tables, and the comments of all."""
    with _closed_if_refused(connection, path):
        for views in (dump_links, import_targets, ready_views):
            for statement in views.CREATE_VIEWS:
                connection.execute(statement)
        connection.execute(f"BEGIN; {' '.join(comments('VIEW', _DOCUMENTED))} COMMIT")


def connect_tables(
    path: Path | str, *, memory_limit_mb: int | None = None, files_version: int | None = None
) -> duckdb.DuckDBPyConnection:
    """What `connect` gives, without comments and without the views that are made of the tables.

    For questions of our own: it takes a third of the time. `files_version` asks for an earlier moment, by the
    version of the Delta table `files`; DatasetError where that is no longer kept.
    """
    dataset = Dataset.open(Path(path))
    connection = duckdb.connect(":memory:", config=_settings(memory_limit_mb))
    with _closed_if_refused(connection, dataset.path):
        snapshot, parts = _moment(dataset, files_version)
        newest = CheckpointManager(dataset.path).newest() if files_version is None else None
        connection.execute("CREATE SCHEMA snake_pipe")
        rows = {table: _rows(TABLES[table], parts[table]) for table in TABLES}
        if files_version is not None:
            rows["runs"] += f" WHERE files_version <= {files_version}"
        is_current = snapshot.is_tidy and not (
            snapshot.has_loose_errors and newest not in (None, snapshot.job_id)
        )
        if not is_current:
            files = f"({rows['files']})"
            connection.execute(_CREATE_CURRENT.format(files=files))
            connection.execute(_ADD_TREES.format(files=files))
        for table, query in rows.items():
            left = "" if is_current else _WHERE_CURRENT.get(table, "").format(job=newest or snapshot.job_id)
            connection.execute(f"CREATE VIEW {table} AS {f'FROM ({query}) {left}' if left else query}")
        connection.execute(f"CREATE VIEW files_history AS {_history(dataset, parts['files'])}")
        connection.execute(f"CREATE VIEW batch_statistics AS {_BATCH_STATISTICS}")
    return connection


def _moment(dataset: Dataset, files_version: int | None) -> tuple[Snapshot, dict[str, list[Path]]]:
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
        if files_version is None or all(part.exists() for each in parts.values() for part in each):
            return snapshot, parts
        break
    raise DatasetError(
        f"{dataset.path} no longer keeps what it held at version {files_version}",
        "snake-pipe jobs tells what it keeps; --keep-runs and --keep-days say how much",
    )


def _history(dataset: Dataset, current: Sequence[Path]) -> str:
    """All rows of `files` that are still on disk, each once."""
    parts = {*current, *dataset.replaced_parts("files")}
    rows = _rows(TABLES["files"], sorted(parts))
    return f"FROM ({rows}) QUALIFY row_number() OVER (PARTITION BY file_id ORDER BY mtime_ns DESC) = 1"


@contextmanager
def _closed_if_refused(connection: duckdb.DuckDBPyConnection, path: Path | str) -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        connection.close()
        raise DatasetError(f"{path} cannot be read: {str(error).splitlines()[0]}") from error
    except BaseException:
        connection.close()
        raise


def _settings(memory_limit_mb: int | None) -> dict[str, str | bool | int | float | list[str]]:
    # DuckDB would spill into `.tmp` of the current folder.
    spill = Path(tempfile.gettempdir()) / f"snake-pipe-{secrets.token_hex(8)}"
    settings: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "allow_community_extensions": False,
        "temp_directory": str(spill),
    }
    if memory_limit_mb is not None:
        settings["memory_limit"] = f"{memory_limit_mb}MB"
    return settings


def _rows(columns: Sequence[Column], parts: Sequence[Path]) -> str:
    """All rows of the parts, or none with the right types."""
    if not parts:
        empty = ", ".join(f"NULL::{SQL_TYPES[column.type]} AS {_quoted(column.name)}" for column in columns)
        return f"SELECT {empty} WHERE false"
    shown = ", ".join(_shown(column) for column in columns)
    paths = ", ".join(literal(_exact(part)) for part in parts)
    return f"SELECT {shown} FROM read_parquet([{paths}], hive_partitioning = false)"


def _shown(column: Column) -> str:
    name = _quoted(column.name)
    return f"make_timestamp(epoch_us({name})) AS {name}" if column.type == "timestamp" else name


def _quoted(name: str) -> str:
    return f'"{name}"'


def _exact(path: Path) -> str:
    """A path as DuckDB's pattern that matches nothing else."""
    return re.sub(r"[*?\[]", r"[\g<0>]", str(path))
