"""The commands of the page about Iceberg as a sink, run as they are written, print what the page says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from testkit.played_pages import HOW_TO, play, with_programs

if TYPE_CHECKING:
    from pathlib import Path

    from testkit.command import Cli


def test_iceberg(cli: Cli, tmp_path: Path) -> None:
    assert play(HOW_TO / "iceberg.md", tmp_path / "page", with_programs(cli)) == 2
