"""Whatever happens to a repository between runs, its dataset and `diff` are those of fresh ones."""

from __future__ import annotations

import json
import os
import random
import shutil
import time
from collections import Counter
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from testkit.changing import ChangingRepository, real_repository
from testkit.compared import differences
from testkit.processes import kill_with_workers
from testkit.tables import rows, value

if TYPE_CHECKING:
    from pathlib import Path

    from testkit.command import Cli

STEPS = int(os.environ.get("LONG_STEPS", "100"))
SEEDS = [int(seed) for seed in os.environ.get("LONG_SEEDS", "1").split()]
COMPARED_EVERY = 10
KEPT = ("--keep-runs", "1000")
SMALL_STEPS = (*KEPT, "--set", "batch_size=8", "--set", "target_seconds=0.15", "--flush-interval", "0.1")
PROBLEMS = (0, 3)
"""How a run ends that is done, also where files of the repository fail."""


@pytest.mark.timeout(0)
@pytest.mark.parametrize("seed", SEEDS)
def test_the_rows_are_those_of_a_fresh_ingestion(cli: Cli, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    root, dataset = real_repository(tmp_path / "repo"), tmp_path / "tables"
    changing, done = ChangingRepository(root, random.Random(seed)), []
    before: tuple[Path, str] | None = None
    kills = runs = 0
    for number in range(1, STEPS + 1):
        if chance.random() < 0.08:
            done.append(killed(cli, root, dataset, chance))
            kills += 1
        else:
            done.append(changing.step())
        print(f"seed {seed}, step {number}: {done[-1]}", flush=True)
        if chance.random() < 0.3 or number % COMPARED_EVERY == 0:
            job = ingest(cli, root, dataset)
            runs += 1
        if number % COMPARED_EVERY == 0:
            fresh = tmp_path / f"fresh{number}"
            ingest(cli, root, fresh)
            assert differences(fresh, dataset) == {}, done[-COMPARED_EVERY:]
            if before is not None:
                assert_diff_is_that_of(before[0], fresh, told(cli, dataset, before[1], job))
                shutil.rmtree(before[0])
            before = (fresh, job)
    print(f"seed {seed}: {STEPS} steps, {runs} runs, {kills} kills: as fresh after each {COMPARED_EVERY}")


def ingest(cli: Cli, root: Path, dataset: Path) -> str:
    """The id of the run, whose state is kept as long as it is asked for."""
    run = cli.run("ingest", root, "-d", dataset, "--workers", 1, *KEPT)
    assert run.returncode in PROBLEMS, run.stderr
    return run.stderr.split()[1]


def told(cli: Cli, dataset: Path, before: str, after: str) -> list[dict[str, str | None]]:
    """What `diff` says of two runs."""
    done = cli.run("diff", "--from", before, "--to", after, "-d", dataset, "--format", "json")
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def assert_diff_is_that_of(before: Path, after: Path, diff: list[dict[str, str | None]]) -> None:
    """Fresh datasets of both moments say which files came, went and changed, and how many symbols."""
    sql = "SELECT path, sha256 FROM files WHERE container_id IS NULL"
    old, new = (dict(rows(dataset, sql)) for dataset in (before, after))
    files = [row for row in diff if row["item"] == "file"]
    came = sorted(str(row["path"]) for row in files if row["change"] in ("added", "moved"))
    went = sorted(str(row["path_before"]) for row in files if row["change"] in ("removed", "moved"))
    assert (came, went) == (sorted(new.keys() - old.keys()), sorted(old.keys() - new.keys()))
    changed = {row["path"] for row in files if row["change"] == "changed"}
    assert changed == {path for path in old.keys() & new.keys() if old[path] != new[path]}
    moved = Counter(old[path] for path in went) & Counter(new[path] for path in came)
    moved.pop(sha256().hexdigest(), None)  # an empty file has no content to be known by
    assert sum(row["change"] == "moved" for row in files) == moved.total()
    for item, table in (("symbol", "symbols"), ("import", "imports")):
        counts = Counter(row["change"] for row in diff if row["item"] == item)
        more = value(after, f"SELECT count(*) FROM {table}") - value(before, f"SELECT count(*) FROM {table}")
        assert counts["added"] - counts["removed"] == more


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
