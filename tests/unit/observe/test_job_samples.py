"""A job's points over time, and how they stay few."""

from __future__ import annotations

import pytest

from snake_pipe.observe import job_samples
from snake_pipe.observe.events import Notice, Progress
from snake_pipe.observe.job_samples import JobSamples, read_samples
from snake_pipe.observe.status import JobStatus
from snake_pipe.storage.local import LocalStorage


def status_after(seconds, files=0):
    status = JobStatus(memory_now=5, memory_limit=9)
    status.statistics.elapsed = seconds
    status.statistics.files_done = files
    return status


def test_progress_is_noted_once_a_second(tmp_path):
    samples = JobSamples(LocalStorage(tmp_path).private())
    samples(Progress(status_after(0.1, 1)))
    samples(Progress(status_after(0.2, 2)))
    samples(Notice("memory", "much"))
    samples.add(status_after(0.3, 3))
    assert [
        (one["files_done"], one["memory"], one["memory_limit"])
        for one in read_samples(LocalStorage(tmp_path))
    ] == [
        (1, 5, 9),
        (3, 5, 9),
    ]
    assert (tmp_path / "samples.jsonl").stat().st_mode & 0o777 == 0o600


def test_a_long_job_has_few_points_of_which_the_newest_is_the_last(tmp_path, monkeypatch):
    monkeypatch.setattr(job_samples, "_MOST", 8)
    samples = JobSamples(LocalStorage(tmp_path))
    for number in range(1, 101):
        samples.add(status_after(1, number))
        assert len(read_samples(LocalStorage(tmp_path))) < 8
        assert read_samples(LocalStorage(tmp_path))[-1]["files_done"] == number
    assert read_samples(LocalStorage(tmp_path))[0]["files_done"] > 1


def test_a_resumed_job_goes_on_in_the_same_file(tmp_path):
    JobSamples(LocalStorage(tmp_path)).add(status_after(1, 1))
    JobSamples(LocalStorage(tmp_path)).add(status_after(1, 2))
    assert [one["files_done"] for one in read_samples(LocalStorage(tmp_path))] == [1, 2]


def test_a_job_that_did_not_run_has_no_point(tmp_path):
    JobSamples(LocalStorage(tmp_path)).add(status_after(0))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("line", ["{", "[]", "{}", '{"time": "x"}', "null"])
def test_a_line_that_is_no_point_is_passed_over(tmp_path, line):
    JobSamples(LocalStorage(tmp_path)).add(status_after(1, 1))
    with (tmp_path / "samples.jsonl").open("a") as file:
        file.write(line + "\n")
    JobSamples(LocalStorage(tmp_path)).add(status_after(1, 2))
    assert [one["files_done"] for one in read_samples(LocalStorage(tmp_path))] == [1, 2]


def test_a_disk_that_refuses_costs_the_points_and_not_the_job(tmp_path):
    (tmp_path / "file").touch()
    JobSamples(LocalStorage(tmp_path / "file" / "job")).add(status_after(1))
    assert read_samples(LocalStorage(tmp_path / "file" / "job")) == []
