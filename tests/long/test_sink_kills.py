"""A run with a sink, killed at random moments: the sink ends with the rows of the tables, none twice."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import time
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

from snake_pipe.api import connect
from testkit.installed_plugins import install
from testkit.killed_runs import change_some, kill_some

if TYPE_CHECKING:
    from pathlib import Path

    from testkit.command import Cli

KILLS = int(os.environ.get("LONG_KILLS", "10"))
SEED = int(os.environ.get("LONG_SEEDS", "1").split()[0])
_LONGEST = 4.0
"""Seconds within which a run is killed."""


def in_tables(dataset: Path) -> Counter[tuple[str, str]]:
    with connect(dataset) as connection:
        sql = "SELECT path, s.name FROM symbols s JOIN files USING (file_id)"
        return Counter(connection.execute(sql).fetchall())


def in_sink(path: Path) -> Counter[tuple[str, str]]:
    with sqlite3.connect(path) as database:
        sql = "SELECT path, s.name FROM symbols s JOIN files USING (file_id)"
        return Counter(database.execute(sql).fetchall())


def test_a_run_that_is_killed_anywhere_leaves_the_sink_with_the_rows_of_the_tables(
    cli: Cli, tmp_path: Path
) -> None:
    site, root, dataset = install(tmp_path / "site"), tmp_path / "repo", tmp_path / "ds"
    chance = random.Random(SEED)
    sink = ("--sink", f"sqlite={tmp_path / 'trees.db'}")
    path = os.pathsep.join(filter(None, (str(site), cli.environment.get("PYTHONPATH"))))
    environment = cli.environment | {"PYTHONPATH": path}
    settings = ("--set", "flush_interval=0.05", "--set", "batch_size=5", "--workers", "2", "-q")
    change_some(root, chance, 0)
    killed = 0
    for step in range(1, KILLS + 1):
        change_some(root, chance, step)
        run = cli.start("ingest", root, "-d", dataset, *sink, *settings, env=environment)
        with suppress(subprocess.TimeoutExpired):
            run.wait(timeout=chance.uniform(0.3, _LONGEST))
        if run.returncode is None:
            kill_some(run, chance)
            killed += 1
        if chance.random() < 0.5:
            change_some(root, chance, -step)
        done = cli.run_alone("ingest", root, "-d", dataset, *sink, *settings, env=environment)
        assert done.returncode == 0, done.stderr
        assert in_sink(tmp_path / "trees.db") == in_tables(dataset), f"seed {SEED}, step {step}"
    print(f"seed {SEED}: {killed} of {KILLS} runs were killed, {time.process_time():.0f} s")
    assert killed
