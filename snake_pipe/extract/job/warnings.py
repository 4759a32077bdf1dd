"""What a run's figures say against its settings (requirement 001-4)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snake_pipe.observe.statistics import BatchStatistics

_FEWEST_BATCHES = 20
"""Batches before the share of the timer says anything."""
_TIMER_SHARE = 0.8
_AGE_SHARE = 0.9

TIMER_SHARE, OLDEST_AGE = "timer_share", "oldest_age"
WARNINGS = (TIMER_SHARE, OLDEST_AGE)
"""The codes of the warnings that there are."""


def warning(
    code: str, statistics: BatchStatistics, max_latency: float | None, going_for: float = math.inf
) -> str | None:
    """The text of a warning where its condition holds; None where it does not.

    `going_for` is how long the job has not been paused: nobody waited longer than that for want of workers.
    """
    if code == TIMER_SHARE:
        return _timer_share(statistics)
    return None if max_latency is None else _oldest_age(statistics, max_latency, going_for)


def _timer_share(statistics: BatchStatistics) -> str | None:
    if sum(statistics.triggers.values()) < _FEWEST_BATCHES or statistics.timer_share <= _TIMER_SHARE:
        return None
    return (
        f"the timer released {statistics.timer_share:.0%} of the batches before they were full;"
        " a longer max_latency or a smaller batch_size suits this input"
    )


def _oldest_age(statistics: BatchStatistics, max_latency: float, going_for: float) -> str | None:
    # To wait for the timer is by design; to wait longer, or for a worker, is not.
    age = max(statistics.oldest_wait, statistics.oldest_age if statistics.oldest_age > max_latency else 0.0)
    age = min(age, going_for)
    if age <= _AGE_SHARE * max_latency:
        return None
    return (
        f"a file has waited {age:.1f} s where {max_latency:g} s is wanted;"
        " more workers or smaller batches would shorten that"
    )
