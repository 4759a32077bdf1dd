"""`plan`: what an ingestion would do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from snake_pipe.cli.option_groups import takes_groups
from snake_pipe.cli.options.changes import ChangeOptions
from snake_pipe.cli.options.file_list import FileListOptions
from snake_pipe.cli.options.selection import SelectionOptions
from snake_pipe.cli.options.settings import Settings
from snake_pipe.cli.output.rows import check_format


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("plan", epilog=_EXAMPLES)(takes_groups(plan))


_EXAMPLES = """
\b
Examples:
  snake-pipe plan .                            before the first ingestion
  snake-pipe plan . --languages python,go --exclude 'vendor/'
  git diff --name-only main | snake-pipe plan --files-from -
  snake-pipe plan . --changed-since origin/main...      what this branch changes
  snake-pipe plan . --format json | jq .estimate.seconds
"""


def plan(
    *,
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="PATH", help="Repositories, folders or files.")
    ] = None,
    selection: SelectionOptions,
    file_list: FileListOptions,
    changes: ChangeOptions,
    settings: Settings,
    format_: Annotated[
        str, typer.Option("--format", metavar="NAME", help="table, json (one object) or markdown.")
    ] = "table",
) -> int:
    """Say what an ingestion of PATH would do, without doing it.

    It tells which files are new, changed or gone, what is left out and by which rule, and how many rows,
    bytes and minutes the rest is expected to take: by what earlier runs took, or by defaults.
    Nothing is written, and a job that is running is not disturbed.
    """
    from snake_pipe.cli.output.jobs.plan import FORMATS, print_plan
    from snake_pipe.extract.planning.plan import plan_ingestion

    check_format(format_, FORMATS)
    revision = changes.revision
    roots = file_list.roots(paths)
    config = settings.load(roots, selection).config
    with file_list.place() as kept:
        request = replace(selection.request(roots, config, kept), changed_since=revision)
        request.check()
        file_list.copy(kept)
        print_plan(plan_ingestion(request, config), config, format_)
    return 0
