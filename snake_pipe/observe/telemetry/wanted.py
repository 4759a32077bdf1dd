"""What the standard `OTEL_*` variables ask for.

https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_PROTOCOL = "http/protobuf"


@dataclass(slots=True)
class Wanted:
    """The exporter of each signal, otlp or console; None where it is off. `refused` says what cannot be."""

    traces: str | None = None
    metrics: str | None = None
    refused: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.traces or self.metrics)


def wanted_telemetry(environ: Mapping[str, str]) -> Wanted:
    """What is to be exported: a signal whose exporter is named, or that has an endpoint to go to."""
    wanted = Wanted()
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return wanted
    wanted.traces = _exporter("TRACES", environ, wanted.refused)
    wanted.metrics = _exporter("METRICS", environ, wanted.refused)
    return wanted


def _exporter(signal: str, environ: Mapping[str, str], refused: list[str]) -> str | None:
    def first(*names: str) -> tuple[str, str]:
        return next(((name, value) for name in names if (value := environ.get(name, "").strip())), ("", ""))

    _, endpoint = first(f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
    name, exporter = first(f"OTEL_{signal}_EXPORTER")
    exporter = exporter or ("otlp" if endpoint else "none")
    if exporter == "none":
        return None
    if exporter not in ("otlp", "console"):
        refused.append(f"{name}={exporter}: otlp, console and none are known")
        return None
    name, protocol = first(f"OTEL_EXPORTER_OTLP_{signal}_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
    if exporter == "otlp" and protocol not in ("", _PROTOCOL):
        refused.append(f"{name}={protocol}: only {_PROTOCOL} is spoken, which collectors take at port 4318")
        return None
    return exporter
