"""Cuts a stream of files into batches of one queue each.

Sans-I/O: a plain state machine that opens no file, reads no clock and never waits. Whoever drives it
hands in the time, in seconds on any clock that does not go back, and gets the batches that are ready.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.extract.batch_models import FileBatch, Trigger
from snake_pipe.extract.batching.memory import memory_of_source
from snake_pipe.extract.batching.queue import NEVER, FileQueue
from snake_pipe.extract.batching.strategy import AskedStrategy
from snake_pipe.extract.settings.queue_sizes import MIXED_QUEUE, QueueSize, parse_queue_sizes
from snake_pipe.plugins import AST_QUEUE
from snake_pipe.plugins.batching import Adaptive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from snake_pipe.extract.batch_config import BatchConfig
    from snake_pipe.extract.batch_models import DiscoveredFile
    from snake_pipe.extract.batching.queue import QueueFigures, Waiting
    from snake_pipe.load.batch_history import BatchTotals

URGENT = 8
"""Priority from which a file does not wait for its batch to fill (requirement 003-2)."""

_SMALLEST_SHARE = 128 * 1024
"""Bytes below which sharing out the end of the input costs more than it brings, in any language."""

_SHORTEST_SHARE = 0.2
"""Seconds of a batch for which the same holds: its parts alone take about 0.03 s."""


class BatchCoordinator:
    """A queue for each language, or one for all, with seven triggers.

    Every method that returns batches returns those that became ready, in the order in which they were cut.
    A batch leaves when the count or the bytes of a queue reach their targets (`size`, `bytes`; while
    memory is short, at smaller ones: `memory`), when its oldest file has waited `max_latency` (`timer`),
    when an urgent file arrives (`priority`), when somebody asks (`manual`) and at the end of the input
    (`close`). Overdue queues are released before a new file is taken, so no file ever delays a batch
    whose time has come (requirement 002-1).
    No batch holds more files than `max_batch_size`, nor more bytes than `batch_bytes` or its queue's own
    size, but for one that is a single larger file.
    """

    def __init__(
        self,
        config: BatchConfig,
        *,
        batch_memory: int | None = None,
        strategy: AskedStrategy | None = None,
    ) -> None:
        """`batch_memory` is how many bytes a worker may take for a batch; None for no such bound.

        A `strategy` has a say in the sizes and in where batches are cut, within all of these limits.
        """
        self._config = config
        self._sizes = parse_queue_sizes(config.queue_sizes)
        self._typed = config.smart_batching
        self._batch_memory = batch_memory
        self._strategy = strategy or AskedStrategy(Adaptive())
        self._history: Mapping[str, BatchTotals] = {}
        self._queues: dict[str, FileQueue] = {}
        self._next_batch_id = 1
        self._pressure = 1.0
        self._most_files: int | None = None
        self._coming: int | None = None
        self._has_ended = False
        self._earliest = NEVER

    # -- what comes in ---------------------------------------------------------------------------------

    def offer(self, file: DiscoveredFile, now: float) -> list[FileBatch]:
        """Take one file."""
        ready = self.due(now) if now >= self._earliest else []
        name = file.queue if self._typed else MIXED_QUEUE
        queue = self._queues.get(name) or self._open(name)
        if queue.count and queue.bytes + file.size_bytes > queue.most_bytes:
            ready += self._empty(queue, self._when_full(Trigger.BYTES), now)
        queue.put(file, now)
        if queue.count == 1:
            self._await(now)
        if file.priority >= URGENT:
            ready += self._empty(queue, Trigger.PRIORITY, now)
        elif queue.count >= queue.most_files or queue.bytes >= queue.most_bytes:
            ready += self._empty(queue, None, now)
        return ready

    def offer_all(
        self,
        files: Iterable[DiscoveredFile],
        now: float,
        coming: int | None = None,
        most: int | None = None,
    ) -> list[FileBatch]:
        """Take files that came together: all are put first, so that the urgent among them lead the batches.

        What is overdue or urgent leaves at once, and up to `most` full batches, as by `cut`. `coming` is how
        many bytes later calls will bring, None where that is not known: as less and less is left, batches get
        smaller, so that all workers end together.
        """
        self._coming = coming
        ready = self.due(now)
        touched: dict[str, FileQueue] = {}
        urgent: set[str] = set()
        for file in files:
            name = file.queue if self._typed else MIXED_QUEUE
            queue = touched.get(name)
            if queue is None:
                queue = touched[name] = self._queues.get(name) or self._open(name)
            queue.put(file, now)
            if file.priority >= URGENT:
                urgent.add(name)
        for name, queue in touched.items():
            if name in urgent:
                ready += self._empty(queue, Trigger.PRIORITY, now)
            elif queue.is_full:
                queue.leave_before = now
        ready += self.cut(now, most)
        for queue in touched.values():
            if queue.count:
                self._await(queue.oldest())
        return ready

    def retry(self, files: Iterable[DiscoveredFile], attempt: int, now: float) -> list[FileBatch]:
        """Batches for files whose worker was lost; they do not wait in a queue again."""
        lost: dict[str, FileQueue] = {}
        for file in files:
            name = file.queue if self._typed else MIXED_QUEUE
            if name not in lost:
                lost[name] = FileQueue(name, (self._queues.get(name) or self._open(name)).sizing)
                self._aim(lost[name])
            lost[name].put(file, now)
        return [
            batch
            for queue in lost.values()
            for batch in self._empty(queue, Trigger.RETRY, now, attempt=attempt)
        ]

    # -- what goes out ---------------------------------------------------------------------------------

    def cut(self, now: float, most: int | None = None) -> list[FileBatch]:
        """Up to `most` batches of full queues, or all; the most urgent first, among equals the oldest.

        The later a batch is cut, the more is known of what it will take. Of a queue that is full only full
        batches leave, but no file stays behind that came before the offer that filled it: none is passed over
        twice.
        """
        ready: list[FileBatch] = []
        while len(ready) != most and (queue := self._next_to_cut()) is not None:
            ready += self._empty(
                queue,
                Trigger.CLOSE if self._has_ended else None,
                now,
                keep_from=queue.leave_before,
                shared=queue.name not in self._sizes or self._has_ended,
                most=None if most is None else most - len(ready),
            )
        return ready

    @property
    def has_to_cut(self) -> bool:
        """Whether `cut` would give a batch."""
        return any(queue.is_to_be_cut for queue in self._queues.values())

    def _next_to_cut(self) -> FileQueue | None:
        queues = [queue for queue in self._queues.values() if queue.is_to_be_cut]
        if self._has_ended:
            return max(queues, key=lambda queue: (queue.highest_priority, queue.bytes), default=None)
        return max(queues, key=lambda queue: (queue.highest_priority, -queue.oldest()), default=None)

    def due(self, now: float) -> list[FileBatch]:
        """Release every queue whose oldest file has waited its time."""
        latency = self._config.max_latency
        if now < self._earliest or latency is None:
            return []
        overdue = [queue for queue in self._queues.values() if queue.oldest() + latency <= now]
        ready = [
            batch
            for queue in overdue
            for batch in self._empty(
                queue, None if queue.is_full else Trigger.TIMER, now, shared=queue.name not in self._sizes
            )
        ]
        self._find_earliest()
        return ready

    def flush(self, now: float, trigger: Trigger = Trigger.MANUAL) -> list[FileBatch]:
        """Release everything."""
        ready = [batch for queue in self._queues.values() for batch in self._empty(queue, trigger, now)]
        self._find_earliest()
        return ready

    def end(self) -> None:
        """The input has ended: from now on `cut` gives all that is left, the most urgent first, then of the
        fullest queues.

        Files that make a batch by themselves lead their queue: begun last, one would keep a worker busy while
        the others have nothing to do.
        """
        self._has_ended = True
        self._coming = 0
        self._earliest = NEVER  # whatever waits does so for a worker
        for queue in self._queues.values():
            queue.leave_before = NEVER
            queue.put_large_first(min(queue.most_bytes, self._share(queue, 0)))

    def close(self, now: float, *, smallest_first: bool = False) -> list[FileBatch]:
        """Release everything at the end of the input, the largest batches first.

        With `smallest_first` those of the smallest files lead, for a run that may not come to all of them.
        """
        self.end()
        ready = self.cut(now)
        if smallest_first:
            return sorted(ready, key=lambda batch: batch.total_size / len(batch))
        return sorted(ready, key=lambda batch: batch.total_size, reverse=True)

    def cancel(self, matches: Callable[[DiscoveredFile], bool]) -> list[DiscoveredFile]:
        """Give up the waiting files that match; those in batches that were cut are not here any more."""
        removed = [file for queue in self._queues.values() for file in queue.remove(matches)]
        self._find_earliest()
        return removed

    def waiting(self) -> Iterator[DiscoveredFile]:
        """The files in all queues, in no order."""
        return (file for queue in self._queues.values() for file in queue)

    # -- what changes the sizes ------------------------------------------------------------------------

    def update(self, config: BatchConfig, now: float) -> list[FileBatch]:
        """Go on with other settings; what is overdue or too much by them leaves at once, at the end by `cut`.

        `smart_batching` stays as it was at the start. A `batch_size` that is changed while batches adapt is
        from then on the most that a batch adapts to.
        """
        if config.batch_size != self._config.batch_size:
            self._most_files = config.batch_size
        self._config = config
        self._sizes = parse_queue_sizes(config.queue_sizes)
        self._aim_all()
        self._find_earliest()
        ready = self.due(now)
        for queue in self._queues.values():
            if queue.is_full and not self._has_ended:
                ready += self._empty(queue, None, now)
        return ready

    def press(self, pressure: float) -> None:
        """Shrink the targets by a factor in (0, 1] while memory is short; 1 ends it.

        What is too much by the new targets leaves by `cut`, in batches within them.
        """
        if pressure != self._pressure:
            self._pressure = pressure
            self._aim_all()

    def seed(self, history: Mapping[str, BatchTotals]) -> None:
        """Start from what earlier jobs took, by queue; call it before the first file."""
        self._history = history
        for queue in self._queues.values():
            self._learn_from_history(queue)

    def observe(self, batch: FileBatch, seconds: float, memory: int, output: int = 0) -> None:
        """Learn from a finished batch.

        Its time, what the worker's peak memory rose while it ran, and the bytes of parts it wrote.
        """
        queue = self._queues.get(batch.queue) or self._open(batch.queue)
        queue.sizing.observe(len(batch), batch.total_size, seconds, memory, output)
        self._aim(queue)

    def number_from(self, batch_id: int) -> None:
        """Begin the numbers of batches here, where some were cut before."""
        self._next_batch_id = batch_id

    # -- how things stand ------------------------------------------------------------------------------

    def next_deadline(self) -> float | None:
        """When `due` is to be called next; None while nothing waits or timers are off.

        It may be early, where a queue was emptied before its time, but never late.
        """
        return None if self._earliest == NEVER else self._earliest

    def queues(self, now: float) -> list[QueueFigures]:
        """Every queue that has had a file, by name."""
        return [queue.figures(now) for _, queue in sorted(self._queues.items())]

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
        oldest = min((queue.oldest_of_all() for queue in self._queues.values()), default=NEVER)
        return 0.0 if oldest == NEVER else now - oldest

    # -- inside ----------------------------------------------------------------------------------------

    def _open(self, name: str) -> FileQueue:
        queue = self._queues[name] = FileQueue(name)
        self._learn_from_history(queue)
        return queue

    def _learn_from_history(self, queue: FileQueue) -> None:
        if totals := self._history.get(queue.name):
            queue.sizing.seed(totals)
        self._aim(queue)

    def _aim(self, queue: FileQueue) -> None:
        fixed = self._sizes.get(queue.name, QueueSize())
        target = queue.sizing.target(
            self._config,
            fixed,
            self._pressure,
            self._batch_memory,
            lambda adapted: self._strategy.target(queue.name, adapted, self._config),
        )
        queue.aim(target._replace(files=min(target.files, self._most_files or target.files)))

    def _aim_all(self) -> None:
        for queue in self._queues.values():
            self._aim(queue)

    def _await(self, oldest: float) -> None:
        """See to it that a file that came at `oldest` does not wait too long."""
        latency = self._config.max_latency
        if latency is not None and not self._has_ended and oldest + latency < self._earliest:
            self._earliest = oldest + latency

    def _find_earliest(self) -> None:
        self._earliest = NEVER
        for queue in self._queues.values():
            self._await(queue.oldest())

    def _when_full(self, reached: Trigger) -> Trigger:
        """What made a batch leave that reached its target: memory, where that is why it is so small."""
        return reached if self._pressure == 1.0 else Trigger.MEMORY

    def _empty(
        self,
        queue: FileQueue,
        trigger: Trigger | None,
        now: float,
        *,
        attempt: int = 1,
        keep_from: float = NEVER,
        shared: bool = False,
        most: int | None = None,
    ) -> list[FileBatch]:
        """Cut what a queue holds into batches within its target, up to `most`.

        If `shared` they are also within their share of what is left in all, where that is known. A `trigger`
        of None stands for the target that each batch reached; a rest has that of the batch before it. A rest
        that makes no full batch stays, if all of it came at `keep_from` or later.
        """
        ready: list[FileBatch] = []
        while queue.is_full or (queue.count and queue.oldest() < keep_from):
            if len(ready) == most:
                break
            is_rest = not queue.is_full
            limit = queue.most_bytes
            if shared and self._coming is not None:
                limit = min(limit, self._share(queue, self._coming))
            taken = queue.take(limit)
            if not is_rest:
                is_long = len(taken) >= queue.most_files
                queue.reached = self._when_full(Trigger.SIZE if is_long else Trigger.BYTES)
            if self._strategy.cuts and len(taken) > 1:
                count = self._strategy.cut([file for _, file in taken], queue.next())
                queue.put_back(taken[count:])
                taken = taken[:count]
            ready.append(self._batch(queue, taken, trigger or queue.reached, now, attempt))
        return ready

    def _share(self, queue: FileQueue, coming: int) -> int:
        """Bytes of a batch such that each worker gets two more of the kind before all is done."""
        smallest = max(_SMALLEST_SHARE, queue.sizing.bytes_in(_SHORTEST_SHARE))
        return max(smallest, (self.queued_bytes + coming) // (2 * self._config.workers))

    def _batch(
        self, queue: FileQueue, taken: list[Waiting], trigger: Trigger, now: float, attempt: int
    ) -> FileBatch:
        size = sum(file.size_bytes for _, file in taken)
        memory = queue.sizing.expected_memory(size)
        if queue.name != AST_QUEUE:  # whose large files are read in pieces
            memory = max(memory, memory_of_source(max(file.size_bytes for _, file in taken)))
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
            estimated_memory=memory,
            estimated_io=queue.sizing.expected_io(size),
        )
        self._next_batch_id += 1
        return batch
