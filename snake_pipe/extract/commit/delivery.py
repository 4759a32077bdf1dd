"""The way out of a run: what became of each file is counted, handed to the flush writer, and committed."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING

from snake_pipe.errors import SnakePipeError, StorageError
from snake_pipe.extract.model.rows import Row, error_row, file_row, from_ipc
from snake_pipe.observe.events import BatchFinished, Flushed, Notice
from snake_pipe.utils.batch_utils import add_counts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from snake_pipe.extract.batch_models import BatchResult, DiscoveredFile, FileBatch
    from snake_pipe.extract.commit.flush_writer import FlushInfo, FlushWriter
    from snake_pipe.extract.model.lost import LostFile
    from snake_pipe.extract.sinks.delivery import SinkDeliveries
    from snake_pipe.observe.events import Listener
    from snake_pipe.observe.statistics import BatchStatistics
    from snake_pipe.plugins.sinks import Flush
    from snake_pipe.utils.circuit_breaker import Breaker


class Delivery:
    """Hands rows to the flush writer and commits them, in time and on request.

    While the breaker is open nothing is committed; what failed is tried again later, until the
    breaker gives up.
    """

    def __init__(
        self,
        writer: FlushWriter,
        *,
        job_id: str,
        statistics: BatchStatistics,
        listener: Listener,
        breaker: Breaker,
        on_flush: Callable[[BatchStatistics], object],
        on_rows: Callable[[Iterable[Row]], None],
        on_commit: Callable[[int], None],
        tidy_every: float | None,
        sinks: SinkDeliveries,
        to_flush: Callable[[FlushInfo], Flush],
    ) -> None:
        """`tidy_every` are the seconds after which superseded rows leave the tables of a job without an end.

        `on_rows` gets the rows of `files` before they are committed; they are read only if it reads them.

        `to_flush` makes what `sinks` get of what is committed.

        `on_commit` is called after each commit with their number in all; then `on_flush` runs in a thread.
        """
        self._writer = writer
        self._job_id = job_id
        self._statistics = statistics
        self._listener = listener
        self._breaker = breaker
        self._on_flush = on_flush
        self._on_rows = on_rows
        self._on_commit = on_commit
        self._tidy_every = tidy_every
        self._sinks = sinks
        self._to_flush = to_flush
        self._tidied_at = time.monotonic()
        self._wanted = asyncio.Event()
        self._ending = False

    # -- what became of files ------------------------------------------------------------------------

    def take_result(self, batch: FileBatch, result: BatchResult, most_pending: int) -> None:
        """A batch that is done; a commit is due when more than `most_pending` files wait for one."""
        self._writer.add(batch, result)
        count_batch(self._statistics, batch, result)
        if self._writer.pending_files >= most_pending:
            self._wanted.set()
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
                result.started_at,
                result.worker,
            )
        )
        if any(status == "quarantined" for status, _ in result.reasons):
            for error in _rows(result.errors):
                if error["phase"] == "worker":
                    self._tell_given_up(error["path"], error["code"], error["message"])
        self._on_rows(_rows(result.files))

    def take_lost(self, lost: LostFile) -> None:
        """A file that is given up because it ends its worker."""
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
        statistics = self._statistics
        statistics.files_done += 1
        statistics.files_failed += 1
        add_counts(statistics.outcomes, {("quarantined", file.queue): 1})
        add_counts(statistics.reasons, {("quarantined", lost.reason): 1})
        add_counts(statistics.rows, {"files": 1, "errors": 1})
        self._tell_given_up(file.path, lost.reason, lost.message)
        self._add_rows([row], [error])

    def _tell_given_up(self, path: str, reason: str, message: str) -> None:
        """Whoever has noticed it: the file's worker, or that the worker has ended."""
        self._listener(Notice(reason, f"{path}: {message}", path))

    def take_retried(self, batch: FileBatch) -> None:
        """A batch that gave nothing, and whose files are tried again."""
        self._writer.add_retried(batch)

    def take_cancelled(self, files: Sequence[DiscoveredFile]) -> None:
        """Files that were cancelled."""
        statistics = self._statistics
        statistics.files_done += len(files)
        statistics.files_cancelled += len(files)
        for file in files:
            statistics.bytes_done += file.size_bytes
            add_counts(statistics.outcomes, {("skipped", file.queue): 1})
            add_counts(statistics.reasons, {("skipped", "cancelled"): 1})
        add_counts(statistics.rows, {"files": len(files)})
        self._add_rows([file_row(file, self._job_id, status="skipped", reason="cancelled") for file in files])

    def take_unread(self, deleted: Sequence[Row], errors: Sequence[Row]) -> None:
        """Rows of files that are gone, and of what the walk could not look at."""
        self._statistics.files_deleted += len(deleted)
        self._writer.add_rows(deleted, errors)

    def _add_rows(self, rows: list[Row], errors: Sequence[Row] = ()) -> None:
        self._writer.add_rows(rows, errors)
        self._on_rows(rows)

    # -- commits -------------------------------------------------------------------------------------

    async def commit_regularly(self, interval: Callable[[], float]) -> None:
        """Commit every `interval()` seconds and whenever much waits, until `end`."""
        while not self._ending:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(interval()):
                    await self._wanted.wait()
            self._wanted.clear()
            await self.commit_if_possible()
            if self._tidy_every is not None and time.monotonic() - self._tidied_at >= self._tidy_every:
                await self.tidy()

    def begin_anew(self) -> None:
        """Commit now, and count the interval from here."""
        self._wanted.set()

    def end(self) -> None:
        """Let `commit_regularly` return after a last commit; from here on a failure is final."""
        self._ending = True
        self._wanted.set()

    def bear_failures_for(self, seconds: float) -> None:
        """The end is wanted: bear commits that fail, and wait for sinks, for no longer than this."""
        self._sinks.hurry(seconds)
        self._breaker.patience = min(self._breaker.patience, seconds)

    async def close(self) -> None:
        """Wait for a commit under way and end the sinks; nothing can be committed any more."""
        self._writer.close()
        await self._sinks.close()

    async def commit_if_possible(self) -> None:
        """Commit; a failure that may be tried again becomes a notice, and the rows wait for the next time."""
        if not self._writer.has_pending or (
            self._breaker.is_open and self._breaker.delay(time.monotonic()) > 0
        ):
            return
        try:
            await self.commit()
        except StorageError as error:
            if self._ending or not self._writer.may_try_again or self._breaker.gives_up(time.monotonic()):
                raise
            self._listener(Notice("storage", str(error)))

    async def commit(self) -> None:
        """Make visible what was handed over; StorageError where that is not possible now."""
        try:
            info = await self._writer.flush()
            if info is None:
                return
            self._statistics.last_flush_at = time.time()
            self.count_flushes()
            self._on_commit(self._writer.files_committed)
            self._listener(
                Flushed(info.flush_seq, info.files, len(info.parts), info.seconds, info.started_at)
            )
            await asyncio.to_thread(self._on_flush, self._statistics)
            await self._sinks.take(lambda: self._to_flush(info))
        except StorageError:
            self._breaker.failed(time.monotonic())
            raise
        else:
            self._breaker.succeeded()

    async def until_a_sink_fails(self) -> None:
        """Wait for a failure of a sink that is to stop the run, and then DeliveryError."""
        await self._sinks.until_failed()

    @property
    def sinks_have_all(self) -> bool:
        """Whether no sink lacks anything of what is committed."""
        return self._sinks.are_complete

    async def finish_sinks(self) -> None:
        """Wait until the sinks have all that is committed; DeliveryError if one is to stop the run."""
        await self._sinks.finish()

    async def tidy(self) -> None:
        """Take what is superseded out of the tables; where the disk refuses, the next run does it."""
        try:
            await self._writer.tidy(is_last=self._ending)
        except SnakePipeError as error:
            text = f"the tables are not tidied: {error}; the next run tries again"
            self._listener(Notice("tidy", text))
        self._tidied_at = time.monotonic()

    def count_flushes(self) -> None:
        """Copy the flush writer's figures into the statistics."""
        self._statistics.files_committed = self._writer.files_committed
        self._statistics.flushes = self._writer.flushes


def count_batch(statistics: BatchStatistics, batch: FileBatch, result: BatchResult) -> None:
    """Add a batch that is done to the figures."""
    statistics.batches_done += 1
    statistics.batch_seconds += result.duration
    statistics.files_done += result.file_count
    statistics.files_failed += result.failure_count
    statistics.bytes_done += result.byte_count
    statistics.trees += result.trees
    statistics.containers += result.containers
    statistics.worker_cpu_seconds += result.cpu_seconds
    if len(batch) > 1:
        statistics.files_batched += result.file_count
    else:
        statistics.files_alone += result.file_count
    add_counts(statistics.triggers, {batch.trigger.value: 1})
    add_counts(statistics.outcomes, result.outcomes)
    add_counts(statistics.reasons, result.reasons)
    add_counts(statistics.rows, result.rows)


def _rows(data: bytes) -> Iterator[Row]:
    yield from from_ipc(data).to_pylist()
