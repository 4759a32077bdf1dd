"""A real repository to which random things happen, as in the nights and days of a project."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sysconfig
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from testkit.places import AST_DUMPS, POLYGLOT
from testkit.repositories import git

if TYPE_CHECKING:
    from collections.abc import Callable

_STDLIB = Path(sysconfig.get_paths()["stdlib"])
_PACKAGES = "asyncio concurrent email importlib json unittest xml"
_LARGEST = 20_000
"""Bytes of a file that is taken."""
_IGNORED = ("json/", "*.md", "email/mime/", "/asyncio/s*.py", "*_test.py", "__init__.py", "/web", "[a-c]*.py")

_WEIGHTS = {
    "edit": 8, "break_file": 2, "add": 4, "copy": 2, "rename": 4, "delete": 4, "chmod": 2, "touch": 3,
    "rewrite": 3, "replace_by_folder": 1, "move_folder": 2, "delete_folder": 1, "revert": 3, "commit": 3,
    "switch_branch": 3, "ignore": 3, "ignore_less": 2,
}  # fmt: skip
"""How often each thing happens, by the method that does it."""


def real_repository(root: Path) -> Path:
    """Packages of the standard library, the samples of all languages and their trees, in one commit."""
    for package in _PACKAGES.split():
        for path in (_STDLIB / package).rglob("*.py"):
            if path.stat().st_size <= _LARGEST:
                target = root / path.relative_to(_STDLIB)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)
    for samples in (POLYGLOT, AST_DUMPS):
        leave = shutil.ignore_patterns(".snake-pipe", "__pycache__")
        shutil.copytree(samples, root / samples.name, dirs_exist_ok=True, ignore=leave)
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "start")
    return root


@dataclass
class ChangingRepository:
    """Does one random thing at a time; the same ones for the same `chance`, where `root` began the same."""

    root: Path
    chance: random.Random
    made: int = field(default=0)
    """Names given to new files, folders and branches so far; none is used twice."""

    def step(self) -> str:
        """Do something, and say what."""
        kind = self.chance.choices([*_WEIGHTS], [*_WEIGHTS.values()])[0]
        return f"{kind} {getattr(self, kind)()}".rstrip()

    # -- files -----------------------------------------------------------------------------------------

    def edit(self) -> str:
        return self._with_each(self._some(1, 5), self._append)

    def break_file(self) -> str:
        return self._with_each(self._some(1, 2), lambda path: path.write_text("def (:\n" + self._code()))

    def add(self) -> str:
        folder = self.chance.choice(self._folders())
        if self.chance.random() < 0.3:
            folder = folder / self._name("folder")
            folder.mkdir()
        path = folder / self._name("new.py")
        path.write_text(self._code())
        return self._shown(path)

    def copy(self) -> str:
        """The same content a second time, under another name."""
        return self._with_each(
            self._some(1, 1), lambda path: shutil.copy(path, path.with_name(self._name(f"copy{path.suffix}")))
        )

    def rename(self) -> str:
        def rename(path: Path) -> None:
            path.rename(self.chance.choice(self._folders()) / self._name(f"renamed{path.suffix}"))

        return self._with_each(self._some(1, 3), rename)

    def delete(self) -> str:
        return self._with_each(self._some(1, 3), Path.unlink)

    def chmod(self) -> str:
        mode = self.chance.choice([0o755, 0o644, 0o600])
        return self._with_each(self._some(1, 5), lambda path: path.chmod(mode))

    def touch(self) -> str:
        """As a fresh checkout does it: other times, the same content."""
        return self._with_each(self._some(1, 40), os.utime)

    def rewrite(self) -> str:
        """Written anew, or replaced by another file, of the same content."""

        def rewrite(path: Path) -> None:
            beside = path.with_name(self._name("beside.tmp"))
            shutil.copyfile(path, beside)
            beside.replace(path)

        return self._with_each(self._some(1, 5), rewrite)

    def replace_by_folder(self) -> str:
        def replace(path: Path) -> None:
            path.unlink()
            path.mkdir()
            (path / "inner.py").write_text(self._code())

        return self._with_each(self._some(1, 1), replace)

    def move_folder(self) -> str:
        folder = self._a_folder()
        if folder is not None:
            folder.rename(folder.with_name(self._name("moved")))
        return self._shown(folder)

    def delete_folder(self) -> str:
        folder = self._a_folder()
        if folder is not None and len([*folder.rglob("*")]) < 20:
            shutil.rmtree(folder)
        return self._shown(folder)

    # -- git -------------------------------------------------------------------------------------------

    def revert(self) -> str:
        git(self.root, "checkout", "-q", "--", ".")
        return ""

    def commit(self) -> str:
        git(self.root, "add", "-A")
        git(self.root, "commit", "-q", "--allow-empty", "-m", self._name("step"))
        return ""

    def switch_branch(self) -> str:
        """To one that is there, or a new one that begins at an earlier commit."""
        self.commit()
        if self.chance.random() < 0.4:
            name, start = self._name("branch"), f"HEAD~{self.chance.randint(0, self._commits())}"
            git(self.root, "checkout", "-q", "-b", name, start)
        else:
            name = self.chance.choice(self._output("branch", "--format=%(refname:short)").split())
            git(self.root, "checkout", "-q", name)
        return name

    def ignore(self) -> str:
        path = self.chance.choice([self.root, *self._folders()]) / ".gitignore"
        line = self.chance.choice(_IGNORED)
        with path.open("a") as file:
            file.write(f"{line}\n")
        if self.chance.random() < 0.7:  # else what is tracked stays
            git(
                self.root, "rm", "-rfq", "--cached", "--ignore-unmatch", "."
            )  # also what is staged and changed again
            git(self.root, "add", "-A")
        return f"{line} in {self._shown(path)}"

    def ignore_less(self) -> str:
        paths = sorted(self.root.rglob(".gitignore"))
        if not paths:
            return ""
        path = self.chance.choice(paths)
        lines = path.read_text().splitlines(keepends=True)
        path.write_text("".join(self.chance.sample(lines, len(lines) // 2)))
        return self._shown(path)

    # --------------------------------------------------------------------------------------------------

    def _files(self) -> list[Path]:
        return sorted(
            path for path in self.root.rglob("*")
            if path.is_file() and path.suffix and ".git" not in path.relative_to(self.root).parts
        )  # fmt: skip

    def _folders(self) -> list[Path]:
        return sorted({path.parent for path in self._files()} | {self.root})

    def _a_folder(self) -> Path | None:
        folders = [folder for folder in self._folders() if folder != self.root]
        return self.chance.choice(folders) if folders else None

    def _some(self, least: int, most: int) -> list[Path]:
        files = self._files()
        return self.chance.sample(files, min(len(files), self.chance.randint(least, most)))

    def _with_each(self, paths: list[Path], work: Callable[[Path], object]) -> str:
        for path in paths:
            work(path)
        return ", ".join(map(self._shown, paths[:5])) + (f" and {len(paths) - 5} more" if paths[5:] else "")

    def _append(self, path: Path) -> None:
        with path.open("a") as file:
            file.write(self._code())

    def _code(self) -> str:
        return f"\n\ndef {self._name('function')}(x):\n    return x.call({self.chance.randint(0, 9)})\n"

    def _name(self, end: str) -> str:
        self.made += 1
        return f"n{self.made}_{end}"

    def _commits(self) -> int:
        """Commits before this one."""
        return int(self._output("rev-list", "--count", "--first-parent", "HEAD")) - 1

    def _output(self, *arguments: str) -> str:
        command = ["git", "-C", str(self.root), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def _shown(self, path: Path | None) -> str:
        return "" if path is None else str(path.relative_to(self.root))
