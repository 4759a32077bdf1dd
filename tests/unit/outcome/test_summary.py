"""What a run tells machines, from its figures."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from snake_pipe.observe.statistics import BatchStatistics
from snake_pipe.outcome.summary import summarise
from snake_pipe.storage.local import LocalStorage

STATISTICS = BatchStatistics(
    outcomes={("ok", "python"): 3, ("failed", "python"): 1, ("quarantined", "go"): 2, ("skipped", "go"): 1},
    reasons={("failed", "invalid_json"): 1, ("quarantined", "timeout"): 2},
    failed_before=4,
    files_before=9,
    unread=1,
    elapsed=2.5,
)

TREES = LocalStorage(Path("/data/trees"))


def summary(status="done", job_id="20261122-101530-4f9a1c", **facts):
    return summarise(STATISTICS, job_id=job_id, dataset=TREES, status=status, **facts)


def test_files_are_counted_by_language_and_status():
    document = summary().to_json()
    assert document["files"]["by_status"] == {"failed": 1, "ok": 3, "quarantined": 2, "skipped": 1}
    assert document["files"]["by_language"]["go"] == {"quarantined": 2, "skipped": 1}
    assert document["files"]["reasons"]["quarantined"] == {"timeout": 2}
    assert (document["files"]["done"], document["files"]["done_before"]) == (7, 9)


def test_all_that_failed_in_the_job_counts():
    assert summary().failures == STATISTICS.failed_before + 1 + 2 + STATISTICS.unread


@pytest.mark.parametrize(
    ("status", "job_id", "command"),
    [
        ("done", "20261122-101530-4f9a1c", None),
        ("stopped", "20261122-101530-4f9a1c", "snake-pipe resume 20261122-101530-4f9a1c"),
        ("failed", "20261122-101530-4f9a1c", "snake-pipe resume 20261122-101530-4f9a1c"),
        ("failed", "", None),
    ],
)
def test_what_is_left_can_be_resumed(status, job_id, command):
    assert summary(status, job_id).to_json()["resume"] == command


@pytest.mark.parametrize(
    ("status", "exit_code", "success"),
    [
        ("done", 0, True),
        ("done", 143, True),
        ("done", 3, False),
        ("stopped", 130, False),
        ("failed", 1, False),
    ],
)
def test_success_is_all_that_was_asked_for(status, exit_code, success):
    """A watch is done when a signal ends it, and has done all that it could."""
    assert summary(status, exit_code=exit_code).is_success is success


def test_times_are_those_of_the_run_in_utc():
    document = summary(started_at=1_790_000_000.25, ended_at=1_790_000_010.5).to_json()
    assert document["started_at"] == "2026-09-21T14:13:20.250+00:00"
    assert document["duration_seconds"] == 10.25
    assert summary().to_json()["started_at"] is None


def test_names_that_are_no_text_are_text_in_the_document():
    named = summarise(
        STATISTICS, job_id="", dataset=LocalStorage(Path("/caf\udce9")), status="failed", message="\udce9"
    )
    assert json.loads(named.to_bytes())["dataset"] == "/caf\\xe9"
