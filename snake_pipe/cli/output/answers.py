"""Answers of DuckDB: fitted to a terminal for a person, in full for everything else."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from snake_pipe.cli.output.rows import terminal_width
from snake_pipe.cli.output.table import write_markdown, write_table
from snake_pipe.cli.output.text import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

    from snake_pipe.load.sql.select import Source, Statement

FORMATS = ("table", "csv", "json", "parquet", "markdown")

DEFAULT_ROWS = 40
"""Of an answer, as many as DuckDB's own prompt shows."""


@dataclass(frozen=True, slots=True)
class Look:
    """How tables are written: all rows where `rows` is None, as wide as they are where `width` is."""

    width: int | None = None
    rows: int | None = None


def chosen_look(max_rows: int | None, *, wide: bool, stream: TextIO) -> Look:
    """Fitted to the terminal if `stream` is it, unless options say otherwise; 0 rows are all rows."""
    width = terminal_width() if stream is sys.stdout else None
    rows = max_rows if max_rows is not None else DEFAULT_ROWS if width is not None else 0
    return Look(None if wide else width, rows or None)


def write_answers(
    connection: duckdb.DuckDBPyConnection,
    statements: Sequence[Statement],
    parameters: Sequence[str] | None,
    form: str,
    stream: TextIO,
    look: Look,
    *,
    spreadsheet_safe: bool = False,
) -> None:
    """Answer the statements one after the other; QueryError at the first that DuckDB refuses.

    Tables and Markdown go as text, with a line between two answers; the other forms as bytes, and those have
    no line between.
    """
    from snake_pipe.load.sql.answer_stream import OPTIONS, write_answer
    from snake_pipe.load.sql.select import open_source

    for number, statement in enumerate(statements):
        source = open_source(connection, statement, parameters)
        if form in OPTIONS:
            stream.flush()
            write_answer(connection, source, form, stream.buffer, spreadsheet_safe=spreadsheet_safe)
            continue
        if number:
            stream.write("\n")
        if form == "markdown":
            from snake_pipe.load.sql.answer_rows import read_rows

            write_markdown(source.columns, read_rows(connection, source), stream)
        elif statement.explained:
            _write_plan(connection, source, stream)
        else:
            _write_fitted(connection, source, stream, look)
        stream.flush()


def _write_plan(connection: duckdb.DuckDBPyConnection, source: Source, stream: TextIO) -> None:
    """DuckDB has drawn it already."""
    from snake_pipe.load.sql.answer_rows import read_rows

    for *_, plan in read_rows(connection, source):
        stream.writelines(visible(line) + "\n" for line in plan.splitlines())


def _write_fitted(connection: duckdb.DuckDBPyConnection, source: Source, stream: TextIO, look: Look) -> None:
    from snake_pipe.load.sql.answer_rows import read_excerpt, read_rows

    if look.rows is None:
        write_table(source.columns, read_rows(connection, source), stream, width=look.width)
        return
    excerpt = read_excerpt(connection, source, look.rows)
    rows = [*excerpt.head, None, *excerpt.tail] if excerpt.tail else excerpt.head
    shown = write_table(source.columns, rows, stream, width=look.width)
    left_out = []
    if excerpt.tail:
        left_out.append(f"{excerpt.total:,} rows, {len(rows) - 1} of them shown (--max-rows 0: all)")
    if shown < len(source.columns):
        left_out.append(f"{len(source.columns)} columns, {shown} of them shown (--wide: all)")
    if left_out:
        stream.write("; ".join(left_out) + "\n")
