"""What is offered at the cursor, without a shell around it."""

from __future__ import annotations

import pytest
import typer

from snake_pipe.cli.app import app, run
from snake_pipe.cli.completion import FILES, FOLDERS, complete, words_of_line
from snake_pipe.storage.local import LocalStorage
from snake_pipe.utils.checkpoint_manager import CheckpointData, CheckpointManager


@pytest.fixture
def offered():
    """The values that are offered for the last of some words."""

    def values(*words):
        root = typer.main.get_command(app).make_context("snake-pipe", [], resilient_parsing=True)
        return [value for value, _ in complete(root, words)]

    return values


def test_commands_and_those_within(offered):
    assert offered("in") == ["ingest"]
    assert offered("dialects", "") == ["check"]
    assert "_complete" not in offered("")


def test_options_that_can_still_be_given(offered):
    assert "--quiet" in offered("ingest", "--")
    assert "--quiet" not in offered("ingest", "-q", "--")
    assert offered("ingest", "--include", "a", "--incl") == ["--include"]  # it may be repeated
    assert offered("ingest", "--", "--q") == [":files"]


def test_values_of_options(offered):
    assert offered("ingest", "--preset", "la") == ["latency"]
    assert offered("ingest", "--preset=la") == ["--preset=latency"]
    assert offered("ingest", "--languages", "go,py") == ["go,python"]
    assert "go,go" not in offered("ingest", "--languages", "go,g")
    assert offered("ingest", "--batching", "by") == ["by-folder"]
    assert offered("ingest", "--sink-failures", "w") == ["warn"]
    assert "postgresql" in offered("ingest", "--sink", "")
    assert offered("ingest", "--processor", "none-of-this-name") == []
    assert offered("ingest", "--workers", "") == []
    assert offered("ingest", "--dataset", "") == [FOLDERS[0]]
    assert offered("ingest", "") == [FILES[0]]


def test_the_words_of_a_command_for_a_job(offered):
    assert offered("control", "pa") == ["pause"]
    assert "flush" in offered("control", "20261122-101530-4f9a1c", "")
    assert "max_latency=" in offered("control", "set", "")
    assert offered("control", "flush", "") == []


def test_jobs_of_the_dataset_that_is_given_the_newest_first(offered, tmp_path):
    (tmp_path / "dataset.json").touch()
    jobs = [f"2026112{day}-101530-4f9a1c" for day in range(3)]
    for job in jobs:
        CheckpointManager(LocalStorage(tmp_path)).save(CheckpointData(job, {}, {}))
    assert offered("status", "-d", str(tmp_path), "") == jobs[::-1]
    assert offered("status", f"--dataset={tmp_path}", "20261121") == jobs[1:2]
    assert offered("status", "-d", str(tmp_path / "none"), "") == []


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("snake-pipe ", ["snake-pipe", ""]),
        ("snake-pipe in", ["snake-pipe", "in"]),
        ("snake-pipe query 'SELECT 1", ["snake-pipe", "query", "SELECT 1"]),
        (r"snake-pipe ingest my\ trees", ["snake-pipe", "ingest", "my trees"]),
    ],
)
def test_lines_are_cut_as_a_shell_does(line, words):
    assert words_of_line(line) == words


def test_bash_gets_what_comes_after_the_sign_at_which_it_cuts(capsys):
    assert run(["_complete", "line", "--", "snake-pipe ingest --preset=la", "la"]) == 0
    assert capsys.readouterr().out.startswith("latency\t")
    assert run(["_complete", "line", "--", "snake-pipe ingest --preset=", "="]) == 0
    assert "\nlatency\t" in capsys.readouterr().out
