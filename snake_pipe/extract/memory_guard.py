"""What to do as the memory of the process tree comes near its limit. Sans-I/O: readings in, measures out."""

from __future__ import annotations

from dataclasses import dataclass

SHRINK, RECYCLE, PAUSE, KILL = 0.60, 0.70, 0.80, 0.95
"""Steps of the ladder, as shares of the limit."""

_RECYCLE_EVERY = 10.0
"""Seconds between two replacements of the pool; a new one needs time to show its effect."""


@dataclass(frozen=True, slots=True)
class Measures:
    """`pressure` scales batch sizes, 1.0 being none; the others are to be done now."""

    pressure: float = 1.0
    recycle: bool = False
    pause: bool = False
    kill: bool = False


class MemoryGuard:
    """Turns readings into measures: shrink the batches, replace the pool, pause, end the largest worker."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.peak = 0
        self.now = 0
        self._last_recycle = float("-inf")

    def read(self, total: int, now: float) -> Measures:
        """The measures for `total` bytes in use at time `now` (seconds, any clock that goes forward)."""
        self.now = total
        self.peak = max(self.peak, total)
        share = total / self.limit
        recycle = share >= RECYCLE and now - self._last_recycle >= _RECYCLE_EVERY
        if recycle:
            self._last_recycle = now
        pressure = 1.0 if share < SHRINK else max(0.1, 1.0 - 2.0 * (share - SHRINK))
        return Measures(pressure, recycle, share >= PAUSE, share >= KILL)
