"""A clock that never goes back, and goes on while the machine is asleep."""

from __future__ import annotations

import time

_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)  # macOS counts sleep in the latter


def awake_or_not() -> float:
    """Seconds since some moment; the time in which the machine was suspended counts."""
    return time.clock_gettime(_CLOCK)
