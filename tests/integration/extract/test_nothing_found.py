"""Runs that find no file to read: a mistake in whole folders, a quiet day in a list."""

from __future__ import annotations

import pytest

import snake_pipe
from testkit.repositories import git, write


@pytest.fixture
def ignored(tmp_path):
    """A repository of which a stray rule ignores everything."""
    root = write(tmp_path / "r", "a.py", "src/b.py")
    git(root, "init", "-q")
    (root / ".gitignore").write_text("# all\n/*\n")
    return root


def test_it_says_why_and_fails_unless_that_is_allowed(cli, ignored):
    """It ended with 0, and a nightly job went on for weeks without a file."""
    done = cli.run("ingest", ignored)
    assert done.returncode == 2
    assert "left out 1 folder and 2 files by ignore rules: .gitignore:2 /*" in done.stderr
    assert "snake-pipe: no file to read: 3 ignored, by .gitignore:2 /*\n" in done.stderr
    quiet = cli.run("ingest", ignored, "-q")
    assert quiet.stderr == "snake-pipe: no file to read: 3 ignored, by .gitignore:2 /*\n"
    allowed = cli.run("ingest", ignored, "--allow-empty")
    assert (allowed.returncode, "no file to read" in allowed.stderr) == (0, False)
    assert cli.run("ingest", ignored, "--no-gitignore").returncode == 0


def test_lists_and_named_files_may_be_empty(cli, ignored):
    """`git diff` names nothing on a quiet day, and a hook whatever was changed."""
    assert cli.run("ingest", "--files-from", "-", cwd=ignored, input="").returncode == 0
    (ignored / "notes.txt").write_text("x")
    assert cli.run("ingest", ignored / "notes.txt").returncode == 0


def test_a_repository_whose_files_are_all_gone(cli, tmp_path):
    """It may be a mount that is missing: the rows stay, until --full says that it is meant."""
    root = write(tmp_path / "r", "a.py")
    dataset = tmp_path / "d"
    assert cli.run("ingest", root, "-d", dataset).returncode == 0
    (root / "a.py").unlink()
    kept = cli.run("ingest", root, "-d", dataset)
    assert kept.returncode == 2
    assert "they are kept" in kept.stderr
    assert "no file to read: there is no file" in kept.stderr
    meant = cli.run("ingest", root, "-d", dataset, "--full")
    assert (meant.returncode, "1 deleted" in meant.stderr) == (0, True)


def test_a_program_is_told_in_the_result(ignored):
    result = snake_pipe.ingest(ignored, worker_count=1, executor="serial")
    assert (result.success, result.found_nothing) == (True, "3 ignored, by .gitignore:2 /*")
    assert "none: 3 ignored" in repr(result)
