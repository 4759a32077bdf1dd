"""The files that failed, a line each, as compilers name what is wrong: `path:line: message`."""

from __future__ import annotations

from typing import Any

from snake_pipe.cli.output.jobs.summary import query_command
from snake_pipe.cli.output.text import visible
from snake_pipe.errors import SnakePipeError
from snake_pipe.storage.open import open_storage

_MOST_LISTED = 10
"""Files that are named; a command lists the others."""

_LONGEST_MESSAGE = 200
"""Characters shown of a message."""

_ALL_SQL = (
    "SELECT errors.path, start_line, message FROM errors LEFT JOIN files USING (file_id)"
    " WHERE coalesce(status, 'failed') IN ('failed', 'quarantined')"
)

_FIRST_SQL = """
    SELECT path, start_line, message FROM (
        SELECT path, start_line, message FROM errors
        WHERE file_id IS NULL AND code IN ({hiding}) AND job_id = coalesce($1, job_id)
        UNION ALL
        SELECT files.path, start_line, coalesce(message, reason) FROM files LEFT JOIN errors USING (file_id)
        WHERE status IN ('failed', 'quarantined') AND files.job_id = coalesce($1, files.job_id)
    )
    QUALIFY row_number() OVER (PARTITION BY path ORDER BY start_line) = 1
    ORDER BY path LIMIT {most}
    """


def failure_lines(dataset: str, job_id: str | None, count: int, *, most: int = _MOST_LISTED) -> list[str]:
    """The first of `count` files that failed in a job, or that are failed now where none is given.

    What the walk could not look at is among them. A dataset that cannot be read has no lines but the last.
    """
    if not count:
        return []
    found = _first(dataset, job_id, most)
    lines = [
        visible(f"{path}:{line}: {_cut(message)}" if line else f"{path}: {_cut(message)}")
        for path, line, message in found
    ]
    if count > len(found):
        lines.append(f'{count - len(found):,} more: {query_command(dataset)} "{_ALL_SQL}"')
    return lines


def _first(dataset: str, job_id: str | None, most: int) -> list[tuple[Any, ...]]:
    from snake_pipe.extract.feeds.intake import HIDING
    from snake_pipe.load.sql.select import select
    from snake_pipe.load.sql.views import connect_tables

    hiding = ", ".join(f"'{code}'" for code in sorted(HIDING))
    sql = _FIRST_SQL.format(hiding=hiding, most=most)
    try:
        with connect_tables(open_storage(dataset)) as connection:
            return list(select(connection, sql, [job_id]).rows)
    except SnakePipeError:
        return []


def _cut(message: str) -> str:
    text = message.strip()
    return text if len(text) <= _LONGEST_MESSAGE else text[:_LONGEST_MESSAGE] + "..."
