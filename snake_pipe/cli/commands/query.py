"""`query`: SQL over the tables of a dataset."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from snake_pipe.cli import completers
from snake_pipe.cli.locations import find_dataset
from snake_pipe.cli.options.common import AsOf, Dataset, MaxRows, Wide
from snake_pipe.cli.output.answers import FORMATS, chosen_look, write_answers
from snake_pipe.cli.output.rows import check_format
from snake_pipe.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snake_pipe.storage.storage import Storage

_SEVERAL = ("table", "markdown")
"""Formats that hold several answers."""

_ENDINGS = {
    ".csv": "csv",
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
    ".md": "markdown",
    ".parquet": "parquet",
    ".txt": "table",
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("query", epilog=_EXAMPLES)(query)


_EXAMPLES = """
\b
Examples:
  snake-pipe query "SELECT language, count(*) FROM files GROUP BY language"
  snake-pipe query "FROM imports" --format csv > imports.csv
  snake-pipe query "FROM symbols" -o symbols.parquet
  snake-pipe query --as-of HEAD~1 "FROM symbols"
  snake-pipe query -p main "SELECT * FROM symbols WHERE name = ?"
  snake-pipe query - < report.sql

Tables: files, nodes, symbols, refs, imports, processed, errors, batches, runs; files_history also what was
superseded; batch_statistics, one row per job; dump_sources, which source an AST file was made from. Ready
views, which need no join: functions, classes, call_sites, hot_spots, todo_comments; import_targets, which
file an import means, and import_graph. DESCRIBE files lists columns; their meaning:
SELECT column_name, comment FROM duckdb_columns() WHERE table_name = 'files'.

On a terminal a table is cut to its width and to 40 rows; into a pipe or file it is whole. CSV, JSON and
Parquet are streams of any length, always in UTF-8. CSV is the data unchanged (see --spreadsheet-safe).
JSON is one object per line, with bytes in Base64 and null for NaN and infinity. Several statements,
separated by semicolons, are answered in turn, as table or markdown.
"""


def query(
    sql: Annotated[str, typer.Argument(metavar="SQL", help="DuckDB statements; - reads them from stdin.")],
    parameter: Annotated[
        list[str] | None,
        typer.Option(
            "--parameter", "-p", metavar="VALUE", help="Value for the next ? in the SQL; repeatable."
        ),
    ] = None,
    dataset: Dataset = None,
    format_: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="NAME",
            help="table, csv, json (one object per line), parquet or markdown. Default: by the ending of -o, "
            "else table.",
            autocompletion=completers.answer_formats,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Write to FILE, which appears whole or not at all."
        ),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace FILE if it exists.")] = False,
    spreadsheet_safe: Annotated[
        bool,
        typer.Option(
            "--spreadsheet-safe",
            help="CSV: an apostrophe before text that a spreadsheet would run as a formula.",
        ),
    ] = False,
    max_rows: MaxRows = None,
    wide: Wide = False,
    as_of: AsOf = None,
) -> None:
    """Query the tables with SQL; the result goes to stdout."""
    form = _chosen_format(format_, output)
    if sql == "-":
        sql = sys.stdin.read()

    from snake_pipe.load.sql.select import read_statements
    from snake_pipe.load.sql.views import connect_for

    path = find_dataset(dataset)
    with connect_for(path, sql, _version(path, as_of)) as connection:
        statements = read_statements(connection, sql)
        if len(statements) > 1 and form not in _SEVERAL:
            raise UsageError(
                f"{form} holds one answer, there are {len(statements)} statements",
                "query them one by one, or with --format markdown",
            )
        if len(statements) > 1 and parameter:
            raise UsageError("--parameter is for a single statement", "query them one by one")
        with _opened(output, path, overwrite=overwrite) as stream:
            look = chosen_look(max_rows, wide=wide, stream=stream)
            write_answers(
                connection, statements, parameter, form, stream, look, spreadsheet_safe=spreadsheet_safe
            )


def _version(dataset: Storage, as_of: str | None) -> int | None:
    if as_of is None:
        return None
    from snake_pipe.extract.job.named_run import version_as_of

    return version_as_of(dataset, as_of)


def _chosen_format(given: str | None, output: Path | None) -> str:
    if given is not None:
        check_format(given, FORMATS)
        form = given
    elif output is None:
        form = "table"
    else:
        form = _ENDINGS.get(output.suffix.lower(), "")
        if not form:
            raise UsageError(
                f"the ending of {output} names no format", f"use --format, or one of {', '.join(_ENDINGS)}"
            )
    if form == "parquet" and output is None and sys.stdout.isatty():
        raise UsageError("Parquet is not for a terminal", "-o FILE.parquet, or into a pipe")
    return form


@contextmanager
def _opened(output: Path | None, dataset: Storage, *, overwrite: bool) -> Iterator[TextIO]:
    if output is None:
        yield sys.stdout
        return
    from snake_pipe.load.target import new_target

    with (
        new_target(output, dataset, overwrite=overwrite) as path,
        path.open("w", encoding="utf-8", newline="\n") as stream,
    ):
        yield stream
