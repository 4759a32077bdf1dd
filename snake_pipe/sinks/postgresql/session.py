"""A connection to PostgreSQL: statements, COPY, transactions, and what goes wrong in plain words."""

from __future__ import annotations

import re
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from snake_pipe.errors import PluginError, SinkError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pyarrow as pa
    from adbc_driver_manager import dbapi

    from snake_pipe.sinks.postgresql.address import Address

LOCK_TIMEOUT = 60_000
"""Milliseconds that a statement waits for what somebody else has locked."""

_STATE = re.compile(r"\.? SQLSTATE: \w+$")

_HINTS = {
    "28": "PGPASSWORD, ~/.pgpass and service files are the places for passwords",
    "3D": "create the database, or name another one",
    "42501": "GRANT CREATE ON DATABASE to the user, or give it a schema of its own",
    "53": "make room on the server, then resume the job",
    "25006": "the server takes no changes: name the primary one",
    "55P03": "something else holds the tables for long: see pg_locks",
}
"""By SQLSTATE or its beginning, which is a class of errors."""


def require_driver() -> None:
    """PluginError where the driver is not installed."""
    if find_spec("adbc_driver_postgresql") is None:
        raise PluginError(
            "the sink postgresql needs a driver that is not installed", "pip install 'snake-pipe[postgres]'"
        )


class Session:
    """An open connection; not for threads. SinkError for whatever the server or the network refuses."""

    def __init__(self, address: Address) -> None:
        require_driver()
        from adbc_driver_postgresql import dbapi

        self._error: type[Exception] = dbapi.Error
        self._shown = address.shown
        with self._translated("cannot connect to"):
            # Transactions are begun here: the driver's own would stay open between two flushes.
            self._connection: dbapi.Connection = dbapi.connect(address.uri, autocommit=True)
            self._cursor = self._connection.cursor()

    def execute(self, statement: str, *values: object) -> None:
        """Run one statement; `values` are those of $1, $2, ..."""
        with self._translated("a statement was refused by"):
            self._cursor.execute(statement, parameters=values or None)

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """What a query gives, which is to be little."""
        with self._translated("a query was refused by"):
            self._cursor.execute(query, parameters=values or None)
            found: list[tuple[Any, ...]] = self._cursor.fetchall()
            return found

    def copy(self, schema: str | None, table: str, columns: pa.Schema, rows: Iterable[pa.RecordBatch]) -> int:
        """Append rows to a table, by COPY; how many. Without `schema` it is a temporary one.

        What `rows` raises is raised as it is.
        """
        import pyarrow as pa

        failure: list[BaseException] = []

        def read() -> Iterator[pa.RecordBatch]:
            try:
                yield from rows
            except BaseException as error:
                failure.append(error)
                raise

        reader = pa.RecordBatchReader.from_batches(columns, read())
        place: dict[str, Any] = {"temporary": True} if schema is None else {"db_schema_name": schema}
        try:
            with self._translated(f"rows of {table} were refused by"):
                return int(self._cursor.adbc_ingest(table, reader, mode="append", **place))
        except SinkError:
            if failure:  # the driver has made a text of it
                raise failure[0] from None
            raise

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing of what is done within; durable on return."""
        self.execute("BEGIN")
        try:
            self.execute(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT}")
            yield
        except BaseException:
            with suppress(SinkError):
                self.execute("ROLLBACK")
            raise
        self.execute("COMMIT")

    def close(self) -> None:
        """End the connection; whatever is not committed is undone. May be called again."""
        with suppress(self._error):
            self._cursor.close()
        with suppress(self._error):
            self._connection.close()

    @contextmanager
    def _translated(self, what: str) -> Iterator[None]:
        try:
            yield
        except self._error as error:
            state = getattr(error, "sqlstate", None) or ""
            text = _said(str(error))
            hint = next((hint for start, hint in _HINTS.items() if state.startswith(start)), "")
            if not state and "password" in text:
                hint = _HINTS["28"]
            raise SinkError(f"{what} {self._shown}: {text}", hint) from None


def _said(text: str) -> str:
    """What the server or libpq says, on one line, without the names of the layers between."""
    first, *others = (line.strip() for line in text.splitlines() if line.strip())
    first = _STATE.sub("", first)
    for layer in ("ERROR:  ", "FATAL:  ", "to connect: "):
        first = first.rpartition(layer)[2]
    detail = next((line for line in others if line.startswith("DETAIL:")), "")
    return f"{first} ({detail.removeprefix('DETAIL:').strip()})" if detail else first
