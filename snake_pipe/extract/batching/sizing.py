"""How large the next batch of a queue should be, learned from the batches before it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from snake_pipe.extract.batching.memory import BATCH_MEMORY, MEMORY_PER_BYTE
from snake_pipe.plugins import AST_QUEUE
from snake_pipe.plugins.batching import BatchTarget
from snake_pipe.utils.batch_utils import MIB, RunningRate, clamp

if TYPE_CHECKING:
    from collections.abc import Callable

    from snake_pipe.extract.batch_config import BatchConfig
    from snake_pipe.extract.settings.queue_sizes import QueueSize
    from snake_pipe.load.batch_history import BatchTotals

_FIRST_BYTES, _FIRST_TREE_BYTES = MIB, 8 * MIB
"""Byte budget before anything was measured: small, so that all workers have something to do soon.

That of AST files is larger, which take less than a tenth of the time that sources of their size do.
"""

_FIRST_OUTPUT_FACTOR = 1.0
"""Bytes of parts assumed for a byte of input before anything was measured."""

_HISTORY_WEIGHT = 4
"""Batches that all of the history counts for: enough to start right, few enough to be corrected soon."""


def first_bytes(queue: str) -> int:
    """Bytes of a batch of the queue before anything was measured."""
    return _FIRST_TREE_BYTES if queue == AST_QUEUE else _FIRST_BYTES


@dataclass(slots=True)
class TimeModel:
    """Seconds of a batch as so much a file and so much a byte, fitted by least squares, newer ones first.

    One rate alone would be far off for a batch of many empty files, or of few large ones. `halving` is
    how many observations let the weight of an old one fall to one half.
    """

    halving: float = 8.0
    _files_files: float = 0.0
    _files_bytes: float = 0.0
    _bytes_bytes: float = 0.0
    _files_seconds: float = 0.0
    _bytes_seconds: float = 0.0

    def observe(self, files: float, size: float, seconds: float) -> None:
        """Take in one batch."""
        keep = 0.5 ** (1.0 / self.halving)
        self._files_files = self._files_files * keep + files * files
        self._files_bytes = self._files_bytes * keep + files * size
        self._bytes_bytes = self._bytes_bytes * keep + size * size
        self._files_seconds = self._files_seconds * keep + files * seconds
        self._bytes_seconds = self._bytes_seconds * keep + size * seconds

    def expected(self, files: int, size: int) -> float:
        """Seconds of a batch; 0 before anything was observed."""
        by_file, by_byte = self._rates()
        return by_file * files + by_byte * size

    def _rates(self) -> tuple[float, float]:
        """Seconds a file and seconds a byte, neither below 0."""
        ff, fb, bb = self._files_files, self._files_bytes, self._bytes_bytes
        fs, bs = self._files_seconds, self._bytes_seconds
        determinant = ff * bb - fb * fb
        if determinant > 1e-6 * ff * bb:  # else all batches had files of one size: bytes tell as much
            by_file, by_byte = (fs * bb - bs * fb) / determinant, (bs * ff - fs * fb) / determinant
            if by_file >= 0 and by_byte >= 0:
                return by_file, by_byte
            if by_byte < 0:
                return fs / ff, 0.0
        if bb > 0:
            return 0.0, bs / bb
        return (fs / ff if ff > 0 else 0.0), 0.0


@dataclass(slots=True)
class BatchSizing:
    """Targets for one queue: files and bytes that take about `target_seconds`, and what they will need."""

    first_bytes: int = _FIRST_BYTES
    seconds_per_file: RunningRate = field(default_factory=RunningRate)
    seconds_per_byte: RunningRate = field(default_factory=RunningRate)
    time: TimeModel = field(default_factory=TimeModel)
    memory_per_byte: RunningRate = field(default_factory=RunningRate)
    output_per_byte: RunningRate = field(default_factory=RunningRate)

    def observe(self, files: float, size: float, seconds: float, memory: float, output: float) -> None:
        """Learn from a finished batch of `size` bytes.

        `memory` is what the worker's peak rose above its start, `output` the bytes of parts it wrote.
        """
        self.seconds_per_file.observe(seconds, files)
        self.seconds_per_byte.observe(seconds, size)
        self.time.observe(files, size, seconds)
        self.memory_per_byte.observe(max(0.0, memory - BATCH_MEMORY), size)
        self.output_per_byte.observe(output, size)

    def seed(self, totals: BatchTotals) -> None:
        """Start from batches of earlier jobs, as if a few average ones had just been seen."""
        if not totals.batches:
            return
        share = 1 / totals.batches
        for _ in range(min(_HISTORY_WEIGHT, totals.batches)):
            self.observe(
                totals.files * share,
                totals.bytes * share,
                totals.seconds * share,
                totals.memory * share,
                totals.output * share,
            )

    def target(
        self,
        config: BatchConfig,
        fixed: QueueSize,
        pressure: float = 1.0,
        memory: int | None = None,
        wanted: Callable[[BatchTarget], BatchTarget] = lambda adapted: adapted,
    ) -> BatchTarget:
        """Files and bytes at which a batch leaves, each at least 1 and within the hard maximum.

        `wanted` makes of the adapted target the one that is aimed at; what is `fixed` is neither adapted nor
        asked for. `pressure` is a factor in (0, 1] that shrinks both while memory is short; `memory` is how
        many bytes a worker may take for a batch.
        """
        files, size = fixed.files, fixed.bytes
        if not (files and size):
            target = wanted(self._adapted(config))
            files = files or target.files
            size = size or min(target.bytes, config.batch_bytes)
        most = float(size)
        if memory is not None and (rate := self._memory_per_byte()):
            most = min(most, max(0, memory - BATCH_MEMORY) / rate)
        return BatchTarget(
            round(clamp(files * pressure, 1, config.max_batch_size)), max(1, round(most * pressure))
        )

    def _adapted(self, config: BatchConfig) -> BatchTarget:
        files = round(clamp(self._files_in_time(config), 1, config.max_batch_size))
        return BatchTarget(files, max(1, round(min(self._bytes_in_time(config), config.batch_bytes))))

    def _files_in_time(self, config: BatchConfig) -> float:
        rate = self.seconds_per_file.value
        return config.target_seconds / rate if rate else config.batch_size

    def _bytes_in_time(self, config: BatchConfig) -> float:
        rate = self.seconds_per_byte.value
        return config.target_seconds / rate if rate else self.first_bytes

    def _memory_per_byte(self) -> float:
        learned = self.memory_per_byte.value
        return MEMORY_PER_BYTE if learned is None else learned

    def bytes_in(self, seconds: float) -> int:
        """How many bytes take so long; 0 before anything was measured."""
        rate = self.seconds_per_byte.value
        return int(seconds / rate) if rate else 0

    def expected_seconds(self, files: int, size: int) -> float:
        """Expected run time of a batch; 0 before anything was measured."""
        return self.time.expected(files, size)

    def expected_memory(self, size: int) -> int:
        """Expected bytes of memory of a batch, on top of an idle worker."""
        return BATCH_MEMORY + int(self._memory_per_byte() * size)

    def expected_io(self, size: int) -> int:
        """Expected bytes that a batch reads and writes."""
        learned = self.output_per_byte.value
        return int(size * (1 + (_FIRST_OUTPUT_FACTOR if learned is None else learned)))
