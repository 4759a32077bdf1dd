"""Answers as CSV, JSON and Parquet: written by DuckDB, as a stream of any length.

DuckDB writes into a pipe of our own, from which the bytes go to whatever stream there is. So an answer is
nowhere held as a whole, what a reader that leaves or a full disk says is told by that stream, and a
file that others append to is appended to.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, BinaryIO

import duckdb

from snake_pipe.load.sql.select import quoted, refused
from snake_pipe.load.sql.statement_thread import StatementThread

if TYPE_CHECKING:
    from collections.abc import Callable

    from snake_pipe.load.sql.select import Source

_BYTES_AT_ONCE = 1 << 20

_FORMULA = r"^[=+@\t\r-]"
"""How text begins that a spreadsheet takes for a formula."""

_NEVER_FORMULAS = frozenset(
    "boolean tinyint smallint integer bigint hugeint utinyint usmallint uinteger ubigint uhugeint float "
    "double decimal date time timestamp interval uuid bignum".split()
)
"""Types that are no text; a number may begin with a minus sign."""

OPTIONS = {
    "csv": "FORMAT csv, HEADER",
    "json": "FORMAT json",
    "parquet": "FORMAT parquet, COMPRESSION zstd",
}
"""What can be written, and how."""


def write_answer(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    form: str,
    stream: BinaryIO,
    *,
    spreadsheet_safe: bool = False,
) -> None:
    """Write an answer as one of OPTIONS; QueryError if DuckDB fails at it, OSError if the stream does.

    JSON has an object a line, with bytes in Base64, and null for numbers that JSON has none for (NaN,
    infinity). Parquet has the widest integers as decimals, which it can hold exactly. With
    `spreadsheet_safe`, text in CSV that a spreadsheet would take for a formula has an apostrophe before it;
    else CSV is what the tables say.
    """
    if form == "csv" and spreadsheet_safe:
        query = source.projected(_for_spreadsheets, heading=_inert)
    else:
        query = source.projected(_EXPRESSIONS[form])
    reading, writing = os.pipe()
    target = f"TO '/dev/fd/{writing}' ({OPTIONS[form]}, USE_TMP_FILE false)"

    def write() -> None:
        try:
            connection.execute(f"COPY ({query}) {target}", source.parameters)
        finally:
            os.close(writing)

    statement = StatementThread(connection, write)
    try:
        statement.start()
        try:
            while data := os.read(reading, _BYTES_AT_ONCE):
                stream.write(data)
        finally:
            os.close(reading)  # whoever waits for room in the pipe goes on
        statement.result()
    except duckdb.Error as error:
        raise refused(error) from error
    finally:
        statement.end()
    stream.flush()


def _as_it_is(value: str, _type: Any) -> str:
    return value


def _for_json(value: str, type_: Any, depth: int = 0) -> str:
    """What DuckDB writes as JSON that every reader takes, at any depth of lists and structures."""
    item = f"item{depth}"
    if type_.id == "blob":
        return f"to_base64({value})"
    if type_.id in ("float", "double"):
        return f"CASE WHEN isfinite({value}) THEN {value} END"
    if type_.id in ("list", "array"):
        inner = _for_json(item, dict(type_.children)["child"], depth + 1)
        return value if inner == item else f"list_transform({value}, lambda {item}: {inner})"
    if type_.id == "map":
        inner = _for_json(f"{item}.value", dict(type_.children)["value"], depth + 1)
        entries = f"list_transform(map_entries({value}), lambda {item}: {{'k': {item}.key, 'v': {inner}}})"
        return value if inner == f"{item}.value" else f"map_from_entries({entries})"
    if type_.id == "struct" and all(name for name, _ in type_.children):
        members = {name: f"{value}.{quoted(name)}" for name, _ in type_.children}
        inner_of = {name: _for_json(members[name], of, depth) for name, of in type_.children}
        if inner_of == members:
            return value
        packed = ", ".join(f"{quoted(name)} := {inner}" for name, inner in inner_of.items())
        return f"CASE WHEN {value} IS NOT NULL THEN struct_pack({packed}) END"
    return value


def _for_parquet(value: str, type_: Any) -> str:
    return f"CAST({value} AS DECIMAL(38, 0))" if type_.id in ("hugeint", "uhugeint") else value


_EXPRESSIONS: dict[str, Callable[[str, Any], str]] = {
    "csv": _as_it_is,
    "json": _for_json,
    "parquet": _for_parquet,
}


def _for_spreadsheets(value: str, type_: Any) -> str:
    if type_.id in _NEVER_FORMULAS:
        return value
    text = f"CAST({value} AS VARCHAR)"
    return f"CASE WHEN regexp_matches({text}, '{_FORMULA}') THEN '''' || {text} ELSE {text} END"


def _inert(heading: str) -> str:
    return f"'{heading}" if re.match(_FORMULA, heading) else heading
