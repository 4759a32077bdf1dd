"""How large the next batch of a queue should be, learned from the batches before it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from snake_pipe.utils.batch_utils import MIB, RunningRate, clamp

if TYPE_CHECKING:
    from snake_pipe.extract.batch_config import BatchConfig

_FIRST_BYTES = MIB
"""Byte budget before anything was measured: small, so that all workers have something to do soon."""

_FIRST_MEMORY_FACTOR = 30.0
"""Bytes of memory assumed for a byte of input before anything was measured; JSON trees need the most."""


@dataclass(slots=True)
class BatchSizing:
    """Targets for one queue: files and bytes that take about `target_seconds`, and what they will need.

    `pressure`, where asked for, is a factor in (0, 1] that shrinks a target while memory is short.

    """

    seconds_per_file: RunningRate = field(default_factory=RunningRate)
    seconds_per_byte: RunningRate = field(default_factory=RunningRate)
    memory_per_byte: RunningRate = field(default_factory=RunningRate)

    def observe(self, files: int, size: int, seconds: float, memory: int) -> None:
        """Learn from a finished batch; `memory` is what the worker's peak rose above its start."""
        self.seconds_per_file.observe(seconds, files)
        self.seconds_per_byte.observe(seconds, size)
        self.memory_per_byte.observe(memory, size)

    def target_files(self, config: BatchConfig, pressure: float = 1.0) -> int:
        """Files at which a batch leaves, between 1 and the hard maximum."""
        rate = self.seconds_per_file.value
        wanted = config.batch_size if not rate else config.target_seconds / rate
        return int(clamp(wanted * pressure, 1, config.max_batch_size))

    def target_bytes(self, config: BatchConfig, pressure: float = 1.0, memory: int | None = None) -> int:
        """Bytes at which a batch leaves: within the configured budget, and within `memory` once read."""
        rate = self.seconds_per_byte.value
        wanted = _FIRST_BYTES if not rate else config.target_seconds / rate
        if memory is not None:
            wanted = min(wanted, memory / (self.memory_per_byte.value or _FIRST_MEMORY_FACTOR))
        return int(clamp(wanted * pressure, 1, config.batch_bytes))

    def expected_seconds(self, files: int, size: int) -> float:
        """Expected run time of a batch; 0 before anything was measured."""
        by_file = (self.seconds_per_file.value or 0.0) * files
        by_byte = (self.seconds_per_byte.value or 0.0) * size
        return max(by_file, by_byte)

    def expected_memory(self, size: int) -> int:
        """Expected bytes of memory of a batch, on top of an idle worker."""
        return int((self.memory_per_byte.value or _FIRST_MEMORY_FACTOR) * size)
