"""What a schema of PostgreSQL has, compared with a dataset."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from snake_pipe.sinks.postgresql.definitions import CARRIED
from testkit.tables import rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from testkit.postgres import PostgresServer

WAITERS = "SELECT 1 FROM pg_locks l JOIN pg_class c ON c.oid = l.relation WHERE c.relname = 'deliveries' \
AND c.relnamespace = '{}'::regnamespace AND NOT l.granted"
"""Those that wait to deliver, with `{}` for the schema."""


@dataclass(frozen=True)
class PostgresSchema:
    """A schema of a server."""

    server: PostgresServer
    name: str

    @property
    def address(self) -> str:
        """What `--sink` takes."""
        return self.server.address("postgres", f"&schema={self.name}")

    def run(self, sql: str) -> None:
        """One statement, with `{}` for the schema."""
        self.server.run(sql.format(self.name))

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What a query gives, with `{}` for the schema."""
        return self.server.rows(sql.format(self.name))

    @contextmanager
    def undeliverable(self) -> Iterator[None]:
        """Whoever delivers meanwhile waits, before anything is written."""
        with self.server.connect(autocommit=False) as connection, connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {self.name}.deliveries")
            yield

    def differences(self, dataset: Path) -> dict[str, int]:
        """By table, how many rows are in one and not in the other."""
        found: dict[str, int] = {}
        for table in CARRIED:
            ours = Counter(map(repr, rows(dataset, f"SELECT * FROM {table}")))
            found_there = self.rows(f"SELECT * FROM {{}}.{table}")
            theirs = Counter(repr(tuple(map(_plain, row))) for row in found_there)
            different = (ours - theirs).total() + (theirs - ours).total()
            if different:
                found[table] = different
        return found


def _plain(value: object) -> object:
    """Times are UTC in both, and have a zone in PostgreSQL."""
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value
