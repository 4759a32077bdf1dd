"""When all is well with a job, and when not: figures and times are made up here."""

from __future__ import annotations

import pytest

from snake_pipe.outcome.health import Standing, ailments

JOB = "20261122-101530-4f9a1c"
NOW = 1_790_000_000.0
WELL = {
    "time": NOW - 0.5,
    "last_progress_at": NOW - 1,
    "breakers": {"storage": "closed", "pool": "closed"},
    "memory_limit": 1000,
    "memory_now": 500,
    "files_queued": 10,
}


def found(state="running", last_success=None, max_age=None, **figures):
    standing = Standing(JOB, state, state in ("running", "paused"), WELL | figures, last_success)
    return "; ".join(ailments(standing, NOW, stalled_after=120, max_age=max_age))


@pytest.mark.parametrize("state", ["running", "paused", "done"])
def test_all_is_well(state):
    assert found(state) == ""


@pytest.mark.parametrize(
    ("figures", "text"),
    [
        ({"last_progress_at": NOW - 150}, "no progress for 150 s"),
        ({"time": NOW - 130, "last_progress_at": NOW - 200}, "no sign of life for 130 s"),
        ({"breakers": {"storage": "open"}}, "nothing can be written"),
        ({"breakers": {"pool": "open"}}, "workers die"),
        ({"memory_now": 810}, "memory is at its limit: 81%"),
    ],
)
def test_a_running_job_that_is_not_well(figures, text):
    assert text in found(**figures)
    assert JOB in found(**figures)


def test_several_reasons_are_told_together():
    assert found(last_progress_at=NOW - 150, memory_now=990).count(";") == 1


@pytest.mark.parametrize(
    ("state", "message", "text"),
    [
        ("interrupted", "", "died"),
        ("failed", "the disk is full", "failed: the disk is full"),
        ("stopped", "SIGTERM", "stopped by SIGTERM"),
    ],
)
def test_a_job_that_ended_early_can_be_resumed(state, message, text):
    assert text in found(state, message=message)
    assert f"snake-pipe resume {JOB}" in found(state, message=message)


def test_a_success_is_too_old_from_a_certain_age_on():
    day = 24 * 3600.0
    assert found("done", last_success=NOW - day, max_age=day) == ""
    assert "24.0 h ago" in found("done", last_success=NOW - day - 60, max_age=day)
    assert found("done", max_age=day) == "no run has ended well yet"
    assert found("done", last_success=NOW - day - 60) == ""


def test_a_watch_that_has_nothing_to_do_is_up_to_date():
    assert found(max_age=60, discovery_complete=True, files_queued=0) == ""
    assert found(max_age=60, discovery_complete=True, files_queued=1) == "no run has ended well yet"


@pytest.mark.parametrize("damaged", [{"breakers": 7}, {"time": "x"}, {"memory_limit": None}])
def test_figures_of_other_versions_are_no_ailments(damaged):
    assert found(**damaged) == ""
