"""Metrics in Prometheus' words: families of samples with labels, and the text that they are exchanged in.

https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Metric:
    """A name that follows Prometheus' conventions: base units, and `_total` at the end of what only grows.

    `labels` are those that each of its samples has.
    """

    name: str
    type: Literal["gauge", "counter"]
    help: str
    labels: tuple[str, ...] = ("dataset",)

    def of(self, value: float, **labels: str) -> Family:
        """The metric with one sample."""
        return Family(self, [(labels, value)])


@dataclass(frozen=True, slots=True)
class Family:
    """A metric with its samples: labels and a value."""

    metric: Metric
    samples: Sequence[tuple[dict[str, str], float]]


def exposition(families: Sequence[Family]) -> str:
    """The text that Prometheus reads; families without a sample are left out."""
    lines = []
    for family in families:
        metric = family.metric
        if family.samples:
            lines += [f"# HELP {metric.name} {_escaped(metric.help)}", f"# TYPE {metric.name} {metric.type}"]
        lines += [f"{series(metric, labels)} {_number(value)}" for labels, value in family.samples]
    return "".join(f"{line}\n" for line in lines)


def series(metric: Metric, labels: dict[str, str]) -> str:
    """A series' name as it stands before its value."""
    inside = ",".join(f'{name}="{_quoted(value)}"' for name, value in labels.items())
    return f"{metric.name}{{{inside}}}" if labels else metric.name


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _quoted(text: str) -> str:
    return _escaped(text).replace('"', '\\"')


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)
