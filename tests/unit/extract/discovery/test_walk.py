"""Discovery without git: names, gitignore rules, the walker's order, roots, lists."""

from __future__ import annotations

import io
import os
import socket
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snake_pipe.errors import UsageError
from snake_pipe.extract.batch_models import DiscoveredFile, DiscoveryError
from snake_pipe.extract.discovery import folder_walk
from snake_pipe.extract.discovery.file_list import listed_files
from snake_pipe.extract.discovery.left_out import LeftOut
from snake_pipe.extract.discovery.selection import Selection
from snake_pipe.extract.discovery.walk import walk
from snake_pipe.extract.paths.gitignore import IgnoreRules
from snake_pipe.extract.paths.names import escape_path, unescape_path
from snake_pipe.observe.statistics import LeftOutByRules
from testkit.descriptors import open_below
from testkit.repositories import git


def by_ending(name: str) -> str | None:
    if name.endswith((".json", ".json.gz", ".ast")):
        return "ast"
    return {".py": "python", ".js": "javascript", ".c": "c", ".h": "c"}.get(Path(name).suffix)


def by_head(name: str, head: bytes) -> str | None:
    if head.startswith(b"#!") and b"python" in head.split(b"\n")[0]:
        return "python"
    return "cpp" if name.endswith(".h") and b"class " in head else None


PLAIN = Selection(by_ending, use_gitignore=False)


def make(root: Path, *paths: str, content: str = "x = 1\n") -> Path:
    for path in paths:
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    return root


def paths(items) -> list[str]:
    found = list(items)
    assert all(isinstance(item, DiscoveredFile) for item in found), found
    return [item.path for item in found]


def errors(items) -> list[tuple[str, str]]:
    return [(item.code, item.path) for item in items if isinstance(item, DiscoveryError)]


@given(st.binary(max_size=40))
def test_an_escaped_path_gives_back_its_bytes(raw: bytes) -> None:
    assert unescape_path(escape_path(raw)) == raw


@given(st.lists(st.sampled_from([b"\\", b"\xff", b"x", b"f", b"\\xff", "é".encode(), b"\n"]), max_size=6))
def test_no_two_names_share_a_text(parts: list[bytes]) -> None:
    raw = b"".join(parts)
    assert unescape_path(escape_path(raw)) == raw


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"plain.py", "plain.py"),
        (b"caf\xe9.py", r"caf\xe9.py"),
        (rb"a\xe9.py", r"a\\xe9.py"),
        (b"a\nb\x1b", "a\nb\x1b"),
    ],
)
def test_escaped_names_as_they_look(raw: bytes, text: str) -> None:
    assert escape_path(raw) == text


@pytest.mark.parametrize("text", ["\\", r"\q", r"\x41", r"\xC3", "\\xc3\\xa9"])
def test_a_text_that_no_name_gives_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an escaped path"):
        unescape_path(text)


@pytest.mark.parametrize(
    ("rules", "path", "verdict"),
    [
        ("*.log", "deep/x.log", True),
        ("/x.log", "deep/x.log", None),
        ("build/", "build", None),
        ("build/", "build/", True),
        ("*\n!*/\n!*.py", "src/", False),
        ("*\n!*/\n!*.py", "src/a.txt", True),
        ("a/**/z", "a/z", True),
        ("a/**/z", "a/b/c/z", True),
        ("**/z", "a/b/z", True),
        ("a/**", "a/", None),
        ("a/*", "a/", None),
        ("a/*\n!a/b", "a/b", False),
        ("a/**/*", "a/", None),
        ("a/*/", "a/b/", True),
        ("a**/b", "a/x/b", True),
        ("d/a**", "d/a", True),
        ("/**", "x/y", True),
        ("a/**/b/**/c", "a/x/b/y/b/z/c", True),
        ("**/a/**/b/**", "x/a/b/", None),
        ("**/a/**/b/**", "x/a/y/b/c", True),
        ("a/**", "a/b", True),
        ("**//", "a/b/", None),
        (r"\#x", "#x", True),
        ("# x", "# x", None),
        ("x ", "x", True),
        (r"x\ ", "x ", True),
        ("[!a-c].py", "d.py", True),
        ("[!a-c].py", "b.py", None),
        ("[[:digit:]]", "7", True),
        ("[unclosed", "[unclosed", None),
        ("é?", "é\xff", None),
        ("keep.py\r\n", "keep.py", True),
        ("\ufeffkeep.py", "keep.py", True),
    ],
)
def test_gitignore_rules(rules: str, path: str, verdict: bool | None) -> None:
    raw = path.encode()
    name = raw[raw.rstrip(b"/").rfind(b"/") + 1 :]
    rule = IgnoreRules(rules.encode()).last_match(raw, name)
    assert (rule and rule.ignores) is verdict


def test_a_hostile_rule_does_not_backtrack() -> None:
    rules = IgnoreRules(b"*a" * 60 + b"\n" + b"**/a/" * 60 + b"b\n" + b"**/a*a/" * 9 + b"**/b\n")
    name = b"a" * 254 + b"c"
    assert rules.last_match(b"a/" * 1_000 + name, name) is None


RULE = st.lists(
    st.sampled_from(
        [
            "a",
            "b",
            "ab",
            "*",
            "**",
            "?",
            "/",
            "!",
            "[ab]",
            "[!a]",
            "\\a",
            "a*",
            " ",
            "[a-b]",
            "]",
            "[",
            "\\",
            "[[:alpha:]]",
            "[^b-]",
        ]
    ),
    max_size=5,
)
TREE = ["a", "b", "ab", "bb", "d/a", "d/b", "d/ab/a", "d/ab/b", "e/a/ab/bb", "e/b", "f/a"]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = make(tmp_path_factory.mktemp("rules"), *TREE)
    subprocess.run(["git", "init", "-q", root], check=True)
    return root


@given(st.lists(RULE.map("".join), max_size=4), st.lists(RULE.map("".join), max_size=2))
def test_gitignore_rules_decide_as_git_does(repository: Path, top: list[str], deep: list[str]) -> None:
    (repository / ".gitignore").write_text("\n".join(top))
    (repository / "d" / ".gitignore").write_text("\n".join(deep))
    said = subprocess.run(
        ["git", "-C", repository, "ls-files", "-zo", "--exclude-standard"], check=True, capture_output=True
    ).stdout
    below = folder_walk.FolderWalk(os.fsencode(repository), b"", True, lambda folder: folder != b".git/")
    assert _files(below) == said.split(b"\0")[:-1]


def test_the_order_is_bytewise_by_path(tmp_path: Path) -> None:
    make(tmp_path, "a/x.py", "a-b.py", "a.py", "a0.py", "B.py", "é.py", "z/1.py", "a/b/c.py")
    found = paths(walk([tmp_path], PLAIN))
    assert found == sorted(found, key=str.encode)
    assert found == ["B.py", "a-b.py", "a.py", "a/b/c.py", "a/x.py", "a0.py", "z/1.py", "é.py"]


def test_a_folder_larger_than_a_run_is_merged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_walk, "RUN_LENGTH", 7)
    names = [f"{n * 37 % 101}.py" for n in range(100)]
    make(tmp_path, *names)
    assert paths(walk([tmp_path], PLAIN)) == sorted(names)


def test_facts_of_a_file(tmp_path: Path) -> None:
    root = make(tmp_path / "shop", "src/a.py")
    os.utime(root / "src" / "a.py", ns=(1, 1_700_000_000_123_456_789))
    (found,) = walk([root], PLAIN)
    assert found == DiscoveredFile(str(root), "src/a.py", 6, 1_700_000_000_123_456_789, "python", "shop")


def test_unrecognised_files_are_counted_by_ending(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "b.PNG", "c.png", "Makefile", ".hidden", "d.tar.gz", "e." + "x" * 30)
    left_out = LeftOut()
    assert paths(walk([tmp_path], PLAIN, left_out)) == ["a.py"]
    assert left_out == LeftOut(Counter({".png": 2, "(none)": 2, ".gz": 1, "(other)": 1}))


def test_files_of_languages_that_are_not_read_are_counted_by_language(tmp_path: Path) -> None:
    """They were told to be of no known language, or not at all."""
    make(tmp_path, "a.py", "b.js", "sub/c.js", "d.json", "e.foo")
    left_out = LeftOut()
    selection = Selection(by_ending, languages=frozenset(("python",)), use_gitignore=False)
    assert paths(walk([tmp_path], selection, left_out)) == ["a.py"]
    assert left_out == LeftOut(Counter({".foo": 1}), Counter({"javascript": 2, "ast": 1}))


@pytest.mark.parametrize("by_git", [False, True])
def test_what_ignore_rules_leave_out_is_counted_by_file_and_line(tmp_path: Path, by_git: bool) -> None:
    """It was left out in silence: a stray rule `/*` emptied a repository, and nobody was told."""
    make(tmp_path, "a.py", "b.o", "new/c.o", "new/d.py", "built/deep/e.py", "built/f.py", "sub/g.tmp")
    make(tmp_path, "sub/keep.tmp", "own/h.py", "only/deep/i.o", "named.o", "inner/j.py")
    (tmp_path / ".gitignore").write_text("# objects\n*.o\n\n/built/\ninner/\n")
    (tmp_path / "sub" / ".gitignore").write_text("*.tmp  \n!keep.tmp\n")
    (tmp_path / "own" / ".gitignore").write_text("*\n")  # as in a dataset: it does not ignore its own folder
    make(tmp_path / ".snake-pipe", "x.py")
    (tmp_path / ".snake-pipe" / ".gitignore").write_text("*\n")
    if by_git:
        git(tmp_path, "init", "-q")
    left_out = LeftOut()
    named = [tmp_path, tmp_path / "named.o", tmp_path / "inner"]
    list(walk(named, Selection(by_ending), left_out))
    assert left_out.ignored == LeftOutByRules(
        6,
        1,
        {
            ".gitignore:2 *.o": 3,
            ".gitignore:4 /built/": 1,
            "sub/.gitignore:1 *.tmp": 1,
            "own/.gitignore:1 *": 2,
        },
    )


def test_rules_are_told_from_the_root_below_which_they_stand(tmp_path: Path) -> None:
    make(tmp_path, "src/a.py", "src/b.o", "src/c.tmp")
    git(tmp_path, "init", "-q")
    (tmp_path / ".gitignore").write_text("*.o\n")
    (tmp_path / "src" / ".gitignore").write_text("*.tmp\n")
    left_out = LeftOut()
    list(walk([tmp_path / "src"], Selection(by_ending), left_out))
    assert left_out.ignored.rules == {"../.gitignore:1 *.o": 1, ".gitignore:1 *.tmp": 1}


def test_what_patterns_leave_out_is_counted_by_pattern(tmp_path: Path) -> None:
    make(tmp_path, "src/a.py", "src/b_pb2.py", "src/c_pb2.py", "vendor/d.py", "docs/e.md", "f.py")
    left_out = LeftOut()
    selection = Selection(by_ending, include=("src/", "f.py"), exclude=("*_pb2.py", "vendor/"))
    assert paths(walk([tmp_path], selection, left_out)) == ["f.py", "src/a.py"]
    assert left_out.filtered == LeftOutByRules(
        3, 1, {"exclude *_pb2.py": 2, "exclude vendor/": 1, "include": 1}
    )
    assert left_out.filtered.with_rules(1) == LeftOutByRules(3, 1, {"exclude *_pb2.py": 2})


def test_the_count_of_endings_is_bounded(tmp_path: Path) -> None:
    make(tmp_path, *(f"f.{n}" for n in range(1_010)))
    left_out = LeftOut()
    assert paths(walk([tmp_path], PLAIN, left_out)) == []
    counts = left_out.unrecognised
    assert len(counts) <= 1_001
    assert counts["(other)"] >= 10
    assert counts.total() == 1_010


def test_the_head_tells_scripts_and_headers(tmp_path: Path) -> None:
    make(tmp_path, "tool", content="#!/usr/bin/env python3\n")
    make(tmp_path, "LICENSE", "plain.h")
    make(tmp_path, "shape.h", content="class Shape;\n")
    left_out = LeftOut()
    found = list(walk([tmp_path], Selection(by_ending, by_head, use_gitignore=False), left_out))
    assert [(item.path, item.queue) for item in found] == [
        ("plain.h", "c"),
        ("shape.h", "cpp"),
        ("tool", "python"),
    ]
    assert left_out.unrecognised == {"(none)": 1}


def test_patterns_languages_and_size(tmp_path: Path) -> None:
    make(tmp_path, "src/a.py", "src/gen/b.py", "src/c.js", "docs/d.py", "x.json")
    make(tmp_path, "src/big.py", content="#" * 100)
    selection = Selection(
        by_ending,
        include=("src/", "*.json"),
        exclude=("gen/",),
        languages=frozenset(("python", "ast")),
        max_file_size=99,
        use_gitignore=False,
    )
    found = [(item.path, item.skip_reason) for item in walk([tmp_path], selection)]
    assert found == [("src/a.py", None), ("src/big.py", "too_large"), ("x.json", None)]


def test_an_exclusion_may_bring_a_part_back(tmp_path: Path) -> None:
    make(tmp_path, "gen/a.py", "gen/keep.py")
    selection = Selection(by_ending, exclude=("gen/*", "!keep.py"), use_gitignore=False)
    assert paths(walk([tmp_path], selection)) == ["gen/keep.py"]


def test_gitignore_outside_git_and_switched_off(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "out/b.py", "src/gen.py", "src/keep.py", ".git-ish/c.py")
    (tmp_path / ".gitignore").write_text("out/\n*.py\n!keep.py\n!a.py\n")
    assert paths(walk([tmp_path], Selection(by_ending))) == ["a.py", "src/keep.py"]
    assert len(paths(walk([tmp_path], PLAIN))) == 5


def test_git_folders_datasets_and_left_out_folders_are_never_entered(tmp_path: Path) -> None:
    make(tmp_path, "a.py", ".git/hook.py", "sub/.git/hook.py", ".snake-pipe/_jobs/j.json", "tables/x.json")
    selection = Selection(by_ending, use_gitignore=False, left_out=(tmp_path / "tables",))
    assert paths(walk([tmp_path], selection)) == ["a.py"]


def test_a_missing_root_is_a_usage_error_at_once(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nowhere"):
        walk([tmp_path, tmp_path / "nowhere"], PLAIN)


def test_a_bad_pattern_is_a_usage_error_at_once(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="pattern"):
        walk([tmp_path], Selection(by_ending, exclude=("!",)))


def test_nested_roots_yield_a_file_once_under_the_outer_root(tmp_path: Path) -> None:
    root = make(tmp_path / "r", "a.py", "out/b.py", "out/deep/c.py", "z.py")
    (root / ".gitignore").write_text("out/\n")
    found = list(walk([root / "out", root, root, root / "out" / "deep"], Selection(by_ending)))
    assert [item.path for item in found] == ["a.py", "z.py", "out/b.py", "out/deep/c.py"]
    assert {(item.root, item.repo) for item in found} == {(str(root), "r")}


def test_a_named_file_goes_around_gitignore_and_size_and_comes_once(tmp_path: Path) -> None:
    root = make(tmp_path / "r", "a.py", "out/b.py")
    (root / ".gitignore").write_text("out/\n")
    selection = Selection(by_ending, exclude=("/a.py",), max_file_size=1)
    assert paths(walk([root / "out" / "b.py", root], selection)) == ["out/b.py"]
    (alone,) = walk([root / "out" / "b.py"], selection)
    assert (alone.path, alone.repo, alone.root, alone.skip_reason) == ("b.py", "out", str(root / "out"), None)
    assert paths(walk([root / "a.py", root], Selection(by_ending))) == ["a.py"]


def test_a_named_file_that_patterns_exclude_is_counted(tmp_path: Path) -> None:
    """A hook names whatever changed: what the settings exclude must not come in by it."""
    root = make(tmp_path / "r", "src/a.py", "vendor/b.py", "c.py")
    selection = Selection(by_ending, include=("src/", "vendor/"), exclude=("vendor/",))
    named = [root / "src" / "a.py", root / "vendor" / "b.py", root / "c.py"]
    left_out = LeftOut()
    assert paths(walk(named, selection, left_out, {str(root): ""})) == ["src/a.py"]
    assert left_out == LeftOut(excluded=2)
    source = io.BytesIO(b"src/a.py\nvendor/b.py\nc.py\n")
    assert paths(listed_files(source, b"\n", selection, root, left_out)) == ["src/a.py"]
    assert left_out == LeftOut(excluded=4)


def test_named_files_count_from_the_folders_that_are_known(tmp_path: Path) -> None:
    root = make(tmp_path / "r", "src/a.py", "sub/lib/b.py", "sub/c.py")
    make(tmp_path, "alone/d.py")
    named = [root / "src" / "a.py", root / "sub" / "lib" / "b.py", root / "sub" / "c.py"]
    repos = {str(root): "shop", str(root / "sub" / "lib"): ""}
    found = [
        (item.repo, item.path) for item in walk([*named, tmp_path / "alone" / "d.py"], PLAIN, repos=repos)
    ]
    assert found == [("alone", "d.py"), ("shop", "src/a.py"), ("shop", "sub/c.py"), ("lib", "b.py")]


def test_roots_of_one_name_are_told_apart_whatever_their_order(tmp_path: Path) -> None:
    roots = [
        make(tmp_path / "x" / "app", "a.py"),
        make(tmp_path / "y" / "app", "a.py"),
        make(tmp_path / "lib", "a.py"),
    ]
    repos = {item.root: item.repo for item in walk(roots, PLAIN)}
    assert list(repos.values()) == ["lib", "x/app", "y/app"]
    assert repos == {item.root: item.repo for item in walk(roots[::-1], PLAIN)}


def test_links_are_not_followed(tmp_path: Path) -> None:
    root = make(tmp_path / "r", "real/a.py")
    make(tmp_path, "secret/s.py")
    (root / "alias.py").symlink_to("real/a.py")
    (root / "loop").symlink_to(".")
    (root / "real" / "up").symlink_to("..")
    (root / "self.py").symlink_to("self.py")
    (root / "dangling.py").symlink_to("gone.py")
    (root / "leak").symlink_to(tmp_path / "secret")
    (root / "leak.py").symlink_to("../secret/s.py")
    left_out = LeftOut()
    found = list(walk([root], PLAIN, left_out))
    assert [item.path for item in found if isinstance(item, DiscoveredFile)] == ["real/a.py"]
    assert errors(found) == [("symlink_outside", "leak"), ("symlink_outside", "leak.py")]
    assert left_out.unrecognised == {"(symlink)": 5}


def test_a_root_that_is_a_link_is_followed(tmp_path: Path) -> None:
    make(tmp_path / "real", "a.py")
    (tmp_path / "link").symlink_to("real")
    (found,) = walk([tmp_path / "link"], PLAIN)
    assert found.root == str(tmp_path / "real")


def test_fifos_and_sockets_are_reported_and_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    os.mkfifo(tmp_path / "extensionless")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.relpath(tmp_path / "s.py"))
        found = list(walk([tmp_path], Selection(by_ending, by_head, use_gitignore=False)))
    assert errors(found) == [("special_file", name) for name in ("extensionless", "pipe.py", "s.py")]
    assert errors(walk([tmp_path / "pipe.py"], PLAIN)) == [("special_file", "pipe.py")]


def test_names_are_kept_without_loss(tmp_path: Path) -> None:
    raw = [
        b"caf\xe9.py",
        b"new\nline.py",
        b"esc\x1b[31m.py",
        rb"back\slash.py",
        "é.py".encode(),
        b"Case.py",
        b"case.py",
    ]
    for name in raw:
        (tmp_path / os.fsdecode(name)).write_text("")
    found = list(walk([tmp_path], PLAIN))
    assert {os.fsencode(item.os_path) for item in found} == {
        os.fsencode(tmp_path) + b"/" + name for name in raw
    }
    assert {item.path: item.path_bytes for item in found if item.path_bytes} == {
        r"caf\xe9.py": b"caf\xe9.py",
        r"back\\slash.py": rb"back\slash.py",
    }
    for item in found:
        assert Path(item.os_path).exists()


@pytest.fixture
def deep_path(tmp_path: Path):
    """A folder for trees that are too deep for pytest to remove."""
    yield tmp_path
    subprocess.run(["rm", "-rf", tmp_path], check=True)


def test_a_folder_swapped_for_a_link_during_the_walk_is_reported(tmp_path: Path) -> None:
    root = make(tmp_path / "r", "a.py", "b/c.py", "d/e.py")
    make(tmp_path, "outside/secret.py")
    items = walk([root], PLAIN)
    assert next(items).path == "a.py"
    (root / "b").rename(tmp_path / "b")
    (root / "b").symlink_to(tmp_path / "outside")
    (root / "d").rename(tmp_path / "d")
    rest = list(items)
    assert errors(rest) == [("symlink_outside", "b")]
    assert len(rest) == 1


def test_a_gitignore_that_is_no_plain_file_is_said(tmp_path: Path) -> None:
    make(tmp_path, "a/x.py", "b/y.py", "c/z.py")
    (tmp_path / "a" / ".gitignore").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "b" / ".gitignore")
    (tmp_path / "c" / ".gitignore").write_bytes(b"#" * (folder_walk.LONGEST_GITIGNORE + 1))
    found = list(walk([tmp_path], Selection(by_ending)))
    names = [f"{folder}/.gitignore" for folder in "abc"]
    assert [path for code, path in errors(found) if code == "unreadable_gitignore"] == names
    assert [item.path for item in found if isinstance(item, DiscoveredFile)] == ["a/x.py", "b/y.py", "c/z.py"]


def test_a_walk_taken_up_again_leaves_out_what_came_before(tmp_path: Path) -> None:
    make(tmp_path, "a/1.py", "b-c.py", "b/2.py", "b/3.py", "b/d/4.py", "c.py")
    everything = walk_all(tmp_path)
    for path in everything:
        assert walk_all(tmp_path, after=path) == everything[everything.index(path) + 1 :]


def walk_all(root: Path, after: bytes = b"") -> list[bytes]:
    below = folder_walk.FolderWalk(os.fsencode(root), b"", False, lambda folder: True, after=after)
    return _files(below)


def _files(below: folder_walk.FolderWalk) -> list[bytes]:
    entries = folder_walk.walk_folder(below)
    return [
        entry.path + name
        for entry in entries
        if isinstance(entry, folder_walk.FolderFiles)
        for name in entry.names
    ]


@pytest.fixture(autouse=True)
def no_descriptor_is_left_open(tmp_path: Path):
    yield
    assert open_below(tmp_path) == 0


def test_folders_deeper_than_a_path_may_be_long(deep_path: Path) -> None:
    folder = os.open(deep_path, os.O_RDONLY)
    depth, name = 40, "d" * 200
    try:
        for level in range(depth):
            os.close(os.open(f"f{level:03}.py", os.O_CREAT | os.O_WRONLY, dir_fd=folder))
            os.close(os.open(f"z{level:03}.py", os.O_CREAT | os.O_WRONLY, dir_fd=folder))
            os.mkdir(name, dir_fd=folder)
            deeper = os.open(name, os.O_RDONLY, dir_fd=folder)
            os.close(folder)
            folder = deeper
    finally:
        os.close(folder)
    found = paths(walk([deep_path], PLAIN))
    assert len(found) == 2 * depth
    assert max(map(len, found)) > 4096
    assert found == sorted(found, key=str.encode)


def test_many_levels_need_one_descriptor(deep_path: Path) -> None:
    folder = os.open(deep_path, os.O_RDONLY)
    for _ in range(1_500):
        os.mkdir("d", dir_fd=folder)
        deeper = os.open("d", os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = deeper
    os.close(os.open("deepest.py", os.O_CREAT | os.O_WRONLY, dir_fd=folder))
    os.close(folder)
    items = walk([deep_path], PLAIN)
    assert next(items).path == "d/" * 1_500 + "deepest.py"
    assert open_below(deep_path) == 1
    assert list(items) == []
    assert open_below(deep_path) == 0


def test_a_folder_moved_during_the_walk_is_said_and_the_rest_goes_on(tmp_path: Path) -> None:
    root = make(tmp_path / "r", "a/b/1.py", "a/b/2.py", "a/c.py", "z.py")
    items = walk([root], PLAIN)
    assert next(items).path == "a/b/1.py"
    (root / "a" / "b").rename(tmp_path / "b")
    (root / "a").rename(tmp_path / "a")
    rest = list(items)
    assert errors(rest) == [("folder_moved", "a")]
    assert [item.path for item in rest if isinstance(item, DiscoveredFile)] == ["a/b/2.py", "z.py"]


def test_an_early_close_gives_the_descriptor_back(tmp_path: Path) -> None:
    make(tmp_path, "a/1.py", "a/2.py")
    items = walk([tmp_path], PLAIN)
    next(items)
    assert open_below(tmp_path) == 1
    items.close()
    assert open_below(tmp_path) == 0


@pytest.mark.parametrize("separator", [b"\n", b"\0"])
def test_a_list_of_files(tmp_path: Path, separator: bytes) -> None:
    root = make(tmp_path / "r", "a.py", "out/b.py", "c.md")
    make(tmp_path, "elsewhere/d.py")
    (root / ".gitignore").write_text("out/\n")
    names = [
        "out/b.py",
        "./a.py",
        "",
        "a.py",
        "gone.py",
        "c.md",
        "out",
        "../elsewhere/d.py",
        str(root / "a.py"),
    ]
    left_out = LeftOut()
    source = io.BytesIO(separator.join(name.encode() for name in names))
    found = list(listed_files(source, separator, Selection(by_ending, max_file_size=0), root, left_out))
    assert [(item.root, item.path) for item in found if isinstance(item, DiscoveredFile)] == [
        (str(root), "out/b.py"),
        (str(root), "a.py"),
        (str(tmp_path / "elsewhere"), "d.py"),
    ]
    assert errors(found) == [("not_found", "gone.py"), ("not_a_file", "out")]
    assert left_out.unrecognised == {".md": 1}


def test_a_list_is_read_as_a_stream(tmp_path: Path) -> None:
    make(tmp_path, "a.py")

    class Endless(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            return b"a.py\nnope.py\n"

    items = listed_files(Endless(), b"\n", PLAIN, tmp_path)
    assert next(items).path == "a.py"
    assert next(items).code == "not_found"


def test_an_overlong_line_and_a_nul_in_a_list_are_items(tmp_path: Path) -> None:
    make(tmp_path, "a.py")
    source = io.BytesIO(b"x" * 200_000 + b"\na\0b.py\na.py\n")
    found = list(listed_files(source, b"\n", PLAIN, tmp_path))
    assert [code for code, _ in errors(found)] == ["not_found", "not_found"]
    assert found[-1].path == "a.py"
