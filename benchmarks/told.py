"""What the tables say of the files in one language or dialect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.agreement import CALLS, DEFINITIONS, IMPORTS, Name
from benchmarks.judges.python import as_python_reads

if TYPE_CHECKING:
    import duckdb

    Told = dict[str, dict[Name, tuple[str, str, bool]]]
    """subject → name → our kind, the node's type (of a call: its parent's), whether it is in a function."""

PLACED = """
    CREATE TEMP TABLE placed AS WITH RECURSIVE placed AS (
        SELECT file_id, node_id, name, name_line, kind, false AS is_local
        FROM symbols WHERE parent_node_id IS NULL
        UNION ALL
        SELECT s.file_id, s.node_id, s.name, s.name_line, s.kind,
               p.is_local OR p.kind IN ('function', 'method')
        FROM symbols s JOIN placed p ON s.file_id = p.file_id AND s.parent_node_id = p.node_id
    ) SELECT * FROM placed
    """
"""Definitions, and whether they are inside of functions; made once for each connection."""

_CHOSEN = """
    files WHERE status = 'ok' AND coalesce(dialect, language) = ?
    AND NOT list_contains(coalesce(traits, []), 'minified')
    """
_QUERIES = {
    DEFINITIONS: """
        SELECT repo || '/' || path, s.name, s.name_line, s.kind, n.type, is_local
        FROM placed s JOIN chosen USING (file_id) JOIN nodes n USING (file_id, node_id)
        """,
    CALLS: """
        SELECT repo || '/' || path, r.name, r.start_line, 'call', coalesce(p.type, n.type), false
        FROM refs r JOIN chosen USING (file_id) JOIN nodes n USING (file_id, node_id)
        LEFT JOIN nodes p ON p.file_id = n.file_id AND p.node_id = n.parent_id WHERE role = 'call'
        """,
    IMPORTS: """
        SELECT repo || '/' || path, concat_ws(' ', module, i.name, CASE WHEN is_wildcard THEN '*' END),
               i.start_line, 'import', n.type, false
        FROM imports i JOIN chosen USING (file_id) JOIN nodes n USING (file_id, node_id)
        """,
}


def files_of(connection: duckdb.DuckDBPyConnection, name: str) -> list[tuple[str, str]]:
    """(repo, path) of the files in a language or dialect that parse without errors."""
    rows = connection.execute(f"SELECT repo, path FROM {_CHOSEN}", [name]).fetchall()
    return [(repo, path) for repo, path in rows]


def told(connection: duckdb.DuckDBPyConnection, name: str) -> Told:
    """What the tables have for a language or dialect."""
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE chosen AS SELECT file_id, repo, path FROM {_CHOSEN}", [name]
    )
    read = as_python_reads if name == "python" else str
    return {
        subject: {
            Name(path, read(word), line or 0): (kind, type_, is_local)
            for path, word, line, kind, type_, is_local in connection.execute(query).fetchall()
        }
        for subject, query in _QUERIES.items()
    }
