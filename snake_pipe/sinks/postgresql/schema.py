"""The schema that holds a dataset: made, locked, and never mistaken for that of another one."""

# ruff: noqa: S608 - statements are put together from quoted names
from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.errors import SinkError
from snake_pipe.plugins.sinks import SnapshotNeededError
from snake_pipe.schemas import SCHEMA_VERSION
from snake_pipe.sinks.postgresql.definitions import CARRIED, create_tables, quoted

if TYPE_CHECKING:
    from snake_pipe.plugins import Flush
    from snake_pipe.sinks.postgresql.address import Address
    from snake_pipe.sinks.postgresql.session import Session

_OWN_LOCK = 0x736E616B65
"""Of those that PostgreSQL keeps for programs: who makes the tables holds it."""


class Schema:
    """One dataset's tables; `name` is how statements have the schema's name, in quotes."""

    def __init__(self, address: Address) -> None:
        self.plain_name = address.schema
        self._shown = f"the schema {address.schema} of {address.shown}"
        self._replaces = address.replaces
        self.name = quoted(address.schema)

    def create(self, session: Session) -> None:
        """Make what is missing; SinkError where the schema holds others' tables."""
        session.execute("SELECT pg_advisory_xact_lock($1)", _OWN_LOCK)
        if session.rows("SELECT current_setting('server_encoding')") != [("UTF8",)]:
            raise SinkError(
                f"the database of {self._shown} is not encoded in UTF-8",
                "CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0",
            )
        if not session.rows("SELECT 1 FROM pg_namespace WHERE nspname = $1", self.plain_name):
            session.execute(f"CREATE SCHEMA {self.name}")
        there = {
            name
            for (name,) in session.rows(
                "SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
                "WHERE n.nspname = $1",
                self.plain_name,
            )
        }
        if {"dataset", "deliveries"} <= there:
            return
        others = sorted(there & {"dataset", "deliveries", *CARRIED})
        if others:
            raise SinkError(
                f"{self._shown} has a table {others[0]} that is none of snake-pipe's",
                "name another schema: ?schema=NAME",
            )
        session.execute(create_tables(self.plain_name))

    def lock(self, session: Session) -> None:
        """Become its only writer until the transaction ends; readers go on."""
        session.execute(f"LOCK TABLE {self.name}.deliveries IN EXCLUSIVE MODE")

    def take_over(self, session: Session, flush: Flush) -> None:
        """See to it that the schema is the flush's dataset's; SinkError where it is not, and stays so."""
        found = session.rows(f"SELECT dataset_id, schema_version FROM {self.name}.dataset")
        dataset_id = flush.key.dataset_id
        if found and found[0][1] != SCHEMA_VERSION:
            raise SinkError(
                f"{self._shown} was made for version {found[0][1]} of the tables, this program writes "
                f"{SCHEMA_VERSION}",
                f"DROP SCHEMA {self.name} CASCADE, or name another one: ?schema=NAME",
            )
        if found and found[0][0] == dataset_id:
            return
        if found and not self._replaces:
            raise SinkError(
                f"{self._shown} holds another dataset",
                "name a schema for each dataset, ?schema=NAME, or say ?replace=yes",
            )
        if not flush.is_snapshot:
            raise SnapshotNeededError(f"{self._shown} holds nothing of the dataset yet")
        if found:
            session.execute(f"TRUNCATE {', '.join(f'{self.name}.{table}' for table in _ALL)}")
        session.execute(
            f"INSERT INTO {self.name}.dataset VALUES ($1, $2::integer)", dataset_id, SCHEMA_VERSION
        )


_ALL = (*CARRIED, "deliveries", "dataset")
