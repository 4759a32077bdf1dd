"""Values of options and arguments are what typer makes of them, whether it is asked or not."""

from __future__ import annotations

import subprocess
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import pytest
import typer
from typer.testing import CliRunner

from snake_pipe.cli.command_tree import Command


class Form(StrEnum):
    LONG = "long"
    SHORT = "short"


def double(value: str | None) -> str | None:
    return None if value is None else value * 2


def answer(cls: type | None, arguments: list[str]) -> tuple[int, str]:
    """What a command with all kinds of parameters is given, and its exit code."""
    app = typer.Typer(add_completion=False, rich_markup_mode=None)

    @app.command(cls=cls)
    def command(
        paths: Annotated[list[Path] | None, typer.Argument()] = None,
        name: Annotated[str | None, typer.Option()] = None,
        word: Annotated[str, typer.Option()] = "",
        names: Annotated[list[str] | None, typer.Option()] = None,
        folder: Annotated[Path, typer.Option()] = Path(),
        files: Annotated[list[Path] | None, typer.Option()] = None,
        count: Annotated[int, typer.Option(min=0, max=9)] = 5,
        many: Annotated[list[int] | None, typer.Option()] = None,
        limit: Annotated[float | None, typer.Option()] = None,
        form: Annotated[Form, typer.Option()] = Form.LONG,
        given: Annotated[bool | None, typer.Option("--given/--no-given")] = None,
        twice: Annotated[str | None, typer.Option(callback=double)] = None,
    ) -> None:
        print(dict(sorted(locals().items())))

    done = CliRunner().invoke(app, arguments)
    return done.exit_code, done.output


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["a", "b/c", ""],
        ["--name", "x", "--word", "y", "--names", "a,b", "--names", ""],
        ["--folder", "/", "--files", "x", "--files", "-"],
        ["--count", "3", "--many", "1", "--many", "2", "--limit", "2.5"],
        ["--count", "10"],
        ["--many", "x"],
        ["--form", "short", "--given"],
        ["--form", "wide"],
        ["--no-given", "--twice", "ab"],
    ],
)
def test_a_command_is_given_what_typer_gives(arguments: list[str]) -> None:
    assert answer(Command, arguments) == answer(None, arguments)


def test_what_is_required_is_asked_for() -> None:
    def complain(cls: type | None) -> list[tuple[int, str]]:
        app = typer.Typer(add_completion=False, rich_markup_mode=None)

        @app.command(cls=cls)
        def command(name: Annotated[str, typer.Argument()], other: Annotated[str, typer.Option()]) -> None:
            print(name, other)

        outcomes = [CliRunner().invoke(app, arguments) for arguments in ([], ["x"], ["x", "--other", "y"])]
        return [(done.exit_code, done.output) for done in outcomes]

    assert complain(Command) == complain(None)


def test_what_cannot_be_read_is_refused_as_by_typer(tmp_path: Path, monkeypatch: Any) -> None:
    (tmp_path / "closed").touch()
    monkeypatch.setattr("os.access", lambda *_, **__: False)
    arguments = ["--folder", str(tmp_path / "closed")]
    assert answer(Command, arguments) == answer(None, arguments)
    assert answer(Command, arguments)[0] == 2


def test_no_model_is_made_for_text(tmp_path: Path) -> None:
    """Each option of an ingestion had one, given or not: a fifth of a second."""
    code = (
        "import sys; from snake_pipe.cli.app import run\n"
        f"run(['status', '-d', {str(tmp_path)!r}]); print(*sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert "snake_pipe.cli.commands.status" in done.stdout
    assert "pydantic" not in done.stdout.split()
