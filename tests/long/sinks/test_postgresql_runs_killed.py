"""Runs with PostgreSQL as a sink, killed again and again: it ends with the rows of the tables, none twice.

Half of them are killed when a flush is committed and its delivery has begun, the others anywhere. Between
runs, files are written anew, added and removed. `LONG_KILLS` says how many are killed.
"""

from __future__ import annotations

import os
import random
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from testkit.killed_runs import change_some, kill_some
from testkit.postgres_tables import WAITERS
from testkit.waiting import wait_for

if TYPE_CHECKING:
    from pathlib import Path

    from testkit.command import Cli
    from testkit.postgres_tables import PostgresSchema

KILLS = int(os.environ.get("LONG_KILLS", "20"))
SEED = int(os.environ.get("LONG_SEEDS", "1").split()[0])
_LONGEST = 2.0
"""Seconds within which a run is killed that is killed anywhere."""


@pytest.mark.timeout(7200)
def test_runs_that_are_killed_before_they_have_delivered(
    cli: Cli, tmp_path: Path, schema: PostgresSchema
) -> None:
    root, dataset = tmp_path / "repo", tmp_path / "ds"
    chance = random.Random(SEED)
    settings = ("--set", "flush_interval=0.05", "--set", "batch_size=5", "--workers", "2", "-q")
    ingest = ("ingest", root, "-d", dataset, "--sink", schema.address, *settings)
    change_some(root, chance, 0)
    assert cli.run_alone(*ingest).returncode == 0
    committed = anywhere = step = 0
    while committed + anywhere < KILLS:
        step += 1
        change_some(root, chance, step)
        if chance.random() < 0.5:
            with schema.undeliverable():
                run = cli.start(*ingest)
                wait_for(lambda: schema.rows(WAITERS))
                kill_some(run, chance)
                assert schema.differences(dataset), "what is committed is not delivered yet"
            committed += 1
        else:
            run = cli.start(*ingest)
            with suppress(subprocess.TimeoutExpired):
                run.wait(timeout=chance.uniform(0.3, _LONGEST))
            if run.returncode is None:
                kill_some(run, chance)
                anywhere += 1
        if chance.random() < 0.5:
            change_some(root, chance, -step)
        done = cli.run_alone(*ingest)
        assert done.returncode == 0, done.stderr
        assert schema.differences(dataset) == {}, f"seed {SEED}, step {step}"
    print(f"seed {SEED}: {committed} runs killed between flush and sink, {anywhere} anywhere")
