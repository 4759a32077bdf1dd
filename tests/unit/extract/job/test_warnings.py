"""When a run's figures speak for other settings (requirement 001-4)."""

from __future__ import annotations

import pytest

from snake_pipe.extract.job.warnings import OLDEST_AGE, TIMER_SHARE, warning
from snake_pipe.observe.statistics import BatchStatistics


def test_a_warning_when_the_timer_does_nearly_all():
    statistics = BatchStatistics(triggers={"size": 4, "timer": 15})
    assert warning(TIMER_SHARE, statistics, 1.0) is None
    statistics.triggers["timer"] = 16
    assert warning(TIMER_SHARE, statistics, 1.0) is None, "80 % is not above 80 %"
    statistics.triggers["timer"] = 17
    assert "the timer released 81% of the batches" in (warning(TIMER_SHARE, statistics, 1.0) or "")


@pytest.mark.parametrize(
    ("age", "wait", "latency", "warns"),
    [
        (0.0, 0.9, 1.0, False),
        (0.0, 0.91, 1.0, True),
        (0.0, 9.0, None, False),
        (0.95, 0.0, 1.0, False),  # it waits for the timer, as it should
        (1.1, 0.0, 1.0, True),
    ],
)
def test_a_warning_when_a_file_has_waited_nearly_too_long(age, wait, latency, warns):
    text = warning(OLDEST_AGE, BatchStatistics(oldest_age=age, oldest_wait=wait), latency)
    assert (text is not None) is warns


def test_who_waited_while_the_job_was_paused_asks_for_no_workers():
    """After a pause more workers were recommended, for what no worker was allowed to take."""
    statistics = BatchStatistics(oldest_age=60.0, oldest_wait=60.0)
    assert warning(OLDEST_AGE, statistics, 1.0, going_for=0.5) is None
    assert warning(OLDEST_AGE, statistics, 1.0, going_for=2.0) is not None
