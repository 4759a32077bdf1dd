"""The figures of a page: every question that it asks the tables, in one order, with one connection."""

from __future__ import annotations

import time
from contextlib import contextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from snake_pipe.errors import QueryError
from snake_pipe.report import definitions, folder_tree, import_matrix, inventory
from snake_pipe.report.job_figures import JobAtHand, job_figures
from snake_pipe.report.search_index import search_index
from snake_pipe.report.source_links import source_links

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb

    from snake_pipe.storage.storage import Storage


_MEMORY_MB = 2048
"""What DuckDB may take; beyond it, it uses the folder of temporary files. A job may be running beside it."""


def collect_figures(dataset: Storage, job: JobAtHand | None) -> dict[str, Any]:
    """All figures of a dataset and of one of its jobs, as plain data and `Table`s.

    DatasetError as `connect`; QueryError if the tables cannot be read to the end.
    """
    with _reading(dataset) as connection:
        return dataset_figures(connection, dataset, job)


def collect_run(dataset: Storage, job: JobAtHand) -> dict[str, Any]:
    """The figures of a job alone; errors as above."""
    with _reading(dataset) as connection:
        return job_figures(connection, job)


@contextmanager
def _reading(dataset: Storage) -> Iterator[duckdb.DuckDBPyConnection]:
    import duckdb

    from snake_pipe.load.sql.views import connect

    with connect(dataset, memory_limit_mb=_MEMORY_MB) as connection:
        try:
            yield connection
        except duckdb.Error as error:
            raise QueryError(f"{dataset.url} cannot be read: {str(error).splitlines()[0]}") from error


def dataset_figures(
    connection: duckdb.DuckDBPyConnection, dataset: Storage, job: JobAtHand | None
) -> dict[str, Any]:
    """The same with a connection that has the views of `connect`."""
    connection.execute(folder_tree.CREATE_FILES)
    connection.execute(definitions.CREATE_USES)
    repositories = [
        name for (name,) in connection.execute("SELECT DISTINCT repo FROM report_files ORDER BY 1").fetchall()
    ]
    several = len(repositories) != 1
    return {
        "version": version("snake-pipe"),
        "made_at": time.time(),
        "repositories": repositories,
        "links": source_links(dataset),
        "totals": inventory.totals(connection),
        "tree": folder_tree.folder_tree(connection, several=several),
        "languages": inventory.languages(connection),
        "statuses": inventory.statuses(connection),
        "files_with_errors": inventory.files_with_errors(connection),
        "hot_spots": definitions.hot_spots(connection),
        "largest": definitions.largest(connection),
        "most_used": definitions.most_used(connection),
        "imports": import_matrix.import_matrix(connection, several=several),
        "search": search_index(connection),
        "job": None if job is None else job_figures(connection, job),
    }
