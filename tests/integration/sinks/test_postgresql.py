"""PostgreSQL as a sink of real runs, by a real server."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from testkit.places import AST_DUMPS
from testkit.postgres import PASSWORD
from testkit.postgres_tables import WAITERS
from testkit.processes import kill_with_workers
from testkit.waiting import wait_for

if TYPE_CHECKING:
    from pathlib import Path

    from testkit.command import Cli
    from testkit.postgres import PostgresServer
    from testkit.postgres_tables import PostgresSchema

LONG = "a" * 6000
"""More than an index of the usual kind takes."""


@pytest.fixture
def odd_files(tmp_path: Path) -> Path:
    """Sources and AST files, among them several trees in one, and texts that are hard on a database."""
    root = tmp_path / "repo"
    shutil.copytree(AST_DUMPS, root / "dumps")
    trees = [path.read_text().replace("\n", " ") for path in sorted(AST_DUMPS.glob("shapes.*.json"))]
    (root / "all.ast.json").write_text("\n".join(trees))
    (root / "long.py").write_text(f"{LONG} = 1\nprint({LONG})\n")
    (root / "gone.py").write_text("import os\n")
    (root / "moved.py").write_text("def moved(): pass\n")
    (root / "wrong.py").write_text("def (:\n")
    return root


def change(root: Path) -> None:
    """Files come, change, move and go, one with several trees among them."""
    (root / "gone.py").unlink()
    (root / "moved.py").rename(root / "there.py")
    (root / "long.py").write_text(f"def f():\n    return '{LONG}'\n")
    (root / "new.go").write_text("package main\n\nfunc main() {}\n")
    trees = (root / "all.ast.json").read_text().splitlines()
    (root / "all.ast.json").write_text("\n".join(trees[:-1]))


def test_rows_are_those_of_the_tables_whatever_happens(
    cli: Cli, odd_files: Path, tmp_path: Path, schema: PostgresSchema
) -> None:
    dataset = tmp_path / "ds"
    ingest = ("ingest", odd_files, "-d", dataset, "-q", "--workers", 1, "--sink", schema.address)
    assert cli.run(*ingest[:-2]).returncode == 0  # the sink is added later
    done = cli.run(*ingest, "--full")
    assert (done.returncode, done.stderr) == (0, "")
    assert schema.differences(dataset) == {}
    keys = schema.rows("SELECT count(*), sum(flush_seq) FROM {}.deliveries")

    change(odd_files)
    with schema.undeliverable():
        process = cli.start(*ingest)
        wait_for(lambda: schema.rows(WAITERS))
        kill_with_workers(process)
    wait_for(lambda: not schema.rows(WAITERS))
    assert schema.differences(dataset)  # the tables have it
    assert schema.rows("SELECT count(*), sum(flush_seq) FROM {}.deliveries") == keys

    done = cli.run(*ingest)
    assert (done.returncode, done.stderr) == (0, "")
    assert schema.differences(dataset) == {}


def test_what_concerns_no_file_is_what_the_last_job_of_each_repository_says(
    cli: Cli, repository: Path, tmp_path: Path, schema: PostgresSchema
) -> None:
    """A sink forgot what a repository's last job had said as soon as another repository was read."""
    dataset, other = tmp_path / "ds", tmp_path / "other"
    other.mkdir()
    (other / "b.py").write_text("b = 1\n")
    (other / ".gitignore").symlink_to(".gitignore")
    for root in (other, repository):
        options = ("-d", dataset, "-q", "--workers", 1, "--max-failures", 1, "--sink", schema.address)
        assert cli.run("ingest", root, *options).returncode == 0
        assert schema.rows("SELECT path FROM {}.errors WHERE file_id IS NULL") == [(".gitignore",)]
        assert schema.differences(dataset) == {}


def test_a_password_is_nowhere(
    cli: Cli, repository: Path, tmp_path: Path, server: PostgresServer, schema: PostgresSchema
) -> None:
    dataset, secret = tmp_path / "ds", "Geheimnis"
    with_secret = f"postgresql://anna:{secret}@127.0.0.1:{server.port}/postgres"
    refused = cli.run("ingest", repository, "-d", dataset, "--sink", with_secret)
    assert (refused.returncode, dataset.exists()) == (2, False)
    assert "the sink postgresql is given a password" in refused.stderr
    assert secret not in refused.stdout + refused.stderr
    shown = cli.run("config", "show", env=cli.environment | {"SNAKE_PIPE_SINKS": with_secret})
    assert (shown.returncode, secret in shown.stdout + shown.stderr) == (2, False)

    address = f"{server.address_with_password('postgres')}?schema={schema.name}"
    ingest = ("ingest", repository, "-d", dataset, "--workers", 1, "--sink", address)
    wrong = cli.run_alone(*ingest, env=cli.environment | {"PGPASSWORD": secret})
    assert wrong.returncode == 1
    assert "password authentication failed" in wrong.stderr
    right = cli.run_alone(*ingest, env=cli.environment | {"PGPASSWORD": PASSWORD})
    assert right.returncode == 0, right.stderr
    assert schema.differences(dataset) == {}
    for word in (secret, PASSWORD):
        assert word not in wrong.stdout + wrong.stderr + right.stderr
        state = [path for path in (*dataset.rglob("*"), *cli.home.rglob("*")) if path.is_file()]
        assert [path for path in state if word.encode() in path.read_bytes()] == []
