"""`ingest`: repositories, folders or files become rows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from snake_pipe.cli.option_groups import takes_groups
from snake_pipe.cli.options.budget import BudgetOptions
from snake_pipe.cli.options.file_list import FileListOptions
from snake_pipe.cli.options.other_jobs import OtherJobs
from snake_pipe.cli.options.outputs import RunOutputs
from snake_pipe.cli.options.reporting import RunReports
from snake_pipe.cli.options.selection import SelectionOptions
from snake_pipe.cli.options.settings import Settings
from snake_pipe.cli.options.verbosity import Verbosity
from snake_pipe.cli.running import prepare_run, run_job
from snake_pipe.errors import UsageError

if TYPE_CHECKING:
    pass


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("ingest", epilog=_EXAMPLES)(takes_groups(ingest))


_EXAMPLES = """
\b
Examples:
  snake-pipe ingest .                          this folder, into ./.snake-pipe
  snake-pipe ingest src lib -d /data/trees     two folders, one dataset
  snake-pipe ingest . --languages python,go --tables files,symbols,refs
  snake-pipe ingest . --include 'src/**' --exclude '*_pb2.py'
  snake-pipe ingest src/a.py                   one file, into its repository's dataset
  snake-pipe ingest . --changed-since origin/main...      what this branch changes
  git ls-files '*.py' | snake-pipe ingest --files-from -  a list of files
  snake-pipe ingest . --budget 20m --priority 'src/**=9'
  snake-pipe ingest . --workers 8 --memory-limit 4096 --max-failures 10
  snake-pipe ingest . -q --lock-timeout 10m --on-unfinished resume      every night
"""


def ingest(
    *,
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="PATH", help="Repositories, folders or files.")
    ] = None,
    selection: SelectionOptions,
    file_list: FileListOptions,
    changed_since: Annotated[
        str | None,
        typer.Option(
            metavar="REV",
            help="Read only what git says has changed since a commit: HEAD~1, v1.2, or origin/main... for"
            " where this branch left it. What the dataset has besides stays; a new one has changes alone.",
            rich_help_panel=SelectionOptions.heading,
        ),
    ] = None,
    settings: Settings,
    other_jobs: OtherJobs,
    budget: BudgetOptions,
    verbosity: Verbosity,
    outputs: RunOutputs,
    reports: RunReports,
) -> int:
    """Turn every syntax tree below PATH into rows.

    Files that have not changed since an earlier ingestion into the same dataset are not read again.
    A file that cannot be read or parsed is recorded in `files` and `errors`; the others are not affected.
    """
    if changed_since is not None and not changed_since.strip():
        raise UsageError(
            "--changed-since names no commit", "leave it out to read everything that is not known"
        )
    roots = file_list.roots(paths)
    outputs.check()
    seconds = budget.seconds
    reports.check(outputs)
    lock_timeout, on_unfinished = other_jobs.lock_seconds, other_jobs.policy
    prepare_run()  # before anything else that takes time
    config = settings.load(roots, selection, reports.given).config
    with file_list.place() as kept:
        request = selection.request(roots, config, kept)
        request = replace(request, changed_since=changed_since or "")
        request.check()
        file_list.copy(kept)
        reporter = verbosity.open_reporter()
        return run_job(
            lambda engine: engine.ingest(
                request, config, lock_timeout=lock_timeout, on_unfinished=on_unfinished, budget=seconds
            ),
            reporter,
            outputs,
            dataset=Path(request.dataset),
            max_failures=config.max_failures,
            reports=reports,
            budget_exit=budget.budget_exit,
            gates=config.gates,
        )
