"""The rows of a flush into the tables. Rows of a file come and go as a whole, by its `file_id`.

What leaves is found by (repo, path); what comes goes into the tables by COPY, only the rows of `files` by
way of a temporary table, since they say what leaves.
"""

# ruff: noqa: S608 - statements are put together from names of our own and from quoted names
from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from snake_pipe.schemas import WORKER_TABLES
from snake_pipe.sinks.postgresql.definitions import CARRIED
from snake_pipe.sinks.postgresql.text import without_nul

if TYPE_CHECKING:
    from snake_pipe.plugins import Flush
    from snake_pipe.sinks.postgresql.schema import Schema
    from snake_pipe.sinks.postgresql.session import Session

_FIND_GONE = """
    CREATE TEMPORARY TABLE gone ON COMMIT DROP AS
    SELECT f.file_id FROM {0}.files f JOIN leaving USING (repo, path) WHERE f.container_id IS NULL
    """
"""The files that a flush brings anew, or says are gone."""

_FIND_GONE_TREES = """
    INSERT INTO gone SELECT f.file_id FROM {0}.files f JOIN gone ON f.container_id = gone.file_id
    """

_CONTENT = "({0}.sha256, CASE WHEN {0}.input_kind = 'ast' THEN {0}.mtime_ns END)"

_CARRY_AGES_OVER = f"""
    UPDATE arriving a SET
        first_epoch = least(a.first_epoch, f.first_epoch),
        content_epoch = CASE
            WHEN {_CONTENT.format("a")} IS NOT DISTINCT FROM {_CONTENT.format("f")}
            THEN least(a.content_epoch, f.content_epoch) ELSE a.content_epoch END
    FROM {{0}}.files f
    WHERE f.repo = a.repo AND f.path = a.path AND f.container_id IS NULL AND a.container_id IS NULL
    """
"""Since when a file is there, and has its content, goes over to its next row, as in the dataset."""


def write_changes(session: Session, schema: Schema, flush: Flush) -> None:
    """Let the rows of a flush take the place of what it supersedes, within a transaction."""
    session.execute(f"CREATE TEMPORARY TABLE arriving (LIKE {schema.name}.files) ON COMMIT DROP")
    session.copy(None, "arriving", flush.schema("files"), without_nul(flush.batches("files")))
    session.execute("CREATE TEMPORARY TABLE leaving (repo text, path text) ON COMMIT DROP")
    columns = pa.schema([flush.schema("files").field(name) for name in ("repo", "path")])
    session.copy(None, "leaving", columns, without_nul(flush.leaving()))
    for table in ("arriving", "leaving"):
        session.execute(f"ANALYZE {table}")
    for statement in (_FIND_GONE, _FIND_GONE_TREES, _CARRY_AGES_OVER):
        session.execute(statement.format(schema.name))
    session.execute("ANALYZE gone")  # else a few files may cost a scan of all rows
    for table in CARRIED:
        session.execute(f"DELETE FROM {schema.name}.{table} t USING gone WHERE t.file_id = gone.file_id")
    session.execute(f"INSERT INTO {schema.name}.files SELECT * FROM arriving")
    outdated = "file_id IS NULL AND job_id <> ALL (string_to_array($1, ' '))"
    session.execute(f"DELETE FROM {schema.name}.errors WHERE {outdated}", " ".join(flush.telling_jobs))
    for table in (*WORKER_TABLES, "errors"):
        _copy(session, schema, flush, table)


def write_snapshot(session: Session, schema: Schema, flush: Flush) -> None:
    """Make the tables what a snapshot says, whatever they held, within a transaction; readers go on."""
    for table in CARRIED:
        session.execute(f"DELETE FROM {schema.name}.{table}")
        _copy(session, schema, flush, table)


def _copy(session: Session, schema: Schema, flush: Flush, table: str) -> None:
    session.copy(schema.plain_name, table, flush.schema(table), without_nul(flush.batches(table)))
