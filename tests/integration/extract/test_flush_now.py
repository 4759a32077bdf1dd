"""What is visible after `flush_now`, and what it does not wait for."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from snake_pipe.errors import EngineStateError, StorageError
from snake_pipe.extract.batch_config import BatchConfig
from snake_pipe.extract.batch_processor import BatchProcessingEngine
from snake_pipe.observe.events import BatchFinished
from testkit.engines import QUICK, taken_in, within
from testkit.tables import paths, value
from testkit.waiting import NEVER


def test_flush_now_makes_all_visible_that_was_submitted_before(repository):
    async def go():
        slow = BatchConfig(worker_count=2, max_latency=NEVER, flush_interval=NEVER)
        async with BatchProcessingEngine(slow, root=repository) as engine:
            futures = [engine.submit(path) for path in repository.glob("*.py")]
            await engine.flush_now()
            assert all(future.done() for future in futures)
            return len(paths(repository / ".snake-pipe"))

    assert within(go()) == 40


def test_flush_now_ends_when_the_run_does(repository):
    def fail(event):
        if isinstance(event, BatchFinished):
            raise RuntimeError("a listener's defect")

    async def go():
        engine = BatchProcessingEngine(replace(QUICK, max_latency=NEVER), root=repository, listener=fail)
        await engine.start()
        future = engine.submit("m00.py")
        with pytest.raises(EngineStateError, match="ended before"):
            await engine.flush_now()
        with pytest.raises(EngineStateError):
            await future
        with pytest.raises(RuntimeError):
            await engine.shutdown()

    within(go())


def test_flush_now_does_not_wait_for_what_is_cancelled(repository):
    async def go():
        async with BatchProcessingEngine(replace(QUICK, max_latency=NEVER), root=repository) as engine:
            await engine.pause()
            futures = [engine.submit(path) for path in sorted(repository.glob("*.py"))]
            await taken_in(engine, len(futures))
            await engine.unpause()
            flush = asyncio.create_task(engine.flush_now())
            await asyncio.sleep(0)
            await engine.cancel(lambda _: True)
            await flush
            await asyncio.gather(*futures)

    within(go())


def test_flush_now_of_a_paused_engine_returns_also_under_backpressure(repository):
    async def go():
        config = replace(QUICK, max_concurrent_batches=1, batch_size=1, max_batch_size=1)
        async with BatchProcessingEngine(config, root=repository) as engine:
            await engine.pause()
            for path in repository.glob("*.py"):
                engine.submit(path)
            await taken_in(engine, 1)
            engine.submit("m00.py")
            await engine.flush_now()
            await engine.unpause()

    within(go())


def test_flush_now_does_not_claim_what_it_could_not_do(repository, tmp_path):
    async def go():
        dataset = tmp_path / "ds"
        config = replace(QUICK, flush_interval=NEVER, timeout_seconds=1.0)
        engine = BatchProcessingEngine(config, root=repository, dataset=dataset)
        await engine.start()
        await engine.submit("m00.py")
        dataset.rename(tmp_path / "elsewhere")
        with pytest.raises(StorageError):
            await engine.flush_now()
        (tmp_path / "elsewhere").rename(dataset)
        await engine.flush_now()
        assert value(dataset) == 1
        await engine.shutdown()

    within(go())
