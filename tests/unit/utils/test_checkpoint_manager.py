from __future__ import annotations

import asyncio
import stat

import orjson
import pytest

from snake_pipe.errors import CheckpointError, JobNotFoundError
from snake_pipe.storage.local import LocalStorage
from snake_pipe.utils.checkpoint_manager import (
    CheckpointData,
    CheckpointManager,
    ProcessingProgress,
    new_job_id,
)

JOB = "20261122-101530-4f9a1c"


@pytest.fixture
def manager(tmp_path):
    manager = CheckpointManager(LocalStorage(tmp_path))
    manager.save(CheckpointData(JOB, {"roots": ["/r"]}, {"batch_size": 3}, created_at=1.0))
    return manager


def test_a_checkpoint_comes_back(manager):
    data = asyncio.run(manager.create_checkpoint(JOB, ProcessingProgress(files_done=7, flush_seq=2)))
    assert manager.load(JOB) == data
    assert data.progress.files_done == 7
    assert manager.job_ids() == [JOB]


def test_only_the_owner_may_read_a_jobs_state(manager):
    folder = manager.job_folder(JOB).folder
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "checkpoint.json").stat().st_mode) == 0o600


def test_a_state_tells_the_promised_flushes(manager):
    with manager.journal(JOB) as journal:
        journal.append({"type": "flush", "seq": 1, "parts": []})
        journal.append({"type": "committed", "seq": 1})
        journal.append({"type": "flush", "seq": 2, "parts": []})
    state = asyncio.run(manager.resume_from_checkpoint(manager.load(JOB)))
    assert [flush["seq"] for flush in state.flushes] == [1, 2]
    assert state.last_flush_seq == 2


@pytest.mark.parametrize("job_id", ["../x", "-rf", "", "a/b", "..", "x" * 100, "A", "20261122\n"])
def test_what_is_no_job_id_is_refused(manager, job_id):
    with pytest.raises(JobNotFoundError):
        manager.load(job_id)


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"version": None},
        {"job_id": "20261122-101530-ffffff"},
        {"progress": None},
        {"progress": {"files_done": "many"}},
        {"progress": {"surprise": 1}},
        {"request": 3},
        {"config": []},
        {"created_at": None},
        {"unknown": 1},
    ],
)
def test_a_changed_checkpoint_is_refused(manager, change):
    path = manager.job_folder(JOB).folder / "checkpoint.json"
    path.write_bytes(orjson.dumps(orjson.loads(path.read_bytes()) | change))
    with pytest.raises(CheckpointError):
        manager.load(JOB)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\x80\x04\x95pickle", b"null"])
def test_what_is_no_checkpoint_is_refused(manager, content):
    (manager.job_folder(JOB).folder / "checkpoint.json").write_bytes(content)
    with pytest.raises(CheckpointError):
        manager.load(JOB)


def test_job_ids_sort_by_time():
    assert new_job_id(0.0) < new_job_id(1e9) < new_job_id(2e9)
