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


@pytest.fixture
def repository(tmp_path):
    root = tmp_path / "repo"
    (root / "pkg").mkdir(parents=True)
    for index in range(30):
        (root / "pkg" / f"m{index}.py").write_text(f"def f{index}(x):\n    return g{index}(x) + {index}\n")
    (root / "broken.py").write_text("def (:\n")
    return root


def test_a_repository_becomes_tables(repository):
    engine = BatchProcessingEngine(snake_pipe.BatchConfig(worker_count=2), logging.getLogger("test"))
    result = asyncio.run(engine.process_repository(repository))
    assert result.success
    statistics = asyncio.run(engine.get_processing_statistics())
    assert statistics.files_done == statistics.files_committed == 31
    assert statistics.rows["symbols"] == 30
    with snake_pipe.connect(result.dataset) as connection:
        assert connection.execute("SELECT count(*) FROM symbols WHERE kind = 'function'").fetchall()[0] == (
            30,
        )
        assert connection.execute("SELECT path, status FROM files WHERE status <> 'ok'").fetchall() == [
            ("broken.py", "partial")
        ]


def test_a_checkpoint_in_the_middle_and_a_stop(repository):
    config = snake_pipe.BatchConfig(worker_count=1, batch_size=5, target_seconds=0.01, flush_interval=60)

    async def go():
        engine = BatchProcessingEngine(config)
        job = asyncio.create_task(engine.process_repository(repository))
        while not (await engine.get_processing_statistics()).batches_done:
            await asyncio.sleep(0.01)
        job_id = engine._job.job_id
        checkpoint = await engine.create_checkpoint(job_id)
        with pytest.raises(EngineStateError):
            await engine.process_repository(repository)
        engine.stop("test")
        return checkpoint, await job

    checkpoint, result = asyncio.run(go())
    assert isinstance(checkpoint, CheckpointData)
    assert checkpoint.progress.files_done >= 1
    if result.status == "stopped":
        resumed = asyncio.run(resume_failed_batch_job(checkpoint.job_id, checkpoint))
        assert resumed.failure is None
    with snake_pipe.connect(result.dataset) as connection:
        assert connection.execute("SELECT count(*), count(DISTINCT path) FROM files").fetchall()[0] == (
            31,
            31,
        )


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
    rows = {}
    for workers in (1, 3):
        dataset = tmp_path / f"{executor}{workers}"
        snake_pipe.ingest(repository, dataset=dataset, worker_count=workers, executor=executor, batch_size=4)
        with snake_pipe.connect(dataset) as connection:
            rows[workers] = connection.execute(
                "SELECT path, n.* EXCLUDE file_id FROM nodes n JOIN files USING (file_id) ORDER BY ALL"
            ).fetchall()
    assert rows[1] == rows[3]
    assert rows[1]
