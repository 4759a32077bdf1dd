"""An export as a folder with a Parquet file for each table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.load.sql.select import fetch
from snake_pipe.load.sql.view_comments import literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    import duckdb


def names(tables: Iterable[str]) -> frozenset[str]:
    """The files of an export of these tables."""
    return frozenset(f"{table}.parquet" for table in tables)


def write_tables(
    connection: duckdb.DuckDBPyConnection, target: Path, tables: Sequence[str]
) -> dict[str, int]:
    """Write the folder; the rows of each table."""
    rows = {}
    connection.execute("SET preserve_insertion_order = false")
    target.mkdir()
    for table in tables:
        file = literal(str(target / f"{table}.parquet"))
        copy = f"COPY {table} TO {file} (FORMAT parquet, COMPRESSION zstd)"
        ((rows[table],),) = fetch(connection, copy)
    return rows
