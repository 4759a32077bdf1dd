"""A table as the page shows it: columns with a kind each, the first rows, and how many there are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    import duckdb

MOST_ROWS = 200
_LONGEST_TEXT = 200
"""Characters of a cell; what is longer is cut, visibly."""


@dataclass(frozen=True, slots=True)
class Table:
    """`columns` are pairs of a label and a kind that `web/table.js` knows how to show.

    The kinds: `text`, `number`, `decimal`, `share` (0 to 1), `bytes`, `ms`, `bar` (a number with a bar), and
    `place`: repository, path and line or null, which becomes a link where the repository has a web host.
    """

    columns: tuple[tuple[str, str], ...]
    rows: list[list[Any]] = field(default_factory=list)
    total: int = 0


def ask(
    connection: duckdb.DuckDBPyConnection,
    columns: tuple[tuple[str, str], ...],
    sql: str,
    parameters: list[Any] | None = None,
    *,
    most: int = MOST_ROWS,
) -> Table:
    """The first rows of a statement's answer; a `place` is three columns of it."""
    connection.execute(sql, parameters)
    rows = connection.fetchmany(most)
    total = len(rows)
    while more := connection.fetchmany(100_000):
        total += len(more)
    return Table(columns, [_shown(columns, row) for row in rows], total)


def _shown(columns: tuple[tuple[str, str], ...], row: tuple[Any, ...]) -> list[Any]:
    values = iter(row)
    return [
        [short(next(values)), short(next(values)), next(values)] if kind == "place" else short(next(values))
        for _, kind in columns
    ]


def short(value: Any) -> Any:
    """A value that does not make the page large, whatever a name is like."""
    if isinstance(value, str) and len(value) > _LONGEST_TEXT:
        return value[: _LONGEST_TEXT - 1] + "…"
    return round(value, 4) if isinstance(value, float) else value


def size_in_page(value: Any) -> int:
    """Bytes that a value takes in the page, in which each `<` is six characters."""
    text = orjson.dumps(value)
    return len(text) + 5 * text.count(b"<")
