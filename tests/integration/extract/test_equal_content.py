"""After `touch` and after a checkout: what is as it was is not read and written again."""

from __future__ import annotations

import gzip
import json
import os
import shutil

import pytest

from testkit.repositories import git, git_repository
from testkit.tables import rows

NO_POOL = ("--set", "executor=serial")
TOUCHED = 10**18 + 1
TIMES = "SELECT DISTINCT mtime_ns FROM files"
HISTORY = "SELECT count(*), max(file_id) FROM files_history"


def touch(root, *patterns):
    for path in (path for pattern in patterns or ("*",) for path in root.rglob(pattern) if path.is_file()):
        os.utime(path, ns=(TOUCHED, TOUCHED))


@pytest.fixture
def repository(tmp_path):
    return git_repository(tmp_path / "repo", *(f"pkg/m{number}.py" for number in range(8)), "run")


def ingest(cli, root, *arguments):
    done = cli.run("ingest", root, *NO_POOL, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_touched_files_are_not_written_again(cli, repository):
    ingest(cli, repository)
    dataset = repository / ".snake-pipe"
    before = rows(dataset, HISTORY)
    touch(repository, "*.py")
    assert "files    8 unchanged (8 touched)" in ingest(cli, repository)
    assert rows(dataset, HISTORY) == before
    assert rows(dataset, TIMES) == [(TOUCHED,)]
    assert "files    8 unchanged" in ingest(cli, repository)
    (repository / "pkg" / "m3.py").write_text("# pkg/m8.py\n")  # of the same size
    assert "files    1 ok, 7 unchanged" in ingest(cli, repository)
    read = rows(dataset, "SELECT value FROM nodes JOIN files USING (file_id) WHERE path = 'pkg/m3.py'")
    assert ("# pkg/m8.py",) in read
    assert "files    8 ok" in ingest(cli, repository, "--full")


def test_a_fresh_clone_over_the_dataset_is_what_it_was(cli, repository, tmp_path):
    dataset = tmp_path / "ds"
    ingest(cli, repository, "-d", dataset)
    touch(repository, "*.py")
    shutil.rmtree(repository / "pkg")
    git(repository, "checkout", "-q", "--", ".")
    (repository / "pkg" / "m9.py").write_text("# new\n")
    assert "files    1 ok, 8 unchanged" in ingest(cli, repository, "-d", dataset)


def test_a_list_of_touched_files(cli, repository):
    ingest(cli, repository)
    touch(repository, "*.py")
    (repository / "pkg" / "m1.py").unlink()
    listed = "pkg/m0.py\npkg/m1.py\n"
    done = cli.run("ingest", "--files-from", "-", *NO_POOL, cwd=repository, input=listed)
    assert "files    1 unchanged (1 touched), 1 deleted" in done.stderr


def test_files_that_hold_trees_and_packed_ones(cli, tmp_path):
    root = tmp_path / "trees"
    root.mkdir()
    tree = {"type": "Program", "start": 0, "end": 1, "sourceType": "module", "body": []}
    (root / "two.ast.json").write_text(json.dumps([tree, tree]))
    (root / "one.ast.json.gz").write_bytes(gzip.compress(json.dumps(tree).encode()))
    ingest(cli, root)
    before = rows(root / ".snake-pipe", HISTORY)
    assert before[0][0] == 4  # two files, and two trees in one of them
    touch(root, "*.json*")
    assert "files    2 unchanged (2 touched)" in ingest(cli, root)
    assert rows(root / ".snake-pipe", HISTORY) == before
    assert rows(root / ".snake-pipe", TIMES) == [(TOUCHED,)]  # those of trees in a file, too


def test_what_failed_is_tried_again_and_what_is_too_large_is_not(cli, tmp_path):
    root = tmp_path / "odd"
    root.mkdir()
    (root / "large.py").write_text("x = 1\n" * 1000)
    (root / "bad.ast.json").write_text('{"type": "Program", ')
    ingest(cli, root, "--max-file-size", "1000", "--max-failures", "1")
    touch(root, "*.py", "*.json")
    again = ingest(cli, root, "--max-file-size", "1000", "--max-failures", "1")
    assert "files    1 failed, 1 unchanged (1 touched)" in again, again
    assert "files    1 failed, 1 ok" in ingest(cli, root, "--max-failures", "1")  # other settings
