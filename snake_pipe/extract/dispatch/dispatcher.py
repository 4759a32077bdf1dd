"""Keeps a few batches in the hands of workers, and gets over the death of some of them.

Few are in flight, so that little is lost with a worker. Of what it had in hand, only the file at which it
ended is a suspect, and tried again alone; where that is not known, the batch is halved until it is.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING

from snake_pipe.errors import EngineStateError, StorageError
from snake_pipe.extract.dispatch.outcomes import Finished, Lost, Retried
from snake_pipe.extract.dispatch.suspicion import Suspicion
from snake_pipe.extract.dispatch.workers import WorkerLost
from snake_pipe.extract.model.lost import LostFile, lost_file
from snake_pipe.utils.loop_condition import LoopCondition

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from snake_pipe.extract.batch_config import BatchConfig
    from snake_pipe.extract.batch_models import BatchResult, DiscoveredFile, FileBatch
    from snake_pipe.extract.dispatch.outcomes import Outcome
    from snake_pipe.extract.dispatch.workers import Workers
    from snake_pipe.observe.status import HostFigures
    from snake_pipe.utils.circuit_breaker import Breaker

_FIRST_BACKOFF = 0.1
"""Seconds before a batch is tried again that could not be written; doubled with each attempt."""


class Dispatcher:
    """Runs batches; what became of each is an outcome, to be taken with `take_outcomes`.

    `cut` makes batches of files to be tried again.

    A batch that could not be written is tried again, first after a moment, then when the `breaker` of the
    storage lets it through; its StorageError is raised when that breaker gives up.
    """

    def __init__(
        self,
        config: BatchConfig,
        *,
        workers: Workers,
        cut: Callable[[Sequence[DiscoveredFile], int], list[FileBatch]],
        breaker: Breaker,
    ) -> None:
        self._config = config
        self._workers = workers
        self._cut = cut
        self._breaker = breaker
        self._sent = 0
        self._turns: deque[object] = deque()
        self._going_on = asyncio.Event()
        self._going_on.set()
        self._changed = LoopCondition()
        self._in_flight: dict[int, FileBatch] = {}
        self._arriving: FileBatch | None = None
        self._outcomes: list[Outcome] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._failure: BaseException | None = None
        self._one_at_a_time = False
        self._closed = False
        self.retried = 0
        workers.attach(self._changed.notify_all, self._fail)

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
    def hosts(self) -> list[HostFigures]:
        """The machines that workers are on; empty where there is only this one."""
        return self._workers.hosts()

    @property
    def worker_count(self) -> int:
        """Worker processes that there are now."""
        return self._workers.count

    @property
    def restarts(self) -> int:
        """How often workers were lost."""
        return self._workers.losses

    @property
    def pressure(self) -> float:
        """The factor by which batches are to shrink where workers elsewhere are short of memory."""
        return self._workers.pressure

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

    @property
    def _has_free_hands(self) -> bool:
        return self._going_on.is_set() and self._sent < self._workers.most_sent

    def _has_seat(self) -> bool:
        if not self._going_on.is_set():
            return False
        most = self._config.max_concurrent_batches or 2 * self._workers.count + 1
        return len(self._in_flight) < (1 if self._one_at_a_time else most)

    def _has_room(self, batch: FileBatch) -> bool:
        return self._has_seat() and self._workers.admits(batch, self._in_flight.values())

    # -- running them --------------------------------------------------------------------------------

    async def _run(self, batch: FileBatch) -> None:
        while True:
            await self._until_admitted()
            result = await self._send(batch)
            if isinstance(result, WorkerLost):
                self._recover(batch, result)
                return
            if result.failure is None:
                self._finish(Finished(batch, result))
                return
            batch = await self._put_off(batch, result.failure)

    async def _send(self, batch: FileBatch) -> BatchResult | WorkerLost:
        """Run a batch when few enough are with the workers; first come first served."""
        turn = object()  # else one that has just come is served each time before those that are woken
        self._turns.append(turn)
        try:
            await self._changed.wait_for(lambda: self._turns[0] is turn and self._has_free_hands)
            self._sent += 1
        finally:
            self._turns.remove(turn)
            self._changed.notify_all()
        try:
            return await self._workers.run(batch)
        finally:
            self._sent -= 1
            self._changed.notify_all()

    async def _put_off(self, batch: FileBatch, failure: str) -> FileBatch:
        """The batch as it is to be tried next, after a moment; StorageError if there is no next time."""
        error = StorageError(
            f"batch {batch.batch_id} failed: {failure}", "fix the cause, then resume the job"
        )
        now = time.monotonic()
        breaker = self._breaker
        breaker.failed(now)
        has_failed_alone = not breaker.is_open and batch.attempt >= self._config.retry_attempts
        if has_failed_alone or breaker.gives_up(now):
            del self._in_flight[batch.batch_id]
            self._fail(error)  # before anybody sees that nothing is in flight any more
            raise error
        self._retry(batch)
        self._workers.note_sign(batch.batch_id)
        again = replace(batch, attempt=batch.attempt + 1)
        self._in_flight[batch.batch_id] = again
        self._changed.notify_all()
        await asyncio.sleep(_FIRST_BACKOFF * 2 ** min(batch.attempt - 1, 8))
        return again

    async def _until_admitted(self) -> None:
        """Wait until the storage's breaker lets an attempt through and nothing is paused."""
        await self._going_on.wait()
        while (delay := self._breaker.delay(time.monotonic())) > 0:
            self._workers.note_sign()
            await asyncio.sleep(min(delay, 1.0))
            await self._going_on.wait()

    def _finish(self, outcome: Finished) -> None:
        del self._in_flight[outcome.batch.batch_id]
        self._workers.note_sign(outcome.batch.batch_id)
        self._breaker.succeeded()
        self._outcomes.append(outcome)

    def _retry(self, batch: FileBatch) -> None:
        self.retried += 1
        self._outcomes.append(Retried(batch))

    def _recover(self, batch: FileBatch, lost: WorkerLost) -> None:
        """Try a batch again whose worker is gone: as it is if it had not begun, else in pieces."""
        if self._closed:
            return
        del self._in_flight[batch.batch_id]
        if not lost.has_begun:
            self._again(self._cut(batch.files, batch.attempt))
            return
        self._retry(batch)
        in_hand = lost.in_hand if len(batch) > 1 else 0
        rest = [file for index, file in enumerate(batch.files) if index != in_hand]
        half = len(rest) // 2
        for files in (rest[:half], rest[half:]):
            if files:
                self._again(self._cut(files, batch.attempt + 1))
        if in_hand is not None:
            for alone in self._cut([batch.files[in_hand]], batch.attempt + 1):
                self._in_flight[alone.batch_id] = alone
                self._start(self._run_alone(alone, lost))

    def _again(self, batches: list[FileBatch]) -> None:
        for batch in batches:
            self._in_flight[batch.batch_id] = batch
            self._start(self._run(batch))

    async def _run_alone(self, batch: FileBatch, lost: WorkerLost) -> None:
        """Try one file with nothing beside it, until it gets through or has had its tries."""
        suspicion = Suspicion(self._config.retry_attempts)
        suspicion.add(lost)  # a file is never given up for what happened beside others
        async with self._workers.alone() as try_alone:
            while True:
                await self._until_admitted()
                result = await try_alone(batch)
                if not isinstance(result, WorkerLost):
                    if result.failure is None:
                        self._finish(Finished(batch, result))
                        return
                    batch = await self._put_off(batch, result.failure)
                    continue
                del self._in_flight[batch.batch_id]
                if suspicion.add(result):
                    self._outcomes.append(Lost(batch, self._lost(batch, result.reason)))
                    return
                self._workers.note_sign(batch.batch_id)
                batch = replace(batch, attempt=batch.attempt + 1)
                self._in_flight[batch.batch_id] = batch

    def _lost(self, batch: FileBatch, reason: str) -> LostFile:
        return lost_file(
            batch.files[0],
            reason,
            batch.attempt,
            file_timeout=self._config.file_timeout_seconds,
            memory_limit=self._workers.memory_limit,
        )

    # -- watching over workers -----------------------------------------------------------------------

    def end_overdue_workers(self) -> None:
        """End workers that are beyond a time limit; to be called about twice a second."""
        if not self._going_on.is_set():
            self._workers.note_sign()
        self._workers.end_overdue(self._in_flight)

    def end_largest_worker(self, memory: dict[int, int]) -> None:
        """End the worker that holds the most memory; `memory` is bytes by process id."""
        self._workers.end_largest(self._in_flight, memory)

    async def recycle(self) -> None:
        """Replace the workers of this machine by fresh ones, when their batches are done."""
        await self._workers.recycle()

    # -- ending --------------------------------------------------------------------------------------

    async def close(self, *, abandon: bool) -> None:
        """End the workers; with `abandon` what is in flight is given up."""
        self._closed = True
        if abandon:
            self._workers.end_all()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._workers.close(abandon=abandon)
        self._changed.notify_all()

    def _start(self, work: object) -> None:
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(work)  # type: ignore[arg-type]
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._fail(error)
        self._changed.notify_all()

    def _fail(self, error: BaseException) -> None:
        self._failure = self._failure or error
        self._changed.notify_all()

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure
