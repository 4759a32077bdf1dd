"""What workers import. The command line needs only the names, before it imports anything itself."""

from __future__ import annotations

WORKER_MODULES = (
    "snake_pipe.extract.batch_worker",
    "snake_pipe.extract.worker.extraction",
    "snake_pipe.transform.sources.transformer",
    "snake_pipe.transform.trees.transformer",
    "pyarrow.parquet",
)
"""What every worker needs; imported once by the process that workers are forked from."""
