"""Random work in a repository, random ingestions of it: `--changed-since` gives the rows of a fresh one."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from snake_pipe.extract.batch_config import BatchConfig
from snake_pipe.extract.batch_processor import BatchProcessingEngine
from snake_pipe.extract.discovery.request import IngestRequest
from snake_pipe.observe.events import Event, Notice
from testkit.engines import within
from testkit.repositories import git, git_repository
from testkit.tables import rows

STEPS = 120
ROWS = """
    SELECT path, language, status, size_bytes, sha256, name, kind, start_line
    FROM files LEFT JOIN symbols USING (file_id) ORDER BY ALL
"""


class Work:
    """A repository with a submodule, in which somebody works at random; all contents have the same length."""

    def __init__(self, root: Path, chance: random.Random) -> None:
        self.root = root
        self.chance = chance
        library = git_repository(root.with_name("library"))
        for name in ("lib.py", "more.py"):
            self.code(library / name)
        git(library, "add", "-A")
        git(library, "commit", "-q", "-m", "start")
        git_repository(root)
        for number in range(8):
            self.code(root / f"{'src/' if number % 2 else ''}f{number}.py")
        git(root, "submodule", "add", "-q", str(library), "sub")
        self.commit()
        git(root, "branch", "other")

    def code(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"def f{self.chance.randrange(4)}(): pass\n")
        os.utime(path, ns=(1, self.chance.randrange(10**18)))  # as a checkout has it: newer or older

    def files(self) -> list[Path]:
        return [path for path in self.root.rglob("*.py") if "sub" not in path.parts]

    def step(self) -> None:
        steps = [self.edit, self.edit, self.add, self.remove, self.move, self.touch, self.commit, self.commit]
        steps += [self.stage, self.reset, self.stash, self.switch, self.ignore, self.in_submodule]
        self.chance.choice(steps)()

    def edit(self) -> None:
        if files := self.files():
            self.code(self.chance.choice(files))

    def add(self) -> None:
        self.code(self.root / self.chance.choice(["", "src/", "new/"]) / f"n{self.chance.randrange(6)}.py")

    def remove(self) -> None:
        if len(files := self.files()) > 3:
            self.chance.choice(files).unlink()

    def move(self) -> None:
        if files := self.files():
            target = self.root / "moved" / f"m{self.chance.randrange(4)}.py"
            target.parent.mkdir(exist_ok=True)
            self.chance.choice(files).replace(target)

    def touch(self) -> None:
        for path in self.files():
            os.utime(path, ns=(1, self.chance.randrange(10**18)))

    def commit(self) -> None:
        git(self.root, "add", "-A")
        git(self.root, "commit", "-q", "--allow-empty", "-m", "more")

    def stage(self) -> None:
        self.edit()
        git(self.root, "add", "-A")
        self.edit()

    def reset(self) -> None:
        git(self.root, "reset", "-q", "--hard")

    def stash(self) -> None:
        git(self.root, "stash", "-q", "--include-untracked")

    def switch(self) -> None:
        self.commit()
        git(self.root, "checkout", "-q", self.chance.choice(["master", "other"]))

    def ignore(self) -> None:
        (self.root / ".gitignore").write_text(self.chance.choice(["", "new/\n", "n1.py\n", "moved/\n"]))

    def in_submodule(self) -> None:
        self.code(self.root / "sub" / self.chance.choice(["lib.py", "more.py", "own.py"]))
        if self.chance.random() < 0.6:
            git(self.root / "sub", "add", "-A")
            git(self.root / "sub", "commit", "-q", "--allow-empty", "-m", "more")


def ingest(
    root: Path, dataset: Path, *paths: Path, since: str = "", include: tuple[str, ...] = ()
) -> list[str]:
    """The codes of what people are warned of."""
    codes = []

    def listen(event: Event) -> None:
        if isinstance(event, Notice):
            codes.append(event.code)

    roots = tuple(map(str, paths or (root,)))
    request = IngestRequest(roots, str(dataset), include=include, changed_since=since)
    within(BatchProcessingEngine(BatchConfig(executor="serial"), listener=listen).ingest(request))
    return codes


@pytest.mark.parametrize("seed", range(4))
def test_after_any_work_the_rows_are_those_of_a_fresh_ingestion(tmp_path, seed):
    chance = random.Random(seed)
    work = Work(tmp_path / "shop", chance)
    dataset, fresh = tmp_path / "ds", tmp_path / "fresh"
    ingest(work.root, dataset)
    taken_at_its_word = 0
    for step in range(STEPS):
        work.step()
        way = chance.random()
        if way < 0.25:
            continue
        if way < 0.3:
            ingest(work.root, dataset, include=("src/**",))
        elif way < 0.35 and (files := work.files()):
            ingest(work.root, dataset, chance.choice(files))
        elif way < 0.65:
            work.commit()
            ingest(work.root, dataset)
        else:
            since = chance.choice(["HEAD", "HEAD~1", "other...", "master"])
            done = subprocess.run(
                ["git", "-C", work.root, "rev-parse", "-q", "--verify", since.removesuffix("...")],
                capture_output=True, check=False,
            )  # fmt: skip
            codes = ingest(work.root, dataset, since=since if done.returncode == 0 else "HEAD")
            shutil.rmtree(fresh, ignore_errors=True)
            ingest(work.root, fresh)
            assert rows(dataset, ROWS) == rows(fresh, ROWS), f"step {step}"
            taken_at_its_word += "rows_of_no_commit" not in codes
    assert taken_at_its_word > STEPS / 20
