"""A walk that is told what is known gives what an ordinary one gives, but for what it recognises."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snake_pipe.extract.batch_models import DiscoveredFile
from snake_pipe.extract.discovery import folder_walk, sieve
from snake_pipe.extract.discovery.left_out import LeftOut
from snake_pipe.extract.discovery.recognition import Recognised
from snake_pipe.extract.discovery.selection import Selection
from snake_pipe.extract.discovery.walk import walk
from testkit.repositories import git
from testkit.samples import some_examples

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from snake_pipe.extract.discovery.recognition import WalkItem

ENDINGS = {".py": "python", ".js": "javascript", ".h": "c", ".json": "ast"}

NAMES = (
    b"a.py", b"b.js", b"c.h", b"d.json", b"e.txt", b"script", b"big.py", b"caf\xe9.py", b"back\\slash.py",
    "é.py".encode(), b"new\nline.py", b"skip.py",
)  # fmt: skip
FOLDERS = (b"", b"sub/", b"sub/deep/", b"sub-z/", b"caf\xe9/", b".snake-pipe/", b"out/")


def by_name(name: str) -> str | None:
    return ENDINGS.get(os.path.splitext(name)[1])


def by_head(name: str, head: bytes) -> str | None:
    if name.endswith(".h"):
        return "cpp" if b"class" in head else "c"
    return "python" if head.startswith(b"#!") else None


class Known:
    """Remembers which files it was asked for, and which of them it knows, in one of some languages."""

    def __init__(self, files: Iterable[DiscoveredFile], languages: Collection[str] | None = None) -> None:
        asked = [file for file in files if languages is None or file.queue in languages]
        self.files = {(file.repo, file.path): (file.size_bytes, file.mtime_ns) for file in asked}
        self.seen: Counter[tuple[str, str]] = Counter()

    def recognise(
        self, repo: str, paths: Sequence[str], sizes: Sequence[int], mtimes: Sequence[int]
    ) -> list[bool]:
        same = [
            self.files.get((repo, path)) == (size, mtime)
            for path, size, mtime in zip(paths, sizes, mtimes, strict=True)
        ]
        self.seen.update((repo, path) for path, is_same in zip(paths, same, strict=True) if is_same)
        return same


def write(root: Path, path: bytes, content: bytes) -> None:
    file = os.path.join(os.fsencode(root), path)
    os.makedirs(os.path.dirname(file), exist_ok=True)
    Path(os.fsdecode(file)).write_bytes(content)


def items_of(found: Iterable[WalkItem]) -> tuple[int, list[WalkItem]]:
    """How many files were recognised, and what else came."""
    items = list(found)
    count = sum(item.files for item in items if isinstance(item, Recognised))
    return count, [item for item in items if not isinstance(item, Recognised)]


@some_examples
@given(
    paths=st.sets(
        st.builds(lambda *parts: b"".join(parts), st.sampled_from(FOLDERS), st.sampled_from(NAMES))
    ),
    unknown=st.sets(st.integers(0, 60)),
    contents=st.lists(st.sampled_from([b"x = 1\n", b"#!/usr/bin/python\n", b"class A {};\n"]), min_size=1),
    rules=st.sampled_from(["", "skip.py\n/out/\n", "*.js\n"]),
    include=st.sampled_from([(), ("*.py",), ("sub/",)]),
    exclude=st.sampled_from([(), ("deep/",), ("*.h", "!c.h")]),
    languages=st.sampled_from([None, frozenset({"python", "c"}), frozenset({"cpp", "ast"})]),
    by_ending=st.sampled_from([{}, {".py": "python", ".js": "javascript"}]),
)
def test_what_is_recognised_is_what_an_ordinary_walk_gives_and_is_known(
    paths: Collection[bytes],
    unknown: Collection[int],
    contents: list[bytes],
    rules: str,
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    languages: frozenset[str] | None,
    by_ending: dict[str, str],
) -> None:
    with TemporaryDirectory() as folder:
        root = Path(folder).resolve() / "r"
        root.mkdir()
        for number, path in enumerate(sorted(paths)):
            write(root, path, contents[number % len(contents)] * (9 if b"big" in path else 1))
        (root / ".gitignore").write_text(rules)
        (root / "link.py").symlink_to("/etc/hosts")
        os.mkfifo(root / "pipe.py")
        everything = walk([root], Selection(by_name, by_head, use_gitignore=False))
        rows = [item for item in everything if isinstance(item, DiscoveredFile)]
        # The dataset has files that this walk leaves out, others in another size, and some not at all.
        kept = (file for number, file in enumerate(rows) if number not in unknown)
        known = Known(kept, languages)
        selection = Selection(
            by_name, by_head, include, exclude, languages, max_file_size=20, by_ending=by_ending
        )
        left_out, left_out_then = LeftOut(), LeftOut()
        _, ordinary = items_of(walk([root], selection, left_out))
        count, rest = items_of(walk([root], selection, left_out_then, known=known))
        assert left_out_then == left_out
        seen = [
            item
            for item in ordinary
            if isinstance(item, DiscoveredFile) and (item.repo, item.path) in known.seen
        ]
        assert set(known.seen.values()) <= {1}
        assert count == len(known.seen) == len(seen)
        assert rest == [item for item in ordinary if item not in seen]


@pytest.mark.parametrize("by_git", [False, True])
def test_of_a_tree_that_is_as_it_was_numbers_alone_come_out(
    tmp_path: Path, by_git: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_walk, "MOST_TOGETHER", 3)
    root = tmp_path / "r"
    for number in range(10):
        write(root, b"sub/f%d.py" % number, b"x")
        write(root, b"f%d.py" % number, b"x")
    if by_git:
        git(root, "init", "-q")
        git(root, "add", "f1.py", "sub")
    selection = Selection(by_name)
    _, files = items_of(walk([root], selection))
    known = Known(item for item in files if isinstance(item, DiscoveredFile))
    assert items_of(walk([root], selection, known=known)) == (20, [])
    (root / "sub" / "f5.py").write_text("changed")
    (root / "f0.py").unlink()
    write(root, b"new.py", b"x")
    count, changed = items_of(walk([root], selection, known=known))
    assert count == 18
    assert [item.path for item in changed] == ["new.py", "sub/f5.py"]


def test_what_is_known_is_not_opened_to_tell_its_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """27,000 headers of Linux were, each by four regular expressions, when nothing had changed."""
    for name in (b"a.h", b"B.H", b"script", b"c.py"):
        write(tmp_path / "r", name, b"#!/usr/bin/python\n")
    selection = Selection(by_name, by_head, by_ending={".py": "python"})
    _, files = items_of(walk([tmp_path / "r"], selection))
    known = Known(item for item in files if isinstance(item, DiscoveredFile))
    monkeypatch.setattr(sieve, "open_regular", None)
    assert items_of(walk([tmp_path / "r"], selection, known=known)) == (4, [])


def test_files_that_the_user_named_come_out_whatever_is_known(tmp_path: Path) -> None:
    write(tmp_path / "r", b"a.py", b"x")
    write(tmp_path / "r", b"b.py", b"x")
    selection = Selection(by_name)
    _, files = items_of(walk([tmp_path / "r"], selection))
    known = Known(item for item in files if isinstance(item, DiscoveredFile))
    named = [tmp_path / "r", tmp_path / "r" / "b.py"]
    count, rest = items_of(walk(named, selection, known=known))
    assert count == 1
    assert rest == [files[1]]
