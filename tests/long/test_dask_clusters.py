"""Dask clusters of other kinds: with certificates, with workers that come and go, with one that is paused."""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from testkit.compared import differences
from testkit.dask_cluster import LOOPBACK, RealCluster
from testkit.repositories import python_files
from testkit.tables import rows, value
from testkit.waiting import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from testkit.command import Cli

pytestmark = pytest.mark.timeout(600)

SLOWLY = ("--set", "queue_sizes=python=1", "--set", "flush_interval=50ms")
PAUSED = {"DASK_DISTRIBUTED__WORKER__MEMORY__PAUSE": "0.000001"}
OTHER_HOST = "127.0.0.2"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return python_files(tmp_path / "repo", 60)


@pytest.fixture
def by_processes(cli: Cli, repository: Path, tmp_path: Path) -> Path:
    """The dataset of a run by processes of this machine."""
    done = cli.run_alone("ingest", repository, "-d", tmp_path / "near")
    assert done.returncode == 0, done.stderr
    return tmp_path / "near"


@contextmanager
def started(folder: Path, environment: Mapping[str, str], scheme: str = "tcp") -> Iterator[RealCluster]:
    folder.mkdir()
    cluster = RealCluster(folder, scheme=scheme)
    cluster.environment = {**cluster.environment, **environment}
    try:
        cluster.start_scheduler()
        yield cluster
    finally:
        cluster.end()


def test_a_cluster_with_certificates(cli: Cli, repository: Path, by_processes: Path, tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test"]
    subprocess.run([*make, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    tls = {"DASK_DISTRIBUTED__COMM__TLS__CA_FILE": str(certificate)}
    for role in ("SCHEDULER", "WORKER", "CLIENT"):
        tls[f"DASK_DISTRIBUTED__COMM__TLS__{role}__CERT"] = str(certificate)
        tls[f"DASK_DISTRIBUTED__COMM__TLS__{role}__KEY"] = str(key)
    with started(tmp_path / "cluster", tls, "tls") as cluster:
        cluster.start_worker(threads=2)
        run = ("ingest", repository, "-d", tmp_path / "far", "--executor", cluster.address)
        refused = cli.run_alone(*run, "--set", "cluster_timeout_seconds=5s")  # without them
        assert refused.returncode == 1, refused.stderr
        assert "certificate" in refused.stderr or "TLS" in refused.stderr
        done = cli.run_alone(*run, env={**cli.environment, **tls})
        assert done.returncode == 0, done.stderr
    assert differences(by_processes, tmp_path / "far") == {}


def test_workers_that_come_and_leave_gracefully(
    cli: Cli, repository: Path, by_processes: Path, tmp_path: Path
) -> None:
    """As an adaptive cluster has them: none before there is work, and each may be told to leave."""
    from distributed import LocalCluster

    dataset = tmp_path / "far"
    with LocalCluster(
        n_workers=0,
        threads_per_worker=1,
        dashboard_address=f"{LOOPBACK}:0",
        host=LOOPBACK,
        local_directory=str(tmp_path),
    ) as cluster:
        cluster.adapt(minimum=0, maximum=3, interval="200ms", wait_count=2)
        address = cluster.scheduler_address.replace("tcp", "dask", 1)
        process = cli.start("ingest", repository, "-d", dataset, "--executor", address, *SLOWLY)
        seen: set[str] = set()
        for least in (10, 25, 40):
            _wait_until_committed(process, dataset, least)
            seen |= set(cluster.scheduler.workers)
            for leaving in list(cluster.scheduler.workers)[:1]:
                cluster.sync(cluster.scheduler.retire_workers, workers=[leaving], close_workers=True)
        _, error = process.communicate(timeout=300)
        assert process.returncode == 0, error
        assert len(seen) > 1
        wait_for(lambda: not cluster.scheduler.workers)  # nothing of the run keeps them
    assert differences(by_processes, dataset) == {}


def test_a_paused_worker_gets_nothing(cli: Cli, repository: Path, by_processes: Path, tmp_path: Path) -> None:
    dataset = tmp_path / "far"
    with started(tmp_path / "cluster", {}) as cluster:
        cluster.start_worker("--host", LOOPBACK, threads=2)
        cluster.start_worker("--host", OTHER_HOST, threads=2, env=PAUSED)
        wait_for(lambda: "Pausing worker" in cluster.said("worker-1"))
        done = cli.run_alone("ingest", repository, "-d", dataset, "--executor", cluster.address, *SLOWLY)
        assert done.returncode == 0, done.stderr
    assert rows(dataset, "SELECT DISTINCT split_part(worker, ':', 1) FROM batches") == [(LOOPBACK,)]
    assert differences(by_processes, dataset) == {}


def _wait_until_committed(process: subprocess.Popen[str], dataset: Path, least: int) -> None:
    def is_so() -> bool:
        assert process.poll() is None, process.communicate()
        return (dataset / "dataset.json").exists() and value(dataset) >= least

    wait_for(is_so)
