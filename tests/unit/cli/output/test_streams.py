"""What is told to people is no command to whatever reads it."""

from __future__ import annotations

import pytest

from snake_pipe.cli.output.streams import tell
from testkit.github_runner import read_log

NAMES = [
    "::error file=a::b.py:1: no",
    "  ::stop-commands::token",
    "a ##[add-mask]b ###[error]",
    "fine\n::debug::on the second line",
    "src/a::b.py",
]


@pytest.mark.parametrize("text", NAMES)
def test_a_runner_of_github_finds_no_command_in_it(monkeypatch, capsys, text):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    tell(text)
    told = capsys.readouterr().err
    log = read_log(told.splitlines())
    assert log.commands == []
    assert told.replace("\\", "") == f"{text}\n"


@pytest.mark.parametrize("text", NAMES)
def test_elsewhere_it_stays_as_it_is(monkeypatch, capsys, text):
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    tell(text)
    assert capsys.readouterr().err == f"{text}\n"
