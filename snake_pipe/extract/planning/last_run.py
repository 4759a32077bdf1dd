"""What the last run of a dataset tells of the next one beside the cost of its batches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from snake_pipe.utils.batch_utils import clamp

if TYPE_CHECKING:
    from snake_pipe.utils.checkpoint_manager import CheckpointManager

_JOBS_LOOKED_AT = 10
_LEAST_SECONDS = 0.3
"""Seconds that all workers had work; of shorter runs the start is most."""


@dataclass(frozen=True, slots=True)
class LastRun:
    """`stretch` is how many seconds a run takes for each that its batches take on all workers together.

    Beside them are the coordinator's own work, workers that wait at the end, commits, tidying. `memory` is
    how many times the expected memory was used. The defaults are those of a first run on a machine that has
    nothing else to do.
    """

    stretch: float = 1.1
    memory: float = 1.0


def read_last_run(manager: CheckpointManager) -> LastRun:
    """By the newest job that is done and read enough to tell anything; the defaults where there is none."""
    for job_id in reversed(manager.job_ids()[-_JOBS_LOOKED_AT:]):
        try:
            found = _told_by(manager.read_status(job_id))
        except (TypeError, ValueError, KeyError, AttributeError):  # of another version
            continue
        if found is not None:
            return found
    return LastRun()


def _told_by(status: dict[str, Any]) -> LastRun | None:
    if status.get("status") != "done" or not status["workers"]:
        return None
    busy = float(status["batch_seconds"]) / int(status["workers"])
    if busy < _LEAST_SECONDS:
        return None
    expected = (status.get("estimate") or {}).get("memory")
    return LastRun(
        stretch=clamp(float(status["elapsed"]) / busy, 1.0, 2.0),
        memory=clamp(float(status["memory_peak"]) / expected, 0.7, 1.5) if expected else 1.0,
    )
