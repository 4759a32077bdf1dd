"""Whether all is well with a dataset's job, for what watches over programs; it reads no clock and no file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from snake_pipe.extract.batching.memory import ONE_AT_A_TIME
from snake_pipe.observe.status import stopper
from snake_pipe.utils.circuit_breaker import OPEN

_BREAKERS = {
    "storage": "nothing can be written (the breaker of the storage is open)",
    "pool": "workers die as fast as they are started (the breaker of the pool is open)",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """How a job stands, as other processes see it.

    `state` is that of the job, interrupted if its process is gone without a word; `runs` tells whether its
    process is there. `figures` is its `status.json`, of which anything may be missing. `last_success` is when
    a run of the dataset last ended well. Times are in seconds since 1970.
    """

    job_id: str
    state: str
    runs: bool
    figures: dict[str, Any]
    last_success: float | None = None

    @property
    def is_up_to_date(self) -> bool:
        """Whether it runs and has done all that there is to do, as a watch has between two changes."""
        waiting = ("files_queued", "batches_waiting", "batches_in_flight")
        return (
            self.runs
            and bool(self.figures.get("discovery_complete"))
            and not any(self.number(name) for name in waiting)
        )

    def number(self, name: str) -> float:
        """A figure; 0 if it is missing or no number."""
        value = self.figures.get(name)
        return value if isinstance(value, int | float) and not isinstance(value, bool) else 0


def ailments(
    standing: Standing, now: float, *, stalled_after: float, max_age: float | None = None
) -> list[str]:
    """What is wrong, the worst first; nothing if all is well.

    `stalled_after` is how many seconds a running job may be without progress, `max_age` how many seconds ago
    the last success may be; None if that does not matter.
    """
    found = _while_it_runs(standing, now, stalled_after) if standing.runs else _at_its_end(standing)
    if max_age is not None and not standing.is_up_to_date:
        found += _too_old(standing.last_success, now, max_age)
    return found


def _while_it_runs(standing: Standing, now: float, stalled_after: float) -> list[str]:
    found = []
    for name, text in _BREAKERS.items():
        breakers = standing.figures.get("breakers")
        if isinstance(breakers, dict) and breakers.get(name) == OPEN:
            found.append(text)
    seen, progress = standing.number("time"), standing.number("last_progress_at")
    if seen and now - seen >= stalled_after:
        found.append(f"no sign of life for {now - seen:.0f} s")
    elif progress and now - progress >= stalled_after:
        found.append(f"no progress for {now - progress:.0f} s")
    limit, used = standing.number("memory_limit"), standing.number("memory_now")
    if limit and used >= ONE_AT_A_TIME * limit:
        found.append(f"memory is at its limit: {used / limit:.0%} of {limit / 2**20:,.0f} MiB")
    return [f"job {standing.job_id}: {'; '.join(found)}"] if found else []


def _at_its_end(standing: Standing) -> list[str]:
    message = str(standing.figures.get("message") or "")
    why = {
        "interrupted": "died: its process was killed, or the machine went down",
        "failed": f"failed: {message}" if message else "failed",
        "stopped": f"is unfinished: it was stopped by {stopper(message)}"
        if message
        else "is unfinished: it was stopped",
    }.get(standing.state)
    job_id = standing.job_id
    return [] if why is None else [f"job {job_id} {why}; snake-pipe resume {job_id}"]


def _too_old(last_success: float | None, now: float, max_age: float) -> list[str]:
    if last_success is None:
        return ["no run has ended well yet"]
    age = now - last_success
    return [f"the last success is {hours(age)} ago, more than {hours(max_age)}"] if age > max_age else []


def hours(seconds: float) -> str:
    """A time as people say it to whom minutes do not matter in days: `26.5 h`, `12 min`, `40 s`."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
