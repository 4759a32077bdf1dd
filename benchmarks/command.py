"""The command that is measured."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from benchmarks.watched import Watched, watch

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Ingestion:
    """One run of the command: what it took, and the figures of its `status.json`."""

    took: Watched
    status: dict[str, Any]

    @property
    def seconds(self) -> float:
        """Of wall time."""
        return self.took.seconds

    @property
    def peak_memory(self) -> int:
        """Bytes of all its processes together."""
        return self.took.peak_memory

    @property
    def coordinator_share(self) -> float:
        """The coordinator's part of all processor time."""
        own = self.status["coordinator_cpu_seconds"]
        return float(own / (own + self.status["worker_cpu_seconds"]))

    def processors_used(self, workers: int) -> float:
        """The share of `workers` processors that was busy over the whole command, start and end included."""
        used = self.status["coordinator_cpu_seconds"] + self.status["worker_cpu_seconds"]
        return float(used / (self.seconds * workers))


def ingest(root: Path, dataset: Path, *options: str, fresh: bool = True) -> Ingestion:
    """An ingestion by the whole command, into a dataset that is not there yet if it is to be `fresh`."""
    if fresh:
        shutil.rmtree(dataset, ignore_errors=True)
    command = ingest_command(root, dataset, *options)
    took = watch(command, environment=command_environment())
    if took.code not in (0, 3):
        raise SystemExit(f"{' '.join(command)} ended with {took.code}")
    return Ingestion(took, last_status(dataset))


def last_status(dataset: Path) -> dict[str, Any]:
    """What the last job says of itself."""
    newest = max((dataset / "_jobs").glob("*/status.json"), key=lambda path: path.parent.name)
    status: dict[str, Any] = orjson.loads(newest.read_bytes())
    return status


def ingest_command(root: Path, dataset: Path, *options: str) -> list[str]:
    """A quiet ingestion by the program that is installed."""
    # -P: with its compiled loops, and not the folder that this was started in
    own = [sys.executable, "-P", "-m", "snake_pipe"]
    return [*own, "ingest", str(root), "-d", str(dataset), "-q", *options]


def command_environment() -> dict[str, str]:
    """What the command is started with: that of the caller, but bytecode is kept.

    Without it each start compiles the modules of an editable install anew, which takes 0.1 to 0.5 s.
    """
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
