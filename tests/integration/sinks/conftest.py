"""A server for all tests, and a database of it for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from testkit import postgres
from testkit.postgres import PostgresServer

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
def database(server: PostgresServer, request: pytest.FixtureRequest) -> str:
    """The name of an empty database."""
    name = request.node.name.partition("[")[0][-60:]
    server.run(f'DROP DATABASE IF EXISTS "{name}"')
    server.run(f'CREATE DATABASE "{name}"')
    return name
