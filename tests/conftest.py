"""What holds for every test."""

from __future__ import annotations

import gc
import os
import signal
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from testkit.collected import COLLECTED, without_parameters
from testkit.repositories import python_files

if TYPE_CHECKING:
    from pathlib import Path

# No test may depend on how fast the machine is, so no example has a deadline.
_ANY_MACHINE = settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
settings.register_profile("sample", _ANY_MACHINE, max_examples=25)
settings.register_profile("all", _ANY_MACHINE, max_examples=300)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--all-samples",
        action="store_true",
        help="sweeps go through all they have, and Hypothesis through many examples; else both take a sample",
    )


def pytest_configure(config: pytest.Config) -> None:
    is_all = config.getoption("all_samples")
    settings.load_profile("all" if is_all else "sample")
    os.environ["ALL_SAMPLES"] = "1" if is_all else ""
    # What a shell starts in the background has SIGINT ignored, and hands that on to the commands under test.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    config.stash[COLLECTED] = {without_parameters(item.nodeid) for item in items}


def pytest_collection_finish(session: pytest.Session) -> None:
    """Thousands of collected tests are no garbage: without them, each look for some is short."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Forty small files of Python, `m00.py` to `m39.py`."""
    return python_files(tmp_path / "repo", 40)
