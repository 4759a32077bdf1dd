"""What is known of a repository's commit, branch and changes, whatever its configuration wants to run."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from snake_pipe.extract.discovery.git_state import GitState, find_commit, read_git_state
from testkit.repositories import git, git_repository, write

if TYPE_CHECKING:
    from pathlib import Path

NO_SERVICE: dict[str, str] = {}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = git_repository(tmp_path / "repo", "a.py", "sub/b.py")
    git(root, "checkout", "-q", "-b", "topic/one")
    return root


def test_commit_branch_and_changes(root: Path) -> None:
    state = read_git_state(root, NO_SERVICE)
    assert state.commit is not None
    assert (len(state.commit), state.branch, state.dirty) == (40, "topic/one", False)
    write(root, "untracked.py")
    assert read_git_state(root, NO_SERVICE) == state
    (root / "sub/b.py").write_text("other\n")
    assert read_git_state(root, NO_SERVICE) == GitState(state.commit, "topic/one", True)
    assert read_git_state(root / "sub", NO_SERVICE).dirty


def test_changes_count_below_the_folder_alone(root: Path) -> None:
    (root / "a.py").write_text("other\n")
    assert read_git_state(root, NO_SERVICE).dirty
    assert read_git_state(root / "sub", NO_SERVICE).dirty is False


def test_a_touched_file_is_no_change(root: Path) -> None:
    os.utime(root / "a.py", ns=(10**18, 10**18))
    assert read_git_state(root, NO_SERVICE).dirty is False


def test_no_repository_and_no_commit_yet(tmp_path: Path) -> None:
    assert read_git_state(tmp_path, NO_SERVICE) == GitState()
    git(tmp_path, "init", "-q")
    assert read_git_state(tmp_path, NO_SERVICE) == GitState()


def test_a_service_tells_the_branch_of_the_commit_that_it_checked_out(root: Path) -> None:
    commit = read_git_state(root, NO_SERVICE).commit
    assert commit is not None
    git(root, "checkout", "-q", "--detach")
    assert read_git_state(root, NO_SERVICE) == GitState(commit, None, False)
    github = {"GITHUB_SHA": commit, "GITHUB_HEAD_REF": "", "GITHUB_REF_NAME": "release"}
    assert read_git_state(root, github).branch == "release"
    assert read_git_state(root, github | {"GITHUB_SHA": "0" * 40}).branch is None
    gitlab = {"CI_COMMIT_SHA": commit, "CI_COMMIT_REF_NAME": "nightly"}
    assert read_git_state(root, gitlab).branch == "nightly"


def test_nothing_runs_that_the_repository_configures(root: Path, tmp_path: Path) -> None:
    # `git status` would hand each touched file to the filter that its attributes name.
    mark = tmp_path / "ran"
    (root / ".gitattributes").write_text("* filter=theirs\n")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "attributes")
    for key, value in (
        ("filter.theirs.clean", f"touch {mark}; cat"),
        ("filter.theirs.process", f"touch {mark}"),
        ("filter.theirs.required", "true"),
        ("core.fsmonitor", f"touch {mark}"),
    ):
        git(root, "config", key, value)
    os.utime(root / "a.py", ns=(10**18, 10**18))
    assert read_git_state(root, NO_SERVICE).dirty is False
    assert not mark.exists()
    (root / "a.py").write_text("other\n")
    assert read_git_state(root, NO_SERVICE).dirty
    assert not mark.exists()


def test_another_commit_of_a_submodule_is_a_change(root: Path, tmp_path: Path) -> None:
    inner = git_repository(tmp_path / "inner", "c.py")
    git(root, "submodule", "add", "-q", str(inner), "vendored")
    git(root, "commit", "-q", "-m", "submodule")
    assert read_git_state(root, NO_SERVICE).dirty is False
    (root / "vendored/c.py").write_text("other\n")  # is the submodule's own matter
    assert read_git_state(root, NO_SERVICE).dirty is False
    git(root / "vendored", "commit", "-q", "-a", "-m", "next")
    assert read_git_state(root, NO_SERVICE).dirty
    assert read_git_state(root / "vendored", NO_SERVICE).dirty is False


def test_words_for_commits(root: Path) -> None:
    first = read_git_state(root, NO_SERVICE).commit
    git(root, "commit", "-q", "--allow-empty", "-m", "second")
    assert find_commit(root, "HEAD~1") == first
    assert find_commit(root / "sub", "HEAD") == read_git_state(root, NO_SERVICE).commit
    assert find_commit(root, "--all") is None
    assert find_commit(root, "no-such-branch") is None
    assert find_commit(root.parent, "HEAD") is None
