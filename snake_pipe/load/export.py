"""The current state of a dataset as one DuckDB file that stands for itself."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import duckdb

from snake_pipe.errors import SinkError, UsageError
from snake_pipe.load.views import SQL_TYPES, connect, sql_literal
from snake_pipe.schemas import TABLES
from snake_pipe.utils.atomic_file import TEMP_SUFFIX, fsync_folder

if TYPE_CHECKING:
    from pathlib import Path

STORAGE_VERSION = "v1.5.0"
"""The oldest DuckDB that must be able to open the file."""


def export_duckdb(
    dataset_path: Path, target: Path, *, overwrite: bool = False, memory_limit_mb: int | None = None
) -> dict[str, int]:
    """Write `target` with a real, documented table for each of the current state; the rows of each.

    UsageError if `target` exists and is not to be overwritten, SinkError if the disk refuses. `target` is
    there whole or not at all.
    """
    target = target.absolute()
    if target.exists() and (not overwrite or target.is_dir()):
        raise UsageError(f"{target} exists already", "" if target.is_dir() else "--overwrite replaces it")
    temp = target.with_name(f".{target.name}.{os.getpid()}{TEMP_SUFFIX}")
    temp.unlink(missing_ok=True)
    try:
        rows = _write(dataset_path, temp, memory_limit_mb)
        temp.replace(target)
        fsync_folder(target.parent)
    except (duckdb.Error, OSError) as error:
        raise SinkError(f"cannot export to {target}: {error}") from error
    finally:
        for leftover in (temp, temp.with_name(f"{temp.name}.wal")):
            leftover.unlink(missing_ok=True)
    return rows


def _write(dataset_path: Path, temp: Path, memory_limit_mb: int | None) -> dict[str, int]:
    rows = {}
    with connect(dataset_path, memory_limit_mb=memory_limit_mb) as connection:
        connection.execute("SET preserve_insertion_order = false")
        connection.execute(f"ATTACH {sql_literal(str(temp))} AS target (STORAGE_VERSION '{STORAGE_VERSION}')")
        for table, columns in TABLES.items():
            definitions = ", ".join(
                f'"{column.name}" {SQL_TYPES[column.type]}{"" if column.nullable else " NOT NULL"}'
                for column in columns
            )
            connection.execute(f"CREATE TABLE target.{table} ({definitions})")
            for column in columns:
                comment = sql_literal(column.doc)
                connection.execute(f'COMMENT ON COLUMN target.{table}."{column.name}" IS {comment}')
            inserted = connection.execute(f"INSERT INTO target.{table} FROM main.{table}").fetchone()
            rows[table] = inserted[0] if inserted else 0
        connection.execute("DETACH target")
    return rows
