"""Figures that Prometheus fetches while a job runs."""

from __future__ import annotations

import urllib.request

import pytest

from snake_pipe.errors import UsageError
from snake_pipe.observe.events import JobEnded, JobStarted, Progress
from snake_pipe.observe.metrics.server import MetricsServer, parse_address
from snake_pipe.observe.status import JobStatus

parser = pytest.importorskip("prometheus_client.parser")


def fetched(server):
    with urllib.request.urlopen(server.address) as answer:
        text = answer.read().decode()
    return {
        (
            sample.name,
            *sorted(value for name, value in sample.labels.items() if name != "dataset"),
        ): sample.value
        for family in parser.text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_figures_are_those_of_the_last_event():
    server = MetricsServer("127.0.0.1", 0)
    try:
        assert fetched(server) == {}
        status = JobStatus(workers=2, memory_now=77, breakers={"storage": "open"})
        server(JobStarted("20261122-101530-4f9a1c", "/data/trees", resumed=False))
        server(Progress(status))
        status.statistics.outcomes["ok", "python"] = 4
        assert ("snake_pipe_files_total", "ok", "python") not in fetched(server)
        status.state = "done"
        server(JobEnded("20261122-101530-4f9a1c", "done", ""))
        found = fetched(server)
        assert found["snake_pipe_files_total", "ok", "python"] == 4
        assert found["snake_pipe_memory_bytes",] == 77
        assert found["snake_pipe_breaker_open", "storage"] == 1
        assert (found["snake_pipe_job_state", "done"], found["snake_pipe_job_state", "running"]) == (1, 0)
        with pytest.raises(UsageError, match="Address already in use"):
            MetricsServer(*parse_address(server.address.split("/")[2]))
    finally:
        server.close()


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("9464", ("127.0.0.1", 9464)),
        (":9464", ("127.0.0.1", 9464)),
        ("0.0.0.0:80", ("0.0.0.0", 80)),
        ("[::1]:0", ("::1", 0)),
    ],
)
def test_an_address_is_of_this_machine_unless_it_says_otherwise(text, address):
    assert parse_address(text) == address


@pytest.mark.parametrize("text", ["", "x", "1.5", "-1", "65536", "host:", "host"])
def test_what_is_no_address_is_refused(text):
    with pytest.raises(ValueError, match="is expected"):
        parse_address(text)
