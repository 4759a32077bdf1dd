"""A run's summary as its job's folder keeps it, with what only its process knows: the exit code."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import orjson

from snake_pipe.observe.recorded_statistics import recorded_statistics
from snake_pipe.outcome.summary import summarise
from snake_pipe.utils.checkpoint_manager import STATUS_FILE, CheckpointManager

if TYPE_CHECKING:
    from snake_pipe.outcome.summary import RunSummary
    from snake_pipe.storage.storage import Storage

_FILE = "summary.json"


def keep_summary(summary: RunSummary, dataset: Storage) -> None:
    """Keep it in the job's folder; where that cannot be, the job's figures tell nearly the same."""
    with suppress(OSError):
        CheckpointManager(dataset).job_folder(summary.job_id).show(_FILE, summary.to_bytes())


def summary_of_job(
    dataset: Storage, job_id: str, state: str, figures: dict[str, Any], *, has_ended: bool
) -> dict[str, Any]:
    """The document of the job's last run, or of one that goes on, made of its figures.

    What its process left counts if it is of that run: a later one may have been killed.
    """
    if has_ended and (kept := kept_summary(dataset, job_id)) is not None:
        return kept
    started_at, last_seen = _number(figures.get("started_at")), _number(figures.get("time"))
    return summarise(
        recorded_statistics(figures),
        job_id=job_id,
        dataset=dataset,
        status=state,
        message=str(figures.get("message") or ""),
        started_at=started_at,
        ended_at=last_seen if has_ended else None,
    ).to_json()


def kept_summary(dataset: Storage, job_id: str) -> dict[str, Any] | None:
    """What the process of the job's last run left; None if it left nothing, as one that was killed."""
    folder = CheckpointManager(dataset).job_folder(job_id)
    try:
        if folder.info(_FILE).modified < folder.info(STATUS_FILE).modified:
            return None
        document = orjson.loads(folder.read(_FILE))
    except (OSError, orjson.JSONDecodeError):
        return None
    return document if isinstance(document, dict) else None


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
