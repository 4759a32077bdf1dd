"""Batches that were cut and wait for a worker: the most important first, none for ever."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from snake_pipe.extract.batch_models import DiscoveredFile, FileBatch


class ReadyBatches:
    """Sans-I/O, on the coordinator's clock.

    A batch's rank is its priority plus one for every `ageing_seconds` since it was cut, so a batch of
    priority p is passed only by batches of a higher priority q that were cut less than
    (q - p) * `ageing_seconds` after it: low ones are never starved (requirement 003-2). Equal ranks go
    first come first served. `ageing_seconds` may be changed at any time; None: no ageing.
    """

    def __init__(self, ageing_seconds: float | None = None) -> None:
        self.ageing_seconds = ageing_seconds
        self._lanes: dict[int, deque[tuple[int, FileBatch]]] = {}
        self._numbers = count()
        self._files = 0

    def __iter__(self) -> Iterator[FileBatch]:
        """All batches, in no order."""
        return (batch for lane in self._lanes.values() for _, batch in lane)

    def __len__(self) -> int:
        return sum(map(len, self._lanes.values()))

    @property
    def files(self) -> int:
        """Files in all batches."""
        return self._files

    def put(self, batches: Iterable[FileBatch]) -> None:
        """Let batches wait, in the order in which they were cut."""
        for batch in batches:
            self._lanes.setdefault(batch.priority, deque()).append((next(self._numbers), batch))
            self._files += len(batch)

    def take(self, now: float) -> FileBatch | None:
        """Remove the batch of the highest rank; None if none waits."""
        if not self._lanes:
            return None

        def rank(priority: int) -> tuple[float, int]:
            number, batch = self._lanes[priority][0]
            steps = (now - batch.created_at) / self.ageing_seconds if self.ageing_seconds else 0.0
            return priority + steps, -number

        lane = self._lanes[best := max(self._lanes, key=rank)]
        _, batch = lane.popleft()
        if not lane:
            del self._lanes[best]
        self._files -= len(batch)
        return batch

    def oldest_age(self, now: float) -> float:
        """Seconds that the oldest batch has waited; 0 if none waits."""
        return max((now - lane[0][1].created_at for lane in self._lanes.values()), default=0.0)

    def cancel(self, matches: Callable[[DiscoveredFile], bool]) -> list[DiscoveredFile]:
        """Give up the files that match; a batch that keeps others keeps its place."""
        removed: list[DiscoveredFile] = []
        for priority, lane in list(self._lanes.items()):
            kept: deque[tuple[int, FileBatch]] = deque()
            for number, batch in lane:
                gone = {index for index, file in enumerate(batch.files) if matches(file)}
                removed += [batch.files[index] for index in sorted(gone)]
                if len(gone) < len(batch):
                    kept.append((number, _without(batch, gone) if gone else batch))
            if kept:
                self._lanes[priority] = kept
            else:
                del self._lanes[priority]
        self._files -= len(removed)
        return removed


def _without(batch: FileBatch, gone: set[int]) -> FileBatch:
    """The batch without some of its files; estimates shrink with the bytes."""
    files = tuple(file for index, file in enumerate(batch.files) if index not in gone)
    size = sum(file.size_bytes for file in files)
    share = size / batch.total_size if batch.total_size else len(files) / len(batch)
    return replace(
        batch,
        files=files,
        total_size=size,
        estimated_processing_time=batch.estimated_processing_time * share,
        estimated_memory=int(batch.estimated_memory * share),
        estimated_io=int(batch.estimated_io * share),
    )
