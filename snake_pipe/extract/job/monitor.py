"""Looks at a run twice a second: memory, workers, and the figures that are shown."""

from __future__ import annotations

import asyncio
import os
import time
from typing import TYPE_CHECKING

import psutil

from snake_pipe.extract.batching.memory import MemoryGuard
from snake_pipe.extract.job.warnings import warning
from snake_pipe.observe.events import Notice, Progress
from snake_pipe.utils.batch_utils import process_tree_memory

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from snake_pipe.extract.batch_config import BatchConfig
    from snake_pipe.extract.batching.memory import Measures
    from snake_pipe.extract.commit.delivery import Delivery
    from snake_pipe.extract.dispatch.breakers import Breakers
    from snake_pipe.extract.dispatch.dispatcher import Dispatcher
    from snake_pipe.extract.feeds.feed import Feed
    from snake_pipe.extract.job.backlog import Backlog
    from snake_pipe.extract.model.work import Work
    from snake_pipe.observe.estimate import Estimate
    from snake_pipe.observe.events import Listener
    from snake_pipe.observe.status import JobStatus
    from snake_pipe.utils.batch_utils import TreeMemory

_LOOK_EVERY = 0.5
"""Seconds between two looks; a look costs about a millisecond."""

_LOOKS_WHEN_SHORT = 5
"""Looks at memory in that time while it is short: a large source takes some hundred megabytes a second."""

_RULES_TOLD = 10
"""Rules by which files are left out, those that did most; there may be a thousand."""


class JobMonitor:
    """Keeps a job's status up to date, and takes the measures that memory and stuck workers ask for."""

    def __init__(
        self,
        status: JobStatus,
        *,
        feed: Feed,
        backlog: Backlog,
        dispatcher: Dispatcher,
        delivery: Delivery,
        breakers: Breakers,
        listener: Listener,
        warnings: Collection[str],
        expect: Callable[[Mapping[str, Work]], Estimate],
        write_status: Callable[[JobStatus], None],
        show_every: float = 0.0,
    ) -> None:
        """`warnings` are the codes of those that are looked for; `write_status` is called at each look.

        It is called no more often than every so many seconds of `show_every`, but for who asks for `show`.

        `expect` gives the estimate for what is to be read, by queue: asked once, when all files are found.
        """
        self._status = status
        self._feed = feed
        self._backlog = backlog
        self._dispatcher = dispatcher
        self._delivery = delivery
        self._breakers = breakers
        self._listener = listener
        self._expect = expect
        self._write_status = write_status
        self._show_every = show_every
        self._due = 0.0
        self._codes = warnings
        self._guard = MemoryGuard(status.memory_limit)
        self._process = psutil.Process()
        self._started = self._going_since = time.monotonic()
        self._warned: set[str] = set()
        self._signs: tuple[int, ...] = ()

    async def watch(self, config: Callable[[], BatchConfig]) -> None:
        """Look, act and tell, without end."""
        while True:
            await self._look_at_memory()
            self._dispatcher.end_overdue_workers()
            if time.monotonic() >= self._due:
                self.show()
            else:
                self.refresh()
            self._warn(config().max_latency)
            self._listener(Progress(self._status))

    async def _look_at_memory(self) -> None:
        """Take what measures memory asks for, for the time between two looks."""
        looks = _LOOKS_WHEN_SHORT if self._guard.is_short else 1
        for _ in range(looks):
            await asyncio.sleep(_LOOK_EVERY / looks)
            memory, measures = self.read_memory()
            self._backlog.press(min(measures.pressure, self._dispatcher.pressure))
            if measures.recycle:
                self._listener(Notice("memory", f"{memory.total >> 20} MiB in use: the workers are replaced"))
                await self._dispatcher.recycle()
            if measures.kill:
                self._dispatcher.end_largest_worker(memory.children)
            self._dispatcher.throttle(measures.one_at_a_time)

    def read_memory(self) -> tuple[TreeMemory, Measures]:
        """What all processes use together, and what is to be done about it."""
        memory = process_tree_memory(self._process)
        if self._guard.is_close(memory.total):
            memory = process_tree_memory(self._process, exact=True)
        return memory, self._guard.read(memory.total, memory.total - memory.own, time.monotonic())

    def show(self) -> None:
        """Bring the status up to date and show it."""
        self.refresh()
        self._due = time.monotonic() + self._show_every
        self._write_status(self._status)

    def refresh(self) -> None:
        """Bring the status up to date."""
        status, statistics = self._status, self._status.statistics
        self._delivery.count_flushes()
        self._backlog.describe(status)
        self.count_discovered()
        statistics.batches_in_flight = self._dispatcher.in_flight
        statistics.batches_retried = self._dispatcher.retried
        status.workers = self._dispatcher.worker_count
        status.busy_workers = self._dispatcher.busy_workers
        status.hosts = self._dispatcher.hosts
        status.pool_restarts = self._dispatcher.restarts
        status.breakers = self._breakers.states
        status.memory_now = self._guard.now
        self._note_progress()
        statistics.memory_peak = self._guard.peak
        statistics.elapsed = time.monotonic() - self._started
        times = os.times()
        statistics.coordinator_cpu_seconds = times.user + times.system

    def _note_progress(self) -> None:
        """Note when the job last came further; one that has nothing to do, or is paused, need not."""
        status, statistics = self._status, self._status.statistics
        signs = (
            statistics.files_discovered,
            statistics.files_unchanged,
            statistics.files_done,
            statistics.batches_retried,
            statistics.flushes,
        )
        waiting = statistics.files_queued or statistics.batches_waiting or statistics.batches_in_flight
        is_idle = statistics.discovery_complete and not waiting
        if signs != self._signs or is_idle or status.state == "paused":
            self._signs = signs
            status.last_progress_at = time.time()

    def count_discovered(self) -> None:
        """Bring the figures of what the feed has found up to date."""
        statistics, discovered = self._status.statistics, self._feed.discovered
        statistics.discovery_complete = self._feed.complete
        statistics.files_discovered = discovered.files
        statistics.files_unchanged = discovered.unchanged
        statistics.files_touched = discovered.touched
        statistics.bytes_discovered = discovered.bytes
        statistics.unread = discovered.unread
        statistics.unrecognised = dict(discovered.left_out.unrecognised)
        statistics.unasked = dict(discovered.left_out.unasked)
        statistics.excluded = discovered.left_out.excluded
        statistics.ignored = discovered.left_out.ignored.with_rules(_RULES_TOLD)
        statistics.filtered = discovered.left_out.filtered.with_rules(_RULES_TOLD)
        statistics.not_changed = discovered.left_out.not_changed
        if statistics.estimate is None and self._feed.complete and not self._feed.is_live:
            statistics.estimate = self._expect(discovered.work)

    def _warn(self, max_latency: float | None) -> None:
        """Tell what speaks for other settings, once for as long as it lasts."""
        now, statistics = time.monotonic(), self._status.statistics
        if self._status.state == "paused":
            self._going_since = now
        going_for = now - self._going_since
        found = {code: warning(code, statistics, max_latency, going_for) for code in self._codes}
        self._status.warnings = [text for text in found.values() if text is not None]
        for code, text in found.items():
            if text is None:
                self._warned.discard(code)
            elif code not in self._warned:
                self._warned.add(code)
                self._listener(Notice(code, text))
