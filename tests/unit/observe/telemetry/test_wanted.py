"""What the standard variables ask for."""

from __future__ import annotations

import pytest

from snake_pipe.observe.telemetry.export import open_telemetry
from snake_pipe.observe.telemetry.wanted import wanted_telemetry

ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:4318"}


@pytest.mark.parametrize(
    ("environ", "traces", "metrics"),
    [
        ({}, None, None),
        (ENDPOINT, "otlp", "otlp"),
        (ENDPOINT | {"OTEL_SDK_DISABLED": "true"}, None, None),
        (ENDPOINT | {"OTEL_METRICS_EXPORTER": "none"}, "otlp", None),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://localhost:4318/v1/traces"}, "otlp", None),
        ({"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://localhost:4318/v1/metrics"}, None, "otlp"),
        ({"OTEL_TRACES_EXPORTER": "console"}, "console", None),
        ({"OTEL_METRICS_EXPORTER": "otlp"}, None, "otlp"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": " "}, None, None),
        ({"OTEL_SERVICE_NAME": "nightly"}, None, None),
        (ENDPOINT | {"OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}, "otlp", "otlp"),
    ],
)
def test_a_signal_with_an_exporter_or_an_endpoint_is_wanted(environ, traces, metrics):
    wanted = wanted_telemetry(environ)
    assert (wanted.traces, wanted.metrics, wanted.refused) == (traces, metrics, [])


@pytest.mark.parametrize(
    ("variable", "value"), [("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"), ("OTEL_TRACES_EXPORTER", "zipkin")]
)
def test_what_is_not_known_is_refused_and_told(variable, value):
    wanted = wanted_telemetry(ENDPOINT | {variable: value})
    assert wanted.traces is None
    assert f"{variable}={value}" in wanted.refused[0]


def test_a_value_that_the_library_refuses_is_a_warning(monkeypatch):
    """It was a traceback, and ended the run before it began."""
    pytest.importorskip("opentelemetry.exporter.otlp.proto.http")
    monkeypatch.setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "99999")  # more than wait at most
    warnings = []
    assert open_telemetry(ENDPOINT, warnings.append) is None
    assert warnings[0].startswith("no telemetry: ")


def test_a_library_that_is_missing_is_a_warning(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "opentelemetry.sdk.trace", None)
    warnings = []
    assert open_telemetry(ENDPOINT, warnings.append) is None
    assert "pip install 'snake-pipe[otel]'" in warnings[0]
    assert open_telemetry({}, warnings.append) is None
    assert len(warnings) == 1
