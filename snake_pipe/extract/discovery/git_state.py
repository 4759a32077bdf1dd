"""Which commit of a repository is checked out, on which branch, and whether its tracked files are changed.

Git compares a file whose time is new by its content, here without the filters that attributes name: one that
needs them, such as a file of Git LFS, then counts as changed.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snake_pipe.extract.discovery.git_files import find_work_tree
from snake_pipe.extract.discovery.git_process import GitError, ask_git, without_filters

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PATIENCE = 20.0
"""Seconds that git may take for an answer; then it is not known."""

_BRANCH = "refs/heads/"

_SERVICES = (
    ("GITHUB_SHA", ("GITHUB_HEAD_REF", "GITHUB_REF_NAME")),
    ("CI_COMMIT_SHA", ("CI_COMMIT_BRANCH", "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "CI_COMMIT_REF_NAME")),
)
"""Of each service its variables: the commit that it has checked out, and what the branch is called."""


@dataclass(frozen=True, slots=True)
class GitState:
    """A work tree at one moment; None for what is not known, or is not so.

    `commit` is hexadecimal; None before the first one. `branch` is None where no branch is checked out and no
    CI service says which one it is. `dirty` says whether tracked files below the folder differ from the
    commit; files that git does not track count for nothing.
    """

    commit: str | None = None
    branch: str | None = None
    dirty: bool | None = None


def read_git_state(folder: Path, environment: Mapping[str, str] = os.environ) -> GitState:
    """The state of the work tree that `folder` is in; one of which nothing is known where it is in none."""
    work_tree = find_work_tree(folder)
    if work_tree is None:
        return GitState()
    said = _answer(work_tree, b"rev-parse", b"HEAD", b"--symbolic-full-name", b"HEAD")
    if said is None:  # no commit yet, or a damaged repository
        return GitState()
    commit, _, head = said.partition("\n")
    if head.startswith(_BRANCH):
        branch: str | None = head.removeprefix(_BRANCH)
    else:
        branch = _branch_of_service(commit, environment)
    return GitState(commit, branch, _is_dirty(work_tree, folder))


def find_commit(folder: Path, revision: str) -> str | None:
    """The commit that a word means (`HEAD~3`, a tag, a branch), asked where `folder` is; None if none."""
    work_tree = find_work_tree(folder)
    if work_tree is None:
        return None
    name = os.fsencode(f"{revision}^{{commit}}")
    return _answer(work_tree, b"rev-parse", b"--verify", b"--quiet", b"--end-of-options", name)


def _is_dirty(work_tree: Path, folder: Path) -> bool | None:
    try:
        settings = without_filters(work_tree)
    except GitError:
        return None
    changes = _answer(
        work_tree, b"--literal-pathspecs",
        b"status", b"--porcelain", b"--untracked-files=no", b"--no-renames",
        # of a submodule another commit counts; looking into it would heed what it configures
        b"--ignore-submodules=dirty", b"--", os.fsencode(folder.relative_to(work_tree)),
        settings=settings,
    )  # fmt: skip
    return None if changes is None else bool(changes)


def _answer(work_tree: Path, *arguments: bytes, settings: Mapping[str, str] | None = None) -> str | None:
    """What git says, without the line's end; None if it does not, or not in time."""
    try:
        done = ask_git(work_tree, *arguments, patience=PATIENCE, settings=settings)
    except GitError:
        return None
    return None if done.returncode else done.stdout.decode("utf-8", "replace").strip()


def _branch_of_service(commit: str, environment: Mapping[str, str]) -> str | None:
    """A service checks a commit out without a branch, and tells the branch by a variable."""
    for sha, names in _SERVICES:
        if environment.get(sha) == commit:
            return next((environment[name] for name in names if environment.get(name)), None)
    return None
