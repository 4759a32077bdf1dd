"""Folders that killed runs left in the temporary folder, and those that must not be touched."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import tempfile
import time
from typing import TYPE_CHECKING

import pytest

from snake_pipe.extract.dispatch.slots_folder import slots_folder
from snake_pipe.storage import file_lock

if TYPE_CHECKING:
    from pathlib import Path

HOLDER = """
import sys
from pathlib import Path
from snake_pipe.extract.dispatch.slots_folder import slots_folder
with slots_folder(sys.argv[1], Path(".")) as folder:
    print(folder, flush=True)
    sys.stdin.read()
"""
ALIVE, KILLED = "20200101-000000-aaaaaa", "20200101-000000-bbbbbb"


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


def run_for(job_id: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, job_id], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert job_id in process.stdout.readline()
    return process


def age(folder: Path) -> None:
    then = time.time() - 86400
    os.utime(folder, (then, then))


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_what_a_killed_run_left_is_removed_by_the_next(temporary: Path) -> None:
    """A job that was killed and never resumed left an empty folder for good."""
    with run_for(ALIVE) as alive, run_for(KILLED) as killed:
        killed.kill()
        killed.wait()
        for name in (ALIVE, KILLED):
            age(temporary / f"snake-pipe-{name}")
        with slots_folder("20200101-000000-cccccc", temporary) as folder:
            assert folder.is_dir()
            assert names(temporary) == {f"snake-pipe-{ALIVE}", folder.name}
        alive.communicate("")
    assert names(temporary) == set()


def test_only_what_is_certainly_dead_is_removed(temporary: Path) -> None:
    kept = {"snake-pipe-20200101-000000-dddddd", "snake-pipe-20200101-000000-eeeeee", "snake-pipe-other"}
    for name in kept:
        (temporary / name).mkdir(mode=0o700)
    worker = temporary / "snake-pipe-20200101-000000-dddddd" / f"{os.getpid()}.slot"
    worker.touch()  # a process lives that has a slot there
    age(worker.parent)
    age(temporary / "snake-pipe-other")  # not a job's; and the third may have been made just now
    with slots_folder("20200101-000000-cccccc", temporary):
        pass
    assert names(temporary) == kept


def test_a_folder_that_is_somebody_elses_is_not_used(temporary: Path) -> None:
    (temporary / "elsewhere").mkdir()
    (temporary / f"snake-pipe-{ALIVE}").symlink_to(temporary / "elsewhere")
    open_to_all = temporary / f"snake-pipe-{KILLED}"
    open_to_all.mkdir()
    open_to_all.chmod(0o777)
    beside = temporary / "beside"
    for job_id in (ALIVE, KILLED):
        with slots_folder(job_id, beside) as folder:
            assert folder == beside
    assert (temporary / "elsewhere").is_dir()


def test_where_there_are_no_locks_the_folder_is_used_and_nothing_is_removed(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_locks(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(file_lock.fcntl, "flock", without_locks)
    left = temporary / f"snake-pipe-{KILLED}"
    left.mkdir(mode=0o700)
    age(left)
    with slots_folder(ALIVE, temporary / "beside") as folder:
        assert names(temporary) == {left.name, folder.name}
