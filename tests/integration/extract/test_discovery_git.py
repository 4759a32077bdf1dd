"""Discovery in real git work trees, friendly and hostile."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import pytest

from snake_pipe.extract.batch_models import DiscoveredFile, DiscoveryError
from snake_pipe.extract.discovery import git_files, git_process
from snake_pipe.extract.discovery.left_out import LeftOut
from snake_pipe.extract.discovery.selection import Selection
from snake_pipe.extract.discovery.walk import walk
from testkit.command import Cli
from testkit.repositories import git, git_repository, write
from testkit.waiting import NEVER, PATIENCE, wait_for


def by_ending(name: str) -> str | None:
    return {".py": "python", ".json": "ast"}.get(Path(name).suffix)


SELECTION = Selection(by_ending)


def split(items) -> tuple[list[str], list[tuple[str, str]]]:
    found = list(items)
    files = [item.path for item in found if isinstance(item, DiscoveredFile)]
    return files, [(item.code, item.path) for item in found if isinstance(item, DiscoveryError)]


def test_tracked_and_new_files_in_one_order(tmp_path: Path) -> None:
    root = git_repository(tmp_path / "r", "a/m.py", "a-b.py", "z.py", "build/kept.py")
    (root / ".gitignore").write_text("build/\n*.tmp.py\n")
    write(root, "a/new.py", "a.py", "build/made.py", "x.tmp.py", ".snake-pipe/_jobs/1/checkpoint.json")
    (root / ".git" / "info" / "exclude").write_text("private.py\n")
    write(root, "private.py")
    assert split(walk([root], SELECTION)) == (
        ["a-b.py", "a.py", "a/m.py", "a/new.py", "build/kept.py", "z.py"],
        [],
    )


def test_git_and_the_walker_give_the_same_order(tmp_path: Path) -> None:
    root = git_repository(tmp_path / "r", "a/b/c.py", "a/b.py", "a-b/x.py", "a.b/x.py", "é/x.py", "Z.py")
    write(root, "a/b-c.py", "a0/x.py")
    listed = split(walk([root], SELECTION))
    shutil.rmtree(root / ".git")
    assert listed == split(walk([root], SELECTION))
    assert listed[0] == sorted(listed[0], key=str.encode)


def test_a_subfolder_as_root_uses_the_rules_above_it(tmp_path: Path) -> None:
    root = git_repository(tmp_path / "r", "src/a.py", "src/in/b.py", "c.py")
    (root / ".gitignore").write_text("*.gen.py\n")
    write(root, "src/x.gen.py")
    found = list(walk([root / "src"], SELECTION))
    assert [item.path for item in found] == ["a.py", "in/b.py"]
    assert {item.repo for item in found} == {"src"}


def test_an_ignored_folder_named_as_root_is_walked(tmp_path: Path) -> None:
    root = git_repository(tmp_path / "r", "a.py")
    (root / ".gitignore").write_text("cache/\n")
    write(root, "cache/x.py", "cache/in/y.py")
    assert split(walk([root], SELECTION))[0] == ["a.py"]
    assert split(walk([root / "cache"], SELECTION)) == (["in/y.py", "x.py"], [])
    assert split(walk([root, root / "cache"], SELECTION)) == (["a.py", "cache/in/y.py", "cache/x.py"], [])


def test_deleted_tracked_files_and_sparse_checkouts_are_simply_not_there(tmp_path: Path) -> None:
    root = git_repository(tmp_path / "r", "in/a.py", "out/b.py", "gone.py", "folder/gone.py")
    git(root, "sparse-checkout", "set", "in", "folder")
    (root / "gone.py").unlink()
    shutil.rmtree(root / "folder")
    assert not (root / "out").exists()
    assert split(walk([root], SELECTION)) == (["in/a.py"], [])


def test_unmerged_files_come_once(tmp_path: Path) -> None:
    root = git_repository(tmp_path / "r", "a.py", "b.py")
    git(root, "branch", "-M", "main")
    git(root, "checkout", "-q", "-b", "other")
    (root / "a.py").write_text("other = 1\n")
    git(root, "commit", "-qam", "other")
    git(root, "checkout", "-q", "main")
    (root / "a.py").write_text("main = 1\n")
    git(root, "commit", "-qam", "main")
    with pytest.raises(subprocess.CalledProcessError):
        git(root, "merge", "other")
    assert split(walk([root], SELECTION)) == (["a.py", "b.py"], [])


def test_a_file_replaced_by_a_folder_and_the_reverse(tmp_path: Path) -> None:
    root = git_repository(tmp_path / "r", "thing.py", "box/a.py")
    (root / "thing.py").unlink()
    write(root, "thing.py/inner.py")
    shutil.rmtree(root / "box")
    (root / "box").write_text("no folder any more\n")
    assert split(walk([root], SELECTION)) == (["thing.py/inner.py"], [])


def test_submodules_and_repositories_within_are_entered_in_order(tmp_path: Path) -> None:
    library = git_repository(tmp_path / "library", "lib.py", "in/deep.py")
    root = git_repository(tmp_path / "r", "a.py", "sub-x.py", "z.py")
    git(root, "submodule", "add", "-q", str(library), "sub")
    (root / "sub" / ".gitignore").write_text("*.gen.py\n")
    write(root, "sub/new.py", "sub/x.gen.py")
    git_repository(root / "nested", "n.py")
    (root / "nested" / ".gitignore").write_text("skipped.py\n")
    write(root, "nested/skipped.py")
    expected = ["a.py", "nested/n.py", "sub-x.py", "sub/in/deep.py", "sub/lib.py", "sub/new.py", "z.py"]
    found = list(walk([root], SELECTION))
    assert [item.path for item in found] == expected
    assert {item.root for item in found} == {str(root)}


def test_a_submodule_without_its_repository_is_walked_as_a_folder(tmp_path: Path) -> None:
    library = git_repository(tmp_path / "library", "lib.py")
    root = git_repository(tmp_path / "r", "a.py")
    git(root, "submodule", "add", "-q", str(library), "sub")
    git(root, "submodule", "add", "-q", str(library), "empty")
    git(root, "submodule", "add", "-q", str(library), "gone")
    git(root, "commit", "-qm", "submodules")
    (root / "sub" / ".git").unlink()
    git(root, "submodule", "deinit", "-q", "-f", "empty")
    shutil.rmtree(root / "gone")
    assert split(walk([root], SELECTION)) == (["a.py", "sub/lib.py"], [])


def test_repositories_below_a_plain_folder_are_listed_by_git(tmp_path: Path) -> None:
    git_repository(tmp_path / "projects" / "one", "a.py", "forced.py")
    (tmp_path / "projects" / "one" / ".gitignore").write_text("forced.py\n")
    write(tmp_path / "projects", "two/b.py")
    assert split(walk([tmp_path / "projects"], SELECTION))[0] == ["one/a.py", "one/forced.py", "two/b.py"]


def test_linked_work_trees(tmp_path: Path) -> None:
    root = git_repository(tmp_path / "r", "a.py")
    git(root, "worktree", "add", "-q", str(tmp_path / "linked"))
    write(tmp_path / "linked", "new.py")
    assert split(walk([tmp_path / "linked"], SELECTION)) == (["a.py", "new.py"], [])


def test_a_damaged_index_falls_back_to_the_walker_and_says_so(tmp_path: Path) -> None:
    root = git_repository(tmp_path / "r", "a.py", "b/c.py")
    (root / ".gitignore").write_text("skip.py\n")
    write(root, "skip.py")
    (root / ".git" / "index").write_bytes(b"DIRC" + b"\0" * 40)
    assert split(walk([root], SELECTION)) == (["a.py", "b/c.py"], [("git_failed", ".")])


def test_git_that_dies_midway_loses_and_doubles_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"p{n:02}/f{n}.py" for n in range(30)]
    root = git_repository(tmp_path / "r", *names)
    whole = git_files.Listing.records

    def dying(self):
        for count, record in enumerate(whole(self)):
            if count == 11:
                raise git_files.GitError("killed")
            yield record

    monkeypatch.setattr(git_files.Listing, "records", dying)
    assert split(walk([root], SELECTION)) == (names, [("git_failed", ".")])


def test_git_that_dies_after_a_nested_repository_does_not_list_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = git_repository(tmp_path / "r", "a.py", "n/gone.py", "n/gone_too.py", "z.py")
    git_repository(root / "m", "1.py", "2.py")
    shutil.rmtree(root / "n")
    whole = git_files.Listing.records

    def dying(self):
        for record in whole(self):
            if record.endswith(b"\tz.py"):
                raise git_files.GitError("killed")
            yield record

    monkeypatch.setattr(git_files.Listing, "records", dying)
    assert split(walk([root], SELECTION)) == (["a.py", "m/1.py", "m/2.py", "z.py"], [("git_failed", ".")])


def test_without_git_the_walker_does_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = git_repository(tmp_path / "r", "a.py")
    monkeypatch.setenv("PATH", str(tmp_path))
    found = list(walk([root], SELECTION))
    assert isinstance(found[0], DiscoveryError)
    assert (
        found[0].message == "git cannot be started: No such file or directory; the folder is walked instead"
    )
    assert [item.path for item in found[1:]] == ["a.py"]


def test_a_silent_git_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = git_repository(tmp_path / "r", "a.py")
    os.mkfifo(tmp_path / "excludes")
    git(root, "config", "core.excludesFile", str(tmp_path / "excludes"))
    monkeypatch.setattr(git_process, "STALL_SECONDS", 0.3)
    files, errors = split(walk([root], SELECTION))
    assert files == ["a.py"]
    assert errors == [("git_failed", ".")]


def running_gits() -> set[int]:
    """Children of this process that are git, also one of an earlier test that has ended unwaited for."""
    return {child.pid for child in psutil.Process().children() if child.name() == "git"}


def test_an_early_close_ends_git(tmp_path: Path) -> None:
    root = git_repository(tmp_path / "r", *(f"{n:03}.py" for n in range(50)))
    before = running_gits()
    items = walk([root], SELECTION)
    next(items)
    items.close()
    wait_for(lambda: running_gits() <= before)


def test_variables_of_a_hook_do_not_lead_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = git_repository(tmp_path / "other", "other.py")
    root = git_repository(tmp_path / "r", "a.py")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git" / "index"))
    assert split(walk([root], SELECTION)) == (["a.py"], [])


def test_a_hostile_configuration_executes_nothing(tmp_path: Path) -> None:
    root = git_repository(tmp_path / "r", "a.py", "sub/b.py")
    marker = tmp_path / "marker"
    script = tmp_path / "evil"
    script.write_text(f"#!/bin/sh\necho x >> {marker}\n")
    script.chmod(0o755)
    hooks = root / "hooks"
    hooks.mkdir()
    for hook in ("post-index-change", "fsmonitor-watchman", "reference-transaction"):
        shutil.copy(script, hooks / hook)
        shutil.copy(script, root / ".git" / "hooks" / hook)
    for key, value in {
        "core.fsmonitor": str(script),
        "core.hooksPath": str(hooks),
        "core.pager": str(script),
        "pager.ls-files": str(script),
        "core.sshCommand": str(script),
        "core.askPass": str(script),
        "core.worktree": "/",
        "filter.evil.clean": str(script),
        "filter.evil.smudge": str(script),
        "filter.evil.process": str(script),
        "diff.evil.textconv": str(script),
        "alias.ls-files": f"!{script}",
        "credential.helper": str(script),
    }.items():
        subprocess.run(["git", "config", "-f", root / ".git" / "config", key, value], check=True)
    (root / ".gitattributes").write_text("* filter=evil diff=evil\n")
    os.utime(root / "a.py", (1, 1))
    assert split(walk([root], SELECTION)) == (["a.py", "sub/b.py"], [])
    assert split(walk([root / "sub"], SELECTION)) == (["b.py"], [])
    assert not marker.exists()


def test_the_hostile_configuration_would_have_run_under_plain_git(tmp_path: Path) -> None:
    root = git_repository(tmp_path / "r", "a.py")
    marker = tmp_path / "marker"
    git(root, "config", "core.fsmonitor", f"touch {marker}; false")
    git(root, "status")
    assert marker.exists()


@pytest.mark.parametrize("protected", [False, True])
def test_a_partial_clone_fetches_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, protected: bool
) -> None:
    """A sparse index without its trees makes `ls-files` fetch, by a command that the config names."""
    root = git_repository(tmp_path / "r", "in/a.py", "out/deep/b.py", "out/c.py")
    git(root, "sparse-checkout", "set", "--cone", "--sparse-index", "in")
    tree = subprocess.run(
        ["git", "-C", root, "rev-parse", "HEAD:out"], capture_output=True, text=True, check=True
    )
    (root / ".git" / "objects" / tree.stdout[:2] / tree.stdout[2:].strip()).unlink()
    marker = tmp_path / "marker"
    for key, value in {
        "core.repositoryformatversion": "1",
        "extensions.partialClone": "origin",
        "remote.origin.promisor": "true",
        "remote.origin.url": f"file://{tmp_path}/origin",
        "remote.origin.uploadpack": f"touch {marker}; false",
        "protocol.allow": "always",
        "protocol.file.allow": "always",
    }.items():
        git(root, "config", key, value)
    if not protected:
        monkeypatch.setattr(git_process, "_SAFE_ENVIRONMENT", {})
    assert split(walk([root], SELECTION)) == (["in/a.py"], [])
    assert marker.exists() is not protected


def test_a_folder_swapped_for_a_link_is_reported_not_followed(tmp_path: Path) -> None:
    root = git_repository(tmp_path / "r", "lib/a.py", "lib/in/b.py", "lib/in2/c.py", "z.py")
    (root / "lib").rename(tmp_path / "lib")
    (root / "lib").symlink_to(tmp_path / "lib")
    assert split(walk([root], SELECTION)) == (["z.py"], [("symlink_outside", "lib")])


def test_a_tracked_file_swapped_for_a_fifo_is_reported(tmp_path: Path) -> None:
    root = git_repository(tmp_path / "r", "a.py", "b.py")
    (root / "a.py").unlink()
    os.mkfifo(root / "a.py")
    assert split(walk([root], SELECTION)) == (["b.py"], [("special_file", "a.py")])


def test_links_out_of_the_work_tree(tmp_path: Path) -> None:
    root = git_repository(tmp_path / "r", "a.py")
    (root / "out.py").symlink_to("/etc/hostname")
    (root / "in.py").symlink_to("a.py")
    git(root, "add", "-A")
    (root / "loop").symlink_to(".")
    left_out = LeftOut()
    assert split(walk([root], SELECTION, left_out)) == (["a.py"], [("symlink_outside", "out.py")])
    assert left_out.unrecognised["(symlink)"] == 2


def test_names_are_kept_without_loss(tmp_path: Path) -> None:
    raw = [
        b"caf\xe9.py",
        b"new\nline.py",
        b"tab\t.py",
        b'quote".py',
        rb"back\slash.py",
        "é.py".encode(),
        b" x.py",
    ]
    root = git_repository(tmp_path / "r")
    for count, name in enumerate(raw):
        (root / os.fsdecode(name)).write_text("")
        if count % 2:
            git(root, "add", "-A")
    found = list(walk([root], SELECTION))
    assert [os.fsencode(item.os_path) for item in found] == [
        os.fsencode(root) + b"/" + name for name in sorted(raw)
    ]


@pytest.fixture
def deep_path(tmp_path: Path):
    """A folder for trees that are too deep for pytest to remove."""
    yield tmp_path
    subprocess.run(["rm", "-rf", tmp_path], check=True)


def test_a_tree_too_deep_for_git_is_walked(deep_path: Path) -> None:
    root = git_repository(deep_path / "r", "a.py", "z.py")
    (root / ".gitignore").write_text("skip.py\n")
    folder = os.open(root, os.O_RDONLY)
    for level in range(40):
        os.close(os.open(f"f{level:02}.py", os.O_CREAT | os.O_WRONLY, dir_fd=folder))
        os.mkdir("d" * 200, dir_fd=folder)
        deeper = os.open("d" * 200, os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = deeper
    os.close(folder)
    files, errors = split(walk([root], SELECTION))
    assert errors == [("git_failed", ".")]
    assert len(files) == 42
    assert files == sorted(files, key=str.encode)


def test_repositories_nested_beyond_measure_are_still_walked(tmp_path: Path) -> None:
    root = tmp_path / "r"
    for depth in range(12):
        git_repository(root / "/".join(["n"] * depth), "a.py")
    files, errors = split(walk([root], SELECTION))
    assert len(files) == 12
    assert errors == []


UNREADABLE = """
import os, sys
from pathlib import Path
from snake_pipe.extract.discovery.left_out import LeftOut
from snake_pipe.extract.discovery.selection import Selection
from snake_pipe.extract.discovery.walk import walk
os.setgroups([]); os.setgid(65534); os.setuid(65534)
def by_ending(name): return "python" if name.endswith(".py") else None
for item in walk([Path(sys.argv[1])], Selection(by_ending, lambda name, head: None)):
    print(type(item).__name__, getattr(item, "code", "-"), item.path)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="another user can be taken on by root only")
@pytest.mark.parametrize("with_git", [True, False])
def test_unreadable_folders_and_work_trees_of_another_user(with_git: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        root = git_repository(Path(folder) / "r", "a.py", "z.py")
        write(root, "locked/b.py", "src/in/c.py")
        write(root, "script")
        (root / "script").chmod(0)
        (root / "locked").chmod(0)
        if not with_git:
            shutil.rmtree(root / ".git")
        command = [sys.executable, "-c", UNREADABLE, str(root)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert sorted(done.stdout.splitlines()) == [
            "DiscoveredFile - a.py",
            "DiscoveredFile - src/in/c.py",
            "DiscoveredFile - z.py",
            "DiscoveryError unreadable_file script",
            "DiscoveryError unreadable_folder locked",
        ]


def test_a_silent_git_does_not_delay_the_end(cli: Cli, repository: Path, tmp_path: Path) -> None:
    """The walk's thread used to be waited for, up to five minutes."""
    fake = tmp_path / "bin"
    fake.mkdir()
    (fake / "git").write_text(f"#!/bin/sh\ntouch {tmp_path}/asked\nexec sleep {NEVER:.0f}\n")
    (fake / "git").chmod(0o755)
    git(repository, "init", "-q")
    path = f"{fake}:{os.environ['PATH']}"
    process = cli.start("ingest", repository, "-d", tmp_path / "ds", env=cli.environment | {"PATH": path})
    wait_for((tmp_path / "asked").exists)
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE) == 143
