"""`jobs`: the jobs of a dataset."""

from __future__ import annotations

import time
from typing import Any

import typer

from snake_pipe.cli.job_view import view_job
from snake_pipe.cli.locations import find_dataset
from snake_pipe.cli.options.common import Dataset, Format
from snake_pipe.cli.output.rows import check_format, print_rows
from snake_pipe.errors import SnakePipeError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("jobs", epilog=_EXAMPLES)(jobs)


_EXAMPLES = """
\b
Examples:
  snake-pipe jobs
  snake-pipe jobs --format json
"""


def jobs(dataset: Dataset = None, format_: Format = "table") -> None:
    """List the jobs of a dataset, oldest first."""
    from snake_pipe.utils.checkpoint_manager import CheckpointManager

    check_format(format_)
    manager = CheckpointManager(find_dataset(dataset))
    rows = [_job_row(manager, job_id) for job_id in manager.job_ids()]
    print_rows(("job", "status", "started", "files", "failed", "rows", "source"), rows, format_)


def _job_row(manager: Any, job_id: str) -> tuple[Any, ...]:
    try:
        view = view_job(manager, job_id)
    except SnakePipeError as error:
        return (job_id, "damaged", None, None, None, None, error.message)
    checkpoint = view.checkpoint
    progress, request = checkpoint.progress, checkpoint.request
    started = time.strftime("%Y-%m-%d %H:%M", time.localtime(checkpoint.created_at))
    source = ", ".join(request.get("roots", ())) or "list of files"
    return (job_id, view.state, started, progress.files_done, progress.files_failed, progress.rows, source)
