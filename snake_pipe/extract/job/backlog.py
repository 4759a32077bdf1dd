"""What a run has taken in and not handed to the workers: files that wait for a batch, and ready batches."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING

from snake_pipe.extract.batch_coordinator import BatchCoordinator
from snake_pipe.extract.batching.ready import ReadyBatches
from snake_pipe.utils.loop_condition import LoopCondition

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from snake_pipe.extract.batch_config import BatchConfig
    from snake_pipe.extract.batch_models import BatchResult, DiscoveredFile, FileBatch
    from snake_pipe.extract.batching.strategy import AskedStrategy
    from snake_pipe.load.batch_history import BatchTotals
    from snake_pipe.observe.status import JobStatus

_AHEAD = 1
"""Batches that are cut before somebody takes them; what others in hand tell meanwhile counts for the rest."""

_LOOK_EVERY = 1.0
"""Seconds between two looks at the deadlines of waiting files, when nothing comes in."""


class Backlog:
    """The coordinator and its ready batches on one event loop, with the waits between their two sides.

    `batch_memory` is how many bytes a worker may take for a batch, `history` what earlier jobs learned about
    batches, `strategy` what has a say in them. `clock` gives seconds that do not go back.
    """

    def __init__(
        self,
        config: BatchConfig,
        *,
        batch_memory: int | None = None,
        history: Mapping[str, BatchTotals] | None = None,
        strategy: AskedStrategy | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._coordinator = BatchCoordinator(config, batch_memory=batch_memory, strategy=strategy)
        self._coordinator.seed(history or {})
        self._ready = ReadyBatches(config.ageing_seconds)
        self._clock = clock
        self._changed = LoopCondition()
        self._deadlines_changed = asyncio.Event()

    # -- in ------------------------------------------------------------------------------------------

    def offer(self, files: Sequence[DiscoveredFile], coming: int | None) -> None:
        """Take files that came together; `coming` is how many bytes will follow, None if not known."""
        self._put(self._coordinator.offer_all(files, self._clock(), coming, self._lacking))
        self._deadlines_changed.set()

    def flush(self) -> None:
        """Make batches of all files that wait."""
        self._put(self._coordinator.flush(self._clock()))

    def close(self, *, smallest_first: bool = False) -> None:
        """The same at the end of the input, in the sizes that are best there and in the order that is.

        `smallest_first`: as many files as can be, for a run that may not come to all.
        """
        if smallest_first:
            self._put(self._coordinator.close(self._clock(), smallest_first=True))
        else:
            self._coordinator.end()
            self._cut()

    async def release_due(self) -> None:
        """Make batches whose time has come, also while nothing comes in; without end."""
        while True:
            deadline = self._coordinator.next_deadline()
            wait = _LOOK_EVERY if deadline is None else deadline - self._clock()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, min(wait, _LOOK_EVERY))):
                    await self._deadlines_changed.wait()
            self._deadlines_changed.clear()
            self._put(self._coordinator.due(self._clock()))

    @property
    def _lacking(self) -> int:
        return max(0, _AHEAD - len(self._ready))

    def _cut(self) -> None:
        """To be called wherever a queue may have become full, or ready batches fewer: nobody else looks."""
        self._put(self._coordinator.cut(self._clock(), self._lacking))

    def _put(self, batches: list[FileBatch]) -> None:
        if batches:
            self._ready.put(batches)
            self._changed.notify_all()

    # -- out -----------------------------------------------------------------------------------------

    async def until_ready(self) -> None:
        """Wait for a batch."""
        await self._changed.wait_for(lambda: len(self._ready))

    async def until_at_most(self, batches: int) -> None:
        """Wait until so many batches are left, and none to cut: so what goes out bounds what comes in."""
        await self._changed.wait_for(lambda: len(self._ready) <= batches and not self._coordinator.has_to_cut)

    def take(self) -> FileBatch | None:
        """The most urgent batch; None if none is ready any more."""
        batch = self._ready.take(self._clock())
        self._cut()
        self._changed.notify_all()
        return batch

    def put_back(self, batch: FileBatch) -> None:
        """Let a batch wait again that was taken and is not sent."""
        self._put([batch])

    def cut_again(self, files: Sequence[DiscoveredFile], attempt: int) -> list[FileBatch]:
        """Batches of files whose worker was lost; they do not wait here again."""
        return self._coordinator.retry(files, attempt, self._clock())

    def cancel(self, matches: Callable[[DiscoveredFile], bool]) -> list[DiscoveredFile]:
        """Give up the files that match."""
        files = self._coordinator.cancel(matches) + self._ready.cancel(matches)
        self._cut()
        self._changed.notify_all()
        return files

    def drain(self) -> None:
        """Give up everything: for a stop that leaves the rest to a resume."""
        self.cancel(lambda _: True)

    # -- sizes ---------------------------------------------------------------------------------------

    def update(self, config: BatchConfig) -> None:
        """Go on with other settings."""
        self._ready.ageing_seconds = config.ageing_seconds
        self._put(self._coordinator.update(config, self._clock()))
        self._deadlines_changed.set()

    def press(self, pressure: float) -> None:
        """Shrink the batches to come by a factor in (0, 1] while memory is short; 1 ends it."""
        self._coordinator.press(pressure)
        self._cut()

    def observe(self, batch: FileBatch, result: BatchResult) -> None:
        """Learn from what a batch took."""
        memory = max(0, result.memory_peak - result.memory_before)
        output = sum(part.size_bytes for part in result.parts)
        self._coordinator.observe(batch, result.duration, memory, output)
        self._cut()

    # -- how things stand ----------------------------------------------------------------------------

    def file_ids(self) -> set[int]:
        """The ids of all files in it."""
        ids = {file.file_id for file in self._coordinator.waiting()}
        ids.update(file.file_id for batch in self._ready for file in batch.files)
        return ids

    def describe(self, status: JobStatus) -> None:
        """Write its figures into a job's status."""
        now, coordinator, ready = self._clock(), self._coordinator, self._ready
        statistics = status.statistics
        statistics.files_queued = coordinator.queued_files + ready.files
        statistics.bytes_queued = coordinator.queued_bytes + sum(batch.total_size for batch in ready)
        statistics.oldest_age = max(
            coordinator.oldest_age(now),
            max((now - batch.created_at + batch.waited for batch in ready), default=0.0),
        )
        statistics.oldest_wait = ready.oldest_age(now)
        statistics.batches_waiting = len(ready)
        status.queues = [queue._asdict() for queue in coordinator.queues(now)]
