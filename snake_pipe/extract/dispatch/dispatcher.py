"""Keeps a few batches in the hands of an executor, and gets over the death of its processes.

Written against `concurrent.futures.Executor` alone. One dead process breaks a whole pool and fails every
batch in it, so few are in flight; what each worker had in hand is read from its slot, and only those files
are tried again alone (`isolation`).
"""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import BrokenExecutor, Executor
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from snake_pipe.errors import EngineStateError, SinkError, WorkerPoolError
from snake_pipe.extract.batching.memory import memory_for_batches
from snake_pipe.extract.dispatch.isolation import Isolation, run_in
from snake_pipe.extract.dispatch.outcomes import Finished, Lost, Retried
from snake_pipe.extract.dispatch.worker_watch import WorkerWatch
from snake_pipe.extract.model.lost import LostFile, lost_file
from snake_pipe.utils.loop_condition import LoopCondition

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from snake_pipe.extract.batch_config import BatchConfig
    from snake_pipe.extract.batch_models import DiscoveredFile, FileBatch
    from snake_pipe.extract.dispatch.breakers import Breakers
    from snake_pipe.extract.dispatch.outcomes import Outcome
    from snake_pipe.utils.circuit_breaker import Breaker

_MOST_FALSE_STARTS = 4
"""Pools that may break before any batch got through at all."""

_FIRST_BACKOFF = 0.1
"""Seconds before a batch is tried again that could not be written; doubled with each attempt."""

_MOST_RESTARTS_IN_A_ROW = 20
"""Pools that may break without a single batch getting through between, before the run is given up."""


_END_AGAIN = 0.2
"""Seconds between two looks for workers that are to be ended."""


class Dispatcher:
    """Runs batches; what became of each is an outcome, to be taken with `take_outcomes`.

    `open_executor(workers)` makes a pool. `cut` makes batches of files to be tried again. `memory_limit` in
    bytes bounds what is expected of all batches in flight together; a batch alone is always let in.

    A batch that could not be written is tried again, first after a moment, then when the breaker of the sink
    lets it through; its SinkError is raised when that breaker gives up.
    """

    def __init__(
        self,
        config: BatchConfig,
        *,
        open_executor: Callable[[int], Executor],
        slots: Path | None,
        memory_limit: int,
        cut: Callable[[Sequence[DiscoveredFile], int], list[FileBatch]],
        breakers: Breakers,
    ) -> None:
        self._config = config
        self._open_executor = open_executor
        self._workers = WorkerWatch(slots)
        self._memory_limit = memory_limit
        self._cut = cut
        self._breakers = breakers
        self._seats = asyncio.Semaphore(config.workers + 1)
        self._going_on = asyncio.Event()
        self._going_on.set()
        self._executor: Executor | None = None
        self._isolation = Isolation(lambda: open_executor(1))
        self._changed = LoopCondition()
        self._in_flight: dict[int, FileBatch] = {}
        self._arriving: FileBatch | None = None
        self._outcomes: list[Outcome] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._failure: BaseException | None = None
        self._restarts_in_a_row = 0
        self._has_finished_any = False
        self._one_at_a_time = False
        self._closed = False
        self.restarts = 0
        self.retried = 0

    # -- taking batches in ---------------------------------------------------------------------------

    async def dispatch(self, batch: FileBatch) -> None:
        """Hand a batch to the executor, as soon as there is room; raises what ended the dispatcher.

        One at a time.
        """
        if not self._in_flight:
            self._workers.note_sign()
        self._arriving = batch
        try:
            await self._changed.wait_for(lambda: self._closed or self._failure or self._has_room(batch))
            self._raise_failure()
            if self._closed:
                raise EngineStateError("the dispatcher is closed")
            self._in_flight[batch.batch_id] = batch
        finally:
            self._arriving = None
        self._start(self._run(batch))

    async def join(self) -> None:
        """Wait until every batch has its outcome; raises what ended the dispatcher."""
        await self._changed.wait_for(lambda: self._failure or not self._has_work)
        self._raise_failure()

    async def until_outcome(self) -> None:
        """Wait for outcomes to be taken; raises what ended the dispatcher."""
        await self._changed.wait_for(lambda: self._failure or self._outcomes)
        self._raise_failure()

    def take_outcomes(self) -> list[Outcome]:
        """The outcomes since the last call: of every file one that is final, `Finished` or `Lost`."""
        taken, self._outcomes = self._outcomes, []
        return taken

    def throttle(self, one_at_a_time: bool) -> None:
        """Let a batch in only when none is in flight, or end that; what is in flight goes on."""
        if one_at_a_time != self._one_at_a_time:
            self._one_at_a_time = one_at_a_time
            self._changed.notify_all()

    async def until_room(self) -> None:
        """Wait until a batch may be let in, were it a small one; raises what ended the dispatcher."""
        await self._changed.wait_for(lambda: self._closed or self._failure or self._has_seat())
        self._raise_failure()

    def pause(self) -> None:
        """Send workers no further batch; each finishes the one it has in hand and at most one it was sent."""
        self._going_on.clear()
        self._changed.notify_all()

    def unpause(self) -> None:
        """Go on."""
        self._going_on.set()
        self._changed.notify_all()

    def update(self, config: BatchConfig) -> None:
        """Go on with other limits; the number of workers stays."""
        self._config = config
        self._changed.notify_all()

    @property
    def busy_workers(self) -> int:
        """Workers that have a file in hand."""
        return self._workers.busy(self._in_flight)

    @property
    def in_flight(self) -> int:
        """Batches with the executor or waiting for another try."""
        return len(self._in_flight)

    @property
    def unsettled(self) -> list[FileBatch]:
        """The batches that were handed over and whose final outcome nobody has taken yet."""
        arriving = [] if self._arriving is None else [self._arriving]
        return [*arriving, *self._in_flight.values(), *(outcome.batch for outcome in self._outcomes)]

    @property
    def is_handed_one(self) -> bool:
        """Whether a batch waits in `dispatch` to be let in."""
        return self._arriving is not None

    @property
    def _has_work(self) -> bool:
        return bool(self._in_flight) or self._arriving is not None

    def _has_seat(self) -> bool:
        if not self._going_on.is_set():
            return False
        most = 1 if self._one_at_a_time else self._config.most_in_flight
        return len(self._in_flight) < most

    def _has_room(self, batch: FileBatch) -> bool:
        if not self._has_seat():
            return False
        workers = self._config.workers
        if len(self._in_flight) < workers:
            return True
        in_hand = islice(self._in_flight.values(), workers)
        expected = sum(other.estimated_memory for other in in_hand) + batch.estimated_memory
        return expected <= memory_for_batches(self._memory_limit, workers)

    # -- running them --------------------------------------------------------------------------------

    async def _run(self, batch: FileBatch) -> None:
        while True:
            await self._until_admitted(self._breakers.sink)
            async with self._seats:
                await self._going_on.wait()
                executor = await self._pool()
                try:
                    result = await run_in(executor, batch)
                except BrokenExecutor:
                    if self._executor is executor:  # the first of the batches that it fails
                        self._breakers.pool.failed(time.monotonic())
                    await self._recover(executor, batch)
                    return
            self._breakers.pool.succeeded()
            if result.failure is None:
                self._breakers.sink.succeeded()
                self._finish(Finished(batch, result))
                return
            batch = await self._put_off(batch, result.failure)

    async def _put_off(self, batch: FileBatch, failure: str) -> FileBatch:
        """The batch as it is to be tried next, after a moment; SinkError if there is no next time."""
        error = SinkError(f"batch {batch.batch_id} failed: {failure}", "fix the cause, then resume the job")
        now = time.monotonic()
        self._breakers.sink.failed(now)
        breaker = self._breakers.sink
        has_failed_alone = not breaker.is_open and batch.attempt >= self._config.retry_attempts
        if has_failed_alone or breaker.gives_up(now):
            del self._in_flight[batch.batch_id]
            raise error
        self._retry(batch)
        self._workers.note_sign(batch.batch_id)
        again = replace(batch, attempt=batch.attempt + 1)
        self._in_flight[batch.batch_id] = again
        self._changed.notify_all()
        await asyncio.sleep(_FIRST_BACKOFF * 2 ** min(batch.attempt - 1, 8))
        return again

    async def _until_admitted(self, breaker: Breaker) -> None:
        """Wait until a breaker lets an attempt through and nothing is paused."""
        await self._going_on.wait()
        while (delay := breaker.delay(time.monotonic())) > 0:
            self._workers.note_sign()
            await asyncio.sleep(min(delay, 1.0))
            await self._going_on.wait()

    async def _pool(self) -> Executor:
        if self._executor is None:
            await self._until_admitted(self._breakers.pool)
        if self._executor is None:
            self._executor = self._open_executor(self._config.workers)
        return self._executor

    def _finish(self, outcome: Finished) -> None:
        del self._in_flight[outcome.batch.batch_id]
        self._workers.note_sign(outcome.batch.batch_id)
        self._has_finished_any = True
        self._restarts_in_a_row = 0
        self._outcomes.append(outcome)

    def _retry(self, batch: FileBatch) -> None:
        self.retried += 1
        self._outcomes.append(Retried(batch))

    async def _recover(self, broken: Executor, batch: FileBatch) -> None:
        """Replace the pool, once for all batches that it fails, and try this batch again in pieces."""
        if self._closed:
            return
        if self._executor is broken:
            self._executor = None
            self.restarts += 1
            self._restarts_in_a_row += 1
            if self._restarts_in_a_row > _MOST_RESTARTS_IN_A_ROW:
                raise WorkerPoolError(
                    f"{_MOST_RESTARTS_IN_A_ROW} pools of workers broke one after the other",
                    "check the machine's memory (dmesg), and plugins that may end the process",
                )
            if not self._has_finished_any and self._restarts_in_a_row > _MOST_FALSE_STARTS:
                raise WorkerPoolError(
                    "the worker processes end as soon as they are started",
                    'in a script, start the work below: if __name__ == "__main__":',
                )
            await asyncio.to_thread(broken.shutdown, False)
        in_hand = self._workers.in_hand(batch)
        del self._in_flight[batch.batch_id]
        if in_hand is None:  # it had not begun
            self._again(self._cut(batch.files, batch.attempt))
            return
        self._retry(batch)
        suspect = batch.files[in_hand]
        rest = [file for file in batch.files if file is not suspect]
        half = len(rest) // 2
        for files in (rest[:half], rest[half:]):
            if files:
                self._again(self._cut(files, batch.attempt + 1))
        for alone in self._cut([suspect], batch.attempt + 1):
            self._in_flight[alone.batch_id] = alone
            self._start(self._run_alone(alone))

    def _again(self, batches: list[FileBatch]) -> None:
        for batch in batches:
            self._in_flight[batch.batch_id] = batch
            self._start(self._run(batch))

    async def _run_alone(self, batch: FileBatch) -> None:
        """Try one file with nothing beside it, until it gets through or has had its tries."""
        self._isolation.enter()
        while True:
            await self._until_admitted(self._breakers.sink)
            result, seconds = await self._isolation.try_alone(batch)
            if result is None:
                self.restarts += 1
                timed_out = seconds >= self._config.file_timeout_seconds
                if timed_out or batch.attempt >= self._config.retry_attempts:
                    del self._in_flight[batch.batch_id]
                    self._outcomes.append(Lost(batch, self._lost(batch, timed_out)))
                    await self._isolation.leave()
                    return
                del self._in_flight[batch.batch_id]
                self._workers.note_sign(batch.batch_id)
                batch = replace(batch, attempt=batch.attempt + 1)
                self._in_flight[batch.batch_id] = batch
            elif result.failure is not None:
                batch = await self._put_off(batch, result.failure)
            else:
                await self._isolation.leave()
                self._finish(Finished(batch, result))
                return

    def _lost(self, batch: FileBatch, timed_out: bool) -> LostFile:
        reason = "timeout" if timed_out else "worker_died"
        if not timed_out and self._workers.was_too_large(batch.batch_id):
            reason = "out_of_memory"
        return lost_file(
            batch.files[0],
            reason,
            batch.attempt,
            file_timeout=self._config.file_timeout_seconds,
            memory_limit=self._memory_limit,
        )

    # -- watching over workers -----------------------------------------------------------------------

    def end_overdue_workers(self) -> None:
        """End workers that are beyond a time limit; to be called about twice a second."""
        if not self._going_on.is_set():
            self._workers.note_sign()
        self._workers.end_overdue(self._in_flight, self._config)

    def end_largest_worker(self, memory: dict[int, int]) -> None:
        """End the worker that holds the most memory; `memory` is bytes by process id."""
        self._workers.end_largest(self._in_flight, memory)

    async def recycle(self) -> None:
        """Replace the pool by a fresh one; the old one ends when its batches are done."""
        old, self._executor = self._executor, None
        if old is not None:
            await asyncio.to_thread(old.shutdown, False)

    # -- ending --------------------------------------------------------------------------------------

    async def close(self, *, abandon: bool) -> None:
        """End the executors; with `abandon` what is in flight is given up, and its workers are ended."""
        self._closed = True
        if abandon:
            self._workers.end_all()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._executor is not None:
            shutdown = asyncio.create_task(
                asyncio.to_thread(self._executor.shutdown, True, cancel_futures=True)
            )
            # A worker that was only starting had no slot, and may wait for a lock of one that was ended.
            while not (await asyncio.wait({shutdown}, timeout=_END_AGAIN if abandon else None))[0]:
                self._workers.end_all()
            shutdown.result()
        await self._isolation.close()
        self._changed.notify_all()

    def _start(self, work: object) -> None:
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(work)  # type: ignore[arg-type]
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None and self._failure is None:
            self._failure = error
        self._changed.notify_all()

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure
