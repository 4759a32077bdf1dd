"""The workers of this machine: a pool of processes, or this process itself.

Written against `concurrent.futures.Executor` alone. One dead process breaks a whole pool and fails every
batch in it; what each worker had in hand is read from its slot.
"""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import BrokenExecutor, Executor
from contextlib import asynccontextmanager
from itertools import islice
from typing import TYPE_CHECKING

from snake_pipe.errors import WorkerPoolError
from snake_pipe.extract.batching.memory import memory_for_batches
from snake_pipe.extract.dispatch.isolation import Isolation, run_in
from snake_pipe.extract.dispatch.worker_watch import WorkerWatch
from snake_pipe.extract.dispatch.workers import WorkerLost

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
    from pathlib import Path

    from snake_pipe.extract.batch_config import BatchConfig
    from snake_pipe.extract.batch_models import BatchResult, FileBatch
    from snake_pipe.observe.status import HostFigures
    from snake_pipe.utils.circuit_breaker import Breaker

_MOST_FALSE_STARTS = 4
"""Pools that may break before any file was begun at all."""

_MOST_RESTARTS_IN_A_ROW = 20
"""Pools that may break without a single batch getting through between, before the run is given up."""

_END_AGAIN = 0.2
"""Seconds between two looks for workers that are to be ended."""


class LocalWorkers:
    """A pool that `open_executor(workers)` makes, and makes anew when it breaks.

    `slots` is the folder where its processes show what they have in hand; None where the work is done in
    this very process. `memory_limit` in bytes bounds what is expected of all batches in flight together; a
    batch alone is always let in. `breaker` stands before new pools.
    """

    losses = 0
    pressure = 1.0

    def __init__(
        self,
        config: BatchConfig,
        *,
        open_executor: Callable[[int], Executor],
        slots: Path | None,
        memory_limit: int,
        breaker: Breaker,
        batch_memory: int | None = None,
    ) -> None:
        self.count = config.workers
        self.most_sent = config.workers + 1
        self.memory_limit = memory_limit
        self.batch_memory = batch_memory
        self._config = config
        self._open_executor = open_executor
        self._breaker = breaker
        self._watch = WorkerWatch(slots)
        self._executor: Executor | None = None
        self._isolation = Isolation(lambda: open_executor(1))
        self._restarts_in_a_row = 0
        self._has_begun_any = False

    def attach(self, changed: Callable[[], None], failed: Callable[[Exception], None]) -> None:
        """Nothing is ever told: their number stays, and what fails is raised by `run`."""

    def admits(self, batch: FileBatch, in_flight: Collection[FileBatch]) -> bool:
        """Whether it fits beside those that are in hand; one alone always does."""
        if not in_flight:
            return True
        expected = sum(other.estimated_memory for other in islice(in_flight, self.count))
        return expected + batch.estimated_memory <= memory_for_batches(self.memory_limit, self.count)

    async def run(self, batch: FileBatch) -> BatchResult | WorkerLost:
        """Run a batch in the pool; WorkerPoolError where one pool after the other breaks."""
        executor = await self._pool()
        try:
            result = await run_in(executor, batch)
        except BrokenExecutor:
            if self._executor is executor:  # the first of the batches that it fails
                await self._replace(executor)
            in_hand = self._watch.in_hand(batch)
            return WorkerLost(in_hand is not None, in_hand)
        self._breaker.succeeded()
        if result.failure is None:
            self._has_begun_any = True
            self._restarts_in_a_row = 0
        return result

    async def _pool(self) -> Executor:
        while self._executor is None and (delay := self._breaker.delay(time.monotonic())) > 0:
            self._watch.note_sign()
            await asyncio.sleep(min(delay, 1.0))
        if self._executor is None:
            self._executor = self._open_executor(self.count)
        return self._executor

    async def _replace(self, broken: Executor) -> None:
        self._executor = None
        self._breaker.failed(time.monotonic())
        self.losses += 1
        self._restarts_in_a_row += 1
        if self._restarts_in_a_row > _MOST_RESTARTS_IN_A_ROW:
            raise WorkerPoolError(
                f"{_MOST_RESTARTS_IN_A_ROW} pools of workers broke one after the other",
                "check the machine's memory (dmesg), and plugins that may end the process",
            )
        self._has_begun_any = self._has_begun_any or self._watch.has_begun_any()
        if not self._has_begun_any and self._restarts_in_a_row > _MOST_FALSE_STARTS:
            raise WorkerPoolError(
                "the worker processes end as soon as they are started",
                'in a script, start the work below: if __name__ == "__main__":',
            )
        await asyncio.to_thread(broken.shutdown, False)

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[Callable[[FileBatch], Awaitable[BatchResult | WorkerLost]]]:
        """A pool of one process, in which one suspect at a time is tried."""
        self._isolation.enter()
        try:
            yield self._try_alone
        finally:
            await self._isolation.leave()

    async def _try_alone(self, batch: FileBatch) -> BatchResult | WorkerLost:
        result, seconds = await self._isolation.try_alone(batch)
        if result is not None:
            return result
        self.losses += 1
        if seconds >= self._config.file_timeout_seconds:
            return WorkerLost(True, 0, "timeout")
        too_large = self._watch.was_too_large(batch.batch_id)
        return WorkerLost(True, 0, "out_of_memory" if too_large else "worker_died")

    # -- watching over them --------------------------------------------------------------------------

    def busy(self, in_flight: Mapping[int, FileBatch]) -> int:
        """Workers that have a file in hand."""
        return self._watch.busy(in_flight)

    def hosts(self) -> list[HostFigures]:
        """None but this machine."""
        return []

    def note_sign(self, batch_id: int | None = None) -> None:
        """Something goes on: a batch has ended, or work is put off on purpose."""
        self._watch.note_sign(batch_id)

    def end_overdue(self, in_flight: Mapping[int, FileBatch]) -> None:
        """End workers that are beyond a time limit."""
        self._watch.end_overdue(in_flight, self._config)

    def end_largest(self, in_flight: Mapping[int, FileBatch], memory: Mapping[int, int]) -> None:
        """End the worker that holds the most memory; `memory` is bytes by process id."""
        self._watch.end_largest(in_flight, memory)

    def end_all(self) -> None:
        """End every process of the pools at once."""
        self._watch.end_all()

    async def recycle(self) -> None:
        """Replace the pool by a fresh one; the old one ends when its batches are done."""
        old, self._executor = self._executor, None
        if old is not None:
            await asyncio.to_thread(old.shutdown, False)

    async def close(self, *, abandon: bool) -> None:
        """End the pools; with `abandon` also workers that were only starting when all were ended."""
        if self._executor is not None:
            shutdown = asyncio.create_task(
                asyncio.to_thread(self._executor.shutdown, True, cancel_futures=True)
            )
            # A worker that was only starting had no slot, and may wait for a lock of one that was ended.
            while not (await asyncio.wait({shutdown}, timeout=_END_AGAIN if abandon else None))[0]:
                self._watch.end_all()
            shutdown.result()
        await self._isolation.close()
