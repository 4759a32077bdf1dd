"""What git says has changed in real work trees, friendly and hostile."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from snake_pipe.errors import UsageError
from snake_pipe.extract.discovery.changed_files import (
    NO_COMMIT,
    changed_since,
    clean_commit,
    resolve_commit,
    work_tree_of,
)
from snake_pipe.extract.discovery.git_process import GitError
from snake_pipe.extract.discovery.git_state import read_git_state
from testkit.repositories import git, git_repository, write


def head(root: Path) -> str:
    asked = ["git", "-C", root, "rev-parse", "HEAD"]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()


def commit_all(root: Path) -> str:
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "more")
    return head(root)


def edit(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).write_text(f"# {path} is another\n")


def changed(root: Path, *commits: str) -> set[str]:
    return {path.decode() for path in changed_since(root, commits or ("HEAD",)).paths}


def test_edits_of_every_kind_are_named(tmp_path: Path) -> None:
    names = "same edited staged both gone removed old committed reverted".split()
    root = git_repository(tmp_path / "r", *(f"in/{name}.py" for name in names))
    (root / ".gitignore").write_text("made/\n")
    first = commit_all(root)
    edit(root, "in/committed.py", "in/reverted.py")
    commit_all(root)
    git(root, "mv", "in/old.py", "in/new.py")
    edit(root, "in/staged.py", "in/both.py")
    git(root, "rm", "-q", "in/removed.py")
    git(root, "add", "-A")
    write(root, "in/both.py", "in/reverted.py", "in/untracked.py", "made/a.py", "fresh/b.py")
    edit(root, "in/edited.py")
    (root / "in" / "gone.py").unlink()
    told = "edited staged gone removed old new untracked".split()
    working = {f"in/{name}.py" for name in told} | {"made", "fresh"}
    assert changed(root) == working | {"in/reverted.py"}  # which is not as committed last
    assert changed(root, first) == working | {"in/committed.py"}
    assert changed(root, first, head(root)) == working | {"in/committed.py", "in/reverted.py"}
    assert changed_since(root, [NO_COMMIT]).holds(b"in/same.py")


def test_touched_files_have_not_changed(tmp_path: Path) -> None:
    root = git_repository(tmp_path / "r", "a.py", "b.py")
    for name in ("a.py", "b.py"):
        (root / name).touch()
    index = (root / ".git" / "index").read_bytes()
    assert changed(root) == set()
    assert (root / ".git" / "index").read_bytes() == index  # nothing is written for it


def test_what_git_was_told_not_to_look_at_counts_as_changed(tmp_path: Path) -> None:
    root = git_repository(tmp_path / "r", "a.py", "assumed.py", "skipped.py")
    git(root, "update-index", "--assume-unchanged", "assumed.py")
    git(root, "update-index", "--skip-worktree", "skipped.py")
    edit(root, "assumed.py", "skipped.py")
    assert changed(root) == {"assumed.py", "skipped.py"}


def test_submodules_are_asked_from_the_commit_that_was_theirs(tmp_path: Path) -> None:
    library = git_repository(tmp_path / "library", "lib.py", "in/deep.py", "same.py")
    root = git_repository(tmp_path / "r", "a.py")
    git(root, "submodule", "add", "-q", str(library), "sub")
    first = commit_all(root)
    assert changed(root) == set()
    assert clean_commit(root, read_git_state(root)) == first
    edit(root / "sub", "lib.py")
    assert changed(root) == {"sub/lib.py"}
    assert clean_commit(root, read_git_state(root)) is None
    commit_all(root / "sub")
    assert clean_commit(root, read_git_state(root)) is None
    second = commit_all(root)
    assert clean_commit(root, read_git_state(root)) == second
    write(root / "sub", "new.py")
    assert (changed(root), changed(root, first)) == ({"sub/new.py"}, {"sub/new.py", "sub/lib.py"})
    git_repository(root / "nested", "n.py")
    assert changed(root) == {"sub/new.py", "nested"}
    with pytest.raises(GitError):
        changed_since(root, ["1" * 40])


def test_a_submodule_that_is_not_checked_out_hides_nothing(tmp_path: Path) -> None:
    library = git_repository(tmp_path / "library", "lib.py")
    root = git_repository(tmp_path / "r", "a.py")
    git(root, "submodule", "add", "-q", str(library), "sub")
    commit_all(root)
    git(root, "submodule", "deinit", "-q", "-f", "sub")
    write(root, "sub/own.py")
    assert changed_since(root, ["HEAD"]).holds(b"sub/own.py")
    assert clean_commit(root, read_git_state(root)) == head(root)


def test_a_revision_may_be_where_a_branch_was_left(tmp_path: Path) -> None:
    root = git_repository(tmp_path / "r", "a.py", "b.py")
    git(root, "branch", "-M", "main")
    start = head(root)
    git(root, "checkout", "-q", "-b", "feature")
    edit(root, "a.py")
    mine = commit_all(root)
    git(root, "checkout", "-q", "main")
    edit(root, "b.py")
    theirs = commit_all(root)
    git(root, "checkout", "-q", "feature")
    found = {name: resolve_commit(root, name) for name in ("main", "main...", "HEAD", "HEAD~1", start[:10])}
    assert found == {"main": theirs, "main...": start, "HEAD": mine, "HEAD~1": start, start[:10]: start}
    assert changed(root, found["main..."]) == {"a.py"}
    assert changed(root, found["main"]) == {"a.py", "b.py"}
    assert resolve_commit(root, NO_COMMIT) == NO_COMMIT


@pytest.mark.parametrize(
    "revision", ["", "...", "nothing", "main..HEAD", "-x", "--all", "HEAD:a.py", "1" * 40]
)
def test_what_is_no_commit_is_refused(tmp_path: Path, revision: str) -> None:
    root = git_repository(tmp_path / "r", "a.py")
    with pytest.raises(UsageError, match="has no such commit") as refused:
        resolve_commit(root, revision)
    assert "origin/main" in refused.value.hint


def test_a_shallow_clone_says_how_to_get_the_rest(tmp_path: Path) -> None:
    root = git_repository(tmp_path / "r", "a.py")
    first = head(root)
    edit(root, "a.py")
    commit_all(root)
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{root}", str(tmp_path / "clone"))
    with pytest.raises(UsageError, match="is shallow") as refused:
        resolve_commit(tmp_path / "clone", first)
    assert "fetch-depth: 0" in refused.value.hint


def test_a_folder_without_git_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "plain", "a.py")
    with pytest.raises(UsageError, match="is in no git work tree"):
        work_tree_of(tmp_path / "plain")
    git(tmp_path, "init", "-q", "empty")
    with pytest.raises(UsageError, match="has no such commit"):
        resolve_commit(tmp_path / "empty", "HEAD")


def test_nothing_that_a_repository_configures_is_executed(tmp_path: Path) -> None:
    """To compare contents git runs the filters that attributes name, and in submodules all of that again."""
    marker = tmp_path / "marker"
    library = git_repository(tmp_path / "library", "lib.py")
    root = git_repository(tmp_path / "r", "a.py", "b.py")
    git(root, "submodule", "add", "-q", str(library), "sub")
    commit = commit_all(root)
    for folder in (root, root / "sub"):
        for setting in (
            *("filter.a=b.clean", "filter.a=b.smudge", "filter.a=b.process", "filter.a=b.textconv"),
            *("diff.own.command", "diff.own.textconv", "core.fsmonitor", "diff.external", "core.pager"),
        ):
            git(folder, "config", setting, f"touch {marker}; cat")
        git(folder, "config", "filter.a=b.required", "true")
    for folder in (root, root / "sub"):
        (folder / ".gitattributes").write_text("*.py filter=a=b diff=own\n")
    for path in ("a.py", "b.py", "sub/lib.py"):
        (root / path).write_bytes((root / path).read_bytes()[::-1])  # as long as before
    assert {"a.py", "b.py", "sub/lib.py"} <= changed(root, commit)
    assert clean_commit(root, read_git_state(root)) is None
    assert not marker.exists()
    subprocess.run(["git", "-C", root, "diff", "--quiet"], check=False)
    assert marker.exists()  # plain git does run them
