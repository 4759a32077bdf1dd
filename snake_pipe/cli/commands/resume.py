"""`resume`: a job goes on where its last commit left it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from snake_pipe.cli.completers import job_ids
from snake_pipe.cli.job_view import running_jobs
from snake_pipe.cli.locations import dataset_of_job, find_dataset
from snake_pipe.cli.option_groups import takes_groups
from snake_pipe.cli.options.budget import BudgetOptions
from snake_pipe.cli.options.common import JobDataset, OtherSettings
from snake_pipe.cli.options.other_jobs import LockOptions
from snake_pipe.cli.options.outputs import RunOutputs
from snake_pipe.cli.options.reporting import RunReports
from snake_pipe.cli.options.settings import parse_settings
from snake_pipe.cli.options.verbosity import Verbosity
from snake_pipe.cli.running import prepare_run, run_job
from snake_pipe.errors import JobNotFoundError, UsageError

if TYPE_CHECKING:
    from snake_pipe.utils.checkpoint_manager import CheckpointManager


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("resume", epilog=_EXAMPLES)(takes_groups(resume))


_EXAMPLES = """
\b
Examples:
  snake-pipe resume 20261122-101530-4f9a1c
  snake-pipe resume --last                  the newest job that is not done and does not run
  snake-pipe resume --last --budget 20m     for twenty minutes
  snake-pipe resume --last --workers 1      if it ran out of memory
  snake-pipe resume --last --executor process   without the Dask cluster that it had
"""


def resume(
    *,
    job_id: Annotated[
        str | None,
        typer.Argument(
            metavar="[JOB_ID]", help="As printed by `ingest` or listed by `jobs`.", autocompletion=job_ids
        ),
    ] = None,
    last: Annotated[
        bool, typer.Option("--last", help="The newest job of the dataset that is not done and does not run.")
    ] = False,
    dataset: JobDataset = None,
    workers: Annotated[
        int | None, typer.Option(metavar="N", help="Worker processes from here on. Default: as before.")
    ] = None,
    executor: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="process, serial, dask or dask://HOST:PORT from here on. Default: as before.",
        ),
    ] = None,
    memory_limit: Annotated[
        int | None, typer.Option(metavar="MIB", help="Memory limit from here on. Default: as before.")
    ] = None,
    set_: OtherSettings = None,
    lock: LockOptions,
    budget: BudgetOptions,
    verbosity: Verbosity,
    outputs: RunOutputs,
    reports: RunReports,
) -> int:
    """Continue a job from its last commit, after a crash or a stop."""
    from snake_pipe.extract.batch_config import check_settings
    from snake_pipe.utils.checkpoint_manager import CheckpointManager

    if (job_id is None) == (not last):
        raise UsageError("give a JOB_ID or --last", "snake-pipe jobs lists the jobs")
    outputs.check()
    seconds = budget.seconds
    reports.check(outputs)
    lock_timeout = lock.lock_seconds
    folder = find_dataset(dataset) if job_id is None else dataset_of_job(job_id, dataset)
    manager = CheckpointManager(folder)
    chosen = _last_unfinished(manager) if job_id is None else job_id
    checkpoint = manager.load(chosen)
    prepare_run(executor)
    given = {"worker_count": workers, "executor": executor, "memory_limit_mb": memory_limit, **reports.given}
    changes = check_settings(
        parse_settings(set_) | {name: value for name, value in given.items() if value is not None},
        "command line",
    )
    reporter = verbosity.open_reporter()
    return run_job(
        lambda engine: engine.resume(chosen, folder.url, changes, lock_timeout=lock_timeout, budget=seconds),
        reporter,
        outputs,
        dataset=folder,
        max_failures=int(changes.get("max_failures", checkpoint.config.get("max_failures", 0))),
        reports=reports,
        budget_exit=budget.budget_exit,
        gates=changes.get("gates", checkpoint.config.get("gates", ())),
    )


def _last_unfinished(manager: CheckpointManager) -> str:
    from snake_pipe.extract.job.unfinished import unfinished

    running = running_jobs(manager.dataset)
    for checkpoint in unfinished(manager, running):
        return checkpoint.job_id
    state = f"done, or is running: {', '.join(running)}" if running else "done"
    raise JobNotFoundError(f"every job in {manager.dataset.url} is {state}", "there is nothing to resume")
