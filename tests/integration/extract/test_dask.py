"""A real Dask scheduler and workers: the same rows, and nothing of a cluster's troubles in them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import psutil
import pytest

from testkit.dask_cluster import RealCluster
from testkit.repositories import python_files
from testkit.tables import rows, value
from testkit.waiting import wait_for

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from testkit.command import Cli

ONE_BY_ONE = ("--set", "queue_sizes=python=1", "--set", "flush_interval=50ms")
"""Many small batches and commits: something is always under way."""


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[RealCluster]:
    """A scheduler, to which each test starts the workers that it needs."""
    (folder := tmp_path / "cluster").mkdir()
    real = RealCluster(folder)
    try:
        real.start_scheduler()
        yield real
    finally:
        real.end()


def test_the_same_rows_and_a_file_that_ends_its_worker_is_quarantined(
    cli: Cli, cluster: RealCluster, tmp_path: Path, differences: Callable[[Path, Path], dict[str, int]]
) -> None:
    cluster.start_worker(threads=2)
    root = python_files(tmp_path / "repo", 60)
    (root / "slow.rs").write_text('"a" ' * 80_000)  # holds the interpreter's lock for longer than its time
    options = ("-d", tmp_path / "far", "--file-timeout", "1", "--executor", cluster.address)
    done = cli.run_alone("ingest", root, *options)
    assert done.returncode == 3, done.stderr
    assert rows(tmp_path / "far", "SELECT path, status, reason FROM files WHERE status <> 'ok'") == [
        ("slow.rs", "quarantined", "timeout")
    ]
    assert value(tmp_path / "far", "SELECT min(worker) FROM batches").startswith("127.0.0.1:")
    near = cli.run_alone("ingest", root, "-d", tmp_path / "near", "--file-timeout", "1", "--workers", "2")
    assert near.returncode == 3, near.stderr
    assert differences(tmp_path / "near", tmp_path / "far") == {}
    # Its processes keep what they free, unlike Dask's own: giving it back at once costs a fifth more time.
    assert "MALLOC_TRIM_THRESHOLD_" in _dask_worker(cluster).environ()
    (server,) = _fork_servers(cluster)
    assert "MALLOC_TRIM_THRESHOLD_" not in server.environ()
    # Nothing of the run stays with the workers, and no worker died of it.
    wait_for(lambda: not _batch_processes(cluster))
    assert "Restarting worker" not in cluster.said("worker-0")


def test_lost_workers_cost_nothing_and_a_lost_scheduler_a_resume(
    cli: Cli,
    cluster: RealCluster,
    tmp_path: Path,
    differences: Callable[[Path, Path], dict[str, int]],
) -> None:
    cluster.start_worker(threads=2)
    root, dataset = python_files(tmp_path / "repo", 100), tmp_path / "ds"
    process = cli.start("ingest", root, "-d", dataset, "--executor", cluster.address, *ONE_BY_ONE)
    _wait_for_commits(process, dataset, 3)
    _dask_worker(cluster).kill()
    _wait_for_commits(process, dataset, 3)
    cluster.kill_scheduler()
    _, error = process.communicate(timeout=120)
    assert process.returncode == 1, error
    assert "the Dask scheduler at" in error
    assert "is gone" in error
    resume = re.search(r"snake-pipe resume (\S+)", error)
    assert resume is not None, error
    done = cli.run_alone("resume", resume[1], "-d", dataset, "--executor", "process")
    assert done.returncode == 0, done.stderr
    assert cli.run_alone("ingest", root, "-d", tmp_path / "whole").returncode == 0
    assert differences(tmp_path / "whole", dataset) == {}


def test_workers_that_must_not_take_part_are_named(cli: Cli, cluster: RealCluster, tmp_path: Path) -> None:
    root = python_files(tmp_path / "repo", 3)
    run = ("ingest", root, "--executor", cluster.address, "-d")
    (older := tmp_path / "older").mkdir()
    (older / "sitecustomize.py").write_text("import snake_pipe.version as v\nv.__version__ = '0.0.1'\n")
    cluster.start_worker("--no-nanny")  # which may
    cluster.start_worker(
        "--no-nanny", env={"PYTHONPATH": f"{older}:{cluster.environment.get('PYTHONPATH', '')}"}
    )
    refused = cli.run_alone(*run, tmp_path / "ds1")
    assert refused.returncode == 2, refused.stderr
    assert re.search(r"Dask worker tcp://\S+ cannot take part: snake-pipe is 0.0.1 there", refused.stderr)
    assert value(tmp_path / "ds1") == 0


@pytest.mark.root
def test_input_that_a_worker_does_not_see_is_refused(cli: Cli, cluster: RealCluster, tmp_path: Path) -> None:
    root = python_files(tmp_path / "repo", 3)
    hide = f'mount -t tmpfs none {root} && exec "$@"'
    cluster.start_worker("--no-nanny", before=("unshare", "--mount", "sh", "-c", hide, "sh"))
    refused = cli.run_alone("ingest", root, "--executor", cluster.address, "-d", tmp_path / "ds")
    assert refused.returncode == 2, refused.stderr
    assert re.search(rf"cannot take part: does not see {root}\S+ as it is here", refused.stderr)
    assert value(tmp_path / "ds") == 0


def test_a_scheduler_that_does_not_answer_is_waited_for_no_longer_than_asked(
    cli: Cli, tmp_path: Path
) -> None:
    root = python_files(tmp_path / "repo", 1)
    options = ("--executor", "dask://127.0.0.1:1", "--set", "cluster_timeout_seconds=1s")
    refused = cli.run_alone("ingest", root, "-d", tmp_path / "ds", *options)
    assert refused.returncode == 1, refused.stderr
    assert "no Dask scheduler answers at tcp://127.0.0.1:1 within 1 s" in refused.stderr


def _wait_for_commits(process: subprocess.Popen[str], dataset: Path, more: int) -> None:
    """Wait until files were committed so many times more."""
    log = dataset / "files" / "_delta_log"

    def newest() -> int:
        return max((int(entry.stem) for entry in log.glob("[0-9]*.json")), default=0)

    wanted = newest() + more

    def is_so() -> bool:
        assert process.poll() is None, process.communicate()
        return newest() >= wanted

    wait_for(is_so)


def _dask_worker(cluster: RealCluster) -> psutil.Process:
    """The process of the first Dask worker, below its nanny."""
    (nanny,) = cluster.workers
    return next(
        child for child in psutil.Process(nanny.pid).children() if "spawn_main" in " ".join(child.cmdline())
    )


def _fork_servers(cluster: RealCluster) -> list[psutil.Process]:
    """From which the processes of runs are forked."""
    return [child for child in _dask_worker(cluster).children() if "forkserver" in " ".join(child.cmdline())]


def _batch_processes(cluster: RealCluster) -> list[psutil.Process]:
    """Processes of runs."""
    return [process for server in _fork_servers(cluster) for process in server.children()]
