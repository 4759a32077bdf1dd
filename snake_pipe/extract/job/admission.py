"""The way in of a run: what the feed gives is counted, gets its priority, and goes to the backlog."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from snake_pipe.errors import UsageError
from snake_pipe.extract.batch_models import BatchPriority
from snake_pipe.extract.settings.priority_rules import PriorityRules
from snake_pipe.observe.events import Notice

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from snake_pipe.extract.batch_models import DiscoveredFile
    from snake_pipe.extract.commit.delivery import Delivery
    from snake_pipe.extract.feeds.feed import Chunk, Feed
    from snake_pipe.extract.job.backlog import Backlog
    from snake_pipe.observe.events import Listener
    from snake_pipe.observe.statistics import BatchStatistics

_MOST_CANCELS = 100
_MOST_NOTICES = 20
"""Errors of the walk that become notices; all are rows of `errors`."""


class Admission:
    """Takes a feed's files in, without those that were cancelled; `priorities` are rules of the settings."""

    def __init__(
        self,
        feed: Feed,
        backlog: Backlog,
        delivery: Delivery,
        *,
        priorities: Sequence[str],
        statistics: BatchStatistics,
        listener: Listener,
    ) -> None:
        self._feed = feed
        self._backlog = backlog
        self._delivery = delivery
        self._priorities = PriorityRules.parse(priorities)
        self._statistics = statistics
        self._listener = listener
        self._cancelled: list[Callable[[DiscoveredFile], bool]] = []
        self._bytes_taken = 0
        self._notices = 0

    def take(self, chunk: Chunk) -> None:
        """Take in a piece of the input: files to the backlog, rows that need no worker to the delivery."""
        files = self._wanted(chunk.files)
        self._statistics.files_offered += len(files)
        self._bytes_taken += sum(file.size_bytes for file in chunk.files)
        coming = self._feed.discovered.bytes - self._bytes_taken if self._feed.complete else None
        self._backlog.offer(files, coming)
        self._delivery.take_unread(chunk.deleted, chunk.errors)
        for row in chunk.errors[: max(0, _MOST_NOTICES - self._notices)]:
            self._notices += 1
            self._listener(Notice(row["code"], f"{row['path']}: {row['message']}", row["path"]))

    def cancel(self, matches: Callable[[DiscoveredFile], bool]) -> int:
        """Skip the waiting files that match, and those that come later; how many waited.

        They become rows with the reason `cancelled`.
        """
        if len(self._cancelled) >= _MOST_CANCELS:
            text = f"{_MOST_CANCELS} patterns are cancelled already"
            raise UsageError(text, "stop the job and ingest anew")
        files = self._backlog.cancel(matches)
        self._cancelled.append(matches)
        self._delivery.take_cancelled(files)
        return len(files)

    def _wanted(self, files: list[DiscoveredFile]) -> list[DiscoveredFile]:
        """The files with their priorities, without those that were cancelled before they came."""
        if self._cancelled:
            gone = [file for file in files if any(matches(file) for matches in self._cancelled)]
            self._delivery.take_cancelled(gone)
            cancelled = {file.file_id for file in gone}
            files = [file for file in files if file.file_id not in cancelled]
        return self.prioritised(files)

    def prioritised(self, files: list[DiscoveredFile]) -> list[DiscoveredFile]:
        """The files with the priorities that the rules give those that have none of their own."""
        if not self._priorities:
            return files
        now = time.time_ns()
        return [
            self._priorities.apply(file, now) if file.priority == BatchPriority.NORMAL else file
            for file in files
        ]
