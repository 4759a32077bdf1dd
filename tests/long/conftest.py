"""What takes minutes by its nature."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from testkit.command import Cli

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def cli(tmp_path: Path) -> Iterator[Cli]:
    home = tmp_path / "home"
    home.mkdir()
    cli = Cli(home)
    yield cli
    cli.clean_up()
