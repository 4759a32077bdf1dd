"""One run of a job: an asyncio loop that joins intake, coordinator, dispatcher and sink.

Sources of events: chunks of files, finished batches, the flush timer, the watch over memory and workers,
and a request to stop. A background task that fails ends the run with its exception, never silently.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

import psutil

from snake_pipe.extract.batch_coordinator import BatchCoordinator
from snake_pipe.extract.batch_models import BatchStatistics
from snake_pipe.extract.dispatcher import Dispatcher, LostFile
from snake_pipe.extract.file_rows import Row, error_row, file_row
from snake_pipe.extract.memory_guard import MemoryGuard
from snake_pipe.observe.events import BatchFinished, Flushed, Notice, Progress
from snake_pipe.utils.batch_utils import process_tree_memory

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
    from concurrent.futures import Executor
    from pathlib import Path

    from snake_pipe.extract.batch_config import BatchConfig
    from snake_pipe.extract.batch_models import BatchResult, DiscoveredFile, FileBatch
    from snake_pipe.extract.intake import Chunk, Intake
    from snake_pipe.extract.memory_guard import Measures, MemoryPlan
    from snake_pipe.extract.sink import Sink
    from snake_pipe.observe.events import Listener
    from snake_pipe.utils.batch_utils import TreeMemory

_Key = TypeVar("_Key")

_DELETED_AT_ONCE = 50_000
_MOST_NOTICES = 20
"""Errors of the walk that are told at once; all are rows of `errors`."""

_WATCH_EVERY = 0.5
"""Seconds between two looks at memory and workers; a look costs about a millisecond."""


class JobRun:
    """Runs once, from the first file to the last flush; `statistics` can be read at any time."""

    def __init__(
        self,
        config: BatchConfig,
        *,
        plan: MemoryPlan,
        job_id: str,
        intake: Intake,
        sink: Sink,
        open_executor: Callable[[int, bool], Executor],
        slots: Path | None,
        listener: Listener,
        find_deleted: Callable[[], Iterator[Row]],
        on_flush: Callable[[BatchStatistics], object],
        on_watch: Callable[[BatchStatistics], None],
    ) -> None:
        """`find_deleted` gives rows for files that are gone, asked once after a complete walk.

        `on_flush` runs in a thread after each commit, `on_watch` on the loop twice a second.
        """
        self._config = config
        self._job_id = job_id
        self._intake = intake
        self._sink = sink
        self._listener = listener
        self._find_deleted = find_deleted
        self._on_flush = on_flush
        self._on_watch = on_watch
        self._coordinator = BatchCoordinator(config, batch_memory=plan.batch_memory)
        self._guard = MemoryGuard(plan.limit)
        self._dispatcher = Dispatcher(
            config,
            open_executor=open_executor,
            slots=slots,
            memory_limit=plan.limit,
            cut=self._cut_again,
            on_result=self._take_result,
            on_lost=self._take_lost,
            on_retried=sink.add_retried,
        )
        self._notices = 0
        self._ending = False
        self._stop_reason: str | None = None
        self._stopping = asyncio.Event()
        self._flush_wanted = asyncio.Event()
        self._started = time.monotonic()
        self._process = psutil.Process()
        self.statistics = BatchStatistics(workers=config.workers, memory_limit=plan.limit)

    def stop(self, reason: str) -> None:
        """Ask for an end that keeps all work done: what is in flight is finished, the rest is left."""
        self._stop_reason = self._stop_reason or reason
        self._stopping.set()

    async def run(self) -> str | None:
        """Process the whole input; the reason of a stop, or None when everything is committed."""
        watch = asyncio.create_task(self._watch(), name="watch")
        flush = asyncio.create_task(self._flush_regularly(), name="flush")
        feed = asyncio.create_task(self._feed(), name="feed")
        stop = asyncio.create_task(self._stopping.wait(), name="stop")
        abandon = True
        self._read_memory()
        try:
            done, _ = await asyncio.wait((watch, flush, feed, stop), return_when=asyncio.FIRST_COMPLETED)
            for task in done - {stop}:
                task.result()
            await _cancel(feed)
            await self._settle()
            self._ending = True
            self._flush_wanted.set()
            await flush  # not cancelled: a commit under way is to be counted
            if self._stop_reason is None:
                await self._record_deleted()
            await self._flush()
            abandon = self._stop_reason is not None
            self._read_memory()
        finally:
            await _cancel(watch, flush, feed, stop)
            await self._dispatcher.close(abandon=abandon)
            self._sink.close()
        self._refresh()
        return self._stop_reason

    # -- the way in ----------------------------------------------------------------------------------

    async def _feed(self) -> None:
        async for chunk in self._timed_chunks():
            for file in chunk.files:
                await self._send(self._coordinator.offer(file, time.monotonic()))
            self._sink.add_rows(chunk.deleted, chunk.errors)
        await self._send(self._coordinator.close(time.monotonic()))
        await self._dispatcher.join()

    async def _timed_chunks(self) -> AsyncGenerator[Chunk, None]:
        """The chunks of the intake; while none comes, batches whose time has come are sent."""
        chunks = self._intake.chunks(self._count_chunk)
        async with contextlib.aclosing(chunks):
            following = asyncio.ensure_future(anext(chunks, None))
            try:
                while True:
                    deadline = self._coordinator.next_deadline()
                    wait = None if deadline is None else max(0.0, deadline - time.monotonic())
                    done, _ = await asyncio.wait((following,), timeout=wait)
                    if not done:
                        await self._send(self._coordinator.due(time.monotonic()))
                        continue
                    chunk = following.result()
                    if chunk is None:
                        return
                    following = asyncio.ensure_future(anext(chunks, None))
                    yield chunk
            finally:
                following.cancel()
                await asyncio.gather(following, return_exceptions=True)

    def _count_chunk(self, chunk: Chunk) -> None:
        statistics = self.statistics
        statistics.files_discovered += chunk.discovered
        statistics.files_unchanged += chunk.unchanged
        statistics.bytes_discovered += sum(file.size_bytes for file in chunk.files)
        statistics.unread += chunk.unread
        statistics.files_deleted += len(chunk.deleted)
        for row in chunk.errors[: max(0, _MOST_NOTICES - self._notices)]:
            self._notices += 1
            self._listener(Notice(row["code"], f"{row['path']}: {row['message']}"))

    async def _send(self, batches: list[FileBatch]) -> None:
        for batch in batches:
            await self._dispatcher.dispatch(batch)

    def _cut_again(self, files: Sequence[DiscoveredFile], attempt: int) -> list[FileBatch]:
        return self._coordinator.retry(files, attempt, time.monotonic())

    # -- the way out ---------------------------------------------------------------------------------

    def _take_result(self, batch: FileBatch, result: BatchResult) -> None:
        self._coordinator.observe(batch, result.duration, max(0, result.memory_peak - result.memory_before))
        self._sink.add(batch, result)
        statistics = self.statistics
        statistics.batches_done += 1
        statistics.files_done += result.file_count
        statistics.files_failed += result.failure_count
        statistics.bytes_done += result.byte_count
        statistics.worker_cpu_seconds += result.cpu_seconds
        _add(statistics.triggers, {batch.trigger.value: 1})
        _add(statistics.outcomes, result.outcomes)
        _add(statistics.rows, result.rows)
        if self._sink.pending_files >= self._config.checkpoint_interval:
            self._flush_wanted.set()
        self._listener(
            BatchFinished(
                batch.batch_id,
                batch.queue,
                batch.trigger.value,
                result.file_count,
                result.failure_count,
                sum(result.rows.values()),
                result.byte_count,
                result.duration,
            )
        )

    def _take_lost(self, batch: FileBatch, lost: LostFile) -> None:
        file = lost.file
        row = file_row(
            file,
            self._job_id,
            status="quarantined",
            reason=lost.reason,
            attempts=lost.attempts,
            error_count=1,
        )
        error = error_row(
            file.path,
            self._job_id,
            file_id=file.file_id,
            phase="worker",
            code=lost.reason,
            message=lost.message,
            attempt=lost.attempts,
            retriable=True,
        )
        self._sink.add_rows([row], [error])
        statistics = self.statistics
        statistics.files_done += 1
        statistics.files_failed += 1
        _add(statistics.outcomes, {("quarantined", batch.queue): 1})
        _add(statistics.rows, {"files": 1, "errors": 1})
        self._listener(Notice(lost.reason, f"{file.path}: {lost.message}"))

    async def _flush_regularly(self) -> None:
        while not self._ending:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._config.flush_interval):
                    await self._flush_wanted.wait()
            self._flush_wanted.clear()
            await self._flush()

    async def _flush(self) -> None:
        info = await self._sink.flush()
        if info is None:
            return
        self._count_flushes()
        self._listener(Flushed(info.flush_seq, info.files, info.parts, info.seconds))
        await asyncio.to_thread(self._on_flush, self.statistics)

    def _count_flushes(self) -> None:
        self.statistics.files_committed = self._sink.files_committed
        self.statistics.flushes = self._sink.flushes

    async def flush_now(self) -> None:
        """Make visible all that workers have finished; done when this returns."""
        await self._flush()

    async def _record_deleted(self) -> None:
        if self._intake.incomplete:
            return
        gone = self._find_deleted()
        while rows := await asyncio.to_thread(lambda: list(islice(gone, _DELETED_AT_ONCE))):
            self._sink.add_rows(rows)
            self.statistics.files_deleted += len(rows)
            await self._flush()

    async def _settle(self) -> None:
        """After a stop: give what is in flight its time, so that its work is kept."""
        if self._stop_reason is None:
            return
        self._coordinator.drain()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._config.shutdown_seconds):
                await self._dispatcher.join()

    # -- the watch -----------------------------------------------------------------------------------

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_WATCH_EVERY)
            memory, measures = self._read_memory()
            self._coordinator.press(measures.pressure)
            if measures.recycle:
                self._listener(Notice("memory", f"{memory.total >> 20} MiB in use: the workers are replaced"))
                await self._dispatcher.recycle()
            if measures.kill:
                self._dispatcher.end_largest_worker(memory.children)
            await self._dispatcher.throttle(measures.one_at_a_time)
            self._dispatcher.end_overdue_workers()
            self._refresh()
            self._on_watch(self.statistics)
            self._listener(Progress(self.statistics))

    def _read_memory(self) -> tuple[TreeMemory, Measures]:
        memory = process_tree_memory(self._process)
        if self._guard.is_close(memory.total):
            memory = process_tree_memory(self._process, exact=True)
        return memory, self._guard.read(memory.total, memory.total - memory.own, time.monotonic())

    def _refresh(self) -> None:
        statistics = self.statistics
        self._count_flushes()
        statistics.elapsed = time.monotonic() - self._started
        statistics.discovery_complete = self._intake.complete
        statistics.files_queued = self._coordinator.queued_files
        statistics.bytes_queued = self._coordinator.queued_bytes
        statistics.oldest_age = self._coordinator.oldest_age(time.monotonic())
        statistics.batches_in_flight = len(self._dispatcher.in_flight)
        statistics.batches_retried = self._dispatcher.retried
        statistics.pool_restarts = self._dispatcher.restarts
        statistics.memory_now = self._guard.now
        statistics.memory_peak = self._guard.peak
        times = os.times()
        statistics.coordinator_cpu_seconds = times.user + times.system


def _add(totals: dict[_Key, int], more: dict[_Key, int]) -> None:
    for key, count in more.items():
        totals[key] = totals.get(key, 0) + count


async def _cancel(*tasks: asyncio.Task[Any]) -> None:
    """Cancel tasks and wait until they have ended."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
