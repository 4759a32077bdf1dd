"""`diff`, `--as-of` and `jobs` over real runs; two runs of one dataset differ as two fresh datasets do."""

from __future__ import annotations

import json
import random
import shutil
from dataclasses import astuple
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import snake_pipe
from snake_pipe.errors import DatasetError, UsageError
from snake_pipe.load.dataset import Dataset
from snake_pipe.load.diff.comparison import Comparison
from snake_pipe.load.diff.states import connect_states
from snake_pipe.load.runs import read_runs
from snake_pipe.storage.local import LocalStorage
from testkit.plain_diff import plain_diff, state_of
from testkit.repositories import git, git_repository
from testkit.samples import WITH_ALL

if TYPE_CHECKING:
    from testkit.command import Cli

POLYGLOT = Path(__file__).parents[2] / "sample_repos/polyglot"


def ingest(root: Path, dataset: Path, **settings: Any) -> Path:
    settings = {"executor": "serial", "keep_runs": 20, "repo": "repo"} | settings
    return Path(snake_pipe.ingest(root, dataset=dataset, **settings).dataset)


def edits(root: Path, chance: random.Random) -> None:
    """Some of the changes that people make to a work tree."""
    for path in sorted(p for p in root.rglob("*") if p.is_file() and ".git" not in p.parts):
        match chance.randrange(9):
            case 0:
                path.unlink()
            case 1:
                path.rename(path.with_name(f"moved_{path.name}"))
            case 2:
                lines = path.read_text().splitlines(keepends=True)
                at = chance.randrange(len(lines) + 1)
                path.write_text("".join([*lines[:at], "\n\n", *lines[at:]]))
            case 3:
                path.write_text(path.read_text().replace("order", "parcel").replace("self", "this"))
            case 4:
                (root / "new").mkdir(exist_ok=True)
                shutil.copy(path, root / "new" / path.name)
            case 5:
                lines = path.read_text().splitlines(keepends=True)
                path.write_text("".join(lines[: len(lines) * 2 // 3]))
            case _:
                pass


@pytest.mark.parametrize("seed", range(10 if WITH_ALL else 1))
def test_two_runs_differ_as_two_fresh_datasets_do(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    root, dataset = tmp_path / "repo", tmp_path / "ds"
    shutil.copytree(POLYGLOT, root)
    fresh = []
    for number in range(3):
        ingest(root, dataset)
        fresh.append(state_of(ingest(root, tmp_path / f"fresh{number}")))
        edits(root, chance)
    runs = read_runs(Dataset.open(LocalStorage(dataset)))
    for before, after in ((0, 1), (1, 2), (0, 2), (2, 0)):
        with connect_states(
            LocalStorage(dataset), runs[before].files_version, runs[after].files_version
        ) as connection:
            comparison = Comparison(connection)
            found = sorted((astuple(row) for row in comparison.rows()), key=repr)
            files = comparison.counts()["files"]
        assert found == plain_diff(fresh[before], fresh[after])
        if after == before + 1:
            assert {name: runs[after].total(f"files_{name}") for name in files} == files
    assert found


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """A work tree with two commits, each ingested, and then a change."""
    root = git_repository(tmp_path / "repo")
    git(root, "checkout", "-q", "-b", "main")
    (root / "a.py").write_text("import os\n\ndef f(x):\n    return x\n")
    (root / "kept.py").write_text("# nothing\n")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "one")
    ingest(root, root / ".snake-pipe")
    git(root, "checkout", "-q", "-b", "topic")
    (root / "a.py").write_text("import re\n\n\ndef f(x, y):\n    return x if y else 0\n")
    git(root, "commit", "-q", "-a", "-m", "two")
    ingest(root, root / ".snake-pipe")
    return root


def test_the_last_run_against_the_one_before(history: Path, cli: Cli) -> None:
    done = cli.run("diff", "--format", "json", cwd=history)
    assert done.returncode == 0
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(row["item"], row["change"], row["name"]) for row in found] == [
        ("file", "changed", None),
        ("symbol", "changed", "f"),
        ("import", "removed", "os"),
        ("import", "added", "re"),
    ]
    assert found[1]["changes"] == {"signature": ["def f(x):", "def f(x, y):"], "complexity": ["1", "2"]}
    table = cli.run("diff", "--only", "symbols", cwd=history)
    assert "signature: def f(x): → def f(x, y):; complexity: 1 → 2" in table.stdout
    assert table.stderr.endswith("symbols: 1 changed\n")
    text = cli.run("diff", "--format", "markdown", "--max-rows", "1", cwd=history).stdout
    assert "| symbols | 0 | 0 | 0 | 1 |" in text
    assert "3 more are not shown." in text


def test_runs_by_commit_branch_and_words_of_git(history: Path, cli: Cli) -> None:
    first = json.loads(cli.run("jobs", "--format", "json", cwd=history).stdout.splitlines()[0])
    words = (
        first["job"],
        first["job"][:20],
        first["commit"],
        "main",
        "HEAD~1",
        first["runs"][0]["git_commit"],
    )
    for word in words:
        done = cli.run(
            "query", "--as-of", word, "SELECT signature FROM symbols", "--format", "csv", cwd=history
        )
        assert done.stdout == "signature\ndef f(x):\n"
    assert cli.run("diff", "--from", "topic", "--exit-code", cwd=history).returncode == 0
    assert cli.run("diff", "--from", "main", "--exit-code", cwd=history).returncode == 1
    done = cli.run("diff", "--from", "nowhere", cwd=history)
    assert (done.returncode, done.stderr.splitlines()[0]) == (2, "snake-pipe: no run is called 'nowhere'")


def test_connect_and_export_as_of_a_run(history: Path, cli: Cli) -> None:
    with snake_pipe.connect(history / ".snake-pipe", as_of="main") as connection:
        assert connection.execute("SELECT path, name FROM functions JOIN runs USING (repo)").fetchall() == [
            ("a.py", "f")
        ]
        assert connection.execute("SELECT module FROM import_targets").fetchall() == [("os",)]
    cli.run("export", "old.parquet", "--as-of", "main", "--tables", "imports", cwd=history)
    done = cli.run("query", f"SELECT module FROM '{history}/old.parquet/imports.parquet'", cwd=history)
    assert done.stdout.splitlines()[-1] == "os"
    with pytest.raises(UsageError, match="no run is called 'never'"):
        snake_pipe.connect(history / ".snake-pipe", as_of="never")


def test_jobs_tell_commits_and_changes(history: Path, cli: Cli) -> None:
    (history / "b.py").write_text("x = 1\n")
    (history / "a.py").rename(history / "c.py")
    ingest(history, history / ".snake-pipe")
    lines = cli.run("jobs", cwd=history).stdout.splitlines()
    words = [line.split() for line in lines[2:]]
    assert [(row[8], *row[9:-1]) for row in words] == [("main", "+2"), ("topic", "~1"), ("topic", "+1", ">1")]
    assert [row[7][-1] == "+" for row in words] == [False, False, True]
    shutil.rmtree(history / ".snake-pipe/_jobs" / words[0][0])
    assert cli.run("jobs", cwd=history).stdout.splitlines()[2].split()[:2] == [words[0][0], "done"]


def test_what_is_no_longer_kept_says_what_is(history: Path, cli: Cli) -> None:
    settings = {"keep_runs": 1, "reader_grace_seconds": 0}
    for number in range(2):
        (history / "b.py").write_text(f"x = {number}\n")
        ingest(history, history / ".snake-pipe", **settings)
    done = cli.run("diff", "--from", "main", cwd=history)
    assert done.returncode == 2
    assert "is no longer kept" in done.stderr.splitlines()[0]
    newest = json.loads(cli.run("jobs", "--format", "json", cwd=history).stdout.splitlines()[-1])["job"]
    assert newest in done.stderr.splitlines()[1]
    with pytest.raises(DatasetError, match="no longer kept"):
        snake_pipe.connect(history / ".snake-pipe", as_of="main")


def test_one_run_has_nothing_to_be_compared_with(tmp_path: Path, cli: Cli) -> None:
    root = git_repository(tmp_path / "repo", "a.py")
    ingest(root, root / ".snake-pipe")
    done = cli.run("diff", cwd=root)
    assert done.returncode == 2
    assert "nothing to compare" in done.stderr


def test_one_repository_of_several(tmp_path: Path, cli: Cli) -> None:
    one, two = git_repository(tmp_path / "one", "a.py"), git_repository(tmp_path / "two", "a.py")
    dataset = tmp_path / "ds"
    for _ in range(2):
        snake_pipe.ingest(one, two, dataset=dataset, executor="serial")
        for root in (one, two):
            (root / "a.py").write_text("x = 1\n")
    both = cli.run("diff", "-d", dataset)
    assert [line.split()[0] for line in both.stdout.splitlines()[2:] if " file " in line] == ["one", "two"]
    done = cli.run("diff", "-d", dataset, "--repo", "two", "--only", "files", "--format", "json")
    assert [json.loads(line)["repo"] for line in done.stdout.splitlines()] == ["two"]
