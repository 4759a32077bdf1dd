"""The file for Prometheus' textfile collector, read as Prometheus reads it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from snake_pipe.outcome.metrics.textfile import metrics_text
from snake_pipe.outcome.summary import RunSummary
from snake_pipe.storage.local import LocalStorage

parser = pytest.importorskip("prometheus_client.parser")

DONE = RunSummary(
    job_id="20261122-101530-4f9a1c",
    dataset="/data/trees",
    status="done",
    exit_code=0,
    ended_at=1_790_000_000.0,
    duration=12.5,
    files={"python": {"ok": 3, "failed": 1}, "go": {"ok": 2}},
    unchanged=7,
    rows={"nodes": 100},
    bytes_read=4096,
    program_version="0.1.0",
)
FAILED = replace(DONE, status="failed", exit_code=1, ended_at=1_790_000_600.0)


def samples(text):
    return {
        (sample.name, *(value for name, value in sample.labels.items() if name != "dataset")): sample.value
        for family in parser.text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_a_run_that_ended_well(tmp_path):
    found = samples(metrics_text(DONE, LocalStorage(tmp_path)))
    assert found["snake_pipe_last_success_timestamp_seconds",] == 1_790_000_000
    assert found["snake_pipe_lag_seconds",] == 0
    assert found["snake_pipe_last_run_duration_seconds",] == 12.5
    assert found["snake_pipe_last_run_files", "ok"] == 5
    assert found["snake_pipe_last_run_files", "quarantined"] == 0  # a series that is there can be asked for
    assert found["snake_pipe_last_run_files", "unchanged"] == 7
    assert found["snake_pipe_last_run_rows", "nodes"] == 100
    assert found["snake_pipe_last_run_read_bytes",] == 4096


def test_a_run_that_failed_keeps_the_last_success(tmp_path):
    text = metrics_text(DONE, LocalStorage(tmp_path))
    for later in (FAILED, replace(FAILED, exit_code=3, status="done", ended_at=1_790_001_000.0)):
        text = metrics_text(later, LocalStorage(tmp_path), text)
        found = samples(text)
        assert found["snake_pipe_last_success_timestamp_seconds",] == 1_790_000_000
        assert found["snake_pipe_lag_seconds",] == later.ended_at - 1_790_000_000
        assert found["snake_pipe_last_run_exit_code",] == later.exit_code


@pytest.mark.parametrize("before", ["", "nonsense\n", "snake_pipe_last_success_timestamp_seconds 17\n"])
def test_where_no_run_ended_well_there_is_no_last_success(tmp_path, before):
    found = samples(metrics_text(FAILED, LocalStorage(tmp_path), before))
    assert ("snake_pipe_last_success_timestamp_seconds",) not in found
    assert found["snake_pipe_last_run_exit_code",] == 1


@pytest.mark.parametrize("name", ['a "b"', "a\\b", "line\nbreak", "caf\udce9"])
def test_any_name_of_a_dataset_is_a_label(tmp_path, name):
    dataset = Path(tmp_path, name)
    text = metrics_text(DONE, LocalStorage(dataset))
    again = samples(metrics_text(FAILED, LocalStorage(dataset), text))
    assert again["snake_pipe_last_success_timestamp_seconds",] == 1_790_000_000
    labels = {
        sample.labels.get("dataset")
        for family in parser.text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert len(labels - {None}) == 1
