"""A server for all tests, and a schema of it for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from testkit import postgres
from testkit.postgres import PostgresServer
from testkit.postgres_tables import PostgresSchema

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def server() -> Iterator[PostgresServer]:
    """PostgreSQL as it is installed; skipped where it isn't."""
    reason = postgres.missing()
    if reason:
        pytest.skip(reason)
    server = PostgresServer()
    yield server
    server.close()


@pytest.fixture
def schema(server: PostgresServer, request: pytest.FixtureRequest) -> Iterator[PostgresSchema]:
    """A schema that is not there yet."""
    name = "s" + request.node.name.partition("[")[0].removeprefix("test")[:50]
    yield PostgresSchema(server, name)
    server.run(f"DROP SCHEMA IF EXISTS {name} CASCADE")
