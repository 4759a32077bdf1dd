"""What holds for every test."""

from __future__ import annotations

import gc
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

import testkit.samples  # noqa: F401 - the settings of Hypothesis, before any test is defined
from testkit.collected import COLLECTED, without_parameters
from testkit.order import long_ones_first
from testkit.places import PROJECT
from testkit.repositories import python_files

if TYPE_CHECKING:
    from collections.abc import Iterator

    from testkit.command import Cli
    from testkit.object_servers import ObjectServer

UNIT = Path(__file__).parent / "unit"
sys.path.append(str(PROJECT))
"""For `benchmarks`; at the end, as the program under test is the one that is installed."""


def pytest_configure() -> None:
    # What a shell starts in the background has SIGINT ignored, and hands that on to the commands under test.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    config.stash[COLLECTED] = {without_parameters(item.nodeid) for item in items}
    if (worker := getattr(config, "workerinput", None)) is not None:  # of xdist
        items[:] = long_ones_first(items, _is_of_a_unit, worker["workercount"])


def _is_of_a_unit(item: pytest.Item) -> bool:
    return item.path.is_relative_to(UNIT)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int | None:
    """Half as many again as cores: many tests wait for the processes that they start."""
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None  # xdist reads it
    return ((os.cpu_count() or 1) * 3 + 1) // 2


def pytest_collection_finish(session: pytest.Session) -> None:
    """Thousands of collected tests are no garbage: without them, each look for some is short."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def cli(tmp_path: Path) -> Iterator[Cli]:
    from testkit.command import Cli  # which few tests of units need

    home = tmp_path / "home"
    home.mkdir()
    cli = Cli(home)
    yield cli
    cli.clean_up()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Forty small files of Python, `m00.py` to `m39.py`."""
    return python_files(tmp_path / "repo", 40)


@pytest.fixture(scope="session")
def object_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectServer]:
    from testkit.object_servers import moto

    with moto(tmp_path_factory.mktemp("moto")) as server:
        yield server


@pytest.fixture
def bucket(object_server: ObjectServer, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of an empty place in a bucket, to which this process and its children have the keys."""
    from testkit.object_servers import BUCKET

    for name, value in object_server.environment.items():
        monkeypatch.setenv(name, value)
    return f"s3://{BUCKET}/{uuid4().hex[:8]}"
