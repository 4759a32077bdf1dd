"""Options that are fields of dataclasses, as typer makes parameters of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import pytest
import typer

from snake_pipe.cli.option_groups import takes_groups


@dataclass(frozen=True)
class Place:
    folder: Annotated[str, typer.Option("--folder", "-f", metavar="DIR", help="Where.")] = "here"
    deep: Annotated[bool, typer.Option("--deep")] = False


@dataclass(frozen=True)
class FarPlace(Place):
    folder: Annotated[str, typer.Option("--folder", metavar="DIR", help="Where, far away.")] = "there"


given: list[object] = []


def near(*, name: Annotated[str, typer.Argument()], place: Place, count: int = 1) -> int:
    """Do it near."""
    given.append((name, place, count))
    return 3


def far(*, place: FarPlace) -> int:
    """Do it far away."""
    given.append(place)
    return 0


@pytest.fixture
def run():
    given.clear()
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command("near")(takes_groups(near))
    app.command("far")(takes_groups(far))
    return lambda *arguments: app(args=arguments, standalone_mode=False)


def test_options_come_together_in_their_group(run):
    assert run("near", "x", "-f", "lib", "--deep", "--count", "2") == 3
    assert given == [("x", Place("lib", deep=True), 2)]


def test_defaults_are_those_of_the_group(run):
    run("near", "x")
    run("far")
    assert given == [("x", Place("here", deep=False), 1), FarPlace("there", deep=False)]


def test_help_has_each_option_in_its_place(run, capsys):
    run("near", "--help")
    near_help = capsys.readouterr().out
    assert "Do it near." in near_help
    assert near_help.index("--folder") < near_help.index("--deep") < near_help.index("--count")
    run("far", "--help")
    assert "Where, far away." in capsys.readouterr().out
