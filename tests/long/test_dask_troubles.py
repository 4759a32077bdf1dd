"""A Dask cluster on two hosts, in trouble: the same rows after at most one resume, poison files quarantined.

The hosts are network namespaces with a cable between them; the scheduler and the command are on one, workers
on both. LONG_WORKER_KILLS, LONG_SCHEDULER_KILLS and LONG_CUTS say how many rounds of each there are,
LONG_CUT_SECONDS for how long a cable is cut, LONG_FILES how many files there are.
"""

from __future__ import annotations

import os
import random
import re
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psutil
import pytest

from testkit.compared import differences
from testkit.dask_cluster import RealCluster
from testkit.repositories import python_files
from testkit.tables import rows, value
from testkit.two_hosts import FAR, NEAR, cut_cable, two_hosts
from testkit.waiting import wait_for

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from testkit.command import Cli

pytestmark = [pytest.mark.root, pytest.mark.timeout(1200)]

FILES = int(os.environ.get("LONG_FILES", "300"))
CUT_SECONDS = float(os.environ.get("LONG_CUT_SECONDS", "30"))
LONGEST = 600.0
"""Seconds that a run may take, whatever happens to it."""
POISON = {"slow0.rs", "slow1.rs", "slow2.rs"}
FILE_SECONDS = 3.0
"""A file's time: enough for others where many processes share a processor, a quarter of what poison needs."""
SETTINGS = (
    "--set",
    "queue_sizes=python=2",
    "--file-timeout",
    f"{FILE_SECONDS:g}",
    "--flush-interval",
    "100ms",
)


def rounds(name: str, default: int) -> range:
    return range(int(os.environ.get(name, default)))


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = python_files(tmp_path_factory.mktemp("troubles") / "repo", FILES)
    for name in POISON:  # a parser holds the interpreter's lock over it for longer than its time
        (root / name).write_text('"a" ' * 320_000)
    return root


@pytest.fixture(scope="module")
def undisturbed(repository: Path) -> Path:
    """The dataset of a run by processes of this machine."""
    import snake_pipe

    dataset = repository.parent / "undisturbed"
    snake_pipe.ingest(
        repository, dataset=dataset, file_timeout_seconds=FILE_SECONDS, max_failures=len(POISON)
    )
    return dataset


@contextmanager
def cluster_on_two_hosts(folder: Path) -> Iterator[RealCluster]:
    """A scheduler and a worker here, another worker there; two threads each."""
    folder.mkdir()
    with two_hosts() as there:
        cluster = RealCluster(folder, host=NEAR)
        try:
            cluster.start_scheduler()
            cluster.start_worker("--host", NEAR, threads=2)
            cluster.start_worker("--host", FAR, threads=2, before=there)
            yield cluster
        finally:
            cluster.end()


def run_in_trouble(
    cli: Cli, repository: Path, folder: Path, seed: int, trouble: Callable[[RealCluster], None]
) -> int:
    """Ingest, and let a trouble come at a random moment; how often it had to be resumed."""
    chance, dataset = random.Random(seed), folder / "ds"
    with cluster_on_two_hosts(folder / "cluster") as cluster:
        process = cli.start("ingest", repository, "-d", dataset, "--executor", cluster.address, *SETTINGS)
        wait_until_committed(process, dataset, chance.randint(1, FILES // 2))
        trouble(cluster)
        _, error = process.communicate(timeout=LONGEST)
        assert process.returncode in (1, 3), error
        if process.returncode == 3:
            return 0
        resume = re.search(r"snake-pipe resume (\S+)", error)
        assert resume is not None, error
        done = cli.run_alone("resume", resume[1], "-d", dataset, "--executor", "process")
        assert done.returncode == 3, done.stderr
        return 1


def wait_until_committed(process: subprocess.Popen[str], dataset: Path, least: int) -> None:
    def is_so() -> bool:
        assert process.poll() is None, process.communicate()
        return (dataset / "dataset.json").exists() and value(dataset) >= least

    wait_for(is_so)


def check(undisturbed: Path, dataset: Path) -> None:
    quarantined = rows(dataset, "SELECT path FROM files WHERE status = 'quarantined'")
    assert {path for (path,) in quarantined} == POISON
    assert differences(undisturbed, dataset) == {}


@pytest.mark.parametrize("seed", rounds("LONG_WORKER_KILLS", 20))
def test_a_worker_killed(cli: Cli, repository: Path, undisturbed: Path, tmp_path: Path, seed: int) -> None:
    def kill_one(cluster: RealCluster) -> None:
        nanny = random.Random(seed).choice(cluster.workers)
        python = [p for p in psutil.Process(nanny.pid).children() if "spawn_main" in " ".join(p.cmdline())]
        python[0].kill()

    resumes = run_in_trouble(cli, repository, tmp_path, seed, kill_one)
    assert resumes == 0, "the other worker could have gone on"
    check(undisturbed, tmp_path / "ds")


@pytest.mark.parametrize("seed", rounds("LONG_SCHEDULER_KILLS", 5))
def test_the_scheduler_killed(
    cli: Cli, repository: Path, undisturbed: Path, tmp_path: Path, seed: int
) -> None:
    resumes = run_in_trouble(cli, repository, tmp_path, seed, RealCluster.kill_scheduler)
    assert resumes == 1
    check(undisturbed, tmp_path / "ds")


@pytest.mark.parametrize("seed", rounds("LONG_CUTS", 5))
def test_the_cable_cut(cli: Cli, repository: Path, undisturbed: Path, tmp_path: Path, seed: int) -> None:
    def cut(_: RealCluster) -> None:
        with cut_cable():
            time.sleep(CUT_SECONDS)

    assert run_in_trouble(cli, repository, tmp_path, seed, cut) <= 1
    check(undisturbed, tmp_path / "ds")
