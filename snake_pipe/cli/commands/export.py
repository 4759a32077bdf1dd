"""`export`: the tables as files that other programs open."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from snake_pipe.cli import completers
from snake_pipe.cli.locations import find_dataset
from snake_pipe.cli.options.common import AsOf, Dataset
from snake_pipe.cli.output.rows import print_rows


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("export", epilog=_EXAMPLES)(export)


_EXAMPLES = """
\b
Examples:
  snake-pipe export trees.duckdb
  snake-pipe export trees.parquet --tables files,symbols,refs
  snake-pipe export trees.sqlite
  duckdb trees.duckdb "SUMMARIZE symbols"

The ending says the format: .duckdb or .db is one DuckDB file, .parquet or / a folder with a Parquet file for
each table, .sqlite or .sqlite3 one SQLite file (lists as JSON, times as text). TARGET appears whole or not at
all.
"""


def export(
    target: Annotated[
        str, typer.Argument(metavar="TARGET", help="The file or folder to write; its ending says the format.")
    ],
    dataset: Dataset = None,
    format_: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="NAME",
            help="duckdb, parquet or sqlite. Default: by the ending.",
            autocompletion=completers.export_formats,
        ),
    ] = None,
    tables: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help="Comma-separated tables to write. Default: all.",
            autocompletion=completers.all_tables,
        ),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the target if it exists.")] = False,
    as_of: AsOf = None,
) -> None:
    """Write the current state of the tables as DuckDB, Parquet or SQLite."""
    from snake_pipe.extract.job.named_run import version_as_of
    from snake_pipe.load.export.export import export_tables, format_of
    from snake_pipe.schemas import TABLES

    form = format_of(target, format_)
    chosen = list(TABLES) if tables is None else [name.strip() for name in tables.split(",") if name.strip()]
    path = find_dataset(dataset)
    rows = export_tables(
        path,
        Path(target),
        form,
        tables=chosen,
        overwrite=overwrite,
        files_version=version_as_of(path, as_of),
    )
    print_rows(("table", "rows"), list(rows.items()), "table")
