"""PostgreSQL as a sink of a real run, while its server is killed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from testkit.postgres_tables import WAITERS
from testkit.waiting import wait_for

if TYPE_CHECKING:
    from pathlib import Path

    from testkit.command import Cli
    from testkit.postgres_tables import PostgresSchema


def test_a_server_that_goes_and_comes_back_gets_everything(
    cli: Cli, repository: Path, tmp_path: Path, schema: PostgresSchema
) -> None:
    dataset = tmp_path / "ds"
    ingest = ("ingest", repository, "-d", dataset, "--workers", 1, "--sink", schema.address)
    assert cli.run(*ingest, "-q").returncode == 0
    (repository / "m00.py").write_text("def other(): pass\n")
    with schema.undeliverable():
        process = cli.start(*ingest)
        wait_for(lambda: schema.rows(WAITERS))
        schema.server.kill()
    schema.server.start()
    _, errors = process.communicate()
    assert process.returncode == 0, errors
    assert "the sink postgresql failed" in errors
    assert schema.differences(dataset) == {}
