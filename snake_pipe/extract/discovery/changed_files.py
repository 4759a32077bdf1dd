"""Which files of a work tree may have other content than at some commits, as git says.

Named are files that differ from one of the commits, staged or not, new and gone ones included; what git does
not track, in whole folders; and what it is told not to look at (`assume-unchanged`, `skip-worktree`). Of a
submodule it is what differs from the commit that the work tree's commit has of it. So a path that is not
named holds what each of the commits has of it.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from snake_pipe.errors import UsageError
from snake_pipe.extract.discovery.git_files import Listing, find_work_tree, why_git_fails
from snake_pipe.extract.discovery.git_process import GitError, GitRecords, ask_git, without_filters
from snake_pipe.extract.discovery.git_state import find_commit
from snake_pipe.extract.paths.names import escape_path
from snake_pipe.extract.paths.scope import EVERYWHERE, PathScope

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from snake_pipe.extract.discovery.git_state import GitState

NO_COMMIT = "0" * 40
"""What CI systems name as the commit before the first one of a branch."""

_DEEPEST_NEST = 8
_GITLINK = b"160000"
_COMPARED = b"H"
"""The tag of a tracked file whose content git compares."""

_AS_RECORDS = (
    b"--raw", b"-z", b"--no-renames", b"--no-ext-diff", b"--no-textconv", b"--no-abbrev",
    b"--ignore-submodules=dirty",  # else it asks git there, which heeds settings of its own
)  # fmt: skip
_RAW = re.compile(rb":(\d{6}) \d{6} ([0-9a-f]+) [0-9a-f]+ [A-Z]\d*")


def work_tree_of(folder: Path) -> Path:
    """The work tree that a folder belongs to; UsageError if it belongs to none."""
    found = find_work_tree(folder)
    if found is None:
        raise UsageError(
            f"{escape_path(os.fsencode(folder))} is in no git work tree, so nothing is known of its changes",
            "leave out --changed-since: only what differs from the dataset is read all the same",
        )
    return found


def resolve_commit(work_tree: Path, revision: str) -> str:
    """The commit that `--changed-since` names, as the id of its object; UsageError if there is none.

    `main...` is the commit where HEAD left `main`. Zeros, which CI systems have for a new branch, are the
    commit before all: NO_COMMIT.
    """
    name = revision.removesuffix("...")
    if len(name) in (40, 64) and not name.strip("0"):
        return NO_COMMIT
    commit = find_commit(work_tree, name) if name else None
    if commit is not None and name != revision:
        commit = _says(work_tree, b"merge-base", commit.encode(), b"HEAD")
    if commit is not None:
        return commit
    if _says(work_tree, b"rev-parse", b"--is-shallow-repository") == "true":
        raise UsageError(
            f"--changed-since {revision}: the clone of {work_tree} is shallow and does not go back to it",
            "git fetch --unshallow; in CI have all history (GitHub: fetch-depth: 0, GitLab: GIT_DEPTH: 0)",
        )
    raise UsageError(
        f"--changed-since {revision}: {why_git_fails(work_tree) or f'{work_tree} has no such commit'}",
        "name a commit, tag or branch that was fetched: origin/main, HEAD~1, v1.2",
    )


def clean_commit(folder: Path, state: GitState) -> str | None:
    """The commit that all tracked files below a folder are as in, of a state that was read just now.

    None if some are not, or nobody can say. Files of submodules count too.
    """
    if state.commit is None or state.dirty is not False:
        return None
    work_tree = find_work_tree(folder)
    if work_tree is None:  # any more
        return None
    try:
        with Listing(work_tree, work_tree, b"-v", b"--stage") as git:
            for record in git.records():
                if record[2:8] == _GITLINK:
                    return None if any(_differing(work_tree, state.commit, b"", 0)) else state.commit
                if record[:1] != _COMPARED and (record[:1].islower() or _is_there(work_tree, record)):
                    return None
    except GitError:
        return None
    return state.commit


def changed_since(work_tree: Path, commits: Collection[str]) -> PathScope:
    """What may differ from any of the commits, relative to the work tree; GitError if git cannot say."""
    if NO_COMMIT in commits:
        return EVERYWHERE
    found = set(_untracked(work_tree, b""))
    for commit in commits:
        found.update(_differing(work_tree, commit, b"", 0, with_untracked=True))
    return PathScope(found)


def _is_there(work_tree: Path, record: bytes) -> bool:
    """Whether the file of a record of git's index is there; a sparse checkout leaves many out."""
    return os.path.lexists(work_tree / os.fsdecode(record[record.index(b"\t") + 1 :]))


def _differing(
    work_tree: Path, commit: str, prefix: bytes, depth: int, *, with_untracked: bool = False
) -> Iterator[bytes]:
    """Tracked paths, behind `prefix`, that may not be as in a commit; of submodules also untracked ones."""
    links: dict[bytes, str] = {}
    with GitRecords(
        work_tree,
        work_tree,
        b"diff",
        *_AS_RECORDS,
        commit.encode(),
        b"--",
        settings=without_filters(work_tree),
    ) as git:
        records = git.records()
        for head in records:
            path = next(records, b"")
            if (found := _RAW.fullmatch(head)) is None:
                raise GitError("git's list of changes cannot be read")
            if found[1] == _GITLINK:
                links[path] = found[2].decode()
            else:
                yield prefix + path
    with Listing(work_tree, work_tree, b"-v", b"--stage") as git:
        for record in git.records():
            path = record[record.index(b"\t") + 1 :]
            if record[2:8] == _GITLINK:
                yield from _in_submodule(
                    work_tree, path, links.get(path, "HEAD"), prefix, depth, with_untracked=with_untracked
                )
            elif record[:1] != _COMPARED:
                yield prefix + path


def _in_submodule(
    work_tree: Path, path: bytes, commit: str, prefix: bytes, depth: int, *, with_untracked: bool
) -> Iterator[bytes]:
    """The same of a submodule; the whole of it where its own git cannot say."""
    folder = work_tree / os.fsdecode(path)
    if find_work_tree(folder) != folder:  # it is not checked out; what lies there is not tracked
        if with_untracked:
            yield prefix + path
        return
    below = prefix + path + b"/"
    if depth == _DEEPEST_NEST:
        yield below
        return
    try:
        if with_untracked:
            yield from _untracked(folder, below)
        yield from _differing(folder, commit, below, depth + 1, with_untracked=with_untracked)
    except GitError:
        yield below


def _untracked(work_tree: Path, prefix: bytes) -> Iterator[bytes]:
    """Files that git does not track, ignored ones too, and folders without tracked files."""
    with Listing(work_tree, work_tree, b"--others", b"--directory") as git:
        for path in git.records():
            yield prefix + path
        for _ in git.complaints():  # of what is too long for git, it has not said all
            pass


def _says(work_tree: Path, *arguments: bytes) -> str | None:
    """The line that git answers with; None where it does not."""
    try:
        done = ask_git(work_tree, *arguments)
    except GitError:
        return None
    return None if done.returncode else done.stdout.decode("ascii", "replace").strip() or None
