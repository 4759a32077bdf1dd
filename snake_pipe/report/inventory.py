"""What there is: totals, languages, files by status with their reasons, and the files with errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snake_pipe.report.table import Table, ask

if TYPE_CHECKING:
    import duckdb

_TOTALS = """
    SELECT count(*) FILTER (container_id IS NULL) AS files,
           count(DISTINCT coalesce(language, dialect)) AS languages,
           coalesce(sum(line_count), 0)::BIGINT AS lines,
           coalesce(sum(size_bytes), 0)::BIGINT AS bytes,
           coalesce(sum(node_count), 0)::BIGINT AS nodes,
           coalesce(sum(symbol_count), 0)::BIGINT AS definitions,
           coalesce(sum(ref_count), 0)::BIGINT AS "references",
           coalesce(sum(import_count), 0)::BIGINT AS imports
    FROM files
    """


def totals(connection: duckdb.DuckDBPyConnection) -> list[list[Any]]:
    """The figures of the whole, each with its word."""
    connection.execute(_TOTALS)
    row = connection.fetchone() or ()
    return [[column[0], value] for column, value in zip(connection.description or (), row, strict=True)]


def languages(connection: duckdb.DuckDBPyConnection) -> Table:
    """A row a language or dialect, the one with the most lines first."""
    return ask(
        connection,
        (
            ("language", "text"), ("lines", "bar"), ("files", "number"), ("bytes", "bytes"),
            ("definitions", "number"), ("calls and other references", "number"),
        ),
        """
        SELECT coalesce(language, dialect, '(none)') AS language,
               coalesce(sum(line_count), 0)::BIGINT AS lines,
               count(*), coalesce(sum(size_bytes), 0)::BIGINT, coalesce(sum(symbol_count), 0)::BIGINT,
               coalesce(sum(ref_count), 0)::BIGINT
        FROM files GROUP BY 1 ORDER BY lines DESC, language
        """,
    )  # fmt: skip


def statuses(connection: duckdb.DuckDBPyConnection) -> Table:
    """Files by status and reason."""
    return ask(
        connection,
        (("status", "text"), ("reason", "text"), ("files", "bar"), ("bytes", "bytes")),
        """
        SELECT status, coalesce(reason, ''), count(*) AS files, coalesce(sum(size_bytes), 0)::BIGINT
        FROM files GROUP BY ALL ORDER BY files DESC, 1, 2
        """,
    )


def files_with_errors(connection: duckdb.DuckDBPyConnection) -> Table:
    """Files that are not wholly read, the worst first, with the first thing that was wrong in each."""
    return ask(
        connection,
        (("file", "place"), ("status", "text"), ("reason", "text"), ("errors", "number"), ("first", "text")),
        """
        WITH first AS (
            SELECT file_id, arg_min(message, coalesce(start_line, 0)) AS message, min(start_line) AS line
            FROM errors GROUP BY file_id
        )
        SELECT repo, path, line, status, coalesce(reason, ''), error_count, coalesce(message, '')
        FROM files LEFT JOIN first USING (file_id)
        WHERE status IN ('partial', 'failed', 'quarantined')
        ORDER BY list_position(['quarantined', 'failed', 'partial'], status), error_count DESC, repo, path
        """,
    )
