"""One run of a job: an asyncio loop that joins feed, coordinator, dispatcher and delivery.

Sources of events: chunks of files, deadlines of waiting files, finished batches, the commit timer, the
monitor, and whoever controls the job. A background task that fails ends the run with its exception, never
silently.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from itertools import islice
from typing import TYPE_CHECKING, Any

from snake_pipe.errors import EngineStateError, UsageError
from snake_pipe.extract.batch_coordinator import BatchCoordinator
from snake_pipe.extract.batch_models import BatchPriority
from snake_pipe.extract.batching.ready import ReadyBatches
from snake_pipe.extract.commit.delivery import Delivery
from snake_pipe.extract.dispatch.dispatcher import Dispatcher
from snake_pipe.extract.job.commands import obey
from snake_pipe.extract.job.monitor import JobMonitor
from snake_pipe.extract.model.statistics import WARNINGS, BatchStatistics
from snake_pipe.extract.settings.priority_rules import PriorityRules
from snake_pipe.observe.events import Notice, SettingChanged

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from concurrent.futures import Executor
    from pathlib import Path

    from snake_pipe.extract.batch_config import BatchConfig
    from snake_pipe.extract.batch_models import BatchResult, DiscoveredFile, FileBatch
    from snake_pipe.extract.batching.memory import MemoryPlan
    from snake_pipe.extract.commit.sink import Sink
    from snake_pipe.extract.dispatch.isolation import LostFile
    from snake_pipe.extract.feeds.feed import Chunk, Feed
    from snake_pipe.extract.job.control_folder import ControlFolder
    from snake_pipe.load.batch_history import BatchTotals
    from snake_pipe.observe.events import Listener

_MOST_CANCELS = 100
_MOST_CHANGES = 100
_DELETED_AT_ONCE = 50_000
_MOST_NOTICES = 20
"""Errors of the walk that are told at once; all are rows of `errors`."""

_LOOK_EVERY = 1.0
"""Seconds between two looks at the deadlines of waiting files, when nothing comes in."""


class JobRun:
    """Runs once, from the first file to the last flush; `statistics` can be read at any time."""

    def __init__(
        self,
        config: BatchConfig,
        *,
        plan: MemoryPlan,
        job_id: str,
        feed: Feed,
        sink: Sink,
        open_executor: Callable[[int, bool], Executor],
        slots: Path | None,
        controls: ControlFolder,
        listener: Listener,
        history: Mapping[str, BatchTotals],
        on_flush: Callable[[BatchStatistics], object],
        on_watch: Callable[[BatchStatistics], None],
        patience: float = 0.0,
    ) -> None:
        """`on_flush` runs in a thread after each commit, `on_watch` on the loop twice a second.

        What earlier jobs learned about batches is `history`. `patience` is for the dispatcher.
        """
        self._config = config
        self._feed = feed
        self._controls = controls
        self._listener = listener
        self._sink = sink
        self._priorities = PriorityRules.parse(config.priority)
        self._coordinator = BatchCoordinator(config, batch_memory=plan.batch_memory)
        self._coordinator.seed(history)
        self._ready = ReadyBatches(config.ageing_seconds)
        self._ready_changed = asyncio.Condition()
        self._sending: FileBatch | None = None
        self._taking: list[DiscoveredFile] = []
        self._bytes_taken = 0
        self._deadline_set = asyncio.Event()
        self._progressed = asyncio.Event()
        self._cancelled: list[Callable[[DiscoveredFile], bool]] = []
        self._notices = 0
        self._stop_reason: str | None = None
        self._stopping = asyncio.Event()
        self._unpausing: asyncio.Future[None] | None = None
        self._is_over = False
        self.end_reason: str | None = None
        self.statistics = BatchStatistics(workers=config.workers, memory_limit=plan.limit)
        self._dispatcher = Dispatcher(
            config,
            open_executor=open_executor,
            slots=slots,
            memory_limit=plan.limit,
            cut=self._cut_again,
            on_result=self._take_result,
            on_lost=self._take_lost,
            on_retried=sink.add_retried,
            patience=patience,
            on_breaker=self._tell_breaker,
        )
        self._delivery = Delivery(
            sink,
            job_id=job_id,
            statistics=self.statistics,
            listener=listener,
            breaker=self._dispatcher.sink_breaker,
            on_flush=on_flush,
            on_rows=feed.settle,
            on_commit=feed.committed,
        )
        self._monitor = JobMonitor(
            self.statistics,
            memory_limit=plan.limit,
            feed=feed,
            coordinator=self._coordinator,
            ready=self._ready,
            dispatcher=self._dispatcher,
            delivery=self._delivery,
            listener=listener,
            # A bulk run has more to do than it can at any time: its files wait by design.
            warnings=WARNINGS if patience else ("timer_share",),
            on_look=on_watch,
        )

    async def run(self) -> str | None:
        """Process the whole input; the reason of a stop, or None when everything is committed."""
        tasks = {
            name: asyncio.create_task(work, name=name)
            for name, work in (
                ("monitor", self._monitor.watch(lambda: self._config)),
                ("commit", self._delivery.commit_regularly(lambda: self._config.flush_interval)),
                ("control", obey(self, self._controls, self._listener, self._monitor.show)),
                ("due", self._release_due()),
                ("send", self._send_ready()),
                ("feed", self._take_in()),
                ("dispatcher", self._dispatcher.until_failure()),
                ("stop", self._stopping.wait()),
            )
        }
        abandon = True
        self._monitor.read_memory()
        self._monitor.show()
        try:
            done, _ = await asyncio.wait(tasks.values(), return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
            await _cancel(tasks["feed"], tasks["due"], tasks["send"])
            await self._settle()
            self._delivery.end()
            await tasks["commit"]  # not cancelled: a commit under way is to be counted
            if self._stop_reason is None:
                await self._record_deleted()
            await self._delivery.commit()
            abandon = self._stop_reason is not None
            self._monitor.read_memory()
        finally:
            self._is_over = True
            self._progress()
            await _cancel(*tasks.values())
            await self._dispatcher.close(abandon=abandon)
            self._sink.close()
            self._monitor.refresh()
        return self._stop_reason

    @property
    def config(self) -> BatchConfig:
        """The settings as they are now."""
        return self._config

    # -- control -------------------------------------------------------------------------------------

    def stop(self, reason: str) -> None:
        """Ask for an end that keeps all work done.

        A feed that can end by itself does so, and all it took in is processed. Otherwise what is in flight
        is finished and the rest is left for a resume, as it is when a second request comes.
        """
        self.statistics.state = "stopping"
        self._dispatcher.hurry(self._config.shutdown_seconds)
        self._progress()
        if self.end_reason is None and self._feed.end():
            self.end_reason = reason
            self._unpausing = asyncio.ensure_future(self._dispatcher.unpause())
            return
        self._stop_reason = self._stop_reason or reason
        self._stopping.set()

    async def pause(self) -> None:
        """Begin no further batch until `unpause`; what is finished is still made visible."""
        self._refuse_at_the_end()
        self.statistics.state = "paused"
        self._progress()
        await self._dispatcher.pause()

    async def unpause(self) -> None:
        """Go on after `pause`."""
        self._refuse_at_the_end()
        self.statistics.state = "running"
        await self._dispatcher.unpause()

    def _refuse_at_the_end(self) -> None:
        if self.end_reason is not None or self._stop_reason is not None or self._is_over:
            raise EngineStateError("the job is ending")

    async def update_config(self, changes: Mapping[str, Any]) -> list[SettingChanged]:
        """Change settings while the job runs; ConfigError for one that is unknown, fixed or out of range."""
        old, new = self._config, self._config.updated(changes)
        changed = [
            SettingChanged(time.time(), name, old.in_force(name), new.in_force(name))
            for name in changes
            if old.in_force(name) != new.in_force(name)
        ]
        self._config = new
        self._ready.ageing_seconds = new.ageing_seconds
        await self._dispatcher.update(new)
        await self._put(self._coordinator.update(new, time.monotonic()))
        self._deadline_set.set()
        self._delivery.begin_anew()  # with its new interval
        for change in changed:
            entry = {"time": change.time, "name": change.name, "old": change.old, "new": change.new}
            self.statistics.changes = [*self.statistics.changes, entry][-_MOST_CHANGES:]
            self._listener(change)
        return changed

    async def cancel(self, matches: Callable[[DiscoveredFile], bool]) -> int:
        """Skip the waiting files that match, and those that come later in this run; how many waited.

        They become rows with the reason `cancelled`. What was handed to the workers is finished.
        """
        if len(self._cancelled) >= _MOST_CANCELS:
            text = f"{_MOST_CANCELS} patterns are cancelled already"
            raise UsageError(text, "stop the job and ingest anew")
        files = self._coordinator.cancel(matches) + self._ready.cancel(matches)
        self._cancelled.append(matches)
        self._delivery.take_cancelled(files)
        self._progress()
        async with self._ready_changed:
            self._ready_changed.notify_all()
        return len(files)

    async def flush_now(self) -> None:
        """Make visible all that was taken in before this call; done when this returns.

        While the job is paused or stopped, only what workers have finished. SinkError if nothing can be
        committed now, EngineStateError if the run ends before it is done.
        """
        mark = self._feed.received
        awaited: set[int] | None = None
        while not self._is_over:
            is_held = self.statistics.state == "paused" or self._stop_reason is not None
            is_all_here = self._feed.yielded >= mark and not self._taking
            if is_held or is_all_here:
                await self._put(self._coordinator.flush(time.monotonic()))
            if is_held:
                break
            if is_all_here:
                outstanding = self._outstanding()
                awaited = outstanding if awaited is None else awaited & outstanding
                if not awaited:
                    break
            progressed = self._progressed
            await progressed.wait()
        if self._is_over:
            raise EngineStateError("the job ended before all was flushed")
        await self._delivery.commit()

    async def commit(self) -> None:
        """Make visible what workers have finished so far."""
        await self._delivery.commit()

    # -- the way in ----------------------------------------------------------------------------------

    async def _take_in(self) -> None:
        chunks = self._feed.chunks()
        async with contextlib.aclosing(chunks):
            async for chunk in chunks:
                self._taking = chunk.files
                files = self._wanted(chunk.files)
                self.statistics.files_offered += len(files)
                self._bytes_taken += sum(file.size_bytes for file in chunk.files)
                coming = self._feed.discovered.bytes - self._bytes_taken if self._feed.complete else None
                await self._put(self._coordinator.offer_all(files, time.monotonic(), coming))
                self._taking = []
                self._deadline_set.set()
                self._progress()
                self._take_rows(chunk)
                await self._until_few_wait()
                if chunk.flush:
                    await self.flush_now()
        await self._put(self._coordinator.close(time.monotonic()))
        async with self._ready_changed:
            await self._ready_changed.wait_for(lambda: not len(self._ready) and self._sending is None)
        await self._dispatcher.join()

    def _wanted(self, files: list[DiscoveredFile]) -> list[DiscoveredFile]:
        """The files with their priorities, without those that were cancelled before they came."""
        if self._cancelled:
            gone = [file for file in files if any(matches(file) for matches in self._cancelled)]
            self._delivery.take_cancelled(gone)
            cancelled = {file.file_id for file in gone}
            files = [file for file in files if file.file_id not in cancelled]
        if self._config.priority:
            now = time.time_ns()
            files = [
                self._priorities.apply(file, now) if file.priority == BatchPriority.NORMAL else file
                for file in files
            ]
        return files

    async def _release_due(self) -> None:
        """Send batches whose time has come, also while nothing comes in."""
        while True:
            deadline = self._coordinator.next_deadline()
            wait = _LOOK_EVERY if deadline is None else deadline - time.monotonic()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, min(wait, _LOOK_EVERY))):
                    await self._deadline_set.wait()
            self._deadline_set.clear()
            await self._put(self._coordinator.due(time.monotonic()))

    def _take_rows(self, chunk: Chunk) -> None:
        self._monitor.count_discovered()  # at no time is more done than was discovered
        self._delivery.take_unread(chunk.deleted, chunk.errors)
        self.statistics.files_deleted += len(chunk.deleted)
        for row in chunk.errors[: max(0, _MOST_NOTICES - self._notices)]:
            self._notices += 1
            self._listener(Notice(row["code"], f"{row['path']}: {row['message']}"))

    # -- between: batches that wait for a worker -----------------------------------------------------

    async def _put(self, batches: list[FileBatch]) -> None:
        if batches:
            async with self._ready_changed:
                self._ready.put(batches)
                self._ready_changed.notify_all()

    async def _send_ready(self) -> None:
        """Hand the most urgent batch to the dispatcher whenever it has room."""
        while True:
            async with self._ready_changed:
                await self._ready_changed.wait_for(lambda: len(self._ready))
            await self._dispatcher.until_room()
            self._sending = self._ready.take(time.monotonic())
            if self._sending is not None:
                await self._dispatcher.dispatch(self._sending)
                self._sending = None
            async with self._ready_changed:
                self._ready_changed.notify_all()

    def _outstanding(self) -> set[int]:
        """The ids of all files that were taken in and are not done."""
        batches = [*self._ready, *self._dispatcher.in_flight]
        if self._sending is not None:
            batches.append(self._sending)
        ids = {file.file_id for batch in batches for file in batch.files}
        ids.update(file.file_id for file in self._coordinator.waiting())
        ids.update(file.file_id for file in self._taking)
        return ids

    def _progress(self) -> None:
        """Wake whoever waits for files to be done."""
        self._progressed.set()
        self._progressed = asyncio.Event()

    async def _until_few_wait(self) -> None:
        """Let the feed wait while enough batches are cut, so that memory is bounded."""
        most = self._config.most_in_flight
        async with self._ready_changed:
            await self._ready_changed.wait_for(lambda: len(self._ready) <= most)

    def _cut_again(self, files: Sequence[DiscoveredFile], attempt: int) -> list[FileBatch]:
        return self._coordinator.retry(files, attempt, time.monotonic())

    # -- the way out ---------------------------------------------------------------------------------

    def _take_result(self, batch: FileBatch, result: BatchResult) -> None:
        self._coordinator.observe(
            batch,
            result.duration,
            max(0, result.memory_peak - result.memory_before),
            sum(part.size_bytes for part in result.parts),
        )
        self._delivery.take_result(batch, result, self._config.checkpoint_interval)
        self._progress()

    def _take_lost(self, _: FileBatch, lost: LostFile) -> None:
        self._delivery.take_lost(lost)
        self._progress()

    def _tell_breaker(self, name: str, state: str) -> None:
        self._listener(Notice("breaker", f"the {name}'s circuit breaker is {state}"))

    async def _record_deleted(self) -> None:
        deleted = self._feed.find_deleted()
        while rows := await asyncio.to_thread(lambda: list(islice(deleted, _DELETED_AT_ONCE))):
            self._delivery.take_unread(rows, ())
            self.statistics.files_deleted += len(rows)
            await self._delivery.commit()

    async def _settle(self) -> None:
        """After a stop: give what is in flight its time, so that its work is kept."""
        if self._stop_reason is None:
            return
        self._coordinator.drain()
        self._ready.drain()
        await self._dispatcher.unpause()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._config.shutdown_seconds):
                await self._dispatcher.join()


async def _cancel(*tasks: asyncio.Task[Any]) -> None:
    """Cancel tasks and wait until they have ended."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
