"""`query`, `export` and `jobs`: the commands that read a dataset."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from snake_pipe.cli.job_view import view_job
from snake_pipe.cli.locations import find_dataset
from snake_pipe.cli.options import Dataset, Format
from snake_pipe.cli.output.text import check_format, print_rows
from snake_pipe.errors import SnakePipeError


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("query", epilog=_QUERY_EXAMPLES)(query)
    app.command("export", epilog=_EXPORT_EXAMPLES)(export)
    app.command("jobs", epilog=_JOBS_EXAMPLES)(jobs)


_QUERY_EXAMPLES = """
\b
Examples:
  snake-pipe query "SELECT language, count(*) FROM files GROUP BY language"
  snake-pipe query --format csv "FROM imports" > imports.csv
  snake-pipe query -p main "SELECT * FROM symbols WHERE name = ?"
  snake-pipe query - < report.sql

Tables: files, nodes, symbols, refs, imports, errors, batches; with _history also what was superseded;
batch_statistics, one row per job; dump_sources, which source an AST file was made from.
"""

_EXPORT_EXAMPLES = """
\b
Examples:
  snake-pipe export trees.duckdb
  duckdb trees.duckdb "SUMMARIZE symbols"
"""

_JOBS_EXAMPLES = """
\b
Examples:
  snake-pipe jobs
  snake-pipe jobs --format json
"""


def query(
    sql: Annotated[str, typer.Argument(metavar="SQL", help="A DuckDB statement; - reads it from stdin.")],
    parameter: Annotated[
        list[str] | None,
        typer.Option(
            "--parameter", "-p", metavar="VALUE", help="Value for the next ? in the SQL; repeatable."
        ),
    ] = None,
    dataset: Dataset = None,
    format_: Format = "table",
) -> None:
    """Query the tables with SQL; the result goes to stdout."""
    from snake_pipe.load.views import connect, select

    check_format(format_)
    if sql == "-":
        sql = sys.stdin.read()
    with connect(find_dataset(dataset)) as connection:
        answer = select(connection, sql, parameter)
        print_rows(answer.columns, answer.rows, format_)


def export(
    target: Annotated[Path, typer.Argument(metavar="FILE.duckdb", help="The file to write.")],
    dataset: Dataset = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file if it exists.")] = False,
) -> None:
    """Write the current state of all tables into one DuckDB file."""
    from snake_pipe.load.export import export_duckdb

    rows = export_duckdb(find_dataset(dataset), target, overwrite=overwrite)
    print_rows(("table", "rows"), list(rows.items()), "table")


def jobs(dataset: Dataset = None, format_: Format = "table") -> None:
    """List the jobs of a dataset, oldest first."""
    from snake_pipe.utils.checkpoint_manager import CheckpointManager

    check_format(format_)
    manager = CheckpointManager(find_dataset(dataset))
    rows = [_job_row(manager, job_id) for job_id in manager.job_ids()]
    print_rows(("job", "status", "started", "files", "failed", "rows", "source"), rows, format_)


def _job_row(manager: Any, job_id: str) -> tuple[Any, ...]:
    try:
        view = view_job(manager, job_id)
    except SnakePipeError as error:
        return (job_id, "damaged", None, None, None, None, error.message)
    checkpoint = view.checkpoint
    progress, request = checkpoint.progress, checkpoint.request
    started = time.strftime("%Y-%m-%d %H:%M", time.localtime(checkpoint.created_at))
    source = ", ".join(request.get("roots", ())) or "list of files"
    return (job_id, view.state, started, progress.files_done, progress.files_failed, progress.rows, source)
