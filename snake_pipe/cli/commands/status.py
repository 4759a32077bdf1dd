"""`status`: a job's figures, once or as they change."""

from __future__ import annotations

import signal
import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from snake_pipe.cli.completers import job_ids
from snake_pipe.cli.job_view import JobView, find_job, running_jobs, view_job
from snake_pipe.cli.option_groups import takes_groups
from snake_pipe.cli.options.common import JobDataset
from snake_pipe.cli.options.health import HealthOptions
from snake_pipe.cli.output.jobs.room import room
from snake_pipe.cli.output.jobs.status import (
    QUEUE_COLUMNS,
    RecentRate,
    json_line,
    line,
    pairs,
    queue_rows,
    state_of,
)
from snake_pipe.cli.output.rows import print_rows
from snake_pipe.cli.output.streams import line_break, tell
from snake_pipe.cli.output.text import visible
from snake_pipe.errors import ExitCode, SnakePipeError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console, Group
    from rich.table import Table

    from snake_pipe.utils.checkpoint_manager import CheckpointManager

_LOOK_EVERY = 0.25
_TELL_EVERY = 1.0
"""Seconds between two looks at the job, and between two lines where there is no terminal."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("status", epilog=_STATUS_EXAMPLES)(takes_groups(status))


_STATUS_EXAMPLES = """
\b
Examples:
  snake-pipe status           the running job that began last, else the newest
  snake-pipe status 20261122-101530-4f9a1c --follow
  snake-pipe status -v        also the statistics by name
  snake-pipe status --follow --json | jq .files_per_second
  snake-pipe status --json | jq .summary        as `ingest --summary-json` writes it
  snake-pipe status --health --max-age 26h      for a container's HEALTHCHECK, or monitoring

With --follow the exit code is the job's: 0 done, 3 done but files failed, 1 stopped, failed or killed;
or 130 after Ctrl-C. Gates are judged when the job has ended, and do not count.
"""


def status(
    *,
    job_id: Annotated[
        str | None,
        typer.Argument(
            metavar="[JOB_ID]",
            help="Default: the running job that began last, else the newest.",
            autocompletion=job_ids,
        ),
    ] = None,
    last: Annotated[bool, typer.Option("--last", help="Same as giving no JOB_ID.")] = False,
    follow: Annotated[
        bool,
        typer.Option(
            "--follow", "-f", help="Keep showing it until the job ends; Ctrl-C does not stop the job."
        ),
    ] = False,
    dataset: JobDataset = None,
    json: Annotated[
        bool, typer.Option("--json", help="All figures as a JSON object; with --follow, one per second.")
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Also show statistics and answers to commands.")
    ] = False,
    limits: HealthOptions,
) -> int:
    """Show a job's progress and health."""
    limits.check()
    if limits.health:
        if follow:
            raise UsageError("--health and --follow cannot be given together")
        return _health(job_id, last, dataset, limits, as_json=json)
    is_named = job_id is not None
    manager, job_id = find_job(job_id, last, dataset)
    if not is_named and (others := len(running_jobs(manager.dataset)) - 1) > 0:
        tell(f"job {job_id} of {others + 1} that are running; snake-pipe jobs lists them")
    if follow:
        return _follow(manager, job_id, as_json=json, verbose=verbose)
    view = view_job(manager, job_id)
    if json:
        typer.echo(json_line(view))
    else:
        _print(view, verbose)
    return int(ExitCode.DONE)


def _health(
    job_id: str | None, last: bool, dataset: str | None, limits: HealthOptions, *, as_json: bool
) -> int:
    """Tell whether all is well; that there is no job, or none that can be read, is an answer as well."""
    from snake_pipe.outcome.health import Standing, ailments
    from snake_pipe.outcome.last_success import last_success

    stalled_after, max_age = limits.longest_stall, limits.longest_age
    standing = None
    try:
        manager, chosen = find_job(job_id, last, dataset)
        view = view_job(manager, chosen)
        success = last_success(view.dataset) if max_age is not None else None
        standing = Standing(view.job_id, view.state, view.runs, view.figures, success)
        found = ailments(standing, time.time(), stalled_after=stalled_after, max_age=max_age)
    except SnakePipeError as error:
        found = [error.message]
    if as_json:
        import orjson

        state = None if standing is None else standing.state
        job = None if standing is None else standing.job_id
        document = {"healthy": not found, "reasons": found, "job_id": job, "status": state}
        typer.echo(orjson.dumps(document).decode())
    elif found:
        typer.echo(visible(f"unhealthy: {'; '.join(found)}"))
    elif standing is not None:
        typer.echo(f"healthy: job {standing.job_id} {standing.state}")
    return int(ExitCode.RUN_FAILED if found else ExitCode.DONE)


def _print(view: JobView, verbose: bool) -> None:
    figures = [*pairs(view, verbose=verbose), *room(view)]
    print_rows(("figure", "value"), figures, "table")
    if rows := queue_rows(view):
        typer.echo("")
        print_rows(QUEUE_COLUMNS, rows, "table")


def _follow(manager: CheckpointManager, job_id: str, *, as_json: bool, verbose: bool) -> int:
    """Show the job until it ends; the exit code that its own process has, as far as it can be known."""
    handler = signal.getsignal(signal.SIGINT)
    if handler is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)  # what is drawn is taken away first
    try:
        view = _show_until_the_end(manager, job_id, as_json=as_json, verbose=verbose)
    except KeyboardInterrupt:
        words = f"job {job_id} keeps running; to stop it: snake-pipe control {job_id} stop"
        tell(line_break(sys.stderr) + words)
        return int(ExitCode.INTERRUPTED)
    finally:
        signal.signal(signal.SIGINT, handler)
    if not as_json:
        _summarise(manager, view)
    if view.state != "done":
        return int(ExitCode.RUN_FAILED)
    from snake_pipe.observe.recorded_statistics import recorded_statistics

    most = view.checkpoint.config.get("max_failures", 0)
    return int(ExitCode.FILES_FAILED if recorded_statistics(view.figures).failures > most else ExitCode.DONE)


def _show_until_the_end(manager: CheckpointManager, job_id: str, *, as_json: bool, verbose: bool) -> JobView:
    """Show the job as it changes; how it was when it had ended."""
    recent = RecentRate()
    view = view_job(manager, job_id)
    console = None if as_json else _moving_console()
    if console is None:
        shown = -_TELL_EVERY
        for view in _views(manager, job_id, recent):
            if time.monotonic() - shown >= _TELL_EVERY or (as_json and not view.runs):
                shown = time.monotonic()
                typer.echo(json_line(view, recent) if as_json else line(view, recent))
                sys.stdout.flush()
    else:
        from rich.live import Live

        with Live(console=console, auto_refresh=False, transient=True) as live:
            for view in _views(manager, job_id, recent):
                live.update(_table(view, recent, verbose), refresh=True)
    return view


def _views(manager: CheckpointManager, job_id: str, recent: RecentRate) -> Iterator[JobView]:
    """The job, looked at again and again; the last one shows it ended."""
    while True:
        view = view_job(manager, job_id)
        recent.observe(view)
        yield view
        if not view.runs:
            return
        time.sleep(_LOOK_EVERY)


def _moving_console() -> Console | None:
    """The terminal, if it is one on which text can be replaced."""
    if not sys.stdout.isatty():
        return None
    from rich.console import Console

    console = Console()
    return None if console.is_dumb_terminal else console


def _table(view: JobView, recent: RecentRate, verbose: bool) -> Group | Table:
    """Figures above queues, as lines that stay inert: no markup is read in them."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    figures = Table.grid(padding=(0, 2))
    for name, value in pairs(view, recent, verbose=verbose):
        figures.add_row(Text(name, style="dim"), Text(value))
    rows = queue_rows(view)
    if not rows:
        return figures
    queues = Table(box=None, padding=(0, 2, 0, 0))
    for column in QUEUE_COLUMNS:
        queues.add_column(column, justify="left" if column == "queue" else "right")
    for row in rows:
        queues.add_row(*map(Text, row))
    return Group(figures, Text(), queues)


def _summarise(manager: CheckpointManager, view: JobView) -> None:
    """How `ingest` itself would have ended; of a job that failed or was killed, what is committed."""
    from snake_pipe.cli.output.jobs.failures import failure_lines
    from snake_pipe.cli.output.jobs.summary import summary_lines
    from snake_pipe.extract.batch_models import RepositoryProcessingResult
    from snake_pipe.observe.recorded_statistics import recorded_statistics

    dataset = manager.dataset.url
    typer.echo(visible(f"job {view.job_id} {state_of(view)}"))
    if view.can_be_resumed:
        typer.echo(f"resume with: snake-pipe resume {view.job_id}")
    if view.state not in ("done", "stopped"):
        progress = view.checkpoint.progress
        typer.echo(f"committed {progress.files_done:,} files, {progress.rows:,} rows")
        return
    state = "" if view.state == "stopped" else view.state
    result = RepositoryProcessingResult(view.job_id, dataset, state, recorded_statistics(view.figures))
    result.settings = view.checkpoint.config
    statistics = result.statistics
    for text in (*summary_lines(result), *failure_lines(dataset, view.job_id, statistics.failures)):
        typer.echo(visible(text))
