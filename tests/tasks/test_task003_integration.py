"""The engine as a library: a repository in, tables and figures out, a checkpoint on the way."""

from __future__ import annotations

import asyncio
import logging

import pytest

import snake_pipe
from snake_pipe.errors import EngineStateError, UsageError
from snake_pipe.extract.batch_models import CheckpointData
from snake_pipe.extract.batch_processor import BatchProcessingEngine, resume_failed_batch_job
from snake_pipe.extract.batch_worker import BatchWorker
from snake_pipe.observe.events import BatchFinished
from testkit.repositories import python_files
from testkit.tables import rows, value
from testkit.waiting import NEVER


@pytest.fixture
def repository(tmp_path):
    """Thirty files in a folder, and one that no parser likes."""
    root = tmp_path / "repo"
    python_files(root / "pkg", 30)
    (root / "broken.py").write_text("def (:\n")
    return root


def test_a_repository_becomes_tables(repository):
    engine = BatchProcessingEngine(snake_pipe.BatchConfig(worker_count=2), logging.getLogger("test"))
    result = asyncio.run(engine.process_repository(repository))
    assert result.success
    statistics = asyncio.run(engine.get_processing_statistics())
    assert statistics.files_done == statistics.files_committed == 31
    assert statistics.rows["symbols"] == 30
    assert value(result.dataset, "SELECT count(*) FROM symbols WHERE kind = 'function'") == 30
    assert rows(result.dataset, "SELECT path, status FROM files WHERE status <> 'ok'") == [
        ("broken.py", "partial")
    ]


def test_a_checkpoint_in_the_middle_and_a_stop(repository):
    """Whether it was stopped in time depended on the machine once: now the first batch pauses the job."""
    config = snake_pipe.BatchConfig(
        worker_count=1, max_concurrent_batches=1, batch_size=5, max_batch_size=5, flush_interval=NEVER
    )

    async def go():
        paused = asyncio.Event()

        async def pause():
            await engine.pause()
            paused.set()

        def listener(event):
            if isinstance(event, BatchFinished) and not pauses:
                pauses.append(asyncio.create_task(pause()))

        pauses = []
        engine = BatchProcessingEngine(config, listener=listener)
        job = asyncio.create_task(engine.process_repository(repository))
        await paused.wait()
        checkpoint = await engine.create_checkpoint(engine._job.job_id)
        with pytest.raises(EngineStateError):
            await engine.process_repository(repository)
        engine.stop("test")
        return checkpoint, await job

    checkpoint, stopped = asyncio.run(go())
    assert isinstance(checkpoint, CheckpointData)
    assert 5 <= checkpoint.progress.files_done < 31
    assert (stopped.status, stopped.message) == ("stopped", "test")
    committed = value(stopped.dataset)
    assert checkpoint.progress.files_done <= committed < 31
    resumed = asyncio.run(resume_failed_batch_job(checkpoint.job_id, checkpoint))
    assert resumed.failure is None
    assert sum(resumed.outcomes.values()) == 31 - committed
    assert rows(stopped.dataset, "SELECT count(*), count(DISTINCT path) FROM files") == [(31, 31)]


def test_no_job_no_checkpoint():
    with pytest.raises(EngineStateError):
        asyncio.run(BatchProcessingEngine().create_checkpoint("20261122-101530-4f9a1c"))
    with pytest.raises(EngineStateError):
        asyncio.run(BatchProcessingEngine().flush_now())


def test_a_missing_repository_is_refused_and_nothing_written(tmp_path):
    with pytest.raises(UsageError, match="no such file"):
        snake_pipe.ingest(tmp_path / "none", dataset=tmp_path / "ds")
    assert not (tmp_path / "ds").exists()


def test_a_worker_by_itself(tmp_path):
    from snake_pipe.extract.batch_models import DiscoveredFile, FileBatch, Trigger
    from snake_pipe.extract.worker.setup import WorkerSetup

    (tmp_path / "a.txt").write_text("abc")
    file = DiscoveredFile.from_path(tmp_path / "a.txt", queue="text")
    config = snake_pipe.BatchConfig()
    worker = BatchWorker("w1", config, WorkerSetup(config, processor=lambda path: len(path.read_text())))
    batch = FileBatch(1, (file,), 3, "text", Trigger.MANUAL)
    result = asyncio.run(worker.process_batch(batch))
    assert [r.value for r in result.results] == [3]
    assert (worker.stats.batches, worker.stats.files, worker.stats.failed) == (1, 1, 0)
    assert result.memory_peak >= result.memory_before > 0


@pytest.mark.parametrize("executor", ["serial", "process"])
def test_the_same_rows_whatever_the_executor_and_the_number_of_workers(repository, tmp_path, executor):
    nodes = {}
    for workers in (1, 3):
        dataset = tmp_path / f"{executor}{workers}"
        snake_pipe.ingest(repository, dataset=dataset, worker_count=workers, executor=executor, batch_size=4)
        nodes[workers] = rows(
            dataset, "SELECT path, n.* EXCLUDE file_id FROM nodes n JOIN files USING (file_id) ORDER BY ALL"
        )
    assert nodes[1] == nodes[3]
    assert nodes[1]
