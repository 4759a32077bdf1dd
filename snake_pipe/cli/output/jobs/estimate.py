"""How far off the estimate of a run was: a line of the summary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.cli.output.text import seconds, size

if TYPE_CHECKING:
    from snake_pipe.observe.estimate import Estimate
    from snake_pipe.observe.statistics import BatchStatistics

_WORTH_A_LINE = 1_000_000
"""Bytes to read above which it is; by times, a run would have the line on one day and not on the next."""


def estimate_lines(statistics: BatchStatistics) -> list[str]:
    """What was expected, and what it was expected by; none for what is over in a moment anyway."""
    estimate = statistics.estimate
    if estimate is None or estimate.bytes < _WORTH_A_LINE:
        return []
    took = seconds(statistics.elapsed)
    return [f"estimate {seconds(estimate.seconds)}, took {took}; {size(estimate.memory)}, {basis(estimate)}"]


def basis(estimate: Estimate) -> str:
    """What an estimate was made by."""
    if estimate.learned > 0.99:
        return "by what earlier runs took"
    if estimate.learned < 0.01:
        return "by defaults; after one run by what it took"
    return f"{estimate.learned:.0%} by what earlier runs took, the rest by defaults"
