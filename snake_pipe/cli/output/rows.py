"""Rows that a command lists: as a table, as JSON or as CSV."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from snake_pipe.cli.output.table import write_table
from snake_pipe.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FORMATS = ("table", "json", "csv")


def check_format(form: str, known: Sequence[str] = FORMATS) -> None:
    """UsageError for a format that there is none of."""
    if form not in known:
        raise UsageError(f"no format {form!r}", f"one of {', '.join(known)}")


def print_rows(columns: Sequence[str], rows: Iterable[Sequence[Any]], form: str) -> None:
    """Rows to stdout: an aligned table, JSON objects one a line, or CSV."""
    check_format(form)
    if form == "json":
        _print_json(columns, rows)
    elif form == "csv":
        _print_csv(columns, rows)
    else:
        write_table(columns, rows, sys.stdout, width=terminal_width())


def terminal_width() -> int | None:
    """Columns of the terminal that stdout is; None if it is none."""
    import shutil

    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def _print_json(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    import orjson

    for row in rows:
        sys.stdout.write(orjson.dumps(dict(zip(columns, row, strict=True)), default=str).decode() + "\n")


def _print_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    import csv

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
