"""Figures, lists and names as text for people, tables, JSON and CSV."""

from __future__ import annotations

import re
import sys
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from snake_pipe.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_MEASURED = 1000
"""Rows of a table whose widths decide; a long answer is not held in memory."""

_WIDEST = 60
"""Characters of a cell in a table on a terminal."""

FORMATS = ("table", "json", "csv")

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def visible(text: str) -> str:
    """Text with control characters shown as escapes, since a file's name may hold anything."""
    return _CONTROL.sub(lambda match: match.group().encode("unicode_escape").decode("ascii"), text)


def size(count: float) -> str:
    """Bytes for people: `12.3 MB`."""
    for unit in ("B", "kB", "MB", "GB"):
        if abs(count) < 1000 or unit == "GB":
            return f"{count:,.0f} {unit}" if unit == "B" else f"{count:,.1f} {unit}"
        count /= 1000
    raise AssertionError


def counted(count: int, one: str, many: str) -> str:
    """A number and what it counts: `1 file`, `1,200 files`."""
    return f"{count:,} {one if count == 1 else many}"


def seconds(count: float) -> str:
    """A duration for people: `4.2 s`, `3 min 20 s`, `1 h 05 min`."""
    if count < 60:
        return f"{count:.1f} s"
    minutes, rest = divmod(round(count), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min"


def stopper(reason: str) -> str:
    """Who stopped a job, in words: a signal by its name, or the command of another terminal."""
    return "snake-pipe control stop" if reason == "control" else reason


def check_format(form: str) -> None:
    """UsageError for a format that there is none of."""
    if form not in FORMATS:
        raise UsageError(f"no format {form!r}", f"one of {', '.join(FORMATS)}")


def print_rows(columns: Sequence[str], rows: Iterable[Sequence[Any]], form: str) -> None:
    """Rows to stdout: an aligned table, JSON objects one a line, or CSV."""
    check_format(form)
    if form == "json":
        _print_json(columns, rows)
    elif form == "csv":
        _print_csv(columns, rows)
    else:
        _print_table(columns, rows)


def _print_json(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    import orjson

    names: list[str] = []
    for column in columns:
        name, count = column, 1
        while name in names:
            count += 1
            name = f"{column}_{count}"
        names.append(name)
    for row in rows:
        try:
            document = orjson.dumps(dict(zip(names, row, strict=True)), default=str)
        except TypeError:  # an integer beyond 64 bits
            exact = [str(v) if isinstance(v, int) and abs(v) >= 2**63 else v for v in row]
            document = orjson.dumps(dict(zip(names, exact, strict=True)), default=str)
        sys.stdout.write(document.decode() + "\n")


def _print_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    import csv

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow(["" if value is None else _inert(value) for value in row])


def _inert(value: Any) -> Any:
    """Text that a spreadsheet would take for a formula, with an apostrophe before it."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{value}"
    return value


def _print_table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    cells = (["" if value is None else visible(_cell(value)) for value in row] for row in rows)
    if sys.stdout.isatty():  # a person looks at it: long text is cut; whoever needs all of it pipes
        cells = (
            [cell if len(cell) <= _WIDEST else cell[: _WIDEST - 1] + "…" for cell in row] for row in cells
        )
    body = iter(cells)
    first = list(islice(body, _MEASURED))
    values = list(zip(*first, strict=True)) if first else [() for _ in columns]
    widths = [max(map(len, (name, *column))) for name, column in zip(columns, values, strict=True)]
    right = [bool(column) and all(_NUMBER.fullmatch(cell) for cell in column if cell) for column in values]

    def line(cells: Sequence[str]) -> str:
        padded = [
            cell.rjust(width) if numeric else cell.ljust(width)
            for cell, width, numeric in zip(cells, widths, right, strict=True)
        ]
        return "  ".join(padded).rstrip() + "\n"

    sys.stdout.write(line(columns))
    rule = "─" if (sys.stdout.encoding or "utf-8").lower().startswith("utf") else "-"
    sys.stdout.write("  ".join(rule * width for width in widths) + "\n")
    for row in chain(first, body):
        sys.stdout.write(line(row))


_NUMBER = re.compile(r"-?[\d,]+(\.\d+)?(e[+-]?\d+)?")


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1000 else f"{value:,.1f}"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)
