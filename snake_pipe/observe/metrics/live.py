"""The metrics of `--metrics-port`: how a job stands while it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.observe.metrics.family import Family, Metric

if TYPE_CHECKING:
    from snake_pipe.observe.status import JobStatus

FILES = Metric(
    "snake_pipe_files_total",
    "counter",
    "Files of this run that are done, by what became of them.",
    ("dataset", "status", "language"),
)
ROWS = Metric(
    "snake_pipe_rows_total", "counter", "Rows that this run has written, by table.", ("dataset", "table")
)
BYTES = Metric("snake_pipe_read_bytes_total", "counter", "Bytes of files that this run has read.")
BATCHES = Metric(
    "snake_pipe_batches_total",
    "counter",
    "Batches that are done, by what released them.",
    ("dataset", "trigger"),
)
BATCH_SECONDS = Metric("snake_pipe_batch_seconds_total", "counter", "Time that workers spent on batches.")
RETRIES = Metric("snake_pipe_batch_retries_total", "counter", "Batches that were tried again.")
RESTARTS = Metric("snake_pipe_worker_restarts_total", "counter", "How often workers had to be replaced.")
COMMITS = Metric("snake_pipe_commits_total", "counter", "Commits that made rows visible.")
CPU = Metric("snake_pipe_cpu_seconds_total", "counter", "Processor time of the coordinator and the workers.")
COMMITTED = Metric(
    "snake_pipe_last_commit_timestamp_seconds", "gauge", "When rows were last made visible; 0 before."
)
PROGRESS = Metric(
    "snake_pipe_last_progress_timestamp_seconds",
    "gauge",
    "When the job last came further, or had nothing to do.",
)
DISCOVERED = Metric(
    "snake_pipe_discovered_files", "gauge", "Files found so far, the unchanged ones among them."
)
UNCHANGED = Metric("snake_pipe_unchanged_files", "gauge", "Files found that need not be read again.")
QUEUED = Metric("snake_pipe_queued_files", "gauge", "Files that wait for their batch.")
QUEUED_BYTES = Metric("snake_pipe_queued_bytes", "gauge", "Bytes of the files that wait.")
OLDEST = Metric(
    "snake_pipe_queue_age_seconds", "gauge", "For how long the oldest of the waiting files has waited."
)
IN_FLIGHT = Metric(
    "snake_pipe_batches_in_flight", "gauge", "Batches that workers have in hand, or soon will."
)
WORKERS = Metric("snake_pipe_workers", "gauge", "Worker processes.")
BUSY = Metric("snake_pipe_busy_workers", "gauge", "Worker processes with a file in hand.")
MEMORY = Metric("snake_pipe_memory_bytes", "gauge", "Memory of all processes of the job.")
MEMORY_LIMIT = Metric("snake_pipe_memory_limit_bytes", "gauge", "What the job's processes may use of memory.")
BREAKER = Metric(
    "snake_pipe_breaker_open",
    "gauge",
    "1 while a circuit breaker lets nothing through.",
    ("dataset", "breaker"),
)
STATE = Metric("snake_pipe_job_state", "gauge", "1 for the state that the job is in.", ("dataset", "state"))

METRICS = (
    FILES,
    ROWS,
    BYTES,
    BATCHES,
    BATCH_SECONDS,
    RETRIES,
    RESTARTS,
    COMMITS,
    CPU,
    COMMITTED,
    PROGRESS,
    DISCOVERED,
    UNCHANGED,
    QUEUED,
    QUEUED_BYTES,
    OLDEST,
    IN_FLIGHT,
    WORKERS,
    BUSY,
    MEMORY,
    MEMORY_LIMIT,
    BREAKER,
    STATE,
)
"""All of them."""

_STATES = ("running", "paused", "stopping", "delivering", "tidying", "done", "stopped", "failed")


def live_families(status: JobStatus, dataset: str) -> list[Family]:
    """How the job stands now."""
    statistics = status.statistics
    label = {"dataset": dataset}
    plain: list[tuple[Metric, float]] = [
        (BYTES, statistics.bytes_done),
        (BATCH_SECONDS, statistics.batch_seconds),
        (RETRIES, statistics.batches_retried),
        (RESTARTS, status.pool_restarts),
        (COMMITS, statistics.flushes),
        (CPU, statistics.worker_cpu_seconds + statistics.coordinator_cpu_seconds),
        (COMMITTED, statistics.last_flush_at or 0.0),
        (PROGRESS, status.last_progress_at),
        (DISCOVERED, statistics.files_discovered),
        (UNCHANGED, statistics.files_unchanged),
        (QUEUED, statistics.files_queued),
        (QUEUED_BYTES, statistics.bytes_queued),
        (OLDEST, statistics.oldest_age),
        (IN_FLIGHT, statistics.batches_in_flight),
        (WORKERS, status.workers),
        (BUSY, status.busy_workers),
        (MEMORY, status.memory_now),
        (MEMORY_LIMIT, status.memory_limit),
    ]
    return [
        Family(
            FILES,
            [
                ({**label, "status": word, "language": language}, count)
                for (word, language), count in statistics.outcomes.items()
            ],
        ),
        Family(ROWS, [({**label, "table": table}, count) for table, count in statistics.rows.items()]),
        Family(BATCHES, [({**label, "trigger": word}, count) for word, count in statistics.triggers.items()]),
        *(metric.of(value, **label) for metric, value in plain),
        Family(
            BREAKER,
            [({**label, "breaker": name}, float(state == "open")) for name, state in status.breakers.items()],
        ),
        Family(STATE, [({**label, "state": state}, float(state == status.state)) for state in _STATES]),
    ]
