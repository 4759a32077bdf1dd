"""Brings a job's spans and metrics to a collector; a collector that is dead or slow holds nobody up."""

from __future__ import annotations

import logging
import sys
import time
from threading import Thread
from typing import TYPE_CHECKING, Any

from snake_pipe.observe.telemetry.wanted import wanted_telemetry
from snake_pipe.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from snake_pipe.observe.events import Event
    from snake_pipe.observe.telemetry.job_telemetry import JobTelemetry
    from snake_pipe.observe.telemetry.wanted import Wanted

_LONGEST_END = 5.0
"""Seconds that the last export may take."""

_MISSING = (
    "OTEL_* variables ask for telemetry, but OpenTelemetry is not installed; pip install 'snake-pipe[otel]'"
)


class Telemetry:
    """A listener whose spans and metrics are exported in the background until `close`."""

    def __init__(self, listener: JobTelemetry, providers: list[Any], warn: Callable[[str], None]) -> None:
        self._listener = listener
        self._providers = providers
        self._warn = warn
        self._log = _FirstWarning()
        logger = logging.getLogger("opentelemetry")
        logger.addHandler(self._log)
        logger.propagate = False

    def __call__(self, event: Event) -> None:
        """Take in one event."""
        self._listener(event)

    def close(self) -> None:
        """Export what is left, for a few seconds at most, and say if something could not be exported."""
        ends = [Thread(target=provider.shutdown, daemon=True) for provider in self._providers]
        deadline = time.monotonic() + _LONGEST_END
        for end in ends:
            end.start()
        for end in ends:
            end.join(max(0.0, deadline - time.monotonic()))
        if any(end.is_alive() for end in ends):
            self._warn(f"telemetry is not all exported: the collector took longer than {_LONGEST_END:g} s")
        elif self._log.text:
            self._warn(f"telemetry is not all exported: {self._log.text}")


def open_telemetry(environ: Mapping[str, str], warn: Callable[[str], None]) -> Telemetry | None:
    """What the environment asks for; None if that is nothing, or cannot be: `warn` is told why."""
    wanted = wanted_telemetry(environ)
    for text in wanted.refused:
        warn(f"no telemetry: {text}")
    if not wanted:
        return None
    try:
        return _open(wanted, environ, warn)
    except ImportError:
        warn(_MISSING)
    except ValueError as error:  # of a variable that the library reads itself
        warn(f"no telemetry: {error}")
    return None


def _open(wanted: Wanted, environ: Mapping[str, str], warn: Callable[[str], None]) -> Telemetry:
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    from snake_pipe.observe.telemetry.job_telemetry import JobTelemetry

    resource = Resource.create()  # from OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME
    if str(resource.attributes.get("service.name", "unknown_service")).startswith("unknown_service"):
        resource = resource.merge(Resource({"service.name": "snake-pipe"}))
    resource = Resource({"service.version": __version__}).merge(resource)
    tracers = TracerProvider(resource=resource, shutdown_on_exit=False)
    if wanted.traces:
        tracers.add_span_processor(_span_processor(wanted.traces))
    readers = [_metric_reader(wanted.metrics)] if wanted.metrics else []
    meters = MeterProvider(readers, resource, shutdown_on_exit=False)
    # https://opentelemetry.io/docs/specs/otel/context/env-carriers/
    carrier = {key.lower(): environ[key] for key in ("TRACEPARENT", "TRACESTATE") if key in environ}
    parent = TraceContextTextMapPropagator().extract(carrier)
    return Telemetry(JobTelemetry(tracers, meters, parent), [tracers, meters], warn)


def _span_processor(exporter: str) -> Any:
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter

    if exporter == "console":
        return BatchSpanProcessor(ConsoleSpanExporter(out=sys.stderr))
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return BatchSpanProcessor(OTLPSpanExporter())


def _metric_reader(exporter: str) -> Any:
    from opentelemetry.sdk.metrics.export import ConsoleMetricExporter, PeriodicExportingMetricReader

    if exporter == "console":
        return PeriodicExportingMetricReader(ConsoleMetricExporter(out=sys.stderr))
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter

    return PeriodicExportingMetricReader(OTLPMetricExporter())


class _FirstWarning(logging.Handler):
    """Keeps the first thing that the SDK complains of: a line is enough, when the run is over."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.text = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        self.text = self.text or record.getMessage().partition("\n")[0]
