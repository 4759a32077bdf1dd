"""Spans and metrics of a job's events, as the SDK has them in memory."""

from __future__ import annotations

import pytest

from snake_pipe.observe.events import BatchFinished, Flushed, JobEnded, JobStarted, Notice, Progress
from snake_pipe.observe.status import JobStatus

pytest.importorskip("opentelemetry.sdk")

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from snake_pipe.observe.telemetry.job_telemetry import JobTelemetry

JOB = "20261122-101530-4f9a1c"


@pytest.fixture
def told():
    """Tells a job's telemetry of events; its spans by name, and its metrics' points by name."""

    def tell(*events):
        exporter, reader = InMemorySpanExporter(), InMemoryMetricReader()
        tracers, meters = (
            TracerProvider(shutdown_on_exit=False),
            MeterProvider([reader], shutdown_on_exit=False),
        )
        tracers.add_span_processor(SimpleSpanProcessor(exporter))
        telemetry = JobTelemetry(tracers, meters)
        for event in events:
            telemetry(event)
        data = reader.get_metrics_data()
        points = {
            metric.name: list(metric.data.data_points)
            for resource in ([] if data is None else data.resource_metrics)
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }
        tracers.shutdown()
        meters.shutdown()
        return {span.name: span for span in exporter.get_finished_spans()}, points

    return tell


def test_a_batch_and_a_flush_lie_in_the_job_at_their_times(told):
    spans, _ = told(
        JobStarted(JOB, "/data/trees", resumed=False),
        BatchFinished(7, "python", "size", 3, 1, 40, 900, 1.5, 1_790_000_000.25, "build1:4711"),
        Flushed(1, 3, 4, 0.5, 1_790_000_002.0),
        JobEnded(JOB, "done", ""),
    )
    job, batch, flush = (spans[f"snake_pipe.{name}"] for name in ("job", "batch", "flush"))
    assert batch.parent.span_id == flush.parent.span_id == job.context.span_id
    assert (batch.start_time, batch.end_time) == (1_790_000_000_250_000_000, 1_790_000_001_750_000_000)
    assert flush.end_time - flush.start_time == 500_000_000
    assert batch.attributes["snake_pipe.batch.language"] == "python"
    assert batch.attributes["snake_pipe.worker.id"] == "build1:4711"
    assert job.attributes["snake_pipe.job.id"] == JOB
    assert job.status.status_code is StatusCode.UNSET


def test_a_job_that_failed_is_an_error_and_says_why(told):
    spans, _ = told(
        JobStarted(JOB, "/caf\udce9", resumed=True),
        Notice("storage", "the disk is full"),
        JobEnded(JOB, "failed", "cannot write"),
    )
    job = spans["snake_pipe.job"]
    assert (job.status.status_code, job.status.description) == (StatusCode.ERROR, "cannot write")
    assert job.attributes["snake_pipe.dataset.path"] == "/caf\\udce9"
    (event,) = job.events
    assert event.attributes["snake_pipe.message"] == "the disk is full"


def test_figures_at_the_end_are_the_last_ones(told):
    """The job's status goes on changing after its last progress was told."""
    status = JobStatus(memory_now=5)

    def end(event):
        status.statistics.outcomes["ok", "go"] = 9
        status.statistics.rows["nodes"] = 70
        return event

    events = [JobStarted(JOB, "/data/trees", resumed=False), Progress(status)]
    _, points = told(*events, end(JobEnded(JOB, "done", "")))
    (files,) = points["snake_pipe.files"]
    assert files.value == 9
    assert files.attributes == {"snake_pipe.file.status": "ok", "snake_pipe.file.language": "go"}
    assert points["snake_pipe.rows"][0].value == 70
    assert points["snake_pipe.memory.usage"][0].value == 5
