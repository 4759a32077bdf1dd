"""What changed paths ask for, and what a scope of paths means for a walk."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snake_pipe.errors import PluginError, UsageError
from snake_pipe.extract.batch_models import DiscoveredFile
from snake_pipe.extract.discovery.request import IngestRequest
from snake_pipe.extract.paths.scope import EVERYWHERE, PathScope
from snake_pipe.extract.watch import notifier, options
from snake_pipe.extract.watch.change_rules import ChangePlan, ChangeRules, Kind, is_relevant, kind_on_disk
from snake_pipe.extract.watch.notifier import Changes
from snake_pipe.extract.watch.options import check_watch
from snake_pipe.extract.watch.seen_files import KnownExcept, SeenFiles

ADDED, MODIFIED, DELETED = 1, 2, 3
ROOT = b"/r"


def rules(disk: dict[str, Kind], folders: tuple[str, ...] = (), **settings: object) -> ChangeRules:
    """Rules over an invented disk; `folders` are those with known files."""
    return ChangeRules(
        frozenset([ROOT]),
        lambda path: disk.get(os.fsdecode(path), Kind.NOTHING),
        lambda path: os.fsdecode(path) in folders,
        **settings,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({(MODIFIED, "/r/.gitignore")}, "a .gitignore changed"),
        ({(DELETED, "/r/sub/.gitignore")}, "a .gitignore changed"),
        ({(ADDED, "/r/.git/index")}, "git's index changed"),
        ({(DELETED, "/r/sub/.git")}, "git's index changed"),
        ({(DELETED, "/r")}, "a watched folder changed"),
        ({(DELETED, "/r/pkg")}, "a folder was moved or removed"),
        ({(ADDED, "/r/pkg")}, "a folder was moved or removed"),
        ({(ADDED, "/r/caf\N{REPLACEMENT CHARACTER}.py")}, "a name that is not UTF-8 changed"),
        ({(ADDED, f"/r/{n}.py") for n in range(257)}, "more than 256 files changed"),
    ],
)
def test_what_leads_to_a_walk(changes: set[tuple[int, str]], reason: str) -> None:
    assert rules({"/r/.git/index": Kind.FILE}, folders=("/r/pkg",)).plan(changes).rescan == reason


def test_a_gitignore_is_a_file_like_others_where_it_does_not_count() -> None:
    asked = rules({"/r/.gitignore": Kind.FILE}, use_gitignore=False).plan({(ADDED, "/r/.gitignore")})
    assert asked == ChangePlan(frozenset([b"/r/.gitignore"]))


def test_a_new_folder_is_looked_at_as_a_whole_and_its_own_times_are_nothing() -> None:
    disk = rules({"/r/new": Kind.FOLDER})
    assert disk.plan({(ADDED, "/r/new")}) == ChangePlan(frozenset([b"/r/new"]), frozenset([b"/r/new"]))
    assert disk.plan({(MODIFIED, "/r/new"), (MODIFIED, "/r")}).paths == frozenset()


names = st.sampled_from(["/r/a.py", "/r/b.py", "/r/d/c.py", "/r/d", "/r/e", "/r/.gitignore", "/r/.git/index"])


@given(
    st.sets(st.tuples(st.sampled_from([ADDED, MODIFIED, DELETED]), names)),
    st.dictionaries(names, st.sampled_from([Kind.FILE, Kind.FOLDER])),
    st.sets(st.sampled_from(["/r/d", "/r/e"])),
)
def test_no_change_of_a_file_is_passed_over(
    changes: set[tuple[int, str]], disk: dict[str, Kind], folders: set[str]
) -> None:
    asked = rules(disk, tuple(folders)).plan(changes)
    for change, name in changes:
        if not (disk.get(name) is Kind.FOLDER and change == MODIFIED):
            assert os.fsencode(name) in asked.paths or (asked.rescan and "/.git" in name)
            assert asked.rescan or name not in folders
    if asked.rescan is None:
        assert asked.new_folders <= asked.paths
        assert {os.fsdecode(path) for path in asked.paths} <= {name for _, name in changes}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/r/a.py", True),
        ("/r/.git", True),
        ("/r/.git/index", True),
        ("/r/.git/modules/lib/index", True),
        ("/r/sub/.git/info/exclude", True),
        ("/r/.git/index.lock", False),
        ("/r/.git/refs/heads/reindex", False),
        ("/r/.git/objects/ab/cdef", False),
        ("/r/.snake-pipe/files/part.parquet", False),
        ("/r/trees/files/part.parquet", False),
        ("/r/treeshop/a.py", True),
    ],
)
def test_what_matters_at_all(path: str, expected: bool) -> None:
    assert is_relevant(path, ("/r/",), ("/r/trees/",)) is expected


def test_names_above_a_root_do_not_count() -> None:
    assert is_relevant("/x/.git/checkout/a.py", ("/x/.git/checkout/",), ())


segment = st.sampled_from([b"a", b"b", b"a-b", b"c.py"])
relative = st.lists(segment, min_size=1, max_size=4).map(b"/".join)


@given(st.lists(relative, max_size=4), relative)
def test_a_scope_holds_what_lies_below_its_paths_and_enters_what_leads_there(
    paths: list[bytes], asked: bytes
) -> None:
    scope = PathScope(paths)
    assert scope.holds(asked) == any(asked == path or asked.startswith(path + b"/") for path in paths)
    leads = any((path + b"/").startswith(asked + b"/") for path in paths)
    assert scope.enters(asked + b"/") == (scope.holds(asked) or leads)
    assert EVERYWHERE.holds(asked)
    assert EVERYWHERE.enters(asked + b"/")


def test_git_is_asked_for_the_repository_within_not_for_what_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "lib/inner/.git").mkdir(parents=True)
    root = os.fsencode(tmp_path)
    scope = PathScope([b"lib/inner/deep/a.py", b"lib/b.py", b"other.py"])
    assert scope.below(b"", root) == [b"lib/b.py", b"lib/inner", b"other.py"]
    assert scope.below(b"lib/inner/", root) == [b"lib/inner/deep/a.py"]
    assert PathScope([b"lib"]).below(b"lib/inner/", root) is None


def found(path: str, repo: str = "r") -> DiscoveredFile:
    return DiscoveredFile("/r", path, 1, 1, "python", repo)


@given(st.sets(relative.map(bytes.decode), max_size=8), relative.map(bytes.decode))
def test_a_walk_knows_again_what_it_met(paths: set[str], asked: str) -> None:
    met = SeenFiles()
    for path in sorted(paths):
        assert met.match([found(path)]) == [False]
    assert met.contains("r", asked) == (asked in paths)
    assert not met.contains("other", asked)
    assert met.has_folder("r", asked) == any(path.startswith(asked + "/") for path in paths)


def test_what_is_said_to_have_changed_matches_nothing() -> None:
    class All:
        def match(self, files: object) -> list[bool]:
            return [True] * len(files)  # type: ignore[arg-type]

    assert KnownExcept(All(), {("r", "a.py")}).match([found("a.py"), found("b.py")]) == [False, True]


def test_a_storm_is_kept_as_one_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notifier, "MOST_CHANGES", 10)
    changes = Changes()
    for n in range(100):
        changes.add(Changes({(ADDED, f"/r/{n}.py")}))
        assert len(changes.paths) <= 10
    assert changes.missed


def test_without_watchfiles_no_job_is_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command made a dataset with a job that failed, and then said what to install."""
    monkeypatch.setattr(options, "find_spec", lambda _: None)
    with pytest.raises(PluginError) as refused:
        check_watch(IngestRequest(roots=(str(tmp_path),)))
    assert refused.value.hint == "pip install 'snake-pipe[watch]'"


def test_only_folders_can_be_watched(tmp_path: Path) -> None:
    (tmp_path / "a.py").touch()
    with pytest.raises(UsageError, match="not a folder"):
        check_watch(IngestRequest(roots=(str(tmp_path / "a.py"),)))
    with pytest.raises(UsageError, match="not a list"):
        check_watch(IngestRequest(file_list="list"))


def test_a_link_is_a_file_whatever_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "folder")
    kinds = [kind_on_disk(os.fsencode(tmp_path / name)) for name in ("folder", "link", "nothing")]
    assert kinds == [Kind.FOLDER, Kind.FILE, Kind.NOTHING]
