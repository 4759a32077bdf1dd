"""An export as one SQLite file, by Python's own module: DuckDB would fetch an extension for it."""

# ruff: noqa: S608 - statements are put together from names of our own
from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from snake_pipe.load.sql.select import fetch
from snake_pipe.schemas import TABLES, Column

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import duckdb

Error = sqlite3.Error

_TYPES = {
    "int64": "INTEGER",
    "int32": "INTEGER",
    "float64": "REAL",
    "bool": "INTEGER",
    "string": "TEXT",
    "binary": "BLOB",
    "dictionary": "TEXT",
    "list<string>": "TEXT",
    "timestamp": "TEXT",
}
"""How the words of `schemas` are called in SQLite, which has neither lists (JSON here) nor times."""


def write_tables(
    connection: duckdb.DuckDBPyConnection, target: Path, tables: Sequence[str]
) -> dict[str, int]:
    """Write the file, some thousand rows at once; the rows of each table."""
    rows = {}
    with closing(sqlite3.connect(target, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode = OFF")  # who fails throws the file away
        database.execute("PRAGMA synchronous = OFF")
        for table in tables:
            columns = TABLES[table]
            database.execute(f"CREATE TABLE {table} (\n{_definitions(columns)}\n)")
            database.execute("BEGIN")
            shown = ", ".join(map(_value, columns))
            marks = ", ".join("?" * len(columns))
            found = fetch(connection, f"SELECT {shown} FROM {table}")
            rows[table] = database.executemany(f"INSERT INTO {table} VALUES ({marks})", found).rowcount
            database.execute("COMMIT")
    return {table: max(count, 0) for table, count in rows.items()}


def _definitions(columns: Sequence[Column]) -> str:
    """Columns with their meaning as comments, which SQLite keeps."""
    lines = [
        f'  "{column.name}" {_TYPES[column.type]}{"" if column.nullable else " NOT NULL"}'
        for column in columns
    ]
    ends = [","] * (len(lines) - 1) + [""]
    return "\n".join(
        f"{line}{end}  -- {column.doc}" for line, end, column in zip(lines, ends, columns, strict=True)
    )


def _value(column: Column) -> str:
    name = f'"{column.name}"'
    if column.type == "list<string>":
        return f"CAST(to_json({name}) AS VARCHAR)"
    return f"CAST({name} AS VARCHAR)" if column.type == "timestamp" else name
