"""An hour of edits in a minute over a watched repository; then its tables against those of a fresh ingestion.

    python -m benchmarks.watch_edits --root .cache/corpus/source/django --seconds 60 --seed 1

The repository is copied. While `snake-pipe watch` runs on the copy, a random sequence of what people and
their tools do is done to it: files saved in place and by rename, twice in a row, made, removed and renamed,
folders moved and removed, a `.gitignore` edited, hundreds of files changed at once, and another branch
checked out. Beside it one file is saved again and again, to measure the time from its save until a query
sees it. Then Ctrl-C, a fresh ingestion into another dataset, and the comparison. The
exit code is 1 if a row differs.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import snake_pipe
from benchmarks.kills import compare
from snake_pipe.errors import SnakePipeError

_ENDINGS = frozenset(
    (".py", ".js", ".ts", ".java", ".go", ".rs", ".c", ".h", ".cpp", ".cs", ".rb", ".php", ".sh")
)
_WEIGHTS = {
    "save": 50, "save_by_rename": 20, "save_twice": 8, "touch": 2, "make": 10, "remove": 6, "rename": 6,
    "replace_same_size": 4, "make_folder": 3, "move_folder": 1, "remove_folder": 0.5, "edit_gitignore": 0.5,
    "burst": 1, "check_out": 1.5,
}  # fmt: skip
_WATCHED, _VISIBLE, _WALKS = "Ctrl-C ends", "visible after", "walking again"


@dataclass
class Editor:
    """Does to a folder what people do."""

    root: Path
    chance: random.Random
    has_branches: bool
    done: Counter[str] = field(default_factory=Counter)
    number: int = 0

    def edit(self) -> None:
        """One edit, chosen by weight; one that cannot be done just now counts as none."""
        name = self.chance.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]
        try:
            if getattr(self, name)() is not False:
                self.done[name] += 1
        except (OSError, IndexError, subprocess.CalledProcessError):
            self.done["failed"] += 1

    def files(self) -> list[Path]:
        found = []
        for folder, folders, names in os.walk(self.root):
            folders[:] = [name for name in folders if name not in (".git", ".snake-pipe")]
            found += [Path(folder, name) for name in names if Path(name).suffix in _ENDINGS]
        return sorted(found)

    def any_file(self) -> Path:
        return self.chance.choice(self.files())

    def any_folder(self) -> Path:
        return self.chance.choice(sorted({file.parent for file in self.files()} - {self.root}))

    def changed(self, file: Path) -> bytes:
        """The content with some lines removed, doubled or put elsewhere."""
        lines = file.read_bytes().splitlines(keepends=True) or [b"\n"]
        for _ in range(self.chance.randint(1, 3)):
            at = self.chance.randrange(len(lines))
            if self.chance.random() < 0.3 and len(lines) > 1:
                lines.pop(at)
            else:
                lines.insert(at, self.chance.choice(lines))
        return b"".join(lines)

    def new_name(self) -> str:
        self.number += 1
        return f"edit{self.number}"

    def save(self) -> None:
        file = self.any_file()
        file.write_bytes(self.changed(file))

    def save_twice(self) -> None:
        file = self.any_file()
        file.write_bytes(self.changed(file))
        file.write_bytes(self.changed(file))

    def save_by_rename(self) -> None:
        file = self.any_file()
        scratch = file.with_name(f".{file.name}.{self.new_name()}.swp")
        scratch.write_bytes(self.changed(file))
        scratch.replace(file)

    def replace_same_size(self) -> None:
        file = self.any_file()
        content = bytearray(file.read_bytes())
        for at, byte in enumerate(content):
            if chr(byte).islower():
                content[at] = ord(self.chance.choice("abcxyz"))
                break
        times = file.stat()
        file.write_bytes(content)
        os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))

    def touch(self) -> None:
        self.any_file().touch()

    def make(self) -> None:
        example = self.any_file()
        example.with_name(f"{self.new_name()}{example.suffix}").write_bytes(self.changed(example))

    def remove(self) -> None:
        self.any_file().unlink()

    def rename(self) -> None:
        file = self.any_file()
        target = self.any_file().parent / f"{self.new_name()}{file.suffix}"
        file.rename(target)

    def make_folder(self) -> None:
        folder = self.any_file().parent / self.new_name() / self.new_name()
        folder.mkdir(parents=True)
        for example in self.chance.sample(self.files(), 3):
            (folder / f"{self.new_name()}{example.suffix}").write_bytes(example.read_bytes())

    def move_folder(self) -> None:
        folder = self.any_folder()
        folder.rename(folder.parent / self.new_name())

    def remove_folder(self) -> bool | None:
        folder = self.any_folder()
        if sum(1 for _ in folder.rglob("*")) > 40:
            return False
        shutil.rmtree(folder)
        return None

    def edit_gitignore(self) -> None:
        target = self.any_file().parent / ".gitignore"
        if target.exists() and self.chance.random() < 0.5:
            target.unlink()
        else:
            target.write_text(
                self.chance.choice(["*.tmp\n", f"{self.any_file().name}\n", "edit*\n!edit1*\n"])
            )

    def burst(self) -> None:
        files = self.files()
        for file in self.chance.sample(files, min(len(files), 400)):
            file.write_bytes(self.changed(file))

    def check_out(self) -> bool | None:
        if not self.has_branches:
            return False
        git(self.root, "add", "-A")
        git(self.root, "commit", "-q", "--allow-empty", "-m", self.new_name())
        branches = git(self.root, "branch", "--format=%(refname:short)").split()
        if len(branches) < 4:
            git(self.root, "checkout", "-q", "-b", self.new_name(), f"HEAD~{min(2, self.done['check_out'])}")
        else:
            git(self.root, "checkout", "-q", self.chance.choice(branches))
        return None


def git(folder: Path, *arguments: str) -> str:
    identity = {
        f"GIT_{role}_{what}": "e@example.org"
        for role in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    }
    command = ["git", "-C", str(folder), "-c", "core.hooksPath=/dev/null", "-c", "gc.auto=0", *arguments]
    return subprocess.run(
        command, check=True, capture_output=True, text=True, env=os.environ | identity
    ).stdout


class Probe(threading.Thread):
    """Saves one file again and again, and measures until a query sees it."""

    def __init__(self, file: Path, dataset: Path) -> None:
        super().__init__(daemon=True)
        self._file = file
        self._dataset = dataset
        self._ended = threading.Event()
        self.seconds: list[float] = []

    def run(self) -> None:
        number = 0
        while not self._ended.is_set():
            number += 1
            saved = time.monotonic()
            self._file.write_text(f"def probe{number}():\n    pass\n")
            while not self._ended.is_set():
                if self._sees(f"probe{number}"):
                    self.seconds.append(time.monotonic() - saved)
                    break
                if time.monotonic() - saved > 60:
                    self.seconds.append(float("inf"))
                    break
                self._ended.wait(0.05)
            self._ended.wait(0.3)

    def _sees(self, name: str) -> bool:
        try:
            with snake_pipe.connect(self._dataset) as connection:
                found = connection.execute("SELECT count(*) FROM symbols WHERE name = ?", [name]).fetchall()
        except SnakePipeError:
            return False
        return bool(found[0][0])

    def end(self) -> None:
        self._ended.set()
        self.join()


def start(roots: list[Path], dataset: Path, workers: int) -> subprocess.Popen[str]:
    """The command, when its first ingestion is committed."""
    command = [
        sys.executable,
        "-m",
        "snake_pipe",
        "watch",
        *map(str, roots),
        "-d",
        str(dataset),
        "--no-progress",
    ]
    process = subprocess.Popen(
        [*command, "--workers", str(workers)], stderr=subprocess.PIPE, text=True, env=environment(dataset)
    )
    assert process.stderr
    for line in process.stderr:
        if _WATCHED in line:
            print(line, end="")
            return process
    raise SystemExit(f"the watch ended with {process.wait()}")


def environment(dataset: Path) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("SNAKE_PIPE_")}
    return kept | {"XDG_STATE_HOME": str(dataset.with_name("state"))}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--root", type=Path, required=True, help="the repository; it is copied")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--edits", type=int, default=600, help="spread over that time: an hour's")
    parser.add_argument("--seed", type=int, default=None, help="printed where none is given")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--plain", action="store_true", help="without git in the copy: no branches")
    parser.add_argument("--keep", action="store_true", help="leave copy and datasets behind")
    given = parser.parse_args()
    seed = given.seed if given.seed is not None else random.randrange(2**32)
    folder = Path(tempfile.mkdtemp(prefix="snake-pipe-watch-"))
    root, watched, fresh = folder / "repo", folder / "watched" / "dataset", folder / "fresh" / "dataset"
    ignored = shutil.ignore_patterns(".git") if given.plain else None
    shutil.copytree(given.root, root, symlinks=True, ignore=ignored)
    if not given.plain and not (root / ".git").is_dir():
        git(root, "init", "-q")
        git(root, "add", "-A")
        git(root, "commit", "-q", "-m", "start")
    editor = Editor(root, random.Random(seed), has_branches=not given.plain)
    roots = [root, folder / "probe"]
    roots[1].mkdir()
    process = start(roots, watched, given.workers)
    told: list[str] = []
    reader = threading.Thread(target=lambda: told.extend(process.stderr or ()), daemon=True)
    reader.start()
    probe = Probe(roots[1] / "probe.py", watched)
    probe.start()
    begun = time.monotonic()
    for number in range(given.edits):
        ahead = begun + number * given.seconds / given.edits - time.monotonic()
        time.sleep(max(0.0, ahead))
        editor.edit()
    spent = time.monotonic() - begun
    probe.end()
    editor.edit()  # and one that nobody waits for
    process.send_signal(signal.SIGINT)
    code = process.wait(120)
    reader.join()
    command = [sys.executable, "-P", "-m", "snake_pipe", "ingest", *map(str, roots), "-d", str(fresh), "-q"]
    subprocess.run(command, check=False, env=environment(fresh))
    compared = compare(fresh, watched)
    print(
        f"seed {seed}: {sum(editor.done.values())} edits in {spent:.0f} s: {dict(editor.done.most_common())}"
    )
    groups, walks = sum(_VISIBLE in line for line in told), sum(_WALKS in line for line in told)
    print(f"the watch: exit code {code}, {groups} groups of changes, {walks} walks after the first")
    for table, (rows, differing) in compared.items():
        print(f"  {table:8} {rows:>12,} rows compared {differing:>8,} differ")
    seen = sorted(probe.seconds)
    if seen:
        tail = seen[min(len(seen) - 1, int(0.95 * len(seen)))]
        print(
            f"from a save until a query sees it: p50 {statistics.median(seen):.2f} s, p95 {tail:.2f} s,"
            f" max {seen[-1]:.2f} s, of {len(seen)}"
        )
    differing = sum(number for _, number in compared.values())
    print(f"differences: {differing}")
    if given.keep or differing:
        print(f"kept in {folder}")
    else:
        shutil.rmtree(folder)
    return 1 if differing or code != 130 else 0


if __name__ == "__main__":
    sys.exit(main())
