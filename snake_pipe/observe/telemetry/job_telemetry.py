"""A job as spans and metrics: a span for the job, and in it one for each batch and each flush."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snake_pipe.observe.events import BatchFinished, Flushed, JobEnded, JobStarted, Notice, Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from opentelemetry.context import Context
    from opentelemetry.metrics import MeterProvider, Observation
    from opentelemetry.trace import Span, TracerProvider

    from snake_pipe.observe.events import Event
    from snake_pipe.observe.status import JobStatus

_SCOPE = "snake_pipe"
_DURATIONS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Seconds: the bounds of the histograms."""


class JobTelemetry:
    """A listener that makes spans and metrics of a job's events; `parent` is what its span belongs to."""

    def __init__(self, tracers: TracerProvider, meters: MeterProvider, parent: Context | None = None) -> None:
        self._tracer = tracers.get_tracer(_SCOPE)
        self._parent = parent
        self._job: Span | None = None
        self._inside: Context | None = None
        self._status: JobStatus | None = None
        self._figures: dict[str, list[tuple[float, dict[str, Any]]]] = {}
        meter = meters.get_meter(_SCOPE)
        self._batch_seconds, self._flush_seconds = (
            meter.create_histogram(
                f"snake_pipe.{what}.duration", "s", explicit_bucket_boundaries_advisory=_DURATIONS
            )
            for what in ("batch", "flush")
        )
        for name, unit in (("files", "{file}"), ("rows", "{row}"), ("io", "By")):
            meter.create_observable_counter(f"snake_pipe.{name}", [self._observer(name)], unit)
        for name, unit in (
            ("queue.files", "{file}"),
            ("memory.usage", "By"),
            ("memory.limit", "By"),
            ("workers.busy", "{process}"),
        ):
            meter.create_observable_gauge(f"snake_pipe.{name}", [self._observer(name)], unit)

    def __call__(self, event: Event) -> None:
        """Take in one event."""
        if isinstance(event, Progress):
            self._status = event.status
            self._note_figures()
        elif isinstance(event, BatchFinished):
            self._batch(event)
        elif isinstance(event, Flushed):
            self._flush(event)
        elif isinstance(event, JobStarted):
            self._begin(event)
        elif isinstance(event, Notice) and self._job is not None:
            self._job.add_event("snake_pipe.notice", _known({"code": event.code, "message": event.message}))
        elif isinstance(event, JobEnded):
            self._note_figures()
            self._end(event)

    def _begin(self, event: JobStarted) -> None:
        from opentelemetry.trace import set_span_in_context

        self._job = self._tracer.start_span(
            "snake_pipe.job",
            self._parent,
            attributes=_known(
                {"job.id": event.job_id, "dataset.path": event.dataset, "job.resumed": event.resumed}
            ),
        )
        self._inside = set_span_in_context(self._job)

    def _batch(self, event: BatchFinished) -> None:
        self._child(
            "snake_pipe.batch",
            event.started_at,
            event.seconds,
            {
                "batch.id": event.batch_id,
                "batch.language": event.queue,
                "batch.trigger": event.trigger,
                "batch.files": event.files,
                "batch.files_failed": event.failed,
                "batch.rows": event.rows,
                "batch.size": event.bytes,
                "worker.id": event.worker,
            },
        )
        self._batch_seconds.record(event.seconds, _known({"batch.language": event.queue}))

    def _flush(self, event: Flushed) -> None:
        self._child(
            "snake_pipe.flush",
            event.started_at,
            event.seconds,
            {"flush.seq": event.flush_seq, "flush.files": event.files, "flush.parts": event.parts},
        )
        self._flush_seconds.record(event.seconds)

    def _child(self, name: str, started_at: float, seconds: float, attributes: Mapping[str, Any]) -> None:
        """A span that is over already."""
        start = _nanoseconds(started_at)
        span = self._tracer.start_span(name, self._inside, attributes=_known(attributes), start_time=start)
        span.end(start + _nanoseconds(seconds))

    def _end(self, event: JobEnded) -> None:
        from opentelemetry.trace import Status, StatusCode

        if self._job is None:
            return
        attributes: dict[str, Any] = {"job.status": event.status}
        if self._status is not None:
            statistics = self._status.statistics
            attributes |= {
                "job.files": statistics.files_done,
                "job.files_failed": statistics.files_failed,
                "job.files_unchanged": statistics.files_unchanged,
                "job.rows": sum(statistics.rows.values()),
                "job.size": statistics.bytes_done,
            }
        self._job.set_attributes(_known(attributes))
        if event.status == "failed":
            self._job.set_status(Status(StatusCode.ERROR, event.message))
        self._job.end()

    def _note_figures(self) -> None:
        """Copy the figures: they are exported on another thread, while the job changes them."""
        if self._status is None:
            return
        status, statistics = self._status, self._status.statistics
        self._figures = {
            "files": [
                (count, _known({"file.status": word, "file.language": language}))
                for (word, language), count in statistics.outcomes.items()
            ],
            "rows": [(count, _known({"table": table})) for table, count in statistics.rows.items()],
            "io": [(statistics.bytes_done, _known({"io.direction": "read"}))],
            "queue.files": [(statistics.files_queued, {})],
            "memory.usage": [(status.memory_now, {})],
            "memory.limit": [(status.memory_limit, {})],
            "workers.busy": [(status.busy_workers, {})],
        }

    def _observer(self, name: str) -> Callable[[Any], Iterable[Observation]]:
        def observe(_: Any) -> Iterable[Observation]:
            from opentelemetry.metrics import Observation

            return [Observation(value, labels) for value, labels in self._figures.get(name, ())]

        return observe


def _nanoseconds(seconds: float) -> int:
    """As exact as seconds since 1970 are as a float: to the microsecond."""
    return round(seconds * 1e6) * 1000


def _known(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes by their full names; text that is no UTF-8 is escaped, as it cannot be sent."""
    return {
        f"snake_pipe.{name}": value.encode("utf-8", "backslashreplace").decode()
        if isinstance(value, str)
        else value
        for name, value in attributes.items()
    }
