"""Whatever happens to a repository between runs, its dataset is that of a fresh ingestion."""

from __future__ import annotations

import os
import random
import time
from typing import TYPE_CHECKING

import pytest

from testkit.changing import ChangingRepository, real_repository
from testkit.compared import differences
from testkit.processes import kill_with_workers

if TYPE_CHECKING:
    from pathlib import Path

    from testkit.command import Cli

STEPS = int(os.environ.get("LONG_STEPS", "100"))
SEEDS = [int(seed) for seed in os.environ.get("LONG_SEEDS", "1").split()]
COMPARED_EVERY = 10
SMALL_STEPS = ("--set", "batch_size=8", "--set", "target_seconds=0.15", "--flush-interval", "0.1")
PROBLEMS = (0, 3)
"""How a run ends that is done, also where files of the repository fail."""


@pytest.mark.timeout(0)
@pytest.mark.parametrize("seed", SEEDS)
def test_the_rows_are_those_of_a_fresh_ingestion(cli: Cli, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    root, dataset = real_repository(tmp_path / "repo"), tmp_path / "tables"
    changing, done = ChangingRepository(root, random.Random(seed)), []
    kills = runs = 0
    for number in range(1, STEPS + 1):
        if chance.random() < 0.08:
            done.append(killed(cli, root, dataset, chance))
            kills += 1
        else:
            done.append(changing.step())
        print(f"seed {seed}, step {number}: {done[-1]}", flush=True)
        if chance.random() < 0.3 or number % COMPARED_EVERY == 0:
            run = cli.run("ingest", root, "-d", dataset, "--workers", 1)
            assert run.returncode in PROBLEMS, run.stderr
            runs += 1
        if number % COMPARED_EVERY == 0:
            fresh = tmp_path / f"fresh{number}"
            assert cli.run("ingest", root, "-d", fresh, "--workers", 1).returncode in PROBLEMS
            assert differences(fresh, dataset) == {}, done[-COMPARED_EVERY:]
    print(f"seed {seed}: {STEPS} steps, {runs} runs, {kills} kills: as fresh after each {COMPARED_EVERY}")


def killed(cli: Cli, root: Path, dataset: Path, chance: random.Random) -> str:
    """An ingestion that is killed at some moment and resumed, if it had begun and not ended."""
    process = cli.start("ingest", root, "-d", dataset, "--workers", 2, *SMALL_STEPS)
    assert process.stderr
    process.stderr.readline()  # which names the job
    seconds = chance.uniform(0, 0.7)
    time.sleep(seconds)  # any moment will do
    kill_with_workers(process)
    resumed = cli.run("resume", "--last", "-d", dataset)
    nothing_to_do = resumed.returncode == 2 and ("no job" in resumed.stderr or "is done" in resumed.stderr)
    assert resumed.returncode in PROBLEMS or nothing_to_do or not dataset.exists(), resumed.stderr
    return f"killed after {seconds:.2f} s, resumed: {resumed.returncode}"
