"""Answers for people: rows with simple values, all of them or those of both ends."""

# ruff: noqa: S608 - statements are put together from the user's own and from names of our own
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from snake_pipe.load.sql.select import fetch, run

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb

    from snake_pipe.load.sql.select import Source

_TABLE = "temp.snake_pipe_answer"

_SIMPLE = frozenset(
    "boolean tinyint smallint integer bigint hugeint utinyint usmallint uinteger ubigint uhugeint float "
    "double decimal varchar null".split()
)
"""Types whose values come as Python has them; all others come as DuckDB writes them."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The first and the last rows of an answer, or all of them in `head`, and how many there are."""

    head: list[tuple[Any, ...]]
    tail: list[tuple[Any, ...]]
    total: int


def read_rows(connection: duckdb.DuckDBPyConnection, source: Source) -> Iterator[tuple[Any, ...]]:
    """All rows, lazily; QueryError."""
    return fetch(connection, source.projected(_readable), source.parameters)


def read_excerpt(connection: duckdb.DuckDBPyConnection, source: Source, most: int) -> Excerpt:
    """No more than `most` rows; DuckDB holds the answer meanwhile, on disk if it is large. QueryError."""
    create = f"CREATE OR REPLACE TEMP TABLE snake_pipe_answer AS {source.projected(_readable)}"
    run(connection, lambda: connection.execute(create, source.parameters))
    try:
        ((total,),) = fetch(connection, f"SELECT count(*) FROM {_TABLE}")
        if total <= most:
            return Excerpt(list(fetch(connection, f"FROM {_TABLE}")), [], total)
        head, tail = most - most // 2, most // 2
        return Excerpt(
            list(fetch(connection, f"FROM {_TABLE} LIMIT {head}")),
            list(fetch(connection, f"FROM {_TABLE} OFFSET {total - tail}")),
            total,
        )
    finally:
        connection.execute(f"DROP TABLE {_TABLE}")


def _readable(value: str, type_: Any) -> str:
    if type_.id == "list" and dict(type_.children)["child"].id in _SIMPLE:
        return f"array_to_string({value}, ', ')"
    return value if type_.id in _SIMPLE else f"CAST({value} AS VARCHAR)"
