"""What a job's failures are new against."""

from __future__ import annotations

import pytest

from snake_pipe.extract.job.failing_before import note_failing_before, read_failing_before
from snake_pipe.storage.local import LocalStorage
from snake_pipe.utils.checkpoint_manager import CheckpointData, CheckpointManager, ProcessingProgress


@pytest.fixture
def begin(tmp_path):
    """Begins a job of repositories in which files fail; what it then finds noted."""
    manager = CheckpointManager(LocalStorage(tmp_path))
    epochs = iter(range(1, 100))

    def begin(job_id, status, repos, failing=()):
        progress = ProcessingProgress(status=status, epoch=next(epochs))
        manager.save(CheckpointData(job_id, {}, {}, progress))
        note_failing_before(manager, job_id, repos, [tuple(one.split("/")) for one in failing])
        return sorted("/".join(one) for one in read_failing_before(LocalStorage(tmp_path), job_id))

    return begin


def test_what_fails_now_is_noted_of_the_jobs_repositories(begin):
    assert begin("20261129-000001-a", "done", ["one", "two"], ["one/x", "two/y", "three/z"]) == [
        "one/x",
        "two/y",
    ]


def test_a_job_that_noted_nothing_is_not_known(tmp_path):
    assert read_failing_before(LocalStorage(tmp_path), "20261129-000001-a") is None
    assert read_failing_before(LocalStorage(tmp_path), "../../etc") is None


def test_a_damaged_note_is_none(begin, tmp_path):
    begin("20261129-000001-a", "done", ["one"])
    note = tmp_path / "_jobs" / "20261129-000001-a" / "failing_before.json"
    for damaged in (b"", b"[1]", b'{"one": 1}', b"\xff"):
        note.write_bytes(damaged)
        assert read_failing_before(LocalStorage(tmp_path), "20261129-000001-a") is None


@pytest.mark.parametrize("status", ["stopped", "failed", "running", "superseded"])
def test_a_job_that_was_not_done_hands_on_what_failed_before_it(begin, status):
    """A killed run took its failures with it: the next one found them in the dataset, and called none new."""
    begin("20261129-000001-a", "done", ["one"], ["one/old"])
    begin("20261129-000002-a", status, ["one"], ["one/old"])
    assert begin("20261129-000003-a", status, ["one"], ["one/old", "one/first"]) == ["one/old"]
    assert begin("20261129-000004-a", "done", ["one"], ["one/old", "one/first", "one/second"]) == ["one/old"]
    assert begin("20261129-000005-a", "done", ["one"], ["one/first"]) == ["one/first"]


def test_each_repository_has_a_last_job_of_its_own(begin):
    begin("20261129-000001-a", "stopped", ["one"])
    begin("20261129-000002-a", "done", ["two"])
    assert begin("20261129-000003-a", "done", ["one", "two"], ["one/x", "two/x"]) == ["two/x"]


def test_of_jobs_of_one_second_the_epoch_tells_which_was_last(begin):
    begin("20261129-000001-b", "stopped", ["one"])
    begin("20261129-000001-a", "done", ["one"])
    assert begin("20261129-000001-c", "done", ["one"], ["one/x"]) == ["one/x"]
