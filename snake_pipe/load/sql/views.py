"""A dataset as SQL: DuckDB views of the current state, and of everything.

A view's parts are listed by name from the tables' logs, never found by a pattern: what no commit names
does not exist. The state is that of the moment of `connect`, also while a job is writing: the newest commit
of `files` names the versions of the other tables that belong to it.
"""

# ruff: noqa: S608 - statements are put together from names of our own and from quoted paths
from __future__ import annotations

import re
from typing import TYPE_CHECKING

import duckdb

from snake_pipe.load.claims.of_jobs import newest_jobs
from snake_pipe.load.dataset import Dataset
from snake_pipe.load.import_targets import view as import_targets
from snake_pipe.load.sql import dump_links, ready_views
from snake_pipe.load.sql.connection import closed_if_refused, open_duckdb
from snake_pipe.load.sql.state import State, rows_of
from snake_pipe.load.sql.view_comments import comments
from snake_pipe.schemas import TABLES, VIEWS
from snake_pipe.utils.checkpoint_manager import CheckpointManager

if TYPE_CHECKING:
    from snake_pipe.storage.storage import Storage

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

_TRIES = 3
"""How often what is no longer kept is listed while somebody removes it."""

_CATALOG = re.compile(r"duckdb_|_schema|pg_|sqlite_|pragma|show|descri|summar", re.IGNORECASE)
"""What may ask which tables and columns there are, or what their comments say."""


def connect(
    storage: Storage, *, memory_limit_mb: int | None = None, files_version: int | None = None
) -> duckdb.DuckDBPyConnection:
    """DuckDB with views of the dataset in `storage`; DatasetError if there is none or it cannot be read.

    `files`, `nodes`, `symbols`, `refs`, `imports` and `errors` show the current state, `batches` and `runs`
    the work of jobs, `files_history` also what was superseded and is kept, `batch_statistics` a row a job,
    `dump_sources` which source each AST file was made from, `import_targets` which file each import means;
    `functions`, `classes`, `call_sites`, `import_graph`, `hot_spots` and `todo_comments` are made of these.
    What they and their columns mean is told by their comments (`duckdb_views()`, `duckdb_columns()`). Nothing
    is fetched from the net. Beyond `memory_limit_mb` (DuckDB's own default: 80 % of the machine's) large
    queries go to the folder of temporary files. `files_version` asks for an earlier moment, as
    `connect_tables` takes it.
    """
    connection = connect_tables(storage, memory_limit_mb=memory_limit_mb, files_version=files_version)
    _add_views(connection, storage)
    _add_comments(connection, storage)
    return connection


def connect_for(storage: Storage, sql: str, files_version: int | None = None) -> duckdb.DuckDBPyConnection:
    """What `connect` gives, as far as it makes a difference to these statements.

    Those that ask nothing but tables are most of them, and begin in two thirds of the time.
    """
    connection = connect_tables(storage, files_version=files_version)
    asks_catalog = _CATALOG.search(sql) is not None
    if asks_catalog or not _asks_tables_alone(sql):
        _add_views(connection, storage)
    if asks_catalog:
        _add_comments(connection, storage)
    return connection


def _asks_tables_alone(sql: str) -> bool:
    try:
        with duckdb.connect(":memory:") as parser:  # which would try to expand the views
            statements = [one.query for one in parser.extract_statements(sql)]
            names = {name.lower() for one in statements for name in parser.get_table_names(one)}
    except duckdb.ParserException:  # nobody can read it, with views or without
        return True
    except (duckdb.Error, TypeError):  # what is not Unicode
        return False
    return names <= _TABLE_VIEWS


def _add_views(connection: duckdb.DuckDBPyConnection, storage: Storage) -> None:
    """The views that are made of the tables."""
    with closed_if_refused(connection, storage.url):
        for views in (dump_links, import_targets, ready_views):
            for statement in views.CREATE_VIEWS:
                connection.execute(statement)


def _add_comments(connection: duckdb.DuckDBPyConnection, storage: Storage) -> None:
    with closed_if_refused(connection, storage.url):
        connection.execute(f"BEGIN; {' '.join(comments('VIEW', _DOCUMENTED))} COMMIT")


def connect_tables(
    storage: Storage, *, memory_limit_mb: int | None = None, files_version: int | None = None
) -> duckdb.DuckDBPyConnection:
    """What `connect` gives, without comments and without the views that are made of the tables.

    For questions of our own: it takes a third of the time. `files_version` asks for an earlier moment, by the
    version of the Delta table `files`; DatasetError where that is no longer kept.
    """
    dataset = Dataset.open(storage)
    connection = open_duckdb(memory_limit_mb)
    with closed_if_refused(connection, dataset.url):
        storage.open_to_sql(connection)
        newest = newest_jobs(CheckpointManager(storage)) if files_version is None else None
        connection.execute("CREATE SCHEMA snake_pipe")
        state = State(dataset, files_version)
        state.create_views(connection, newest_jobs=newest)
        _create_history(connection, dataset, state)
        connection.execute(f"CREATE VIEW batch_statistics AS {_BATCH_STATISTICS}")
    return connection


def _create_history(connection: duckdb.DuckDBPyConnection, dataset: Dataset, state: State) -> None:
    """A view of all rows of `files` that are still on disk, each once."""
    for attempt in range(_TRIES):
        parts = dataset.kept_parts("files", state.snapshot.versions["files"], state.parts["files"])
        once = "QUALIFY row_number() OVER (PARTITION BY file_id ORDER BY mtime_ns DESC) = 1"
        try:
            connection.execute(
                f"CREATE VIEW files_history AS FROM ({rows_of(TABLES['files'], parts)}) {once}"
            )
        except duckdb.IOException:  # a part that is no longer kept was just removed
            if attempt == _TRIES - 1:
                raise
        else:
            return
