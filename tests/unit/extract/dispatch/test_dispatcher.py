"""Batches in the hands of an executor that the test is: what is let in, what comes out, what deaths cost."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import BrokenExecutor, Executor, Future
from dataclasses import replace

import pytest

from snake_pipe.errors import EngineStateError, StorageError, WorkerPoolError
from snake_pipe.extract.batch_config import BatchConfig
from snake_pipe.extract.batch_coordinator import BatchCoordinator
from snake_pipe.extract.batch_models import BatchResult, DiscoveredFile, FileBatch, Trigger
from snake_pipe.extract.dispatch.breakers import open_breakers
from snake_pipe.extract.dispatch.dispatcher import Dispatcher
from snake_pipe.extract.dispatch.local_workers import LocalWorkers
from snake_pipe.extract.dispatch.outcomes import Finished, Lost, Retried
from snake_pipe.extract.worker.slot import WorkerSlot
from testkit.engines import within
from testkit.waiting import PATIENCE, until

TWO_WORKERS = BatchConfig(worker_count=2, retry_attempts=2, breaker_failures=2, breaker_reset_seconds=0.01)
MEMORY = 1 << 30


class Pool(Executor):
    """Holds each batch until the test says how it went."""

    def __init__(self):
        self.batches = {}
        self.isolated = False
        self.is_shut = False

    def submit(self, fn, batch):
        future = Future()
        self.batches[batch.batch_id] = (batch, future)
        return future

    def finish(self, batch_id, failure=None):
        batch, future = self.batches.pop(batch_id)
        outcomes = {} if failure else {("ok", "python"): len(batch)}
        future.set_result(BatchResult(batch_id, batch.attempt, outcomes=outcomes, failure=failure))

    def die(self):
        held, self.batches = self.batches, {}
        for _, future in held.values():
            future.set_exception(BrokenExecutor("a process died"))

    def shutdown(self, wait=True, *, cancel_futures=False):
        self.is_shut = True


class Bench:
    """A dispatcher and the pools that it opened, the newest last; isolated ones apart."""

    def __init__(self, config=TWO_WORKERS, slots=None, patience=0.0):
        self.pools: list[Pool] = []
        self.coordinator = BatchCoordinator(config)
        self.coordinator.number_from(100)
        breakers = open_breakers(config, patience=patience)
        self.workers = LocalWorkers(
            config, open_executor=self._open, slots=slots, memory_limit=MEMORY, breaker=breakers.pool
        )
        self.dispatcher = Dispatcher(
            config,
            workers=self.workers,
            cut=lambda files, attempt: self.coordinator.retry(files, attempt, 0.0),
            breaker=breakers.storage,
        )

    def _open(self, workers):
        self.pools.append(Pool())
        return self.pools[-1]

    @property
    def held(self):
        return [batch_id for pool in self.pools for batch_id in pool.batches]

    async def dispatch(self, *batches):
        for batch in batches:
            await self.dispatcher.dispatch(batch)
        await turns()

    async def outcomes(self):
        await self.dispatcher.until_outcome()
        return self.dispatcher.take_outcomes()


def batch(number, files=1, memory=0):
    members = tuple(
        DiscoveredFile("/r", f"{number}-{index}.py", 10, 0, "python", file_id=number * 1000 + index)
        for index in range(files)
    )
    return FileBatch(number, members, 10 * files, "python", Trigger.SIZE, estimated_memory=memory)


async def turns(number=30):
    for _ in range(number):
        await asyncio.sleep(0)


def test_a_batch_is_unsettled_until_its_outcome_is_taken():
    async def go():
        bench = Bench()
        await bench.dispatch(batch(1))
        assert [each.batch_id for each in bench.dispatcher.unsettled] == [1]
        bench.pools[0].finish(1)
        await bench.dispatcher.join()
        assert bench.dispatcher.in_flight == 0
        assert [each.batch_id for each in bench.dispatcher.unsettled] == [1]
        (outcome,) = await bench.outcomes()
        assert isinstance(outcome, Finished)
        assert outcome.result.file_count == 1
        assert bench.dispatcher.unsettled == []
        await bench.dispatcher.close(abandon=False)
        assert bench.pools[0].is_shut

    within(go())


def test_no_more_are_let_in_than_the_settings_allow():
    async def go():
        bench = Bench(replace(TWO_WORKERS, max_concurrent_batches=2))
        await bench.dispatch(batch(1), batch(2))
        third = asyncio.create_task(bench.dispatch(batch(3)))
        await turns()
        assert sorted(bench.held) == [1, 2]
        assert {each.batch_id for each in bench.dispatcher.unsettled} == {1, 2, 3}, "the third is on its way"
        bench.pools[0].finish(1)
        await third
        assert sorted(bench.held) == [2, 3]
        await bench.dispatcher.close(abandon=True)

    within(go())


def test_batches_go_to_the_workers_in_the_order_in_which_they_were_let_in():
    async def go():
        bench = Bench()
        letting_in = asyncio.create_task(bench.dispatch(*(batch(number) for number in range(1, 13))))
        served = []
        while len(served) < 12:
            await until(lambda: bench.held)
            await turns()
            served.append(bench.held[0])
            bench.pools[0].finish(served[-1])
        await letting_in
        assert served == list(range(1, 13)), "no batch is passed by those that come later"
        await bench.dispatcher.close(abandon=False)

    within(go())


def test_a_batch_waits_where_memory_would_not_do_but_goes_alone_however_large():
    async def go():
        bench = Bench()
        await bench.dispatch(batch(1, memory=2 * MEMORY))
        assert bench.held == [1]
        second = asyncio.create_task(bench.dispatch(batch(2, memory=MEMORY // 2)))
        await turns()
        assert bench.held == [1], "a worker is free, but two large sources at once were beyond the limit"
        bench.pools[0].finish(1)
        await second
        third = asyncio.create_task(bench.dispatch(batch(3, memory=MEMORY)))
        await turns()
        assert bench.held == [2]
        bench.pools[0].finish(2)
        await third
        assert bench.held == [3]
        await bench.dispatcher.close(abandon=True)

    within(go())


def test_one_at_a_time_while_memory_is_short():
    async def go():
        bench = Bench()
        bench.dispatcher.throttle(one_at_a_time=True)
        await bench.dispatch(batch(1))
        second = asyncio.create_task(bench.dispatch(batch(2)))
        await turns()
        assert bench.held == [1]
        bench.dispatcher.throttle(one_at_a_time=False)
        await second
        assert sorted(bench.held) == [1, 2]
        await bench.dispatcher.close(abandon=True)

    within(go())


def test_nothing_begins_while_paused():
    async def go():
        bench = Bench()
        bench.dispatcher.pause()
        first = asyncio.create_task(bench.dispatch(batch(1)))
        await turns()
        assert bench.pools == []
        bench.dispatcher.unpause()
        await first
        assert bench.held == [1]
        await bench.dispatcher.close(abandon=True)

    within(go())


def test_after_a_death_the_suspect_is_tried_alone_and_the_rest_in_halves(tmp_path):
    async def go():
        bench = Bench(slots=tmp_path)
        await bench.dispatch(batch(1, files=5), batch(2, files=2))
        WorkerSlot(tmp_path).enter(1, 3)  # the fourth file of the first batch
        bench.pools[0].die()
        await until(lambda: len(bench.held) == 4)
        (retried,) = bench.dispatcher.take_outcomes()
        assert isinstance(retried, Retried)
        assert retried.batch.batch_id == 1
        sizes = {
            tuple(file.path for file in again.files): again.attempt
            for pool in bench.pools[1:]
            for again, _ in pool.batches.values()
        }
        assert sizes == {
            ("1-0.py", "1-1.py"): 2,
            ("1-2.py", "1-4.py"): 2,
            ("1-3.py",): 2,
            ("2-0.py", "2-1.py"): 1,  # nobody had begun it
        }
        alone = next(pool for pool in bench.pools if [len(b) for b, _ in pool.batches.values()] == [1])
        assert [file.path for b, _ in alone.batches.values() for file in b.files] == ["1-3.py"]
        for pool in bench.pools:
            for batch_id in list(pool.batches):
                pool.finish(batch_id)
        await bench.dispatcher.join()
        done = [file.path for each in bench.dispatcher.take_outcomes() for file in each.batch.files]
        assert sorted(done) == sorted([f"1-{i}.py" for i in range(5)] + ["2-0.py", "2-1.py"])
        assert (bench.dispatcher.restarts, bench.dispatcher.retried) == (1, 1)
        await bench.dispatcher.close(abandon=False)

    within(go())


def test_a_file_that_ends_each_worker_is_lost_and_costs_no_other(tmp_path):
    async def go():
        bench = Bench(slots=tmp_path)
        await bench.dispatch(batch(1, files=1))
        WorkerSlot(tmp_path).enter(1, 0)
        bench.pools[0].die()
        await until(lambda: len(bench.pools) == 2)
        assert isinstance(bench.dispatcher.take_outcomes()[0], Retried)
        bench.pools[1].die()
        await bench.dispatcher.join()
        (outcome,) = bench.dispatcher.take_outcomes()
        assert isinstance(outcome, Lost)
        assert (outcome.lost.file.path, outcome.lost.reason, outcome.lost.attempts) == (
            "1-0.py",
            "worker_died",
            2,
        )
        await bench.dispatch(batch(2))
        bench.pools[-1].finish(2)
        await bench.dispatcher.join()
        await bench.dispatcher.close(abandon=False)

    within(go())


def test_workers_that_end_before_anything_is_done_end_the_run():
    async def go():
        bench = Bench()
        await bench.dispatch(batch(1))
        for number in range(5):
            await until(lambda number=number: len(bench.pools) == number + 1 and bench.held)
            bench.pools[-1].die()
        with pytest.raises(WorkerPoolError, match="as soon as they are started"):
            await bench.dispatcher.join()
        with pytest.raises(WorkerPoolError):
            await bench.dispatch(batch(2))
        await bench.dispatcher.close(abandon=True)

    within(go())


def test_workers_that_end_over_files_before_anything_is_done_go_on(tmp_path):
    """Slow files came first and ended pool after pool on a machine that was busy: that was no false start."""

    async def go():
        bench = Bench(slots=tmp_path)
        await bench.dispatch(batch(1, files=32))
        slot = WorkerSlot(tmp_path)
        for _ in range(8):
            await until(lambda: bench.held)
            await turns()
            bench.dispatcher.take_outcomes()
            for pool in [pool for pool in bench.pools if pool.batches]:
                slot.enter(min(pool.batches), 0)
                pool.die()
                await turns()
        await bench.dispatcher.until_outcome()  # it would raise what ended it
        await until(lambda: bench.held)
        await bench.dispatcher.close(abandon=True)

    within(go())


def test_a_batch_that_cannot_be_written_is_tried_again_and_then_ends_the_run():
    async def go():
        bench = Bench()
        await bench.dispatch(batch(1))
        bench.pools[0].finish(1, failure="No space left on device")
        await until(lambda: bench.held == [1])
        (retried,) = bench.dispatcher.take_outcomes()
        assert isinstance(retried, Retried)
        bench.pools[0].finish(1, failure="No space left on device")
        with pytest.raises(StorageError, match="No space left on device"):
            await bench.dispatcher.join()
        await bench.dispatcher.close(abandon=True)

    within(go())


def test_with_patience_it_waits_for_the_sink_to_come_back():
    async def go():
        bench = Bench(patience=3600.0)
        await bench.dispatch(batch(1))
        for _ in range(4):
            await until(lambda: bench.held == [1])
            bench.pools[0].finish(1, failure="No space left on device")
        await until(lambda: bench.held == [1])
        bench.pools[0].finish(1)
        await bench.dispatcher.join()
        last = bench.dispatcher.take_outcomes()[-1]
        assert isinstance(last, Finished)
        assert last.batch.attempt == 5
        await bench.dispatcher.close(abandon=False)

    within(go())


def test_a_new_pool_takes_over_when_the_old_one_is_recycled():
    async def go():
        bench = Bench()
        await bench.dispatch(batch(1))
        await bench.dispatcher.recycle()
        assert bench.pools[0].is_shut
        await bench.dispatch(batch(2))
        assert list(bench.pools[1].batches) == [2]
        bench.pools[0].finish(1)
        bench.pools[1].finish(2)
        await bench.dispatcher.join()
        await bench.dispatcher.close(abandon=False)

    within(go())


def test_a_closed_one_takes_nothing():
    async def go():
        bench = Bench()
        await bench.dispatcher.close(abandon=False)
        with pytest.raises(EngineStateError, match="closed"):
            await bench.dispatch(batch(1))

    within(go())


def test_a_worker_that_was_still_starting_is_ended_when_it_has_begun(tmp_path, monkeypatch):
    """It waited for a lock that an ended one held, and the run for it, without end."""

    async def go():
        bench = Bench(slots=tmp_path)
        await bench.dispatch(batch(1))
        all_ended, rounds = threading.Event(), []

        def end_all():
            rounds.append(1)
            if len(rounds) == 2:
                all_ended.set()

        monkeypatch.setattr(bench.workers._watch, "end_all", end_all)
        monkeypatch.setattr(bench.pools[0], "shutdown", lambda *_, **__: all_ended.wait(PATIENCE))
        await bench.dispatcher.close(abandon=True)
        assert all_ended.is_set()

    within(go())
