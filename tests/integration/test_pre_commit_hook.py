"""The hook that `.pre-commit-hooks.yaml` offers, run by the real pre-commit."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from testkit.command import LIMIT
from testkit.places import PROJECT
from testkit.repositories import IDENTITY, git, git_repository, write
from testkit.tables import rows

pytest.importorskip("pre_commit")

HOOKS = PROJECT / ".pre-commit-hooks.yaml"
REPO_AND_PATH = "SELECT repo, path FROM files ORDER BY ALL"


@pytest.fixture
def pre_commit(cli, tmp_path):
    """Runs pre-commit, for which the command under test is on the way."""
    folders = (str(Path(sys.executable).parent), cli.environment["PATH"])
    environment = cli.environment | IDENTITY | {"PATH": os.pathsep.join(folders)}
    environment["PRE_COMMIT_HOME"] = str(tmp_path / "pre-commit")

    def run(*arguments, cwd):
        return subprocess.run(
            [sys.executable, "-m", "pre_commit", *map(str, arguments)],
            cwd=cwd,
            env=environment,
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )

    return run


def local_hook():
    """The hook as offered, but for its environment, which would be installed from the net."""
    (hook,) = HOOKS.read_text().split("- id: ")[1:]
    lines = f"- id: {hook}".replace("language: python", "language: system").splitlines()
    return "repos:\n- repo: local\n  hooks:\n" + "".join(f"  {line}\n" for line in lines)


def test_what_is_offered_can_be_read(pre_commit, tmp_path):
    done = pre_commit("validate-manifest", HOOKS, cwd=tmp_path)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_a_commit_brings_the_dataset_up_to_date(cli, pre_commit, tmp_path):
    root = git_repository(tmp_path / "shop", "a.py", "src/b.py", "src/c.js", "notes.txt")
    assert cli.run("ingest", root, "-q").returncode == 0
    (root / ".pre-commit-config.yaml").write_text(local_hook())
    (root / "src" / "b.py").write_text("def changed(): pass\n")
    write(root, "src/new.py", "more.txt")
    git(root, "add", "-A")
    (root / "a.py").write_text("def not_staged(): pass\n")
    done = pre_commit("run", cwd=root)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "snake-pipe ingest" in done.stdout
    assert "Passed" in done.stdout
    found = [("shop", path) for path in ("a.py", "src/b.py", "src/c.js", "src/new.py")]
    assert rows(root / ".snake-pipe", REPO_AND_PATH) == found
    assert rows(root / ".snake-pipe", "SELECT name FROM symbols") == [("changed",)]
    assert [path.parent.name for path in root.rglob(".snake-pipe")] == ["shop"]


def test_a_file_that_cannot_be_read_refuses_the_commit(pre_commit, tmp_path):
    root = git_repository(tmp_path / "shop", "a.py")
    (root / ".pre-commit-config.yaml").write_text(local_hook())
    (root / "broken.ast.json").write_text('{"type": "Program", "body": [')
    git(root, "add", "-A")
    done = pre_commit("run", cwd=root)
    assert (done.returncode, "exit code: 3" in done.stdout) == (1, True), done.stdout
    assert "1 failed, invalid_json" in done.stdout
