"""The rows of a flush into the tables. Rows of a file come and go as a whole, by its `file_id`.

What leaves is found by (repo, path); what comes goes into the tables by COPY, only the rows of `files` by
way of a temporary table, since they say what leaves.
"""

# ruff: noqa: S608 - statements are put together from names of our own and from quoted names
from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from snake_pipe.schemas import WORKER_TABLES
from snake_pipe.sinks.postgresql.definitions import CARRIED
from snake_pipe.sinks.postgresql.text import without_nul

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

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

_FIND_ALL_GONE = """
    CREATE TEMPORARY TABLE gone ON COMMIT DROP AS
    SELECT f.file_id FROM {0}.files f
    WHERE NOT EXISTS (SELECT FROM arriving a WHERE a.file_id = f.file_id)
    """
"""The files, and the trees in them, that a snapshot does not hold."""

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

_REMOVE_DIFFERENT = """
    DELETE FROM {0}.files f USING arriving a
    WHERE f.file_id = a.file_id AND ROW(f.*) IS DISTINCT FROM ROW(a.*)
    """

_ADD_MISSING = """
    INSERT INTO {0}.files SELECT a.* FROM arriving a
    WHERE NOT EXISTS (SELECT FROM {0}.files f WHERE f.file_id = a.file_id)
    """

_MISSING = "SELECT a.file_id FROM arriving a LEFT JOIN {0}.files f USING (file_id) WHERE f.file_id IS NULL"


def write_changes(session: Session, schema: Schema, flush: Flush) -> None:
    """Let the rows of a flush take the place of what it supersedes, within a transaction."""
    _receive(session, schema, flush)
    session.execute("CREATE TEMPORARY TABLE leaving (repo text, path text) ON COMMIT DROP")
    columns = pa.schema([flush.schema("files").field(name) for name in ("repo", "path")])
    session.copy(None, "leaving", columns, without_nul(flush.leaving()))
    session.execute("ANALYZE leaving")
    for statement in (_FIND_GONE, _FIND_GONE_TREES, _CARRY_AGES_OVER):
        session.execute(statement.format(schema.name))
    _remove_gone(session, schema)
    session.execute(f"INSERT INTO {schema.name}.files SELECT * FROM arriving")
    # What concerns no file, such as a folder that cannot be read, is what the newest job says of it.
    session.execute(
        f"DELETE FROM {schema.name}.errors WHERE file_id IS NULL AND job_id <> $1", flush.key.job_id
    )
    for table in (*WORKER_TABLES, "errors"):
        _copy(session, schema, flush, table)


def write_snapshot(session: Session, schema: Schema, flush: Flush) -> None:
    """Make the tables what a snapshot says, within a transaction; rows that are there already stay."""
    _receive(session, schema, flush)
    missing = session.numbers(_MISSING.format(schema.name))
    session.execute(_FIND_ALL_GONE.format(schema.name))
    _remove_gone(session, schema)
    for statement in (_REMOVE_DIFFERENT, _ADD_MISSING):
        session.execute(statement.format(schema.name))
    session.execute(f"DELETE FROM {schema.name}.errors WHERE file_id IS NULL")
    for table in (*WORKER_TABLES, "errors"):
        _copy(session, schema, flush, table, missing)


def _receive(session: Session, schema: Schema, flush: Flush) -> None:
    """The rows of `files` of a flush, in a temporary table."""
    session.execute(f"CREATE TEMPORARY TABLE arriving (LIKE {schema.name}.files) ON COMMIT DROP")
    session.copy(None, "arriving", flush.schema("files"), without_nul(flush.batches("files")))
    session.execute("ANALYZE arriving")


def _remove_gone(session: Session, schema: Schema) -> None:
    session.execute("ANALYZE gone")  # else a few files may cost a scan of all rows
    for table in CARRIED:
        session.execute(f"DELETE FROM {schema.name}.{table} t USING gone WHERE t.file_id = gone.file_id")


def _copy(
    session: Session, schema: Schema, flush: Flush, table: str, only: NDArray[np.int64] | None = None
) -> None:
    """Append a table's rows, those of `only` some files and of none."""
    rows = flush.batches(table)
    session.copy(
        schema.plain_name, table, flush.schema(table), without_nul(rows if only is None else _of(rows, only))
    )


def _of(batches: Iterable[pa.RecordBatch], file_ids: NDArray[np.int64]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        ids = batch["file_id"]
        is_wanted = np.isin(ids.fill_null(-1).to_numpy(zero_copy_only=False), file_ids)
        if ids.null_count:
            is_wanted |= ids.is_null().to_numpy(zero_copy_only=False)
        if is_wanted.any():
            yield batch if is_wanted.all() else batch.filter(pa.array(is_wanted))
