"""Two datasets row by row, whatever order and parts they have their rows in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snake_pipe.load.sql.views import connect_tables
from snake_pipe.storage.open import open_storage

if TYPE_CHECKING:
    from pathlib import Path

    from duckdb import DuckDBPyConnection

VOLATILE = (
    "file_id, container_id, flush_seq, job_id, ingested_at, duration_ms, attempts, first_epoch, content_epoch"
)
"""Columns of `files` that differ between runs by their nature."""

_TREE_ROWS = "SELECT repo, path, t.* EXCLUDE (file_id) FROM {0} t JOIN files USING (file_id)"
_ROWS = {
    "files": f"SELECT * EXCLUDE ({VOLATILE}) FROM files",
    **{table: _TREE_ROWS.format(table) for table in ("nodes", "symbols", "refs", "imports")},
    "errors": "SELECT path, phase, code, message, start_line, start_col FROM errors",
}


def differences(left: Path | str, right: Path | str) -> dict[str, int]:
    """Rows that are in one dataset and not in the other, by table; empty if they say the same.

    Compared as multisets; a file is known by its path, and figures of a single run are left out.
    """
    with (
        connect_tables(open_storage(left)) as one,
        connect_tables(open_storage(right)) as two,
    ):
        found = {
            table: _differing(one, two, sql)
            for table, sql in _ROWS.items()
            if _digest(one, sql) != _digest(two, sql)
        }
        doubled = _value(two, "SELECT count(*) - count(DISTINCT (repo, path)) FROM files")
    return found | ({"doubled": doubled} if doubled else {})


def digests(dataset: Path | str) -> dict[str, tuple[int, int | None]]:
    """Of each table the number of its current rows, and a digest of them that heeds no order."""
    with connect_tables(open_storage(dataset)) as connection:
        return {table: _digest(connection, sql) for table, sql in _ROWS.items()}


def _digest(connection: DuckDBPyConnection, sql: str) -> tuple[int, int | None]:
    """To compare these costs a sixth of what the rows themselves do."""
    ((count, total),) = connection.execute(
        f"SELECT count(*), sum(hash(r)::HUGEINT) FROM ({sql}) r"
    ).fetchall()
    return count, total


def _differing(one: DuckDBPyConnection, two: DuckDBPyConnection, sql: str) -> int:
    one.register("left_rows", one.sql(sql).to_arrow_table())
    one.register("right_rows", two.sql(sql).to_arrow_table())
    left, right = "(FROM left_rows EXCEPT ALL FROM right_rows)", "(FROM right_rows EXCEPT ALL FROM left_rows)"
    return int(_value(one, f"SELECT count(*) FROM ({left} UNION ALL {right})"))


def _value(connection: DuckDBPyConnection, sql: str) -> Any:
    ((found,),) = connection.execute(sql).fetchall()
    return found
