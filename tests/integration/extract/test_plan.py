"""`plan` says what `ingest` would do, and does nothing."""

from __future__ import annotations

import json
import os

import pytest

from testkit.claims import taken
from testkit.repositories import git, write


@pytest.fixture
def root(tmp_path):
    """A repository with something of each kind to leave out."""
    root = write(
        tmp_path / "r", "a.py", "b.py", "c.py", "d.py", "gen/x_pb2.py", "e.yaml", "f.foo", "out/g.py"
    )
    git(root, "init", "-q")
    (root / ".gitignore").write_text("out/\n")
    return root


def everything_below(folder):
    """What is there, and when it was changed last."""
    found = ((path, path.lstat()) for path in folder.rglob("*"))
    return {path: (info.st_ino, info.st_size, info.st_ctime_ns) for path, info in found}


def test_a_first_ingestion_is_planned_by_defaults_and_nothing_is_made(cli, root):
    before = everything_below(root)
    done = cli.run("plan", root, "--exclude", "*_pb2.py")
    assert (done.returncode, done.stderr) == (0, "")
    assert everything_below(root) == before
    for text in (
        "which would be made",
        "by defaults; after one run by what it took",
        "left out 1 folder by ignore rules: .gitignore:1 out/",
        "left out 1 file by --include and --exclude: exclude *_pb2.py",
        "1 yaml",
        "1 .foo",
    ):
        assert text in done.stdout


def test_what_is_planned_is_what_is_done(cli, root, tmp_path):
    dataset = tmp_path / "d"
    assert cli.run("ingest", root, "-d", dataset).returncode == 0
    os.utime(root / "a.py", (1, 1))
    (root / "b.py").write_text("def other_and_longer(): pass\n")
    (root / "c.py").unlink()
    write(root, "new.py", "new.go")
    with taken(dataset):  # as beside a job that is running
        before = everything_below(dataset)
        planned = json.loads(cli.run("plan", root, "-d", dataset, "--format", "json").stdout)
        assert everything_below(dataset) == before
    assert planned["files"] == {"new": 2, "changed": 1, "to_check": 1, "unchanged": 2, "gone": 1}
    assert (planned["estimate"]["files"], planned["if_all_to_check_changed"]["files"]) == (3, 1)
    languages = {row["language"]: row["new"] for row in planned["languages"]}
    assert languages == {"python": 1, "go": 1}
    done = cli.run("ingest", root, "-d", dataset)
    assert "files    2 ok, 1 partial, 3 unchanged (1 touched), 1 deleted" in done.stderr
    again = json.loads(cli.run("plan", root, "-d", dataset, "--format", "json").stdout)
    assert again["files"] == {"new": 0, "changed": 0, "to_check": 0, "unchanged": 6, "gone": 0}
    full = json.loads(cli.run("plan", root, "-d", dataset, "--full", "--format", "json").stdout)
    assert full["files"]["changed"] == 6


def test_a_list_is_planned_as_it_is_ingested(cli, root):
    assert cli.run("ingest", root).returncode == 0
    (root / "c.py").unlink()
    write(root, "new.py")
    listed = {"cwd": root, "input": "new.py\nc.py\nd.py\nnever.py\n"}
    planned = json.loads(cli.run("plan", "--files-from", "-", "--format", "json", **listed).stdout)
    assert planned["files"] == {"new": 1, "changed": 0, "to_check": 0, "unchanged": 1, "gone": 1}
    done = cli.run("ingest", "--files-from", "-", **listed)
    assert "files    1 ok, 1 unchanged, 1 deleted" in done.stderr


@pytest.mark.parametrize("is_new", [True, False])
def test_changes_alone_are_planned_as_they_are_ingested(cli, root, tmp_path, is_new):
    dataset = tmp_path / "d"
    for name in "abcd":
        (root / f"{name}.py").write_text(f"def {name}(): pass\n")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "one")
    if not is_new:
        assert cli.run("ingest", root, "-d", dataset).returncode == 0
    (root / "a.py").write_text("def other_and_longer(): pass\n")
    write(root, "new.py")
    git(root, "commit", "-q", "-a", "-m", "two")
    for file in ("b.py", "c.py"):
        os.utime(root / file, (1, 1))
    asked = (root, "-d", dataset, "--changed-since", "HEAD~1")
    planned = json.loads(cli.run("plan", *asked, "--format", "json").stdout)
    told = cli.run("ingest", *asked).stderr
    counts = {name: count for name, count in planned["files"].items() if count}
    if is_new:
        assert (counts, planned["left_out"]["not_changed"]) == ({"new": 2}, 4)
        assert "files    2 ok\n" in told
        assert "left out 4 files that have not changed and are not in the dataset" in told
    else:
        assert counts == {"new": 1, "changed": 1, "unchanged": 4}
        assert "files    2 ok, 4 unchanged\n" in told


def test_what_ingest_would_refuse_is_refused(cli, root, tmp_path):
    for arguments in (
        ("nowhere",),
        (root, "--languages", "klingon"),
        (root, "--format", "csv"),
        (root, "--changed-since", "no"),
    ):
        assert cli.run("plan", *arguments, cwd=tmp_path).returncode == 2


def test_nothing_to_read_is_explained(cli, root, tmp_path):
    (root / ".gitignore").write_text("*\n")
    done = cli.run("plan", root, "--format", "markdown")
    assert "nothing  no file to read: " in done.stdout
    assert ".gitignore:1 *" in done.stdout
    dataset = tmp_path / "d"
    assert cli.run("ingest", root, "-d", dataset, "--no-gitignore").returncode == 0
    for file in root.rglob("*.py"):
        file.unlink()
    assert "they stay, but for --full" in cli.run("plan", root, "-d", dataset).stdout
