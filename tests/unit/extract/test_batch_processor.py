"""The engine and its jobs: one at a time, each with an end that is told once."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from snake_pipe.errors import EngineStateError, SnakePipeError, StorageError
from snake_pipe.extract import batch_processor
from snake_pipe.extract.batch_config import BatchConfig
from snake_pipe.extract.batch_processor import BatchProcessingEngine
from snake_pipe.extract.job.job import Job
from snake_pipe.observe.events import JobEnded
from snake_pipe.storage.local import LocalStorage
from snake_pipe.utils.checkpoint_manager import CheckpointManager
from testkit.engines import within
from testkit.repositories import python_files

HERE = BatchConfig(executor="serial")


def test_one_job_at_a_time_also_while_the_first_is_being_opened(tmp_path):
    """Two jobs that were begun at once both passed the check, and the second took the first one's place."""
    repository = python_files(tmp_path / "repo", 2)

    async def go():
        engine = BatchProcessingEngine(HERE)
        first = asyncio.create_task(engine.process_repository(repository))
        second = asyncio.create_task(engine.process_repository(repository, dataset=tmp_path / "other"))
        with pytest.raises(EngineStateError, match="running a job already"):
            await second
        assert (await first).statistics.files_done == 2
        again = await engine.process_repository(repository, dataset=tmp_path / "other")
        assert again.status == "done"

    within(go())


def test_the_end_is_told_once_however_it_comes(tmp_path, monkeypatch):
    repository = python_files(tmp_path / "repo", 2)
    ends = []

    def note(event):
        if isinstance(event, JobEnded):
            ends.append((event.status, event.message))

    def fail(self, listener):
        raise SnakePipeError("there is no feed")

    async def go():
        engine = BatchProcessingEngine(HERE, listener=note)
        done = await engine.process_repository(repository)
        await engine.resume(done.job_id, repository / ".snake-pipe")
        monkeypatch.setattr(Job, "make_feed", fail)
        with pytest.raises(SnakePipeError):
            await engine.process_repository(repository)
        assert engine.status.state == "failed"

    within(go())
    assert ends == [("done", ""), ("done", ""), ("failed", "there is no feed")]


def test_an_end_that_cannot_be_recorded_is_none(tmp_path, monkeypatch):
    """The disk was full between last commit and last checkpoint: listeners were told of a job done."""
    repository = python_files(tmp_path / "repo", 2)
    manager = CheckpointManager(LocalStorage(repository / ".snake-pipe"))
    ends = []
    save = CheckpointManager.save

    def no_room_for_the_last(self, data):
        if data.progress.status == "done":
            raise StorageError("no room for the checkpoint")
        save(self, data)

    async def go():
        engine = BatchProcessingEngine(
            HERE, listener=lambda e: ends.append(e) if isinstance(e, JobEnded) else 0
        )
        monkeypatch.setattr(CheckpointManager, "save", no_room_for_the_last)
        with pytest.raises(StorageError, match="no room"):
            await engine.process_repository(repository)
        (told,) = ends
        assert (told.status, told.message) == ("failed", "no room for the checkpoint")
        assert engine.status.state == "failed"
        assert manager.read_status(told.job_id)["status"] == "failed"
        monkeypatch.undo()
        resumed = await engine.resume(told.job_id, manager.dataset.url)
        assert (resumed.status, resumed.statistics.files_done) == ("done", 0)

    within(go())


def test_what_is_submitted_to_a_job_that_never_runs_is_refused(tmp_path, monkeypatch):
    """Files can be submitted while the run is put together; where that failed, their results never came."""
    repository = python_files(tmp_path / "repo", 1)
    early = []

    async def go():
        engine = BatchProcessingEngine(HERE, root=repository)

        def fail(*_):
            early.append(engine.submit("m00.py"))
            raise SnakePipeError("there is no run")

        monkeypatch.setattr(batch_processor, "make_run", fail)
        with pytest.raises(SnakePipeError, match="there is no run"):
            await engine.start()
        with pytest.raises(EngineStateError, match="there is no run"):
            await early[0]

    within(go())


def test_settings_changed_while_a_job_runs_are_those_of_its_resume(tmp_path):
    """A job was resumed with the settings that it had begun with."""
    repository = python_files(tmp_path / "repo", 2)

    async def go():
        engine = BatchProcessingEngine(replace(HERE, worker_count=3, max_latency=0.05), root=repository)
        await engine.start()
        await engine.submit("m00.py")
        await engine.update_config(batch_size="7", max_latency="2s")
        await engine.pause()
        engine.stop("one")
        engine.stop("two")
        return await engine.shutdown()

    stopped = within(go())
    manager = CheckpointManager(LocalStorage(repository / ".snake-pipe"))

    def settings():
        config = manager.load(stopped.job_id).config
        return config["batch_size"], config["max_latency"], config["worker_count"]

    assert (stopped.status, settings()) == ("stopped", (7, 2.0, 3))
    resumed = within(BatchProcessingEngine().resume(stopped.job_id, repository / ".snake-pipe"))
    assert (resumed.status, settings()) == ("done", (7, 2.0, 3))
    assert resumed.settings["batch_size"] == 7
