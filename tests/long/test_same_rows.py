"""However a repository is worked on and wherever its dataset is kept, the rows are the same.

`LONG_REPOSITORY=PATH` names another repository than the one of several languages that is put together here.
What all of them found is printed (`-s`): the number of rows of each table, and a digest that heeds no order.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from testkit.changing import real_repository
from testkit.compared import differences, digests
from testkit.dask_cluster import RealCluster

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from testkit.command import Cli

SHARDS, DASK_WORKERS = 4, 2
_LONGEST = 1800.0
"""Seconds that a run may take: the repository may be large."""


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """The repository that is named, or packages of the standard library and samples of all languages."""
    named = os.environ.get("LONG_REPOSITORY")
    return Path(named).absolute() if named else real_repository(tmp_path / "sources")


@pytest.fixture
def cluster(tmp_path: Path, bucket: str) -> Iterator[RealCluster]:
    """Two workers, which have the keys to the bucket."""
    assert bucket
    (folder := tmp_path / "cluster").mkdir()
    real = RealCluster(folder)
    try:
        real.start_scheduler()
        for _ in range(DASK_WORKERS):
            real.start_worker()
        yield real
    finally:
        real.end()


def ingest(cli: Cli, sources: Path, dataset: str, runs: Sequence[Sequence[str]]) -> None:
    """Runs of the command with these options, all at the same time."""
    common = ("-d", dataset, "-q", "--max-failures", "1000000")
    started = [cli.start("ingest", sources, *common, *options) for options in runs]
    for run in started:
        _, told = run.communicate(timeout=_LONGEST)
        assert run.returncode == 0, told


@pytest.mark.timeout(7200)
def test_the_rows_are_the_same(
    cli: Cli, sources: Path, tmp_path: Path, bucket: str, cluster: RealCluster
) -> None:
    ways: dict[str, Sequence[Sequence[str]]] = {
        "1 process": [("--workers", "1")],
        "2 processes": [("--workers", "2")],
        f"Dask, {DASK_WORKERS} workers": [("--executor", cluster.address)],
        f"{SHARDS} shards at once": [
            ("--workers", "1", "--shard", f"{number}/{SHARDS}") for number in range(1, SHARDS + 1)
        ],
    }
    first: str | None = None
    for place in (str(tmp_path / "folder"), bucket):
        for number, (way, runs) in enumerate(ways.items()):
            dataset, began = f"{place}/{number}", time.monotonic()
            ingest(cli, sources, dataset, runs)
            seconds = time.monotonic() - began
            found = digests(dataset)
            if first is None:
                first, expected = dataset, found
                print(f"\n{sources}\n{'':25}" + "".join(f"{table:>13}" for table in found))
                print(f"{'rows':25}" + "".join(f"{count:13,}" for count, _ in found.values()))
            kept_in = "bucket" if place == bucket else "folder"
            print(f"{way}, {kept_in}".ljust(25) + "".join(map(_short, found.values())), f"{seconds:6.1f} s")
            assert found == expected, differences(first, dataset)
    assert first is not None
    assert differences(first, first) == {}, "no file has two rows"


def _short(digest: tuple[int, int | None]) -> str:
    """The last digits of it."""
    return f" {(digest[1] or 0) & 0xFFFF_FFFF_FFFF:012x}"
