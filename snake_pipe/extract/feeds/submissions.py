"""A feed of files that a program submits one by one, and the results they get.

What is submitted is written to the job's journal before it is processed, many at a time under load, so that
the queue survives a crash: a resume of the job processes what was submitted and not committed.
"""

from __future__ import annotations

import asyncio
import io
import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from snake_pipe.errors import EngineStateError, UsageError
from snake_pipe.extract.batch_models import BatchPriority, DiscoveredFile, ProcessingResult
from snake_pipe.extract.commit.compaction import last_committed
from snake_pipe.extract.discovery.left_out import LeftOut
from snake_pipe.extract.feeds.feed import Chunk, Feed

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
    from pathlib import Path

    from snake_pipe.extract.batch_models import DiscoveryError
    from snake_pipe.extract.feeds.ids import FileIds
    from snake_pipe.extract.model.rows import Row
    from snake_pipe.utils.journal.journal import Journal
    from snake_pipe.utils.journal.record import Record

_AT_ONCE = 500
"""Submissions that share one record of the journal, and one hop to a thread."""

_SHOWN = (
    "language", "dialect", "reason", "size_bytes", "node_count", "symbol_count", "ref_count", "import_count",
    "error_count", "traits",
)  # fmt: skip
"""Columns of `files` that a result shows in `value`."""


@dataclass(slots=True)
class Submission:
    """One path and who waits for it; `earlier_id` is the file id it had in a run that was killed."""

    path: str
    priority: int
    result: asyncio.Future[ProcessingResult] | None = None
    earlier_id: int | None = None


class Submissions(Feed):
    """The feed; all methods on the loop. `list_file` finds what is at a path, in a thread."""

    def __init__(
        self,
        *,
        journal: Journal,
        ids: FileIds,
        list_file: Callable[[io.BytesIO, LeftOut], Iterator[DiscoveredFile | DiscoveryError]],
        left: Iterable[Submission] = (),
    ) -> None:
        """`left` is what an earlier run of the job took in and did not commit."""
        super().__init__()
        self._journal = journal
        self._list_file = list_file
        self._ids = ids
        self._waiting = list(left)
        self._results: dict[int, asyncio.Future[ProcessingResult]] = {}
        self._arrived = asyncio.Event()
        self.received = len(self._waiting)
        self._ended = False

    @property
    def is_live(self) -> bool:  # type: ignore[override]
        """Whether more may be submitted."""
        return not self._ended

    def submit(self, path: Path, priority: int = BatchPriority.NORMAL) -> asyncio.Future[ProcessingResult]:
        """Take in one file; its result, once it is known. EngineStateError after `end`."""
        if self._ended:
            raise EngineStateError("the engine is shut down", "make a new one")
        if "\0" in os.fspath(path):
            raise UsageError(f"{os.fspath(path)!r} is not a path")
        future: asyncio.Future[ProcessingResult] = asyncio.get_running_loop().create_future()
        self._waiting.append(Submission(os.fspath(path), priority, future))
        self.received += 1
        self._arrived.set()
        return future

    def end(self) -> bool:
        """Take nothing more in; what is there is processed. False if it was asked for before."""
        was_open, self._ended = not self._ended, True
        self._arrived.set()
        return was_open

    async def chunks(self) -> AsyncGenerator[Chunk, None]:
        """What was submitted since the last chunk, once the journal holds it."""
        while self._waiting or not self._ended:
            if not self._waiting:
                self._arrived.clear()
                await self._arrived.wait()
                continue
            taken, self._waiting = self._waiting[:_AT_ONCE], self._waiting[_AT_ONCE:]
            try:
                found = await asyncio.to_thread(self._find_and_journal, taken)
            except BaseException as error:
                self._fail(taken, error)
                raise
            chunk = Chunk()
            for submission, file in zip(taken, found, strict=True):
                if isinstance(file, ProcessingResult):
                    _settle(submission.result, file)
                    continue
                chunk.files.append(file)
                if submission.result is not None:
                    self._results[file.file_id] = submission.result
            self.discovered.files += len(taken)
            self.discovered.bytes += sum(file.size_bytes for file in chunk.files)
            self.yielded += len(taken)
            yield chunk
        self.complete = True

    def settle(self, rows: Iterable[Row]) -> None:
        """Give the results of files whose rows of `files` are known."""
        for row in rows:
            future = self._results.pop(row["file_id"], None)
            if future is not None:
                _settle(future, _result(row))

    def fail(self, error: BaseException) -> None:
        """End the waiting of everybody whose result will never come, and take nothing more in."""
        self._ended = True
        self._fail(self._waiting, error)
        for future in self._results.values():
            _reject(future, error)
        self._results.clear()
        self.complete = True

    def _fail(self, submissions: Iterable[Submission], error: BaseException) -> None:
        for submission in submissions:
            if submission.result is not None:
                _reject(submission.result, error)

    def _find_and_journal(self, submissions: list[Submission]) -> list[DiscoveredFile | ProcessingResult]:
        """What each path is, with its id; runs in a thread."""
        found = [self._find(submission) for submission in submissions]
        offered = [
            [submission.path, submission.priority, file.file_id, submission.earlier_id]
            for submission, file in zip(submissions, found, strict=True)
            if isinstance(file, DiscoveredFile)
        ]
        if offered:
            self._journal.append({"type": "offered", "files": offered})
        return found

    def _find(self, submission: Submission) -> DiscoveredFile | ProcessingResult:
        left_out = LeftOut()
        for item in self._list_file(io.BytesIO(os.fsencode(submission.path)), left_out):
            if not isinstance(item, DiscoveredFile):
                return ProcessingResult(submission.path, "failed", f"{item.code}: {item.message}")
            return replace(item, priority=submission.priority, file_id=self._ids.of_file(item))
        reason = "unasked" if left_out.unasked else "excluded" if left_out.excluded else "unrecognised"
        return ProcessingResult(submission.path, "skipped", reason)


def left_over(records: Iterable[Record], is_committed: Callable[[int], bool]) -> list[Submission]:
    """What the journal says was offered and is not committed, in the order of its arrival.

    A path of which a later offer is committed has been read since, and its earlier rows may have left.
    """
    offered: dict[int, Submission] = {}
    for record in records:
        if record.get("type") != "offered":
            continue
        for path, priority, file_id, earlier_id in record["files"]:
            offered.pop(earlier_id, None)
            offered[file_id] = Submission(path, priority, earlier_id=file_id)
    last_read = last_committed([(each.path, file_id) for file_id, each in offered.items()], is_committed)
    return [each for file_id, each in offered.items() if file_id > last_read.get(each.path, -1)]


def _result(row: Row) -> ProcessingResult:
    status: str = row["status"]
    value: dict[str, Any] = {name: row.get(name) for name in _SHOWN}
    error = None if status in ("ok", "skipped") else row.get("reason") or status
    return ProcessingResult(row["path"], status, error, row.get("duration_ms") or 0.0, value)


def _settle(future: asyncio.Future[ProcessingResult] | None, result: ProcessingResult) -> None:
    if future is not None and not future.done():
        future.set_result(result)


def _reject(future: asyncio.Future[ProcessingResult], error: BaseException) -> None:
    if not future.done():
        future.set_exception(EngineStateError(f"the engine ended before this file was done: {error}"))
