"""How much longer a run takes than its batches on all workers together, as the last run tells.

On top of them come the coordinator's own work, workers that wait at the end, commits, and tidying.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snake_pipe.utils.batch_utils import clamp

if TYPE_CHECKING:
    from snake_pipe.utils.checkpoint_manager import CheckpointManager

DEFAULT_STRETCH = 1.1
"""Of a first run on a machine that has nothing else to do."""

_LONGEST_STRETCH = 2.0
_JOBS_LOOKED_AT = 10
_LEAST_SECONDS = 0.3
"""Seconds that all workers had work; of shorter runs the start is most."""


def read_stretch(manager: CheckpointManager) -> float:
    """Seconds for each second of work, by the newest job that is done and read enough to tell anything."""
    for job_id in reversed(manager.job_ids()[-_JOBS_LOOKED_AT:]):
        try:
            found = _told_by(manager.read_status(job_id))
        except (TypeError, ValueError, KeyError):  # of another version
            continue
        if found is not None:
            return found
    return DEFAULT_STRETCH


def _told_by(status: dict[str, Any]) -> float | None:
    if status.get("status") != "done" or not status["workers"]:
        return None
    busy = float(status["batch_seconds"]) / int(status["workers"])
    return clamp(float(status["elapsed"]) / busy, 1.0, _LONGEST_STRETCH) if busy >= _LEAST_SECONDS else None
