"""The line that says how far off a run's estimate was."""

from __future__ import annotations

import pytest

from snake_pipe.cli.output.jobs.estimate import estimate_lines
from snake_pipe.observe.estimate import Estimate
from snake_pipe.observe.statistics import BatchStatistics

MB = 1_000_000


@pytest.mark.parametrize(
    ("learned", "basis"),
    [
        (0.0, "by defaults; after one run by what it took"),
        (0.6, "60% by what earlier runs took, the rest by defaults"),
        (1.0, "by what earlier runs took"),
    ],
)
def test_what_was_expected_and_what_came(learned, basis):
    estimate = Estimate(10, 5 * MB, seconds=126, memory=300 * MB, learned=learned)
    statistics = BatchStatistics(estimate=estimate, elapsed=114, memory_peak=290 * MB)
    (line,) = estimate_lines(statistics)
    assert line == f"estimate 2 min 06 s, took 1 min 54 s; 300.0 MB, {basis}"


@pytest.mark.parametrize("estimate", [None, Estimate(10, 900_000, seconds=9)])
def test_what_is_over_in_a_moment_has_no_line(estimate):
    assert estimate_lines(BatchStatistics(estimate=estimate, elapsed=114)) == []
