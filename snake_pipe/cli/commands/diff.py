"""`diff`: what differs between two runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from snake_pipe.cli import completers
from snake_pipe.cli.locations import find_dataset
from snake_pipe.cli.options.common import Dataset, MaxRows, Wide
from snake_pipe.cli.output.differences import (
    counts_in_words,
    print_json,
    print_markdown,
    print_table,
    run_in_words,
)
from snake_pipe.cli.output.rows import check_format
from snake_pipe.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from snake_pipe.load.runs import Run
    from snake_pipe.storage.storage import Storage

_FORMATS = ("table", "json", "markdown")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("diff", epilog=_EXAMPLES)(diff)


_EXAMPLES = """
\b
Examples:
  snake-pipe diff                                   the last run against the one before
  snake-pipe diff --from main --only symbols
  snake-pipe diff --from HEAD~1 --format markdown > changes.md
  snake-pipe diff --format json | jq 'select(.change == "removed")'

\b
RUN is one of those that `snake-pipe jobs` lists:
  20261130-021503-4f9a1c      a job (the beginning of its id is enough)
  8c1f2ab                     a commit; HEAD~1, or any other word of git for one
  main                        a branch: the last run of it

A file is known by its path, else by its content: then it has moved, and all in it. A symbol is known by its
name and kind in its file, of namesakes by the signature; one that is now in another file has moved. Lines
that only shift are no change. The exit code is 1 with --exit-code if anything differs.
"""


def diff(
    from_: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="RUN",
            help="What to compare with. Default: the run before.",
            autocompletion=completers.job_ids,
        ),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="RUN",
            help="What to compare. Default: the last run.",
            autocompletion=completers.job_ids,
        ),
    ] = None,
    dataset: Dataset = None,
    repo: Annotated[
        str | None, typer.Option("--repo", metavar="NAME", help="This repository alone, as in `files.repo`.")
    ] = None,
    only: Annotated[
        str | None,
        typer.Option(
            "--only", metavar="ITEMS", help="Comma-separated: files, symbols, imports. Default: all."
        ),
    ] = None,
    format_: Annotated[
        str,
        typer.Option("--format", metavar="NAME", help="table, json (one object per line) or markdown."),
    ] = "table",
    max_rows: MaxRows = None,
    wide: Wide = False,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit with 1 if anything differs.")] = False,
) -> int:
    """List the files, symbols and imports that differ between two runs."""
    check_format(format_, _FORMATS)
    from snake_pipe.load.diff.comparison import Comparison
    from snake_pipe.load.diff.statements import ITEMS
    from snake_pipe.load.diff.states import connect_states

    path = find_dataset(dataset)
    before, after = _runs(path, from_, to)
    chosen = list(ITEMS) if only is None else [word.strip() for word in only.split(",") if word.strip()]
    with connect_states(path, before.files_version, after.files_version, repo=repo) as connection:
        comparison = Comparison(connection, chosen)
        if format_ == "json":
            print_json(comparison, max_rows)
        elif format_ == "markdown":
            print_markdown(comparison, before, after, max_rows)
        else:
            print_table(comparison, max_rows, wide=wide)
        counts = comparison.counts()
    if format_ == "table":
        typer.echo(f"{run_in_words(before)} → {run_in_words(after)}: {counts_in_words(counts)}", err=True)
    differs = any(any(by_change.values()) for by_change in counts.values())
    return int(ExitCode.RUN_FAILED if exit_code and differs else ExitCode.DONE)


def _runs(path: Storage, from_: str | None, to: str | None) -> tuple[Run, Run]:
    from snake_pipe.extract.job.named_run import find_named_run
    from snake_pipe.load.dataset import Dataset
    from snake_pipe.load.runs import check_kept, read_runs

    dataset = Dataset.open(path)
    runs = read_runs(dataset)
    if not runs:
        raise UsageError(f"{path.url} has had no run that ended", "snake-pipe ingest starts one")
    after = runs[-1] if to is None else find_named_run(path, runs, to)
    if from_ is not None:
        before = find_named_run(path, runs, from_)
    else:
        earlier = [run for run in runs if run.epoch < after.epoch]
        if not earlier:
            raise UsageError(f"no run came before {after.job_id}: nothing to compare it with", "ingest again")
        before = earlier[-1]
    for run in (before, after):
        check_kept(dataset, runs, run)
    return before, after
