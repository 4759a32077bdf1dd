"""`jobs`: the jobs of a dataset."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import typer

from snake_pipe.cli.job_view import view_job
from snake_pipe.cli.locations import find_dataset
from snake_pipe.cli.options.common import Dataset, Format
from snake_pipe.cli.output.rows import check_format, print_rows
from snake_pipe.errors import SnakePipeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from snake_pipe.load.runs import Run
    from snake_pipe.utils.checkpoint_manager import CheckpointManager


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
    """List the jobs of a dataset, oldest first, with what each read and changed.

    The column changes counts files: + added, - removed, ~ changed, > moved. --format json has all that is
    known of each run of a job, by repository.
    """
    from snake_pipe.load.dataset import Dataset as OpenDataset
    from snake_pipe.load.runs import read_runs
    from snake_pipe.utils.checkpoint_manager import CheckpointManager

    check_format(format_)
    path = find_dataset(dataset)
    manager = CheckpointManager(path)
    runs: dict[str, list[Run]] = {}
    for run in read_runs(OpenDataset.open(path)):
        runs.setdefault(run.job_id, []).append(run)
    known = manager.job_ids()
    rows = []
    # Ids sort by the second, jobs of one second by the number of their runs.
    begun = {job_id: of_job[0].epoch for job_id, of_job in runs.items()}
    for job_id in sorted({*known, *runs}, key=lambda one: (one[:15], begun.get(one, 0), one)):
        of_job = runs.get(job_id, [])
        *figures, source = _job_row(manager, job_id) if job_id in known else _forgotten_row(of_job)
        told = (_commit(of_job), _branch(of_job), *_changes(of_job, in_one=format_ == "table"))
        known_of_runs = [[row for run in of_job for row in run.rows]] if format_ == "json" else []
        rows.append((*figures, *told, source, *known_of_runs))
    changes = ("changes",) if format_ == "table" else tuple(_MARKS)
    columns = (*_FIGURES, "commit", "branch", *changes, "source")
    print_rows((*columns, "runs") if format_ == "json" else columns, rows, format_)


_FIGURES = ("job", "status", "started", "files", "failed", "rows")
_MARKS = {"added": "+", "removed": "-", "changed": "~", "moved": ">"}


def _job_row(manager: CheckpointManager, job_id: str) -> tuple[Any, ...]:
    try:
        view = view_job(manager, job_id)
    except SnakePipeError as error:
        return (job_id, "damaged", None, None, None, None, error.message)
    checkpoint = view.checkpoint
    progress, request = checkpoint.progress, checkpoint.request
    source = ", ".join(request.get("roots", ())) or "list of files"
    if shard := request.get("shard"):
        source += f" (shard {shard})"
    figures = (progress.files_done, progress.files_failed, progress.rows)
    return (job_id, view.state, _minute(checkpoint.created_at), *figures, source)


def _forgotten_row(runs: Sequence[Run]) -> tuple[Any, ...]:
    """Of a job whose folder is gone."""
    first, last = runs[0].rows[0], runs[-1].rows[0]
    read, written = (_sum(run.total(name) for run in runs) for name in ("files_read", "rows_written"))
    source = ", ".join(row["repo"] for row in runs[-1].rows)
    started = _minute(first["started_at"].timestamp())
    return (last["job_id"], last["status"], started, read, runs[-1].total("files_failed"), written, source)


def _minute(moment: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(moment))


def _commit(runs: Sequence[Run]) -> str | None:
    """What the job's last run read, if that was one commit; `+` where files were changed."""
    rows = runs[-1].rows if runs else ()
    commits = {row["git_commit"] for row in rows}
    commit = commits.pop() if len(commits) == 1 else None
    return commit and commit[:8] + ("+" if any(row["git_dirty"] for row in rows) else "")


def _branch(runs: Sequence[Run]) -> str | None:
    branches = {row["git_branch"] for row in runs[-1].rows} if runs else set()
    return branches.pop() if len(branches) == 1 else None


def _changes(runs: Sequence[Run], *, in_one: bool) -> tuple[Any, ...]:
    """What all runs of a job changed, as numbers or as one cell."""
    counts = {name: _sum(run.total(f"files_{name}") for run in runs) for name in _MARKS}
    if not in_one:
        return tuple(counts.values())
    return (" ".join(f"{_MARKS[name]}{count:,}" for name, count in counts.items() if count),)


def _sum(values: Iterable[int | None]) -> int | None:
    found = list(values)
    return None if None in found or not found else sum(value or 0 for value in found)
