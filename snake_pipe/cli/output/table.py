"""Rows as an aligned table, as wide as a terminal or as they are, and as a table of Markdown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, TextIO

from snake_pipe.cli.output.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_MEASURED = 1000
"""Rows whose widths decide; a long answer is not held in memory."""

_NARROWEST = 12
"""Columns of the screen below which a cell is not cut; columns in the middle are left out instead."""

_NUMBER = re.compile(r"-?[\d,]+(\.\d+)?(e[+-]?\d+)?")
_BETWEEN = "  "


@dataclass(frozen=True, slots=True)
class _Marks:
    """What rules are drawn with, and what stands for what is left out."""

    rule: str
    left_out: str


def write_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[Any] | None],
    stream: TextIO,
    *,
    width: int | None = None,
) -> int:
    """Write an aligned table; how many of the columns it shows.

    None among the rows stands for rows that are left out. With a `width`, long cells are cut, and columns in
    the middle left out, until a line fits into it. Without one all is shown, and rows are not held.
    """
    marks = _marks(stream)
    body = (None if row is None else [_shown(value) for value in row] for row in rows)
    first = list(islice(body, _MEASURED))
    table = [row for row in first if row is not None]
    cells = list(zip(*table, strict=True)) if table else [() for _ in columns]
    heads = [visible(column) for column in columns]
    right = [bool(column) and all(_NUMBER.fullmatch(cell) for cell in column if cell) for column in cells]
    widths = [max(map(_width, (head, *column))) for head, column in zip(heads, cells, strict=True)]
    kept: list[int | None] = [*range(len(columns))]
    if width is not None:
        widths = _cut_widths(widths, right, width)
        kept = _kept(widths, width)

    def line(row: Sequence[str] | None) -> str:
        parts = []
        for place in kept:
            if place is None:
                parts.append(marks.left_out)
            else:
                cell = marks.left_out if row is None else _cut(row[place], widths[place], marks.left_out)
                fill = " " * (widths[place] - _width(cell))
                parts.append(fill + cell if right[place] else cell + fill)
        return _BETWEEN.join(parts).rstrip() + "\n"

    stream.write(line(heads))
    ruled = (marks.rule * (len(marks.left_out) if place is None else widths[place]) for place in kept)
    stream.write(_BETWEEN.join(ruled) + "\n")
    stream.writelines(line(row) for row in chain(first, body))
    return sum(place is not None for place in kept)


def write_markdown(columns: Sequence[str], rows: Iterable[Sequence[Any]], stream: TextIO) -> None:
    """Write all rows as a table of Markdown, numbers on the right."""
    body = ([_shown(value) for value in row] for row in rows)
    first = list(islice(body, _MEASURED))
    cells = list(zip(*first, strict=True)) if first else [() for _ in columns]
    right = [bool(column) and all(_NUMBER.fullmatch(cell) for cell in column if cell) for column in cells]

    def line(row: Iterable[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |\n"

    stream.write(line(map(visible, columns)))
    stream.write("|" + "|".join("---:" if numeric else "---" for numeric in right) + "|\n")
    stream.writelines(line(row) for row in chain(first, body))


def _marks(stream: TextIO) -> _Marks:
    try:
        "─…".encode(stream.encoding or "utf-8")
    except UnicodeEncodeError:
        return _Marks("-", "...")
    return _Marks("─", "…")


def _shown(value: Any) -> str:
    return "" if value is None else visible(_cell(value))


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1000 else f"{value:,.1f}"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)


def _width(text: str) -> int:
    """Columns of the screen that a text takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def _cut(text: str, width: int, left_out: str) -> str:
    if _width(text) <= width:
        return text
    from rich.cells import set_cell_size

    room = width - len(left_out)
    return set_cell_size(text, room).rstrip() + left_out if room > 0 else left_out[:width]


def _cut_widths(widths: list[int], is_number: Sequence[bool], room: int) -> list[int]:
    """The widths, of which the widest are made less wide until all fit; numbers are never cut."""
    room -= len(_BETWEEN) * (len(widths) - 1)
    cuttable = {width for width, fixed in zip(widths, is_number, strict=True) if not fixed}

    def cut_to(most: int) -> list[int]:
        return [width if fixed else min(width, most) for width, fixed in zip(widths, is_number, strict=True)]

    most = max(cuttable, default=_NARROWEST)
    while sum(cut_to(most)) > room and most > _NARROWEST:
        most -= 1
    return cut_to(most)


def _kept(widths: Sequence[int], room: int) -> list[int | None]:
    """The columns that are shown: all, or those of both ends, and None between them."""

    def taken(shown: Sequence[int]) -> int:
        return sum(widths[place] + len(_BETWEEN) for place in shown) - len(_BETWEEN)

    count = len(widths)
    if taken(range(count)) <= room:
        return [*range(count)]
    for shown in range(count - 1, 1, -1):
        head, tail = range((shown + 1) // 2), range(count - shown // 2, count)
        if taken([*head, *tail]) + len(_BETWEEN) + 1 <= room:
            return [*head, None, *tail]
    return [0, None, count - 1] if count > 1 else [0]
