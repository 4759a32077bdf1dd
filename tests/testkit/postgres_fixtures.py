"""Fixtures of PostgreSQL: a server for all tests, and a schema of it for each."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from testkit import postgres
from testkit.postgres import PostgresServer
from testkit.postgres_tables import PostgresSchema

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


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


@pytest.fixture
def small_space(server: PostgresServer, schema: PostgresSchema) -> Iterator[Path]:
    """The folder of the tablespace `small`, on a file system of its own that is small."""
    if os.geteuid() != 0:
        pytest.skip("mounting needs root")
    folder = server.folder / "small"
    folder.mkdir()
    options = f"size=16m,uid={server.folder.stat().st_uid},mode=700"
    mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"cannot mount here: {done.stderr.strip()}")
    try:
        server.run(f"CREATE TABLESPACE small LOCATION '{folder}'")
        yield folder
        schema.run("DROP SCHEMA IF EXISTS {} CASCADE")
        server.run("DROP TABLESPACE small")
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False, capture_output=True)
        folder.rmdir()
