"""Definitions that stand out: hot spots, the largest, the most used.

Those whose bounds are in doubt are left out where lines count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.report.table import Table, ask

if TYPE_CHECKING:
    import duckdb

CREATE_USES = """
    CREATE OR REPLACE TEMP TABLE report_uses AS
    SELECT name, count(*) AS uses, count(DISTINCT file_id) AS using_files
    FROM refs WHERE role IN ('call', 'type', 'inherit', 'decorate') GROUP BY name
    """
"""Uses of a name as that of a function or type. It may be read for a variable of the same name, too."""

_FUNCTIONS_AND_TYPES = "('class', 'interface', 'enum', 'function', 'method', 'type_alias', 'macro')"


def hot_spots(connection: duckdb.DuckDBPyConnection) -> Table:
    """Functions that are complex, long and much used, all at once."""
    return ask(
        connection,
        (
            ("definition", "text"), ("place", "place"), ("complexity", "number"), ("lines", "number"),
            ("calls, shared among namesakes", "decimal"), ("score", "bar"),
        ),
        """
        SELECT qualified_name, repo, path, start_line, complexity, line_count, call_count, score
        FROM hot_spots WHERE score > 0 ORDER BY score DESC, repo, path, start_line LIMIT 200
        """,
    )  # fmt: skip


def largest(connection: duckdb.DuckDBPyConnection) -> Table:
    """Functions and types by the lines they take."""
    return ask(
        connection,
        (("definition", "text"), ("kind", "text"), ("place", "place"), ("lines", "bar")),
        f"""
        SELECT qualified_name, kind, repo, path, start_line, end_line - start_line + 1 AS lines
        FROM symbols JOIN files USING (file_id)
        WHERE kind IN {_FUNCTIONS_AND_TYPES} AND NOT in_error
        ORDER BY lines DESC, repo, path, start_line LIMIT 200
        """,  # noqa: S608 - a constant of this file
    )


def most_used(connection: duckdb.DuckDBPyConnection) -> Table:
    """Names of functions and types by their uses, each with the place of one of its definitions.

    `report_uses` must be there.
    """
    return ask(
        connection,
        (
            ("name", "text"), ("kind", "text"), ("place", "place"), ("calls and uses as a type", "bar"),
            ("files that use it", "number"), ("definitions of the name", "number"),
        ),
        f"""
        WITH defined AS (
            SELECT name, count(*) AS definitions, min((file_id, node_id)) AS first
            FROM symbols SEMI JOIN report_uses USING (name)
            WHERE kind IN {_FUNCTIONS_AND_TYPES}
            GROUP BY name
        ), chosen AS (
            SELECT * FROM report_uses JOIN defined USING (name) ORDER BY uses DESC, name LIMIT 200
        )
        SELECT s.name, s.kind, repo, path, start_line, uses, using_files, definitions
        FROM chosen c JOIN symbols s ON s.file_id = c.first[1] AND s.node_id = c.first[2]
        JOIN files f ON f.file_id = s.file_id
        ORDER BY uses DESC, s.name
        """,  # noqa: S608 - constants of this file
    )  # fmt: skip
