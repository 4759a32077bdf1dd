"""Cuts a stream of files into batches of one queue each.

Sans-I/O: a plain state machine that opens no file, reads no clock and never waits. Whoever drives it
hands in the time, in seconds on any clock that does not go back, and gets the batches that are ready.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from snake_pipe.extract.batch_models import FileBatch, Trigger
from snake_pipe.extract.batch_sizing import BatchSizing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from snake_pipe.extract.batch_config import BatchConfig
    from snake_pipe.extract.batch_models import DiscoveredFile

URGENT = 8
"""Priority from which a file does not wait for its batch to fill (requirement 003-2)."""

_SMALLEST_SHARE = 128 * 1024
"""Bytes below which sharing out the end of the input costs more than it brings."""

_NEVER = float("inf")


class _Queue:
    """Waiting files of one language: first come first served within a priority, higher priority first."""

    __slots__ = ("bytes", "count", "lanes", "name", "sizing")

    def __init__(self, name: str) -> None:
        self.name = name
        self.lanes: dict[int, deque[tuple[float, DiscoveredFile]]] = {}
        self.count = 0
        self.bytes = 0
        self.sizing = BatchSizing()

    def put(self, file: DiscoveredFile, now: float) -> None:
        lane = self.lanes.get(file.priority)
        if lane is None:
            lane = self.lanes[file.priority] = deque()
        lane.append((now, file))
        self.count += 1
        self.bytes += file.size_bytes

    def oldest(self) -> float:
        return min((lane[0][0] for lane in self.lanes.values()), default=_NEVER)

    def take(self, most_files: int, most_bytes: int) -> list[tuple[float, DiscoveredFile]]:
        """Remove the next files up to both limits; at least one, however large."""
        taken: list[tuple[float, DiscoveredFile]] = []
        size = 0
        for priority in sorted(self.lanes, reverse=True):
            lane = self.lanes[priority]
            while lane and len(taken) < most_files:
                length = lane[0][1].size_bytes
                if taken and size + length > most_bytes:
                    break
                taken.append(lane.popleft())
                size += length
            if lane:
                break
            del self.lanes[priority]
        self.count -= len(taken)
        self.bytes -= size
        return taken


class BatchCoordinator:
    """Typed queues with seven triggers; every method returns the batches that became ready, oldest first.

    A batch leaves when the count or the bytes of a queue reach the current targets (`size`, `bytes`; while
    memory is short, `memory`, at smaller ones), when its oldest file has waited `max_latency` (`timer`),
    when an urgent file arrives (`priority`), when somebody asks (`manual`) and at the end of the input
    (`close`). Overdue queues are released before a new file is taken, so no file ever delays a batch
    whose time has come (requirement 002-1).
    No batch holds more than `max_batch_size` files; one with more bytes than `batch_bytes` holds one file.
    """

    def __init__(self, config: BatchConfig, *, batch_memory: int | None = None) -> None:
        """`batch_memory` is how many bytes a worker may take for a batch; None for no such bound."""
        self._config = config
        self._batch_memory = batch_memory
        self._queues: dict[str, _Queue] = {}
        self._next_batch_id = 1
        self._pressure = 1.0
        self._earliest = _NEVER

    def offer(self, file: DiscoveredFile, now: float) -> list[FileBatch]:
        """Take one file."""
        ready = self.due(now) if now >= self._earliest else []
        config = self._config
        queue = self._queues.get(file.queue)
        if queue is None:
            queue = self._queues[file.queue] = _Queue(file.queue)
        budget = queue.sizing.target_bytes(config, self._pressure, self._batch_memory)
        if queue.count and queue.bytes + file.size_bytes > budget:
            ready += self._empty(queue, Trigger.BYTES, now)
        queue.put(file, now)
        if config.max_latency is not None:
            self._earliest = min(self._earliest, now + config.max_latency)
        trigger = None
        if file.priority >= URGENT:
            trigger = Trigger.PRIORITY
        elif queue.bytes >= budget:
            trigger = Trigger.BYTES
        elif queue.count >= queue.sizing.target_files(config, self._pressure):
            trigger = Trigger.SIZE if self._pressure == 1.0 else Trigger.MEMORY
        return ready if trigger is None else ready + self._empty(queue, trigger, now)

    def due(self, now: float) -> list[FileBatch]:
        """Release every queue whose oldest file has waited its time."""
        if now < self._earliest or self._config.max_latency is None:
            return []
        overdue = [q for q in self._queues.values() if q.oldest() + self._config.max_latency <= now]
        ready = [batch for queue in overdue for batch in self._empty(queue, Trigger.TIMER, now)]
        self._find_earliest()
        return ready

    def flush(self, now: float, trigger: Trigger = Trigger.MANUAL) -> list[FileBatch]:
        """Release everything."""
        return [batch for queue in self._queues.values() for batch in self._empty(queue, trigger, now)]

    def close(self, now: float) -> list[FileBatch]:
        """Release everything at the end of the input, the largest batches first.

        What is left is shared out, so that no worker stands idle while another has the last large batch.
        """
        share = max(_SMALLEST_SHARE, self.queued_bytes // (2 * self._config.workers))
        ready = [
            batch
            for queue in self._queues.values()
            for batch in self._empty(queue, Trigger.CLOSE, now, share)
        ]
        return sorted(ready, key=lambda batch: batch.total_size, reverse=True)

    def update(self, config: BatchConfig, now: float) -> list[FileBatch]:
        """Go on with other settings; what is overdue or too much by them leaves at once."""
        self._config = config
        self._find_earliest()
        full = [q for q in self._queues.values() if self._is_full(q)]
        return self.due(now) + [batch for queue in full for batch in self._empty(queue, Trigger.SIZE, now)]

    def observe(self, batch: FileBatch, seconds: float, memory: int) -> None:
        """Learn from a finished batch: its time, and what the worker's peak memory rose while it ran."""
        if queue := self._queues.get(batch.queue):
            queue.sizing.observe(len(batch), batch.total_size, seconds, memory)

    def number_from(self, batch_id: int) -> None:
        """Begin the numbers of batches here, where some were cut before."""
        self._next_batch_id = batch_id

    def press(self, pressure: float) -> None:
        """Shrink the targets by a factor in (0, 1] while memory is short; 1 ends it."""
        self._pressure = pressure

    def retry(self, files: Iterable[DiscoveredFile], attempt: int, now: float) -> list[FileBatch]:
        """Batches for files whose worker was lost; they do not wait in a queue again."""
        queue_files: dict[str, list[tuple[float, DiscoveredFile]]] = {}
        for file in files:
            queue_files.setdefault(file.queue, []).append((now, file))
        return [
            self._batch(self._queues.get(name) or _Queue(name), taken, Trigger.RETRY, now, attempt)
            for name, taken in queue_files.items()
        ]

    def next_deadline(self) -> float | None:
        """When `due` will have something to release; None while nothing waits or timers are off."""
        return None if self._earliest == _NEVER else self._earliest

    @property
    def queued_files(self) -> int:
        """Files in all queues."""
        return sum(queue.count for queue in self._queues.values())

    @property
    def queued_bytes(self) -> int:
        """Bytes on disk of the files in all queues."""
        return sum(queue.bytes for queue in self._queues.values())

    def oldest_age(self, now: float) -> float:
        """Seconds that the oldest waiting file has waited; 0 if none waits."""
        oldest = min((queue.oldest() for queue in self._queues.values()), default=_NEVER)
        return 0.0 if oldest == _NEVER else now - oldest

    def drain(self) -> list[DiscoveredFile]:
        """Give up everything that waits, without batches: for a stop that leaves the rest to a resume."""
        files = [file for q in self._queues.values() for lane in q.lanes.values() for _, file in lane]
        for queue in self._queues.values():
            queue.lanes.clear()
            queue.count = queue.bytes = 0
        self._earliest = _NEVER
        return files

    def _is_full(self, queue: _Queue) -> bool:
        return queue.count >= queue.sizing.target_files(self._config, self._pressure) or (
            queue.bytes >= queue.sizing.target_bytes(self._config, self._pressure, self._batch_memory)
        )

    def _empty(
        self, queue: _Queue, trigger: Trigger, now: float, most_bytes: int | None = None
    ) -> list[FileBatch]:
        """Cut all that a queue holds into batches within the hard limits, and of `most_bytes` where given."""
        ready = []
        limit = min(self._config.batch_bytes, most_bytes or self._config.batch_bytes)
        while queue.count:
            taken = queue.take(self._config.max_batch_size, limit)
            ready.append(self._batch(queue, taken, trigger, now, 1))
        return ready

    def _batch(
        self,
        queue: _Queue,
        taken: list[tuple[float, DiscoveredFile]],
        trigger: Trigger,
        now: float,
        attempt: int,
    ) -> FileBatch:
        size = sum(file.size_bytes for _, file in taken)
        batch = FileBatch(
            batch_id=self._next_batch_id,
            files=tuple(file for _, file in taken),
            total_size=size,
            queue=queue.name,
            trigger=trigger,
            priority=max(file.priority for _, file in taken),
            created_at=now,
            waited=now - min(since for since, _ in taken),
            attempt=attempt,
            estimated_processing_time=queue.sizing.expected_seconds(len(taken), size),
            estimated_memory=queue.sizing.expected_memory(size),
        )
        self._next_batch_id += 1
        return batch

    def _find_earliest(self) -> None:
        latency = self._config.max_latency
        oldest = min((queue.oldest() for queue in self._queues.values()), default=_NEVER)
        self._earliest = _NEVER if latency is None else oldest + latency
