"""What the dataset holds of a run's repositories when the run has ended: for gates and reports.

All of it is asked of the current state of these repositories, whether this run read a file or left it as it
was. So a run that changes nothing judges the same as one that reads everything.
"""

# ruff: noqa: S608 - statements are put together from words of our own
from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from snake_pipe.errors import QueryError
from snake_pipe.extract.feeds.intake import HIDING
from snake_pipe.extract.job.failing_before import read_failing_before
from snake_pipe.extract.paths.names import unescape_path
from snake_pipe.load.sql.dump_links import IS_DUMP
from snake_pipe.outcome.findings import Finding, Severity
from snake_pipe.plugins import AST_QUEUE
from snake_pipe.storage.open import open_storage

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from snake_pipe.outcome.summary import RunSummary
    from snake_pipe.storage.storage import Storage

MOST_FINDINGS = 5000
"""Findings that are told one by one: as many as GitHub shows of a SARIF file."""

_MOST_OF_A_FILE = 20
_READ = ("ok", "partial", "failed", "quarantined")


@dataclass(frozen=True, slots=True)
class DatasetState:
    """The current files of a run's repositories, and what is wrong with them.

    `files` counts them by language (`ast` for AST files) and status, `unread` the places that the walk could
    not look at. `new_failures` counts by language the files that fail now and did not when the job began; it
    is None where that is not known. `dumps` and `stale` count by the language of the source the trees in AST
    files, and those that no longer fit their sources; they are None where nobody asked.

    `findings` has the worst first, at most `MOST_FINDINGS`; `left_out` is how many there are besides.
    """

    files: Mapping[tuple[str, str], int] = field(default_factory=dict)
    unread: int = 0
    new_failures: Mapping[str, int] | None = None
    dumps: Mapping[str, int] | None = None
    stale: Mapping[str, int] | None = None
    findings: tuple[Finding, ...] = ()
    left_out: int = 0

    def to_be_read(self, language: str = "") -> int:
        """Files that are not skipped, of one language or of all; of all, also what could not be looked at."""
        return self.count(*_READ, language=language) + (0 if language else self.unread)

    def count(self, *statuses: str, language: str = "") -> int:
        """Files of these statuses, of one language or of all."""
        return sum(
            count
            for (word, status), count in self.files.items()
            if status in statuses and language in ("", word)
        )


def look_up(summary: RunSummary, *, base: Path, with_findings: bool, with_drift: bool) -> DatasetState:
    """The state after a run, paths told from `base`; DatasetError or QueryError if it cannot be read.

    `with_drift` costs a look at the symbols of AST files and their sources, where there are any.
    """
    import duckdb

    from snake_pipe.load.sql.views import connect_tables

    dataset = open_storage(os.fsdecode(unescape_path(summary.dataset)))
    before = read_failing_before(dataset, summary.job_id)
    places = _Places(base, summary.repos)
    with connect_tables(dataset) as connection:

        def ask(sql: str, *parameters: object) -> list[tuple[Any, ...]]:
            return connection.execute(sql, parameters).fetchall()

        try:
            ask(_REPOS, [*summary.repos])
            ask(_BEFORE, [repo for repo, _ in before or ()], [path for _, path in before or ()])
            ask(_PROBLEMS)
            dumps = dict(ask(_DUMPS)) if with_drift else None
            stale = ask(_STALE, *_stale_dumps(dataset)) if dumps else []
            told = [row for row in stale if row[5] != "unreadable"]  # which is told as a failure
            unread = ask(_UNREAD, summary.job_id)
            rows = ask(_FINDINGS) if with_findings else []
            total = len(unread) + len(told) + ask(_FINDING_COUNT)[0][0]
            files = {(language, status): count for language, status, count in ask(_COUNTS)}
            new_failures = dict(ask(_NEW_FAILURES))
        except duckdb.Error as error:
            raise QueryError(str(error)) from error
    findings = [
        *(places.unread(*row) for row in unread),
        *(places.finding(*row) for row in rows),
        *(places.stale(*row) for row in told),
    ][:MOST_FINDINGS]
    return DatasetState(
        files=files,
        unread=len(unread),
        new_failures=None if before is None else new_failures,
        dumps=dumps,
        stale=None if dumps is None else Counter(language for language, *_ in stale),
        findings=tuple(findings) if with_findings else (),
        left_out=total - len(findings) if with_findings else 0,
    )


def _stale_dumps(dataset: Storage) -> tuple[list[str], ...]:
    """Repository, dump, source, reason and detail of each dump that no longer fits its source.

    Times do not count: a checkout makes them all new.
    """
    from snake_pipe.load.drift import STALE, find_drift

    rows = [row for row in find_drift(dataset, times=False).rows if row[1] == STALE]
    return tuple([str(row[column]) for row in rows] for column in (0, 2, 3, 4, 5))


class _Places:
    """Findings, with their files told from one folder."""

    def __init__(self, base: Path, repos: Mapping[str, str]) -> None:
        self._inside = os.fsencode(base).rstrip(b"/") + b"/"
        self._folders = {name: unescape_path(folder) for name, folder in repos.items()}

    def _file(self, repo: str, path: bytes) -> bytes:
        return (self._folders[repo] + b"/" + path).removeprefix(self._inside)

    def unread(self, path: str, code: str, message: str) -> Finding:
        """A place that the walk could not look at; which of several roots it is below is not known."""
        repo = next(iter(self._folders)) if len(self._folders) == 1 else ""
        raw = unescape_path(path)
        file = self._file(repo, raw) if repo else raw
        return Finding(repo, file, Severity.ERROR, code, message, status="unread")

    def finding(
        self,
        repo: str,
        path: str,
        path_bytes: bytes | None,
        language: str,
        status: str,
        is_new: bool,
        code: str,
        message: str,
        line: int | None,
        col: int | None,
    ) -> Finding:
        """An error of a file."""
        severity = Severity.WARNING if status == "partial" else Severity.ERROR
        file = self._file(repo, path_bytes or path.encode())
        return Finding(repo, file, severity, code, message, line, col, language, status, is_new=is_new)

    def stale(
        self,
        language: str,
        repo: str,
        path: str,
        path_bytes: bytes | None,
        source: str,
        reason: str,
        detail: str,
    ) -> Finding:
        """A dump that no longer fits its source."""
        file = self._file(repo, path_bytes or path.encode())
        message = f"the AST file no longer fits its source {source}: {detail}"
        return Finding(repo, file, Severity.NOTE, f"stale_{reason}", message, None, None, language, "stale")


_HIDING = ", ".join(f"'{code}'" for code in sorted(HIDING))

_LANGUAGE = f"if(input_kind = 'ast', '{AST_QUEUE}', coalesce(language, ''))"

_REPOS = "CREATE TEMP TABLE outcome_repos AS SELECT unnest($1::VARCHAR[]) AS repo"

_BEFORE = """
    CREATE TEMP TABLE outcome_before AS
    SELECT unnest($1::VARCHAR[]) AS repo, unnest($2::VARCHAR[]) AS path
    """

_COUNTS = f"""
    SELECT {_LANGUAGE}, status, count(*)
    FROM files SEMI JOIN outcome_repos USING (repo) WHERE container_id IS NULL GROUP BY ALL ORDER BY ALL
    """

_PROBLEMS = f"""
    CREATE TEMP TABLE outcome_problems AS
    SELECT f.file_id, f.repo, f.path, f.path_bytes, {_LANGUAGE} AS language, f.status, f.reason,
           f.status <> 'partial' AND b.path IS NULL AS is_new
    FROM files f SEMI JOIN outcome_repos USING (repo)
    LEFT JOIN outcome_before b ON b.repo = f.repo AND b.path = f.path
    WHERE container_id IS NULL AND status IN ('failed', 'quarantined', 'partial');

    CREATE TEMP TABLE outcome_findings AS
    WITH owned AS (  -- the error of a tree in a file is told of the file
        SELECT DISTINCT coalesce(f.container_id, f.file_id) AS file_id, code, message, start_line, start_col
        FROM errors JOIN files f USING (file_id)
    )
    SELECT repo, path, path_bytes, language, status, is_new, coalesce(code, reason, status) AS code,
           coalesce(message, reason, status) AS message, start_line, start_col,
           row_number() OVER (PARTITION BY file_id ORDER BY start_line, start_col, code, message) AS place
    FROM outcome_problems LEFT JOIN owned USING (file_id)
    """

_NEW_FAILURES = "SELECT language, count(*) FROM outcome_problems WHERE is_new GROUP BY language"

_FINDINGS = f"""
    WITH told AS (  -- of each file the first, before the second of any
        FROM outcome_findings WHERE place <= {_MOST_OF_A_FILE}
        ORDER BY status = 'partial', NOT is_new, place, repo, path LIMIT {MOST_FINDINGS}
    )
    SELECT * EXCLUDE place FROM told ORDER BY status = 'partial', NOT is_new, repo, path, place
    """

_FINDING_COUNT = "SELECT count(*) FROM outcome_findings"

_UNREAD = f"""
    SELECT path, code, any_value(message) FROM errors
    WHERE file_id IS NULL AND job_id = $1 AND code IN ({_HIDING}) GROUP BY ALL ORDER BY ALL
    """

_DUMPS = f"""
    SELECT coalesce(language, ''), count(*) FROM files f SEMI JOIN outcome_repos USING (repo)
    WHERE {IS_DUMP} GROUP BY ALL
    """

_STALE = """
    SELECT coalesce(f.language, ''), f.repo, coalesce(c.path, f.path), coalesce(c.path_bytes, f.path_bytes),
           source, s.reason, detail
    FROM (SELECT unnest($1::VARCHAR[]) AS repo, unnest($2::VARCHAR[]) AS path,
                 unnest($3::VARCHAR[]) AS source, unnest($4::VARCHAR[]) AS reason,
                 unnest($5::VARCHAR[]) AS detail) s
    JOIN files f USING (repo, path) SEMI JOIN outcome_repos USING (repo)
    LEFT JOIN files c ON c.file_id = f.container_id
    ORDER BY ALL
    """
