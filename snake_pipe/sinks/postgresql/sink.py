"""The sink: each flush is one transaction, so the tables are at any moment what they were after a flush.

The key of a flush is kept in the very transaction of its rows, which makes each count exactly once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.sinks.postgresql.address import parse_address
from snake_pipe.sinks.postgresql.rows import write_changes, write_snapshot
from snake_pipe.sinks.postgresql.schema import Schema
from snake_pipe.sinks.postgresql.session import Session, require_driver

if TYPE_CHECKING:
    from snake_pipe.plugins import Flush, FlushKey

_DELIVERED = """
    SELECT 1 FROM {0}.deliveries JOIN {0}.dataset ON dataset_id = $1 WHERE job_id = $2 AND flush_seq >= $3
    """

_NOTE = """
    INSERT INTO {0}.deliveries VALUES ($1, $2, now())
    ON CONFLICT (job_id) DO UPDATE SET flush_seq = excluded.flush_seq, delivered_at = excluded.delivered_at
    """


_FORGET = """
    DELETE FROM {0}.deliveries WHERE job_id IN
    (SELECT job_id FROM {0}.deliveries ORDER BY delivered_at DESC OFFSET 100)
    """
"""Of jobs that ended long ago: a flush that comes again is one of the last."""


class PostgresSink:
    """The sink `postgresql`; its argument is an address as `parse_address` takes it. Not for threads."""

    def __init__(self, argument: str) -> None:
        """ConfigError for what is no address, or holds a password."""
        self._address = parse_address(argument)
        self._schema = Schema(self._address)
        self._session: Session | None = None

    @staticmethod
    def check(argument: str) -> None:
        """ConfigError for what is no address, or holds a password; PluginError without the driver."""
        parse_address(argument)
        require_driver()

    def write(self, flush: Flush) -> None:
        """Bring the tables to the state after a flush; where that fails they stay as they were."""
        try:
            session = self._session or self._connect()
            with session.transaction():
                self._schema.lock(session)
                if not self._is_delivered(session, flush.key):
                    self._schema.take_over(session, flush)
                    write = write_snapshot if flush.is_snapshot else write_changes
                    write(session, self._schema, flush)
                    session.execute(_NOTE.format(self._schema.name), flush.key.job_id, flush.key.flush_seq)
                    session.execute(_FORGET.format(self._schema.name))
        except BaseException:
            self.close()  # the next try begins with a connection that works
            raise

    def close(self) -> None:
        """End the connection."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def _connect(self) -> Session:
        self._session = Session(self._address)
        with self._session.transaction():
            self._schema.create(self._session)
        return self._session

    def _is_delivered(self, session: Session, key: FlushKey) -> bool:
        query = _DELIVERED.format(self._schema.name)
        return bool(session.rows(query, key.dataset_id, key.job_id, key.flush_seq))
