"""A look at some paths gives exactly what a walk of everything gives of them."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from snake_pipe.extract.batch_models import DiscoveredFile, DiscoveryError
from snake_pipe.extract.discovery.selection import Selection
from snake_pipe.extract.discovery.walk import look, walk
from testkit.repositories import git, write


def fill(root: Path) -> None:
    """Files of every kind that discovery tells apart."""
    write(
        root, "a.py", "b.txt", "pkg/c.py", "pkg/deep/er/d.py", "build/e.py", "build/kept.py", "pkg/gen/f.py",
        "pkg/*.py", "pkg/[x].py", ":(top)g.py", "left/h.py", "excluded/i.py", "a/.snake-pipe/j.py",
    )  # fmt: skip
    write(root, "pkg.py/k.py")
    (root / os.fsdecode(b"caf\xe9.py")).write_text("x\n")
    (root / "big.py").write_text("x\n" * 200)
    (root / ".gitignore").write_text("build/\n!build/kept.py\n")
    (root / "pkg/.gitignore").write_text("gen/\n")
    (root / "inside.py").symlink_to("a.py")
    (root / "outside.py").symlink_to("/etc/hostname")
    (root / "linked").symlink_to("pkg")
    os.mkfifo(root / "pipe.py")


def selection(root: Path) -> Selection:
    return Selection(
        lambda name: "python" if name.endswith(".py") else None,
        exclude=("excluded/",),
        max_file_size=300,
        left_out=(root / "left",),
    )


def everything(root: Path) -> list[bytes]:
    found = []
    for folder, folders, files in os.walk(os.fsencode(root)):
        folders[:] = [name for name in folders if name != b".git"]
        found += [os.path.join(folder, name) for name in (*folders, *files)]
    return found


def of_path(items: list[DiscoveredFile | DiscoveryError], root: Path, path: bytes) -> list[object]:
    """What lies at or below a path."""
    relative = os.path.relpath(path, os.fsencode(root))
    kept = []
    for item in items:
        name = item.relative if isinstance(item, DiscoveredFile) else item.path.encode()
        if name == relative or name.startswith(relative + b"/"):
            kept.append(item)
    return kept


@pytest.mark.parametrize("kind", ["plain", "git", "below the work tree", "nested"])
def test_a_look_is_a_part_of_the_walk(tmp_path: Path, kind: str) -> None:
    top = root = (tmp_path / "r").resolve()
    if kind == "below the work tree":
        root = top / "sub"
    root.mkdir(parents=True)
    fill(root)
    if kind != "plain":
        git(top, "init", "-q")
        git(top, "add", "-A")
        git(top, "add", "-f", str(root / "build/e.py"))  # tracked, though a rule ignores it
        git(top, "commit", "-q", "-m", "start")
        write(root, "new.py", "pkg/new.py", "build/new.py")
        (root / "pkg/c.py").unlink()
    if kind == "nested":
        write(tmp_path / "lib", "in_module.py", "ignored.py")
        git(tmp_path / "lib", "init", "-q")
        (tmp_path / "lib/.gitignore").write_text("ignored.py\n")
        git(tmp_path / "lib", "add", "-A")
        git(tmp_path / "lib", "commit", "-q", "-m", "start")
        git(root, "submodule", "add", "-q", str(tmp_path / "lib"), "vendor/lib")
        write(root, "vendor/lib/fresh.py", "vendor/lib/ignored.py", "own/inner/l.py", "build/inner/m.py")
        git(root / "own/inner", "init", "-q")
        git(root / "build/inner", "init", "-q")
    roots, chosen = [root], selection(root)
    walked = list(walk(roots, chosen))
    assert sum(isinstance(item, DiscoveredFile) for item in walked) >= 9
    paths = everything(root)
    for path in paths:
        assert list(look(roots, [path], chosen)) == of_path(walked, root, path), path
    some = sorted(paths)[::3]
    expected = [item for item in walked if any(item in of_path(walked, root, path) for path in some)]
    assert list(look(roots, some, chosen)) == expected
    assert list(look(roots, [os.fsencode(root) + b"/gone.py", b"/elsewhere/a.py"], chosen)) == []


def test_a_look_keeps_the_names_that_several_roots_give(tmp_path: Path) -> None:
    write(tmp_path, "one/src/a.py", "two/src/b.py", "one/src/sub/c.py")
    roots = [tmp_path / "one/src", tmp_path / "two/src", tmp_path / "one/src/sub"]
    chosen = Selection(lambda name: "python" if name.endswith(".py") else None)
    walked = list(walk(roots, chosen, Counter()))
    paths = [os.fsencode(tmp_path / name) for name in ("one/src/a.py", "two/src/b.py", "one/src/sub/c.py")]
    assert list(look(roots, paths, chosen)) == walked
    assert [(item.repo, item.path) for item in walked] == [  # type: ignore[union-attr]
        ("one/src", "a.py"), ("one/src", "sub/c.py"), ("two/src", "b.py"),
    ]  # fmt: skip
