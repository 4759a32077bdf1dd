"""How a job stands: its state, its workers and memory, what was asked of it, and its figures."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from snake_pipe.observe.statistics import BatchStatistics

LIVE = ("running", "paused", "stopping", "delivering", "tidying")
"""States of a job that can still be sent a command."""

BUDGET = "budget"
"""The message of a job that its budget of time has ended."""

_STOPPERS = {"control": "snake-pipe control stop", BUDGET: "its budget of time"}

_MOST_CHANGES = 100
_MOST_ANSWERS = 200
"""More than commands are read at a time, so that nobody misses an answer."""


@dataclass(frozen=True, slots=True)
class HostFigures:
    """The workers on one machine of several; memory in bytes of all that runs there for the job.

    `paused` says that it is sent nothing new, because Dask finds it short of memory or is about to close it.
    """

    host: str
    workers: int = 0
    busy: int = 0
    memory: int = 0
    memory_limit: int = 0
    paused: bool = False


@dataclass(slots=True)
class JobStatus:
    """A job as it stands now. Memory is in bytes of all processes together.

    `state` is running, paused, stopping, delivering (all is committed, sinks still lack something), tidying
    (what is superseded leaves the tables), done, stopped or failed; `message` says why it ended early.
    `last_progress_at`, in seconds since 1970, is when it last came further, or had nothing to do.
    `hosts` are the machines that the workers are on, empty where there is only this one.
    `queues` are the figures of waiting files by queue, `breakers` the states of the circuit breakers,
    `warnings` what speaks for other settings, `changes` settings that were changed while it ran, `answers`
    what became of commands, the newest last.
    """

    state: str = "running"
    message: str = ""
    workers: int = 0
    busy_workers: int = 0
    hosts: list[HostFigures] = field(default_factory=list)
    pool_restarts: int = 0
    memory_limit: int = 0
    memory_now: int = 0
    last_progress_at: float = 0.0
    queues: list[dict[str, Any]] = field(default_factory=list)
    breakers: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    changes: list[dict[str, Any]] = field(default_factory=list)
    answers: list[dict[str, Any]] = field(default_factory=list)
    statistics: BatchStatistics = field(default_factory=BatchStatistics)

    def add_change(self, change: dict[str, Any]) -> None:
        """Note a setting that was changed; only the newest are kept."""
        self.changes = [*self.changes, change][-_MOST_CHANGES:]

    def add_answer(self, answer: dict[str, Any]) -> None:
        """Note what became of a command; only the newest are kept."""
        self.answers = [*self.answers, answer][-_MOST_ANSWERS:]

    def to_json(self) -> dict[str, Any]:
        """What `status.json` shows: one flat document."""
        document = asdict(self)
        statistics = self.statistics
        document |= document.pop("statistics")
        for name, counts in (("outcomes", statistics.outcomes), ("reasons", statistics.reasons)):
            document[name] = [[status, word, count] for (status, word), count in counts.items()]
        document["status"] = document.pop("state")
        document["estimated_seconds_left"] = statistics.seconds_left if self.state == "running" else None
        document["statistics"] = statistics.figures()
        return document


def stopper(message: str) -> str:
    """Who stopped a job, by its message: a signal's name, the command of another terminal, or its budget."""
    return _STOPPERS.get(message, message)
