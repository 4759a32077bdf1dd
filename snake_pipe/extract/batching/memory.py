"""How memory is shared out at the start, and what to do as it runs short.

Sans-I/O: figures in, measures out.
"""

from __future__ import annotations

from dataclasses import dataclass

from snake_pipe.errors import UsageError
from snake_pipe.utils.batch_utils import MIB, clamp

SHRINK, RECYCLE, ONE_AT_A_TIME, KILL = 0.60, 0.70, 0.80, 0.95
"""Steps of the ladder, as shares of the limit."""

COORDINATOR_MEMORY = 130 * MIB
"""The coordinator with its libraries, and the process that workers are forked from."""

WORKER_MEMORY = 60 * MIB
"""A worker with a little work in hand; 36 MiB of it while idle."""

_NODE_MEMORY = 600
"""Bytes that a node takes while the rows of its batch are built."""

_RECYCLE_EVERY = 10.0
"""Seconds between two replacements of the pool; a new one needs time to show its effect."""

_RECYCLE_WORTH = 0.35
"""Share of the limit that workers must hold for a new pool to change anything."""


@dataclass(frozen=True, slots=True)
class MemoryPlan:
    """What fits into `limit` bytes: so many workers, each with `batch_memory` bytes for a batch.

    `nodes_in_memory` is how many nodes a worker may hold before it writes their rows.
    """

    limit: int
    workers: int
    batch_memory: int
    nodes_in_memory: int


def plan_memory(limit: int, workers: int) -> MemoryPlan:
    """Share out `limit` bytes among up to `workers` workers; UsageError if it is too little for one."""
    usable = ONE_AT_A_TIME * limit
    fitting = int((usable - COORDINATOR_MEMORY) // WORKER_MEMORY)
    if fitting < 1:
        least = int((COORDINATOR_MEMORY + WORKER_MEMORY) / ONE_AT_A_TIME / MIB) + 1
        raise UsageError(
            f"{limit // MIB} MiB of memory are too little for one worker", f"at least {least} MiB"
        )
    workers = min(workers, fitting)
    batch = int(max((usable - COORDINATOR_MEMORY) / workers - WORKER_MEMORY / 2, 16 * MIB))
    return MemoryPlan(limit, workers, batch, int(clamp(batch / 2 / _NODE_MEMORY, 20_000, 200_000)))


@dataclass(frozen=True, slots=True)
class Measures:
    """`pressure` scales batch sizes, 1.0 being none; the others are to be done now."""

    pressure: float = 1.0
    recycle: bool = False
    one_at_a_time: bool = False
    kill: bool = False


class MemoryGuard:
    """Turns readings into measures: shrink batches, replace the pool, one batch at a time, end a worker."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.peak = 0
        self.now = 0
        self._last_recycle = float("-inf")

    def is_close(self, total: int) -> bool:
        """Whether a rough reading is so high that an exact one is worth its price."""
        return total >= (SHRINK - 0.1) * self.limit

    def read(self, total: int, workers: int, now: float) -> Measures:
        """The measures for `total` bytes in use, `workers` of them in workers.

        `now` is in seconds, on any clock that goes forward.
        """
        self.now = total
        self.peak = max(self.peak, total)
        share = total / self.limit
        recycle = (
            share >= RECYCLE
            and workers >= _RECYCLE_WORTH * self.limit
            and now - self._last_recycle >= _RECYCLE_EVERY
        )
        if recycle:
            self._last_recycle = now
        pressure = 1.0 if share < SHRINK else max(0.1, 1.0 - 2.0 * (share - SHRINK))
        return Measures(pressure, recycle, share >= ONE_AT_A_TIME, share >= KILL)
