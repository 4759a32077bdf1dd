"""Collects what workers finished, and makes it visible flush by flush.

A flush is promised in the journal before it is committed: one record that names all its parts, made
durable, then one commit a table with `files` last. A crash before the record leaves parts that nothing
names; a crash after it is rolled forward by the next start.
"""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass, field, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from snake_pipe.errors import StorageError
from snake_pipe.extract.batch_models import BatchResult
from snake_pipe.extract.model.rows import FlushStamp, Row, from_ipc, joined, rows_to_batch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pyarrow as pa

    from snake_pipe.extract.batch_models import FileBatch
    from snake_pipe.load.part_writer import Part, PartWriter
    from snake_pipe.utils.journal.journal import Journal


@dataclass(frozen=True, slots=True)
class FlushInfo:
    """A flush that is committed; seconds, `started_at` since 1970."""

    flush_seq: int
    files: int
    parts: Sequence[Part]
    seconds: float
    started_at: float


@dataclass(slots=True)
class _Pending:
    """What the next flush will commit."""

    parts: list[Part] = field(default_factory=list)
    files: list[bytes] = field(default_factory=list)
    errors: list[bytes] = field(default_factory=list)
    file_rows: list[Row] = field(default_factory=list)
    error_rows: list[Row] = field(default_factory=list)
    batch_rows: list[Row] = field(default_factory=list)
    file_count: int = 0

    def followed_by(self, later: _Pending) -> _Pending:
        """Both together, this one first."""
        return _Pending(*(getattr(self, item.name) + getattr(later, item.name) for item in fields(self)))


class FlushWriter:
    """Owned by the coordinator.

    `open_writer(stem)` makes the writer of the coordinator's own parts; `read_with` is a column of `files`,
    `series` that of its flushes. `check()` raises StorageError if the job has lost what it claimed.
    """

    def __init__(
        self,
        *,
        job_id: str,
        epoch: int,
        series: str,
        last_flush_seq: int,
        journal: Journal,
        check: Callable[[], None],
        commit: Callable[[int, Sequence[Part]], None],
        open_writer: Callable[[str], PartWriter],
        read_with: str,
        tidy: Callable[[bool], None],
    ) -> None:
        self._job_id = job_id
        self._epoch = epoch
        self._series = series
        self._journal = journal
        self._check = check
        self._commit = commit
        self._open_writer = open_writer
        self._read_with = read_with
        self._tidy = tidy
        self._pending = _Pending()
        self._lock = asyncio.Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="flush")
        self._failure: Exception | None = None
        self.flush_seq = last_flush_seq
        self.files_committed = 0
        self.flushes = 0

    @property
    def has_pending(self) -> bool:
        """Whether a flush would commit anything."""
        pending = self._pending
        return bool(pending.file_count or pending.error_rows or pending.batch_rows)

    @property
    def pending_files(self) -> int:
        """Files whose rows wait for the next flush."""
        return self._pending.file_count

    @property
    def may_try_again(self) -> bool:
        """Whether the last failure came before anything was promised."""
        return self._failure is None

    def add(self, batch: FileBatch, result: BatchResult) -> None:
        """Take in a finished batch."""
        pending = self._pending
        pending.parts += result.parts
        pending.files.append(result.files)
        if result.errors:
            pending.errors.append(result.errors)
        pending.batch_rows.append(self._batch_row(batch, result, "ok"))
        pending.file_count += result.file_count

    def add_retried(self, batch: FileBatch) -> None:
        """Take in that a batch was lost with its worker and is tried again in pieces."""
        lost = BatchResult(batch.batch_id, batch.attempt)
        self._pending.batch_rows.append(self._batch_row(batch, lost, "retried"))

    def add_rows(self, file_rows: Sequence[Row] = (), error_rows: Sequence[Row] = ()) -> None:
        """Take in rows that no worker made: quarantined and deleted files, folders that cannot be read."""
        self._pending.file_rows += file_rows
        self._pending.error_rows += error_rows
        self._pending.file_count += len(file_rows)

    async def flush(self) -> FlushInfo | None:
        """Commit all that was added before this call; None if that was nothing. StorageError if it fails.

        One flush at a time; it runs to its end also when the caller is cancelled, since its number is taken.
        As long as nothing was promised, what failed waits for the next flush. After that every further flush
        fails too: the next start reads in the journal what was promised.
        """
        flush = asyncio.ensure_future(self._flush_in_turn())
        # Where the caller is cancelled nobody else asks for its exception; the next flush meets it again.
        flush.add_done_callback(lambda done: done.cancelled() or done.exception())
        return await asyncio.shield(flush)

    async def _flush_in_turn(self) -> FlushInfo | None:
        async with self._lock:
            if self._failure is not None:
                raise self._failure
            pending, self._pending = self._pending, _Pending()
            if not (pending.file_count or pending.error_rows or pending.batch_rows):
                return None
            loop = asyncio.get_running_loop()
            stamp = FlushStamp(self.flush_seq + 1, datetime.now(UTC), self._read_with)
            started = time.perf_counter()
            try:
                own = await loop.run_in_executor(self._thread, self._write_own_parts, pending, stamp)
            except StorageError:
                self._pending = pending.followed_by(self._pending)
                raise
            try:
                parts = pending.parts + own
                await loop.run_in_executor(self._thread, self._promise_and_commit, pending, parts, stamp)
            except Exception as error:
                self._failure = error
                raise
            seconds = time.perf_counter() - started
            began_at = stamp.time.timestamp()
            info = FlushInfo(stamp.flush_seq, pending.file_count, parts, seconds, began_at)
            self.flush_seq = info.flush_seq
            self.files_committed += info.files
            self.flushes += 1
            return info

    async def tidy(self, *, is_last: bool) -> None:
        """Take what is superseded out of the tables, after a flush under way; StorageError if that fails.

        `is_last`: the job does not come to it again.
        It runs to its end also when the caller is cancelled, as a flush does.
        """

        async def in_turn() -> None:
            async with self._lock:
                await asyncio.get_running_loop().run_in_executor(self._thread, self._tidy, is_last)

        tidying = asyncio.ensure_future(in_turn())
        tidying.add_done_callback(lambda done: done.cancelled() or done.exception())
        await asyncio.shield(tidying)

    def close(self) -> None:
        """Wait for a flush under way and end the thread."""
        self._thread.shutdown(wait=True)

    def _promise_and_commit(self, pending: _Pending, parts: list[Part], stamp: FlushStamp) -> None:
        seq = stamp.flush_seq
        self._check()
        self._journal.append(
            {
                "type": "flush",
                "seq": seq,
                "epoch": self._epoch,
                "series": self._series,
                "files": pending.file_count,
                "parts": [astuple(part) for part in parts],
            }
        )
        self._commit(seq, parts)
        self._journal.append({"type": "committed", "seq": seq})

    def _write_own_parts(self, pending: _Pending, stamp: FlushStamp) -> list[Part]:
        writer = self._open_writer(f"{self._job_id}-{self._epoch}-flush-{stamp.flush_seq}")
        batch_rows = [{**row, "flush_seq": stamp.flush_seq} for row in pending.batch_rows]
        tables: dict[str, list[pa.RecordBatch]] = {
            "files": [from_ipc(data) for data in pending.files],
            "errors": [from_ipc(data) for data in pending.errors],
            "batches": [],
        }
        for table, rows in (
            ("files", pending.file_rows),
            ("errors", pending.error_rows),
            ("batches", batch_rows),
        ):
            if rows:
                tables[table].append(rows_to_batch(table, rows))
        try:
            for table, batches in tables.items():
                for batch in joined(batches):
                    writer.write(table, stamp.apply(batch) if table == "files" else batch)
            return writer.close()
        except BaseException:
            writer.abort()
            raise

    def _batch_row(self, batch: FileBatch, result: BatchResult, status: str) -> dict[str, Any]:
        return {
            "job_id": self._job_id,
            "batch_id": batch.batch_id,
            "epoch": self._epoch,
            "language": batch.queue,
            "trigger": batch.trigger.value,
            "priority": batch.priority,
            "file_count": result.file_count,
            "row_count": sum(result.rows.values()),
            "byte_count": result.byte_count,
            "waited_ms": batch.waited * 1000,
            "worker": result.worker or None,
            "started_at": datetime.fromtimestamp(result.started_at, UTC) if result.worker else None,
            "duration_ms": result.duration * 1000,
            "memory_before": result.memory_before,
            "memory_after": result.memory_after,
            "memory_peak": result.memory_peak,
            "io_bytes": result.byte_count + sum(part.size_bytes for part in result.parts),
            "estimated_ms": batch.estimated_processing_time * 1000,
            "estimated_memory": batch.estimated_memory,
            "estimated_io": batch.estimated_io,
            "attempt": batch.attempt,
            "status": status,
        }
