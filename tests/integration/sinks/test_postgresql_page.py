"""The commands of the page about PostgreSQL as a sink, run as they are written, print what the page says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from testkit.played_pages import HOW_TO, play, with_programs
from testkit.postgres import USER

if TYPE_CHECKING:
    from pathlib import Path

    from testkit.command import Cli
    from testkit.postgres import PostgresServer


def test_postgresql(cli: Cli, tmp_path: Path, server: PostgresServer) -> None:
    server.run("CREATE DATABASE page")
    places = {"PGHOST": str(server.folder), "PGPORT": str(server.port), "PGUSER": USER, "PGDATABASE": "page"}
    environment = with_programs(cli, server.programs) | places
    assert play(HOW_TO / "postgresql.md", tmp_path / "page", environment) == 2
