"""A job's run over time: what each worker did and why, memory, rates, and estimates against what came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from snake_pipe.observe.job_samples import read_samples
from snake_pipe.report.table import Table, ask, short

if TYPE_CHECKING:
    import duckdb

    from snake_pipe.storage.storage import Storage

MOST_BATCHES = 2500
_MOST_CHARS = 500

_BATCHES = """
    SELECT epoch, batch_id, language, trigger, file_count, byte_count, epoch_ms(started_at) AS started,
           round(duration_ms, 1), worker, round(waited_ms, 1), round(estimated_ms, 1), estimated_memory,
           greatest(0, memory_peak - memory_before), attempt, status
    FROM batches WHERE job_id = $job
    QUALIFY row_number() OVER (ORDER BY duration_ms DESC, epoch, batch_id) <= $most
    ORDER BY started NULLS LAST, epoch, batch_id
    """

_FACTS = (
    ("files_discovered", "files found", "number"),
    ("files_unchanged", "of them unchanged", "number"),
    ("files_done", "files done", "number"),
    ("files_failed", "files failed", "number"),
    ("files_queued", "files that wait", "number"),
    ("batches_in_flight", "batches in flight", "number"),
    ("elapsed", "seconds", "decimal"),
    ("estimated_seconds_left", "seconds left, about", "decimal"),
    ("bytes_done", "bytes done", "bytes"),
    ("memory_now", "memory now", "bytes"),
    ("memory_peak", "memory at most", "bytes"),
    ("memory_limit", "memory limit", "bytes"),
    ("workers", "workers", "number"),
    ("flushes", "commits", "number"),
)
"""Figures of `status.json`, their words, and how they are shown."""

_WHILE_IT_RUNS = {"files_queued", "batches_in_flight", "estimated_seconds_left", "memory_now"}


@dataclass(frozen=True, slots=True)
class JobAtHand:
    """A job as its folder and its lock tell; `created_at` is in seconds since 1970.

    `figures` is its `status.json`, of which anything may be missing.
    """

    job_id: str
    state: str
    runs: bool
    created_at: float
    folder: Storage
    figures: dict[str, Any]


def job_figures(connection: duckdb.DuckDBPyConnection, job: JobAtHand) -> dict[str, Any]:
    """What the page shows of a job: its state, its points over time, its longest batches."""
    batches = connection.execute(_BATCHES, {"job": job.job_id, "most": MOST_BATCHES}).fetchall()
    (total,) = connection.execute(
        "SELECT count(*) FROM batches WHERE job_id = ?", [job.job_id]
    ).fetchone() or (0,)
    return {
        **job_state(job),
        "batches": [[short(value) for value in batch] for batch in batches],
        "batch_total": total,
        "triggers": _triggers(connection, job.job_id),
    }


def job_state(job: JobAtHand) -> dict[str, Any]:
    """What is known of a job without asking the tables."""
    samples = read_samples(job.folder)
    return {
        "id": job.job_id,
        "state": job.state,
        "runs": job.runs,
        "created_at": job.created_at,
        "message": str(job.figures.get("message") or "")[:_MOST_CHARS],
        "facts": [
            [label, kind, value]
            for name, label, kind in _FACTS
            if (job.runs or name not in _WHILE_IT_RUNS)
            and isinstance(value := job.figures.get(name), int | float)
            and not isinstance(value, bool)
        ],
        "samples": [list(sample.values()) for sample in samples],
    }


def _triggers(connection: duckdb.DuckDBPyConnection, job_id: str) -> Table:
    """Why batches left their queues."""
    return ask(
        connection,
        (
            ("trigger", "text"), ("batches", "bar"), ("files", "number"), ("files a batch", "decimal"),
            ("longest wait, average", "ms"), ("time in the worker, average", "ms"),
        ),
        """
        SELECT trigger, count(*) AS batches, sum(file_count)::BIGINT, avg(file_count), avg(waited_ms),
               avg(duration_ms)
        FROM batches WHERE job_id = ? AND status = 'ok' GROUP BY trigger ORDER BY batches DESC, trigger
        """,
        [job_id],
    )  # fmt: skip
