"""How a run went, as plain data: what files for machines, reports and gates are made of.

The JSON has a version of its own: within one, fields are added, none is taken away, none
changes its meaning.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from snake_pipe.errors import ExitCode, SnakePipeError
from snake_pipe.extract.paths.names import escape_path
from snake_pipe.utils.checkpoint_manager import CheckpointManager
from snake_pipe.version import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping

    from snake_pipe.observe.statistics import BatchStatistics
    from snake_pipe.storage.storage import Storage

SUMMARY_VERSION = 1
"""Raised when a field is taken away or gets another meaning."""

WELL = (None, ExitCode.DONE, ExitCode.INTERRUPTED, ExitCode.TERMINATED)
"""Exit codes of a job that is done and has nothing to complain of; None where it is not known."""


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run that has ended, or how one stands that goes on.

    `job_id` is empty where the run was refused before there was a job. `status` is done, stopped or failed,
    or that of a job that has not ended; `message` says why where it is not done. `dataset` and `repos`, which
    are the repositories' folders by name, are escaped as `escape_path` does. Times are this run's, not those
    of the job's earlier runs, in seconds since 1970, or None where they are not known; `duration` is in
    seconds.

    `files` counts those of this run by language or dialect and status, the quarantined and skipped ones among
    them; `reasons` why they are not ok, by status and reason. `files_before` and `failed_before` are what
    earlier runs of the job have committed, `unread` the places that the walk could not look at.
    `estimate` is what the run was expected to take, with the fields of `observe.estimate.Estimate`; None
    where not all files were found.
    """

    job_id: str
    dataset: str
    status: str
    message: str = ""
    exit_code: int | None = None
    repos: Mapping[str, str] = field(default_factory=dict)
    started_at: float | None = None
    ended_at: float | None = None
    duration: float = 0.0
    files: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    reasons: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    discovered: int = 0
    unchanged: int = 0
    touched: int = 0
    deleted: int = 0
    unread: int = 0
    files_before: int = 0
    failed_before: int = 0
    bytes_discovered: int = 0
    bytes_read: int = 0
    rows: Mapping[str, int] = field(default_factory=dict)
    memory_peak: int = 0
    left_out: Mapping[str, Any] = field(default_factory=dict)
    estimate: Mapping[str, Any] | None = None
    program_version: str = __version__

    @property
    def by_status(self) -> dict[str, int]:
        """Files of this run by status."""
        counts: dict[str, int] = {}
        for by_status in self.files.values():
            for status, count in by_status.items():
                counts[status] = counts.get(status, 0) + count
        return dict(sorted(counts.items()))

    @property
    def failures(self) -> int:
        """Files of the whole job that failed or were quarantined, and what could not even be looked at."""
        now = self.by_status
        return self.failed_before + now.get("failed", 0) + now.get("quarantined", 0) + self.unread

    @property
    def is_success(self) -> bool:
        """Whether all was read, and no more files failed than may: also of a watch that a signal ended."""
        return self.status == "done" and self.exit_code in WELL

    @property
    def resume_command(self) -> str | None:
        """What goes on with the job; None where nothing is left to do, or there is no job."""
        ended_early = self.job_id and self.status in ("stopped", "failed", "interrupted")
        return f"snake-pipe resume {self.job_id}" if ended_early else None

    def to_bytes(self) -> bytes:
        """The document as JSON for a file; a lone surrogate is escaped as JSON does it."""
        text = json.dumps(self.to_json(), indent=2, ensure_ascii=False) + "\n"
        return text.encode("utf-8", "backslashreplace")

    def to_json(self) -> dict[str, Any]:
        """The document that `--summary-json` writes."""
        by_status = self.by_status
        return {
            "version": SUMMARY_VERSION,
            "program_version": self.program_version,
            "job_id": self.job_id,
            "dataset": self.dataset,
            "repos": dict(self.repos),
            "status": self.status,
            "message": self.message,
            "exit_code": self.exit_code,
            "resume": self.resume_command,
            "started_at": _moment(self.started_at),
            "ended_at": _moment(self.ended_at),
            "duration_seconds": round(self.duration, 3),
            "files": {
                "discovered": self.discovered,
                "unchanged": self.unchanged,
                "touched": self.touched,
                "deleted": self.deleted,
                "done": sum(by_status.values()),
                "done_before": self.files_before,
                "by_status": by_status,
                "by_language": {word: dict(sorted(counts.items())) for word, counts in self.files.items()},
                "reasons": {status: dict(counts) for status, counts in self.reasons.items()},
                "failures": self.failures,
                "failures_before": self.failed_before,
                "places_unread": self.unread,
            },
            "left_out": dict(self.left_out),
            "bytes": {"discovered": self.bytes_discovered, "read": self.bytes_read},
            "rows": dict(self.rows),
            "memory_peak_bytes": self.memory_peak,
            "estimate": None if self.estimate is None else dict(self.estimate),
        }


def summarise(
    statistics: BatchStatistics,
    *,
    job_id: str,
    dataset: Storage,
    status: str,
    message: str = "",
    exit_code: int | None = None,
    started_at: float | None = None,
    ended_at: float | None = None,
) -> RunSummary:
    """The summary of a run with these figures."""
    return RunSummary(
        job_id=job_id,
        dataset=escape_path(os.fsencode(dataset.url)),
        status=status,
        message=message,
        exit_code=exit_code,
        repos=repos_of_job(dataset, job_id),
        started_at=started_at,
        ended_at=ended_at,
        duration=statistics.elapsed if started_at is None or ended_at is None else ended_at - started_at,
        files=_nested({(word, status): n for (status, word), n in statistics.outcomes.items()}),
        reasons=_nested(statistics.reasons),
        discovered=statistics.files_discovered,
        unchanged=statistics.files_unchanged,
        touched=statistics.files_touched,
        deleted=statistics.files_deleted,
        unread=statistics.unread,
        files_before=statistics.files_before,
        failed_before=statistics.failed_before,
        bytes_discovered=statistics.bytes_discovered,
        bytes_read=statistics.bytes_done,
        rows=dict(statistics.rows),
        memory_peak=statistics.memory_peak,
        left_out={
            "unrecognised": dict(statistics.unrecognised),
            "unasked": dict(statistics.unasked),
            "excluded": statistics.excluded,
            "ignored": asdict(statistics.ignored),
            "filtered": asdict(statistics.filtered),
            "not_changed": statistics.not_changed,
        },
        estimate=None if statistics.estimate is None else asdict(statistics.estimate),
    )


def repos_of_job(dataset: Storage, job_id: str) -> dict[str, str]:
    """The folders of a job's repositories by name; empty where there is no such job, or it cannot be read."""
    if not job_id:
        return {}
    try:
        request = CheckpointManager(dataset).load(job_id).request
    except SnakePipeError:
        return {}
    repos = request.get("repos")
    return {str(name): folder for folder, name in repos.items()} if isinstance(repos, dict) else {}


def _nested(counts: Mapping[tuple[str, str], int]) -> dict[str, dict[str, int]]:
    nested: dict[str, dict[str, int]] = {}
    for (outer, inner), count in sorted(counts.items()):
        nested.setdefault(outer, {})[inner] = count
    return nested


def _moment(seconds: float | None) -> str | None:
    """Seconds since 1970 as RFC 3339 has it, in UTC."""
    return (
        None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    )
