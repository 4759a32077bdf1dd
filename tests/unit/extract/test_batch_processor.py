"""The engine and its jobs: one at a time, each with an end that is told once."""

from __future__ import annotations

import asyncio

import pytest

from snake_pipe.errors import EngineStateError, SnakePipeError
from snake_pipe.extract.batch_config import BatchConfig
from snake_pipe.extract.batch_processor import BatchProcessingEngine
from snake_pipe.extract.job.job import Job
from snake_pipe.observe.events import JobEnded
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
