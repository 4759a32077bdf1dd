"""The metrics of `--metrics-file`: what is known when a run has ended."""

from __future__ import annotations

from snake_pipe.observe.metrics.family import Metric

LAST_SUCCESS = Metric(
    "snake_pipe_last_success_timestamp_seconds",
    "gauge",
    "When a run last ended well: done, and with no more failed files than it may have.",
)
LAG = Metric(
    "snake_pipe_lag_seconds", "gauge", "How old the last run that ended well was when this was written."
)
RUN_TIME = Metric("snake_pipe_last_run_timestamp_seconds", "gauge", "When the last run ended.")
RUN_DURATION = Metric("snake_pipe_last_run_duration_seconds", "gauge", "How long the last run took.")
RUN_EXIT_CODE = Metric(
    "snake_pipe_last_run_exit_code", "gauge", "What the last run ended with; 0 is well, 75 found another run."
)
RUN_FILES = Metric(
    "snake_pipe_last_run_files",
    "gauge",
    "Files of the last run by what became of them, or unchanged, deleted.",
    ("dataset", "status"),
)
RUN_FAILURES = Metric(
    "snake_pipe_last_run_failures",
    "gauge",
    "Files that failed in the job, and places that could not be looked at.",
)
RUN_ROWS = Metric(
    "snake_pipe_last_run_rows", "gauge", "Rows that the last run wrote, by table.", ("dataset", "table")
)
RUN_BYTES = Metric("snake_pipe_last_run_read_bytes", "gauge", "Bytes of files that the last run read.")
RUN_MEMORY = Metric(
    "snake_pipe_last_run_memory_peak_bytes",
    "gauge",
    "Memory of all processes of the last run at its highest.",
)
DATASET_FILES = Metric(
    "snake_pipe_dataset_files",
    "gauge",
    "Files of the dataset as they are now, by status.",
    ("dataset", "repo", "status"),
)
DATASET_ROWS = Metric(
    "snake_pipe_dataset_rows",
    "gauge",
    "Rows of the dataset's files as they are now, by table.",
    ("dataset", "repo", "table"),
)
DATASET_SOURCE = Metric(
    "snake_pipe_dataset_source_bytes",
    "gauge",
    "Bytes of the files that the dataset has rows of, on their disk.",
    ("dataset", "repo"),
)
DATASET_SIZE = Metric(
    "snake_pipe_dataset_size_bytes",
    "gauge",
    "Bytes that the dataset takes on the disk, by table, and for jobs.",
    ("dataset", "table"),
)
BUILD = Metric("snake_pipe_build_info", "gauge", "The program's version; always 1.", ("version",))

METRICS = (
    LAST_SUCCESS,
    LAG,
    RUN_TIME,
    RUN_DURATION,
    RUN_EXIT_CODE,
    RUN_FILES,
    RUN_FAILURES,
    RUN_ROWS,
    RUN_BYTES,
    RUN_MEMORY,
    DATASET_FILES,
    DATASET_ROWS,
    DATASET_SOURCE,
    DATASET_SIZE,
    BUILD,
)
"""All of them."""
