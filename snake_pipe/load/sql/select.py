"""Statements that only read: told apart from those that write, and answered.

A query is always put to DuckDB in parentheses, where DuckDB itself refuses what writes: from version 2 on,
`WITH x AS (COPY ...)` is a SELECT for its parser.
"""

# ruff: noqa: S608 - statements are put together from the user's own and from quoted names
from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb

from snake_pipe.errors import QueryError
from snake_pipe.load.sql.statement_thread import StatementThread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import TypeVar

    Result = TypeVar("Result")
    Parameters = Sequence[object] | Mapping[str, object] | None

_EXPLAIN = re.compile(r"\s*EXPLAIN(\s+ANALYZE\b|\s*\([^)]*\))?", re.IGNORECASE)
_PRAGMA = re.compile(r"\s*PRAGMA\s+(\w+)\s*(\([^()]*\))?\s*", re.IGNORECASE)
_READING_PRAGMAS = frozenset(
    "collations database_list database_size platform show_databases show_tables show_tables_expanded "
    "table_info user_agent version".split()
)
_LINE = re.compile(r"^LINE (\d+):", re.MULTILINE)
_ROWS_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement that only reads, without its semicolon.

    What `is_query` can stand in parentheses; EXPLAIN, of which `explained` is the query, and PRAGMA can't.
    """

    sql: str
    is_query: bool = True
    explained: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """An answer that is still to be computed: what stands in a FROM, and what it is called with."""

    table: str
    parameters: Parameters
    columns: tuple[str, ...]
    types: tuple[Any, ...]
    """DuckDB's types, with `id` and `children`."""

    def projected(
        self, expression: Callable[[str, Any], str], heading: Callable[[str], str] = lambda name: name
    ) -> str:
        """A query of all columns: what `expression` makes of a quoted name and its type, under `heading`."""
        items = [
            f"{expression(quoted(name), type_)} AS {quoted(heading(name))}"
            for name, type_ in zip(self.columns, self.types, strict=True)
        ]
        return f"SELECT {', '.join(items)} FROM {self.table}"


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of a query; `rows` is lazy, and raises QueryError like `select`."""

    columns: tuple[str, ...]
    types: tuple[str, ...]
    rows: Iterator[tuple[Any, ...]]


def select(connection: duckdb.DuckDBPyConnection, sql: str, parameters: Parameters = None) -> Answer:
    """Ask one question that only reads; QueryError for anything else, or if DuckDB refuses it.

    Parameters stand for `?` or `$name` in the statement.
    """
    found = read_statements(connection, sql)
    if len(found) != 1:
        raise QueryError(f"one statement is expected, there are {len(found)}")
    source = open_source(connection, found[0], parameters)
    rows = fetch(connection, f"FROM {source.table}", source.parameters)
    return Answer(source.columns, tuple(map(str, source.types)), rows)


def read_statements(connection: duckdb.DuckDBPyConnection, text: str) -> list[Statement]:
    """The statements of a text; QueryError where there is none, or one that may do more than read."""
    _check_unicode(text)
    try:
        found = [_reading(connection, parsed) for parsed in connection.extract_statements(text)]
    except duckdb.Error as error:
        raise QueryError(str(error)) from error
    if not found:
        raise QueryError("there is no statement")
    return found


def open_source(
    connection: duckdb.DuckDBPyConnection, statement: Statement, parameters: Parameters = None
) -> Source:
    """What a statement answers with, of which the names and types of the columns are known; QueryError."""
    if statement.is_query:
        table = f"(\n{statement.sql}\n)"
    else:
        table, parameters = _held(connection, statement, parameters)
    described = run(connection, lambda: _described(connection, f"FROM {table} LIMIT 0", parameters))
    return Source(
        table, parameters, tuple(name for name, *_ in described), tuple(type_ for _, type_, *_ in described)
    )


def fetch(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: Parameters = None
) -> Iterator[tuple[Any, ...]]:
    """The rows of a query; QueryError, at once or in the middle of them."""
    run(connection, lambda: connection.execute(sql, parameters))

    def rows() -> Iterator[tuple[Any, ...]]:
        while found := run(connection, lambda: connection.fetchmany(_ROWS_AT_ONCE)):
            yield from found

    return rows()


def run(connection: duckdb.DuckDBPyConnection, work: Callable[[], Result]) -> Result:
    """What `work` gives that uses the connection, so that Ctrl-C ends it; QueryError if DuckDB refuses."""
    statement = StatementThread(connection, work)
    try:
        statement.start()
        return statement.result()
    except duckdb.Error as error:
        raise refused(error) from error
    finally:
        statement.end()


def refused(error: duckdb.Error) -> QueryError:
    """What DuckDB has against a statement, which it was shown a line further down."""
    return QueryError(_LINE.sub(lambda match: f"LINE {max(int(match[1]) - 1, 1)}:", str(error)))


def quoted(name: str) -> str:
    """A name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def is_complete(text: str) -> bool:
    """Whether the last statement of a text has its semicolon, as a prompt asks; QueryError as below."""
    _check_unicode(text)
    tokens = [(start, kind) for start, kind in duckdb.tokenize(text) if kind != duckdb.token_type.comment]
    return bool(tokens) and tokens[-1][1] == duckdb.token_type.operator and _at(text, tokens[-1][0]) == ";"


def _check_unicode(text: str) -> None:
    """QueryError for bytes that are no UTF-8: Python has them as surrogates, DuckDB takes none."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        raise QueryError(f"line {line} of the SQL is not UTF-8") from None


def _at(text: str, start: int) -> str:
    return text.encode()[start : start + 1].decode(errors="replace")


def _bare(text: str) -> str:
    """A statement without the semicolons at its end and the comments between and after them."""
    end = len(text.encode())
    for start, kind in reversed(duckdb.tokenize(text)):
        if kind == duckdb.token_type.operator and _at(text, start) == ";":
            end = start
        elif kind != duckdb.token_type.comment:
            break
    return text.encode()[:end].decode()


def _without_comment(text: str) -> str:
    """A statement without the comments before it."""
    starts = (start for start, kind in duckdb.tokenize(text) if kind != duckdb.token_type.comment)
    return text.encode()[next(starts, 0) :].decode()


def _reading(connection: duckdb.DuckDBPyConnection, parsed: Any) -> Statement:
    """Views can't be written to, but COPY and the like write files, and could hit the dataset's own."""
    sql, kind = _bare(parsed.query), parsed.type
    if kind == duckdb.StatementType.EXPLAIN:
        for explained in connection.extract_statements(_EXPLAIN.sub("", _without_comment(sql), count=1)):
            kind = explained.type
            if _is_query(connection, explained):
                return Statement(sql, is_query=False, explained=_bare(explained.query))
    elif kind == duckdb.StatementType.PRAGMA:
        named = _PRAGMA.fullmatch(_without_comment(sql))
        if named and named[1].lower() in _READING_PRAGMAS:
            return Statement(sql, is_query=False)
    elif _is_query(connection, parsed):
        return Statement(sql)
    raise QueryError(
        f"{kind.name} is not allowed, only reading is", "snake-pipe export makes a copy to change"
    )


def _is_query(connection: duckdb.DuckDBPyConnection, parsed: Any) -> bool:
    if parsed.type == duckdb.StatementType.SELECT:
        return True
    if parsed.type != duckdb.StatementType.MULTI:
        return False
    try:  # PIVOT, or what writes one
        connection.extract_statements(f"FROM (\n{_bare(parsed.query)}\n)")
    except duckdb.Error:
        return False
    return True


def _held(
    connection: duckdb.DuckDBPyConnection, statement: Statement, parameters: Parameters
) -> tuple[str, list[object]]:
    """The few rows that EXPLAIN and PRAGMA answer with, as a table of values."""
    if statement.explained:  # with ANALYZE it is run
        check = f"EXPLAIN FROM (\n{statement.explained}\n)"
        run(connection, lambda: connection.execute(check, parameters))
    described = run(connection, lambda: _described(connection, statement.sql, parameters))
    rows = run(connection, connection.fetchall)
    names = ", ".join(quoted(name) for name, *_ in described)
    marks = f"({', '.join('?' * len(described))})"
    values = [value for row in rows for value in row]
    if not rows:
        return f"(SELECT {', '.join(['NULL'] * len(described))} WHERE false) AS answer({names})", values
    return f"(VALUES {', '.join([marks] * len(rows))}) AS answer({names})", values


def _described(connection: duckdb.DuckDBPyConnection, sql: str, parameters: Parameters) -> list[Any]:
    return connection.execute(sql, parameters).description or []
