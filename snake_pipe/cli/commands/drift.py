"""`drift`: which syntax trees no longer fit the sources they were made from."""

from __future__ import annotations

from typing import Annotated

import typer

from snake_pipe.cli.locations import find_dataset
from snake_pipe.cli.options.common import Dataset, Format
from snake_pipe.cli.output.rows import check_format, print_rows
from snake_pipe.errors import ExitCode


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("drift", epilog=_EXAMPLES)(drift)


_EXAMPLES = """
\b
Examples:
  snake-pipe drift
  snake-pipe drift --format json | jq -r 'select(.drift == "stale").source'
  snake-pipe drift --no-times --fail          in CI, after ingest

\b
Why a dump is stale (the column reason):
  unreadable     it could not be read
  changed_since  a later job saw its source with other content
  beyond_end     it ends beyond its source
  content        definitions, calls or imports differ
  newer_source   its source is newer, by the files' times

A source counts as without a dump only where its repository has dumps of its language. The exit code is 3 with
--fail if anything is listed.
"""


def drift(
    dataset: Dataset = None,
    format_: Format = "table",
    times: Annotated[
        bool,
        typer.Option(
            "--times/--no-times", help="Whether a source that is newer than its dump makes the dump stale."
        ),
    ] = True,
    fail: Annotated[bool, typer.Option("--fail", help="Exit with 3 if anything is listed.")] = False,
) -> int:
    """List AST files and sources that do not match.

    These are AST files that are stale or have no source, and sources that have no AST file.
    """
    from snake_pipe.load.drift import COLUMNS, NO_DUMP, NO_SOURCE, STALE, find_drift

    check_format(format_)
    found = find_drift(find_dataset(dataset), times=times)
    print_rows(COLUMNS, found.rows, format_)
    typer.echo(
        f"{found.dumps} dumps: {found.count(STALE)} stale, {found.count(NO_SOURCE)} without a source; "
        f"{found.count(NO_DUMP)} sources without a dump",
        err=True,
    )
    return int(ExitCode.FILES_FAILED if fail and found.rows else ExitCode.DONE)
