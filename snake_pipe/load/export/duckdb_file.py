"""An export as one DuckDB file, with real, documented tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.load.sql import ready_views
from snake_pipe.load.sql.select import fetch
from snake_pipe.load.sql.state import SQL_TYPES
from snake_pipe.load.sql.view_comments import comments, literal
from snake_pipe.schemas import TABLES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import duckdb

STORAGE_VERSION = "v1.5.0"
"""The oldest DuckDB that must be able to open the file."""


def write_tables(
    connection: duckdb.DuckDBPyConnection, target: Path, tables: Sequence[str]
) -> dict[str, int]:
    """Write the file, with all tables also the views that are made of them alone; the rows of each table."""
    rows = {}
    connection.execute("SET preserve_insertion_order = false")
    connection.execute(f"ATTACH {literal(str(target))} AS target (STORAGE_VERSION '{STORAGE_VERSION}')")
    try:
        for table in tables:
            definitions = ", ".join(
                f'"{column.name}" {SQL_TYPES[column.type]}{"" if column.nullable else " NOT NULL"}'
                for column in TABLES[table]
            )
            connection.execute(f"CREATE TABLE target.{table} ({definitions})")
            ((rows[table],),) = fetch(connection, f"INSERT INTO target.{table} FROM main.{table}")
        connection.execute("".join(comments("TABLE", tables, database="target")))
        if set(tables) == set(TABLES):
            _add_views(connection)
        connection.execute("DETACH target")
    finally:  # DuckDB's log of what it could not finish is nobody's
        target.with_name(f"{target.name}.wal").unlink(missing_ok=True)
    return rows


def _add_views(connection: duckdb.DuckDBPyConnection) -> None:
    """The ready views, but for what reads `import_targets`: links need macros of ours, and take time."""
    connection.execute("USE target")
    for statement in ready_views.CREATE_VIEWS:
        if "import_targets" not in statement:
            connection.execute(statement)
    connection.execute("USE memory")
    made = fetch(
        connection, "SELECT view_name FROM duckdb_views() WHERE database_name = 'target' AND NOT internal"
    )
    connection.execute("".join(comments("VIEW", [name for (name,) in made], database="target")))
