"""An export as a whole: which format, which tables, whole or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from snake_pipe.errors import QueryError, StorageError, UsageError
from snake_pipe.load.export import duckdb_file, parquet_folder, sqlite_file
from snake_pipe.load.sql.views import connect_tables
from snake_pipe.load.target import new_target
from snake_pipe.schemas import TABLES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from snake_pipe.storage.storage import Storage

_WRITERS = {
    "duckdb": duckdb_file.write_tables,
    "parquet": parquet_folder.write_tables,
    "sqlite": sqlite_file.write_tables,
}

FORMATS = tuple(_WRITERS)

ENDINGS = {
    ".duckdb": "duckdb",
    ".db": "duckdb",
    ".parquet": "parquet",
    "/": "parquet",
    ".sqlite": "sqlite",
    ".sqlite3": "sqlite",
}


def format_of(target: str, given: str | None = None) -> str:
    """The format as given, else what the name of the target ends with; UsageError where there is none."""
    if given is not None:
        if given not in FORMATS:
            raise UsageError(f"no format {given!r}", f"one of {', '.join(FORMATS)}")
        return given
    for ending, form in ENDINGS.items():
        if target.lower().endswith(ending):
            return form
    raise UsageError(
        f"the ending of {target} names no format", f"use --format, or one of {', '.join(ENDINGS)}"
    )


def export_tables(
    dataset: Storage,
    target: Path,
    form: str,
    *,
    tables: Sequence[str] = tuple(TABLES),
    overwrite: bool = False,
    memory_limit_mb: int | None = None,
    files_version: int | None = None,
) -> dict[str, int]:
    """Write `tables` to `target`, as they are now or were at a `files_version`; the rows of each.

    UsageError for a table that there is none of, and if `target` exists and is not to be overwritten or lies
    in the dataset; StorageError if the disk refuses. `target` is there whole or not at all.
    """
    if unknown := [table for table in tables if table not in TABLES]:
        raise UsageError(f"no table {unknown[0]!r}", f"there are {', '.join(TABLES)}")
    if not tables:
        raise UsageError("no table is left to export", f"there are {', '.join(TABLES)}")
    chosen = [table for table in TABLES if table in tables]
    files = parquet_folder.names(TABLES) if form == "parquet" else None
    with (
        connect_tables(dataset, memory_limit_mb=memory_limit_mb, files_version=files_version) as connection,
        new_target(target, dataset, overwrite=overwrite, folder_of=files) as temp,
    ):
        try:
            return _WRITERS[form](connection, temp, chosen)
        except (duckdb.Error, sqlite_file.Error, QueryError) as error:
            raise StorageError(f"cannot export to {target}: {error}") from error
