"""`compact` as a command: what it frees, what it tells, and when it does not begin."""

from __future__ import annotations

import os
import re
import signal

import pytest

from testkit.tables import rows, value
from testkit.waiting import wait_for


@pytest.fixture
def changed(cli, tmp_path):
    """A dataset of three runs, in which one file changed each time."""
    root = tmp_path / "repo"
    root.mkdir()
    (root / "still.py").write_text("def still():\n    return 1\n")
    for number in range(3):
        (root / "a.py").write_text(f"def f{number}():\n    return {number}\n")
        assert cli.run("ingest", root, "-q").returncode == 0
    return root / ".snake-pipe"


def parts_on_disk(dataset):
    return {path.relative_to(dataset) for path in dataset.glob("*/part-*")}


def test_what_is_no_longer_kept_is_freed(cli, changed):
    before = parts_on_disk(changed)
    done = cli.run("compact", "-d", changed)
    assert (done.returncode, done.stdout) == (0, "")
    assert parts_on_disk(changed) == before, "nothing is removed that was replaced a moment ago"
    done = cli.run("compact", "-d", changed, "--keep-runs", "1", "--grace", "0")
    assert done.returncode == 0
    assert parts_on_disk(changed) < before
    parts = re.search(r"parts +(\d+) before, (\d+) now", done.stderr)
    assert (int(parts[1]), int(parts[2])) == (len(before), len(parts_on_disk(changed)))
    assert rows(changed, "SELECT name FROM symbols ORDER BY name") == [("f2",), ("still",)]
    assert value(changed, "SELECT count(*) FROM files_history") == 2
    assert "none kept" in cli.run("status", "-d", changed).stdout


def test_quiet_says_nothing(cli, changed):
    done = cli.run("compact", "-d", changed, "-q")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_it_works_beside_a_job(cli, changed):
    job = cli.start("watch", changed.parent)
    while "watching" not in (line := job.stderr.readline()):
        assert line, "the watch ended"
    files = value(changed, "SELECT count(*) FROM files")
    assert cli.run("compact", "-d", changed, "--grace", "0").returncode == 0
    (changed.parent / "beside.py").write_text("x = 1\n")
    wait_for(lambda: value(changed, "SELECT count(*) FROM files") == files + 1)
    os.kill(job.pid, signal.SIGINT)
    job.communicate()
    assert job.returncode == 130


def test_there_is_no_dataset(cli, tmp_path):
    refused = cli.run("compact", "-d", tmp_path)
    assert refused.returncode == 2
    assert "there is no dataset" in refused.stderr
