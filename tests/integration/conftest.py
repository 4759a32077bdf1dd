"""Real processes, real datasets: what the integration tests share."""

from __future__ import annotations

import shutil
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import snake_pipe
from testkit import compared
from testkit.samples import WITH_ALL

if TYPE_CHECKING:
    from collections.abc import Callable

STDLIB = Path(sysconfig.get_paths()["stdlib"])
LARGEST_SOURCE = 10_000
"""Bytes, in the sample; all samples have files of any size."""


@pytest.fixture(scope="session")
def python_sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some 240 small files of the standard library, in folders, 750 kB; of any size with all samples."""
    root = tmp_path_factory.mktemp("sources")
    packages = "asyncio concurrent email importlib json lib2to3 unittest xml test/test_json".split()
    inside = (path for package in packages for path in (STDLIB / package).rglob("*.py"))
    for path in (*STDLIB.glob("[a-t]*.py"), *inside):
        if WITH_ALL or path.stat().st_size <= LARGEST_SOURCE:
            target = root / path.relative_to(STDLIB)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
    return root


@pytest.fixture(scope="session")
def undisturbed(python_sources: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The dataset of an ingestion of `python_sources` that nothing happened to."""
    result = snake_pipe.ingest(
        python_sources, dataset=tmp_path_factory.mktemp("undisturbed") / "ds", worker_count=2
    )
    assert (result.status, result.statistics.files_failed) == ("done", 0)
    return Path(result.dataset)


@pytest.fixture(scope="session")
def differences() -> Callable[[Path, Path], dict[str, int]]:
    """Rows that are in one dataset and not in the other, by table; empty if they say the same."""
    return compared.differences
