"""`compact`: a dataset made small at once."""

from __future__ import annotations

from typing import Annotated

import typer

from snake_pipe.cli.locations import find_dataset, project_of
from snake_pipe.cli.option_groups import takes_groups
from snake_pipe.cli.options.common import Dataset
from snake_pipe.cli.options.other_jobs import LockOptions
from snake_pipe.cli.output.streams import tell
from snake_pipe.cli.output.text import counted, size
from snake_pipe.errors import ExitCode


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("compact", epilog=_EXAMPLES)(takes_groups(compact))


_EXAMPLES = """
\b
Examples:
  snake-pipe compact                     the dataset at hand
  snake-pipe compact -d trees --keep-runs 1 --grace 0

Runs do this at their ends, a little at a time, so it is rarely needed: after a run that was killed, to free
the room of earlier states at once, or before a dataset is copied. Neither readers nor running jobs are
disturbed; while another process tidies the dataset the exit code is 75, after --lock-timeout. It may be
interrupted at any time.
"""


def compact(
    *,
    dataset: Dataset = None,
    keep_runs: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=1, help="Keep the states at the end of the last N runs. Default: the setting, 2."
        ),
    ] = None,
    keep_days: Annotated[
        str | None,
        typer.Option(
            metavar="DAYS", help="Keep those of the last DAYS days as well. Default: the setting, 0."
        ),
    ] = None,
    grace: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="Keep what was replaced less than TIME ago, for those who read it. Default: 5min.",
        ),
    ] = None,
    lock: LockOptions,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No words; errors only.")] = False,
) -> int:
    """Merge small parts, and remove what is superseded and no longer kept."""
    from snake_pipe.cli.output.jobs.progress import open_progress
    from snake_pipe.extract.batch_config import load_config
    from snake_pipe.extract.job.compaction import compact as compact_dataset
    from snake_pipe.observe.events import DatasetAwaited
    from snake_pipe.utils.lock_wait import LockWait

    folder = find_dataset(dataset)
    settings = {"keep_runs": keep_runs, "keep_days": keep_days, "reader_grace_seconds": grace}
    given = {name: value for name, value in settings.items() if value is not None}
    config, seconds = load_config(given, project=project_of(folder)).config, lock.lock_seconds
    reporter = open_progress(quiet=quiet, verbose=False, plain=False)
    wait = LockWait(seconds, lambda holder, waited: reporter(DatasetAwaited(holder, waited, seconds)))
    try:
        done = compact_dataset(folder, config, wait)
    finally:
        reporter.close()
    if quiet:
        return int(ExitCode.DONE)
    before, after = done.before, done.after
    tell(f"size     {size(before.bytes.total())} before, {size(after.bytes.total())} now")
    tell(f"parts    {before.parts:,} before, {after.parts:,} now")
    tell(f"logs     {before.log_files:,} files before, {after.log_files:,} now")
    if done.rows:
        tell(f"rows     {counted(done.rows, 'superseded row', 'superseded rows')} removed")
    if done.jobs:
        tell(f"jobs     {counted(done.jobs, 'old job', 'old jobs')} removed")
    return int(ExitCode.DONE)
