"""One queue of waiting files: higher priority first, first come first served within a priority."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from snake_pipe.extract.batch_models import Trigger
from snake_pipe.extract.batching.sizing import BatchSizing, first_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from snake_pipe.extract.batch_models import DiscoveredFile
    from snake_pipe.plugins.batching import BatchTarget

NEVER = float("inf")


class Waiting(NamedTuple):
    """A file and the time it came."""

    since: float
    file: DiscoveredFile


class QueueFigures(NamedTuple):
    """A queue at a glance: what waits in it, the oldest for how many seconds, and when a batch is full."""

    name: str
    files: int
    bytes: int
    oldest_age: float
    target_files: int
    target_bytes: int


class FileQueue:
    """Files of one language, or of all; times never go back from one `put` to the next.

    `most_files` and `most_bytes` are the target of the next batch: kept here as plain numbers, since they
    are compared for every file that comes. Files that came earlier than `leave_before` wait for no others;
    `reached` is what made the last full batch leave.
    """

    __slots__ = (
        "_lanes",
        "bytes",
        "count",
        "leave_before",
        "most_bytes",
        "most_files",
        "name",
        "reached",
        "sizing",
    )

    def __init__(self, name: str, sizing: BatchSizing | None = None) -> None:
        self.name = name
        self.sizing = sizing or BatchSizing(first_bytes(name))
        self.count = 0
        self.bytes = 0
        self.most_files = 1
        self.most_bytes = 1
        self.leave_before = -NEVER
        self.reached = Trigger.SIZE
        self._lanes: dict[int, deque[tuple[float, DiscoveredFile]]] = {}

    def aim(self, target: BatchTarget) -> None:
        """Set the target."""
        self.most_files, self.most_bytes = target

    @property
    def is_full(self) -> bool:
        """Whether the target is reached."""
        return self.count >= self.most_files or self.bytes >= self.most_bytes

    @property
    def is_to_be_cut(self) -> bool:
        """Whether the target is reached, or a file must not wait for that any more."""
        return self.is_full or (self.count > 0 and self.oldest() < self.leave_before)

    @property
    def highest_priority(self) -> int:
        """That of the file that leaves next; there must be one."""
        return max(self._lanes)

    def __iter__(self) -> Iterator[DiscoveredFile]:
        return (file for lane in self._lanes.values() for _, file in lane)

    def put(self, file: DiscoveredFile, now: float) -> None:
        """Let a file wait."""
        lane = self._lanes.get(file.priority)
        if lane is None:
            lane = self._lanes[file.priority] = deque()
        lane.append((now, file))
        self.count += 1
        self.bytes += file.size_bytes

    def oldest(self) -> float:
        """When the file came that leads those of its priority and has waited longest; NEVER if none waits."""
        return min((lane[0][0] for lane in self._lanes.values()), default=NEVER)

    def oldest_of_all(self) -> float:
        """The same of whichever file has waited longest: once large files lead, it may be any."""
        return min((since for lane in self._lanes.values() for since, _ in lane), default=NEVER)

    def take(self, most_bytes: int) -> list[Waiting]:
        """Remove the files of the next batch: within the target and `most_bytes`, but at least one."""
        taken: list[Waiting] = []
        size = 0
        for priority in sorted(self._lanes, reverse=True):
            lane = self._lanes[priority]
            while lane and len(taken) < self.most_files:
                length = lane[0][1].size_bytes
                if taken and size + length > most_bytes:
                    break
                taken.append(Waiting(*lane.popleft()))
                size += length
            if lane:
                break
            del self._lanes[priority]
        self.count -= len(taken)
        self.bytes -= size
        return taken

    def put_back(self, taken: Sequence[Waiting]) -> None:
        """Let the last of what was taken wait again, before all others of their priority."""
        for since, file in reversed(taken):
            self._lanes.setdefault(file.priority, deque()).appendleft((since, file))
            self.count += 1
            self.bytes += file.size_bytes

    def put_large_first(self, size: int) -> None:
        """Let files of at least `size` bytes lead those of their priority, the largest first."""
        for lane in self._lanes.values():
            large = sorted(
                (waiting for waiting in lane if waiting[1].size_bytes >= size),
                key=lambda waiting: -waiting[1].size_bytes,
            )
            others = [waiting for waiting in lane if waiting[1].size_bytes < size]
            lane.clear()
            lane.extend((*large, *others))

    def next(self) -> DiscoveredFile | None:
        """The file that leaves next; None if none waits."""
        return self._lanes[max(self._lanes)][0][1] if self._lanes else None

    def remove(self, matches: Callable[[DiscoveredFile], bool]) -> list[DiscoveredFile]:
        """Give up the files that match."""
        removed: list[DiscoveredFile] = []
        for priority, lane in list(self._lanes.items()):
            kept: deque[tuple[float, DiscoveredFile]] = deque()
            for since, file in lane:
                if matches(file):
                    removed.append(file)
                else:
                    kept.append((since, file))
            if kept:
                self._lanes[priority] = kept
            else:
                del self._lanes[priority]
        self.count -= len(removed)
        self.bytes -= sum(file.size_bytes for file in removed)
        return removed

    def figures(self, now: float) -> QueueFigures:
        """The queue at a glance."""
        age = now - self.oldest_of_all() if self.count else 0.0
        return QueueFigures(self.name, self.count, self.bytes, age, self.most_files, self.most_bytes)
