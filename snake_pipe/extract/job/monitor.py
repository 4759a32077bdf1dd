"""Looks at a run twice a second: memory, workers, and the figures that are shown."""

from __future__ import annotations

import asyncio
import os
import time
from typing import TYPE_CHECKING

import psutil

from snake_pipe.extract.batching.memory import MemoryGuard
from snake_pipe.observe.events import Notice, Progress
from snake_pipe.utils.batch_utils import process_tree_memory

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from snake_pipe.extract.batch_config import BatchConfig
    from snake_pipe.extract.batch_coordinator import BatchCoordinator
    from snake_pipe.extract.batching.memory import Measures
    from snake_pipe.extract.batching.ready import ReadyBatches
    from snake_pipe.extract.commit.delivery import Delivery
    from snake_pipe.extract.dispatch.dispatcher import Dispatcher
    from snake_pipe.extract.feeds.feed import Feed
    from snake_pipe.extract.model.statistics import BatchStatistics
    from snake_pipe.observe.events import Listener
    from snake_pipe.utils.batch_utils import TreeMemory

_LOOK_EVERY = 0.5
"""Seconds between two looks; a look costs about a millisecond."""


class JobMonitor:
    """Keeps the figures up to date, and takes the measures that memory and stuck workers ask for."""

    def __init__(
        self,
        statistics: BatchStatistics,
        *,
        memory_limit: int,
        feed: Feed,
        coordinator: BatchCoordinator,
        ready: ReadyBatches,
        dispatcher: Dispatcher,
        delivery: Delivery,
        listener: Listener,
        warnings: Sequence[str],
        on_look: Callable[[BatchStatistics], None],
    ) -> None:
        """`warnings` of `BatchStatistics.warn` are looked for; `on_look` gets the figures each time."""
        self._statistics = statistics
        self._feed = feed
        self._coordinator = coordinator
        self._ready = ready
        self._dispatcher = dispatcher
        self._delivery = delivery
        self._listener = listener
        self._on_look = on_look
        self._warnings = warnings
        self._guard = MemoryGuard(memory_limit)
        self._process = psutil.Process()
        self._started = time.monotonic()
        self._warned: set[str] = set()

    async def watch(self, config: Callable[[], BatchConfig]) -> None:
        """Look, act and tell, without end."""
        while True:
            await asyncio.sleep(_LOOK_EVERY)
            memory, measures = self.read_memory()
            self._coordinator.press(measures.pressure)
            if measures.recycle:
                self._listener(Notice("memory", f"{memory.total >> 20} MiB in use: the workers are replaced"))
                await self._dispatcher.recycle()
            if measures.kill:
                self._dispatcher.end_largest_worker(memory.children)
            await self._dispatcher.throttle(measures.one_at_a_time)
            self._dispatcher.end_overdue_workers()
            self.show()
            self._warn(config().max_latency)
            self._listener(Progress(self._statistics))

    def read_memory(self) -> tuple[TreeMemory, Measures]:
        """What all processes use together, and what is to be done about it."""
        memory = process_tree_memory(self._process)
        if self._guard.is_close(memory.total):
            memory = process_tree_memory(self._process, exact=True)
        return memory, self._guard.read(memory.total, memory.total - memory.own, time.monotonic())

    def show(self) -> None:
        """Bring the figures up to date and show them."""
        self.refresh()
        self._on_look(self._statistics)

    def refresh(self) -> None:
        """Bring the figures up to date."""
        now = time.monotonic()
        statistics = self._statistics
        self.count_discovered()
        self._delivery.count_flushes()
        statistics.elapsed = now - self._started
        statistics.files_queued = self._coordinator.queued_files + self._ready.files
        statistics.bytes_queued = self._coordinator.queued_bytes + sum(b.total_size for b in self._ready)
        statistics.oldest_age = max(
            self._coordinator.oldest_age(now),
            max((now - batch.created_at + batch.waited for batch in self._ready), default=0.0),
        )
        statistics.oldest_wait = self._ready.oldest_age(now)
        statistics.queues = [queue._asdict() for queue in self._coordinator.queues(now)]
        statistics.batches_waiting = len(self._ready)
        statistics.batches_in_flight = len(self._dispatcher.in_flight)
        statistics.batches_retried = self._dispatcher.retried
        statistics.busy_workers = self._dispatcher.busy_workers
        statistics.breakers = self._dispatcher.breakers
        statistics.pool_restarts = self._dispatcher.restarts
        statistics.memory_now = self._guard.now
        statistics.memory_peak = self._guard.peak
        times = os.times()
        statistics.coordinator_cpu_seconds = times.user + times.system

    def count_discovered(self) -> None:
        """Bring the figures of what the feed has found up to date."""
        statistics, discovered = self._statistics, self._feed.discovered
        statistics.discovery_complete = self._feed.complete
        statistics.files_discovered = discovered.files
        statistics.files_unchanged = discovered.unchanged
        statistics.bytes_discovered = discovered.bytes
        statistics.unread = discovered.unread
        statistics.unrecognised = dict(discovered.unrecognised)

    def _warn(self, max_latency: float | None) -> None:
        """Tell what speaks for other settings, once for as long as it lasts."""
        found = {code: self._statistics.warn(code, max_latency) for code in self._warnings}
        self._statistics.warnings = [text for text in found.values() if text is not None]
        for code, text in found.items():
            if text is None:
                self._warned.discard(code)
            elif code not in self._warned:
                self._warned.add(code)
                self._listener(Notice(code, text))
