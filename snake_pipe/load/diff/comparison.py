"""Two states compared: what differs, counted and listed."""

# ruff: noqa: S608 - statements are put together from names of our own
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from snake_pipe.errors import UsageError
from snake_pipe.load.diff.statements import COMPARE, COMPARE_FILES, DIFFERENCES, ITEMS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import duckdb

CHANGES = ("added", "removed", "moved", "changed")

COLUMNS = (
    "repo", "item", "change", "kind", "name", "path", "line", "path_before", "line_before", "changes",
)  # fmt: skip

_ROWS_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class Difference:
    """One file, symbol or import that differs.

    `kind` is that of a symbol, and of a file its language; `name` that of a symbol with those around it, and
    what an import names. `path` and `line` are the later ones, None if it was removed; those before are None
    if it was added. `changes` has the attributes that differ, with the value before and the later one.
    """

    repo: str
    item: str
    change: str
    kind: str | None
    name: str | None
    path: str | None
    line: int | None
    path_before: str | None
    line_before: int | None
    changes: dict[str, tuple[str | None, str | None]]


class Comparison:
    """What differs between the schemas `before` and `after` of a connection, each a state of one dataset.

    It makes tables in the connection's main schema, so a connection is good for one.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, only: Sequence[str] = tuple(ITEMS)) -> None:
        """Compare `only` some of `ITEMS`; UsageError for what is none of them."""
        for item in only:
            if item not in ITEMS:
                raise UsageError(f"nothing is called {item!r}", f"one or more of {', '.join(ITEMS)}")
        self._connection = connection
        self._items = [item for item in ITEMS if item in only]
        for statement in (*COMPARE_FILES, *(s for item in self._items for s in COMPARE[item])):
            connection.execute(statement)
        found = " UNION ALL BY NAME ".join(
            f"SELECT *, {rank} AS rank FROM ({DIFFERENCES[item]})" for rank, item in enumerate(self._items)
        )
        connection.execute(f"CREATE TABLE differences AS {found}")

    def counts(self) -> dict[str, dict[str, int]]:
        """How many of each item differ, by change."""
        counts = {item: dict.fromkeys(CHANGES, 0) for item in self._items}
        names = {name: item for item, name in ITEMS.items()}
        for name, change, count in self._connection.execute(
            "SELECT item, change, count(*) FROM differences GROUP BY ALL"
        ).fetchall():
            counts[names[name]][change] = count
        return counts

    @property
    def is_of_several_repos(self) -> bool:
        """Whether more than one repository has differences."""
        found = self._connection.execute("SELECT count(DISTINCT repo) > 1 FROM differences").fetchall()
        return bool(found[0][0])

    def rows(self, most: int | None = None) -> Iterator[Difference]:
        """All that differs, or the first `most`: by repository, files before symbols and imports, by path."""
        cursor = self._connection.cursor()
        limit = "" if most is None else f"LIMIT {most}"
        cursor.execute(
            f"""
            SELECT {", ".join(COLUMNS)} FROM differences
            ORDER BY repo, rank, coalesce(path, path_before), coalesce(line, line_before), name, kind, change,
                     path_before, line_before
            {limit}
            """
        )
        while rows := cursor.fetchmany(_ROWS_AT_ONCE):
            yield from map(_difference, rows)


def _difference(row: Sequence[Any]) -> Difference:
    *columns, changes = row
    differing = {change["attribute"]: (change["before"], change["after"]) for change in changes or ()}
    return Difference(*[*columns, differing])
