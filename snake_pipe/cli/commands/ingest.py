"""`ingest`: repositories, folders or files become rows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from snake_pipe.cli.option_groups import takes_groups
from snake_pipe.cli.options.budget import BudgetOptions
from snake_pipe.cli.options.changes import ChangeOptions
from snake_pipe.cli.options.file_list import FileListOptions
from snake_pipe.cli.options.other_jobs import OtherJobs
from snake_pipe.cli.options.outputs import RunOutputs
from snake_pipe.cli.options.plugins import PluginOptions
from snake_pipe.cli.options.reporting import RunReports
from snake_pipe.cli.options.selection import SelectionOptions
from snake_pipe.cli.options.settings import Settings
from snake_pipe.cli.options.shards import ShardOptions
from snake_pipe.cli.options.verbosity import Verbosity
from snake_pipe.cli.running import prepare_run, run_job
from snake_pipe.storage.open import open_storage


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
  snake-pipe ingest . -d /data/trees --shard 3/16         one of sixteen at once
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
    changes: ChangeOptions,
    shards: ShardOptions,
    settings: Settings,
    plugins: PluginOptions,
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
    revision, shard = changes.revision, shards.chosen
    roots = file_list.roots(paths)
    outputs.check()
    seconds = budget.seconds
    reports.check(outputs)
    lock_timeout, on_unfinished = other_jobs.lock_seconds, other_jobs.policy
    if not selection.is_known(roots):
        prepare_run(settings.executor)  # before anything else that takes time
    config = settings.load(roots, selection, plugins.given | reports.given).config
    with file_list.place() as kept:
        request = replace(selection.request(roots, config, kept), changed_since=revision, shard=shard)
        request.check()
        file_list.copy(kept)
        reporter = verbosity.open_reporter()
        return run_job(
            lambda engine: engine.ingest(
                request, config, lock_timeout=lock_timeout, on_unfinished=on_unfinished, budget=seconds
            ),
            reporter,
            outputs,
            dataset=open_storage(request.dataset),
            max_failures=config.max_failures,
            reports=reports,
            budget_exit=budget.budget_exit,
            gates=config.gates,
        )
