"""Traces and metrics of a real job, at a real collector, and at none."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import urllib.request

import pytest

from testkit.otlp import Collector, attributes_of
from testkit.repositories import python_files
from testkit.waiting import wait_for

pytest.importorskip("opentelemetry.exporter.otlp.proto.http")
pytest.importorskip("prometheus_client")

LOADED = """
import sys
from snake_pipe.cli.app import run
run(sys.argv[1:])
print([name for name in sys.modules if name.split(".")[0] in ("opentelemetry", "prometheus_client")])
"""
SERIAL = ("--set", "executor=serial")
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def small(tmp_path):
    return python_files(tmp_path / "small", 3)


def test_a_job_its_batches_and_its_flushes_arrive(cli, small):
    with Collector() as collector:
        asked = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint,
            "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=test",
            "OTEL_SERVICE_NAME": "nightly",
            "TRACEPARENT": PARENT,
        }
        done = cli.run("ingest", small, "--no-progress", env=cli.environment | asked)
    assert (done.returncode, "warning" in done.stderr) == (0, False)
    spans = collector.spans()
    assert {(found["service.name"], found["deployment.environment.name"]) for found, _ in spans} == {
        ("nightly", "test")
    }
    (job,) = [span for _, span in spans if span.name == "snake_pipe.job"]
    assert (job.trace_id.hex(), job.parent_span_id.hex()) == tuple(PARENT.split("-")[1:3])
    assert attributes_of(job)["snake_pipe.job.files"] == 3
    inside = [span for _, span in spans if span is not job]
    assert {span.name for span in inside} == {"snake_pipe.batch", "snake_pipe.flush"}
    for span in inside:
        assert span.parent_span_id == job.span_id
        assert job.start_time_unix_nano <= span.start_time_unix_nano
        assert span.start_time_unix_nano <= span.end_time_unix_nano <= job.end_time_unix_nano
    assert sum(attributes_of(span).get("snake_pipe.batch.files", 0) for span in inside) == 3
    metrics = collector.metrics()
    assert [point.as_int for point in metrics["snake_pipe.files"]] == [3]
    assert metrics["snake_pipe.batch.duration"][0].count == 1


def test_a_collector_that_never_answers_holds_nobody_up(cli, small):
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        asked = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{deaf.getsockname()[1]}"}
        done = cli.run_alone("ingest", small, "--no-progress", *SERIAL, env=cli.environment | asked)
    assert done.returncode == 0
    assert "warning: telemetry is not all exported: " in done.stderr


def test_nothing_is_loaded_that_nobody_asked_for(cli, small):
    done = subprocess.run(
        [sys.executable, "-c", LOADED, "ingest", str(small), "-q", *SERIAL],
        env=cli.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[]\n"


def test_a_watch_shows_its_figures_at_a_port_and_a_signal_ends_it_well(cli, small, tmp_path):
    summary = tmp_path / "run.json"
    watch = cli.start("watch", small, "--metrics-port", "0", "--no-progress", "--summary-json", summary)
    address = watch.stderr.readline().removeprefix("metrics at ").strip()

    def shown():
        with urllib.request.urlopen(address) as answer:
            return answer.read().decode()

    assert address.startswith("http://127.0.0.1:")
    ok = f'snake_pipe_files_total{{dataset="{small}/.snake-pipe",language="python",status="ok"}} 3.0'
    wait_for(lambda: ok in shown())
    watch.terminate()
    watch.communicate()
    document = json.loads(summary.read_text())
    assert watch.returncode == document["exit_code"] == 143
    assert (document["status"], document["message"]) == ("done", "SIGTERM")
    assert document["files"]["by_status"] == {"ok": 3}
