"""The figures of a run's files and batches, for its listeners, `status.json` and the library's user."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snake_pipe.observe.estimate import Estimate

MOST_RULES = 1_000
"""Distinct rules counted; what comes later counts as `_OTHER_RULES`."""

_OTHER_RULES = "(other)"


@dataclass(slots=True)
class LeftOutByRules:
    """How many files and folders rules leave out, and how many each; a folder counts once with all in it."""

    files: int = 0
    folders: int = 0
    rules: dict[str, int] = field(default_factory=dict)

    def add(self, rule: str, *, is_folder: bool) -> None:
        """Count a file or a folder by its rule."""
        if is_folder:
            self.folders += 1
        else:
            self.files += 1
        if rule not in self.rules and len(self.rules) >= MOST_RULES:
            rule = _OTHER_RULES
        self.rules[rule] = self.rules.get(rule, 0) + 1

    def with_rules(self, most: int) -> LeftOutByRules:
        """The same with the rules that did most; another thread may go on counting."""
        rules = sorted(dict(self.rules).items(), key=lambda item: (-item[1], item[0]))
        return LeftOutByRules(self.files, self.folders, dict(rules[:most]))


@dataclass(slots=True)
class BatchStatistics:
    """The figures of a run so far: files by outcome, batches by trigger, rates.

    Each figure has one writer: what comes in the admission, what goes out the delivery, what is there at the
    moment the monitor.

    Sizes are in bytes, times in seconds. `unread` counts folders and files that the walk could not look at,
    `files_before` and `failed_before` files that runs of the job before this one have committed, and those
    of them that failed, `files_touched` those of `files_unchanged` that have other times and equal content.
    `outcomes` counts files by status and language or dialect, `reasons` those with a reason by status and
    reason, `unrecognised` those of no known language by ending, `unasked` those of languages that are not
    read by language, `excluded` those that were named although patterns exclude them. `ignored` is what
    ignore rules left out, by rule (`.gitignore:3 *.o`), `filtered` what the patterns `include` and
    `exclude` did (`exclude *_pb2.py`), `not_changed` those that the dataset does not have since it was begun
    with changes alone. `trees` counts those in files that hold several, and `containers` these files.
    `estimate` is what the run was expected to take once all its files were found; None before that, and for a
    job that goes on with changes.
    `commit_conflicts` counts the tries of commits before which another job's came, `commit_waited` the time
    that they took, `longest_commit_wait` the longest of one commit of a table.
    Of what waits now, the oldest file has waited for `oldest_age`, the oldest batch for a worker for
    `oldest_wait`.
    """

    files_discovered: int = 0
    files_offered: int = 0
    files_done: int = 0
    files_failed: int = 0
    files_cancelled: int = 0
    files_batched: int = 0
    files_alone: int = 0
    files_before: int = 0
    failed_before: int = 0
    files_unchanged: int = 0
    files_touched: int = 0
    files_deleted: int = 0
    files_committed: int = 0
    unread: int = 0
    bytes_discovered: int = 0
    bytes_done: int = 0
    trees: int = 0
    containers: int = 0
    batches_done: int = 0
    batches_retried: int = 0
    batch_seconds: float = 0.0
    discovery_complete: bool = False
    estimate: Estimate | None = None
    outcomes: dict[tuple[str, str], int] = field(default_factory=dict)
    reasons: dict[tuple[str, str], int] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    triggers: dict[str, int] = field(default_factory=dict)
    unrecognised: dict[str, int] = field(default_factory=dict)
    unasked: dict[str, int] = field(default_factory=dict)
    excluded: int = 0
    ignored: LeftOutByRules = field(default_factory=LeftOutByRules)
    filtered: LeftOutByRules = field(default_factory=LeftOutByRules)
    not_changed: int = 0
    files_queued: int = 0
    bytes_queued: int = 0
    oldest_age: float = 0.0
    oldest_wait: float = 0.0
    batches_waiting: int = 0
    batches_in_flight: int = 0
    memory_peak: int = 0
    elapsed: float = 0.0
    worker_cpu_seconds: float = 0.0
    coordinator_cpu_seconds: float = 0.0
    flushes: int = 0
    last_flush_at: float | None = None
    commit_conflicts: int = 0
    commit_waited: float = 0.0
    longest_commit_wait: float = 0.0

    @property
    def failures(self) -> int:
        """Files of the whole job that failed, and what could not even be looked at."""
        return self.failed_before + self.files_failed + self.unread

    @property
    def files_per_second(self) -> float:
        """Rate since the start."""
        return self.files_done / self.elapsed if self.elapsed else 0.0

    @property
    def bytes_per_second(self) -> float:
        """Rate since the start."""
        return self.bytes_done / self.elapsed if self.elapsed else 0.0

    @property
    def average_batch_size(self) -> float:
        """Files a batch."""
        files = self.files_batched + self.files_alone
        return files / self.batches_done if self.batches_done else 0.0

    @property
    def timer_share(self) -> float:
        """Which part of the batches the timer released, 0 to 1."""
        timer = self.triggers.get("timer", 0)
        return timer / total if (total := sum(self.triggers.values())) else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Expected time to the end at the rate so far; None while the walk goes on or nothing is done."""
        if not self.discovery_complete or not self.bytes_per_second:
            return None
        return max(0.0, self.bytes_discovered - self.bytes_done) / self.bytes_per_second

    def figures(self) -> dict[str, float]:
        """The figures that the requirements name (001-3 and 003-7), by those names.

        `batch_efficiency` is the part of the files that travelled with others. Files that were cancelled, or
        that ended their worker, were in no batch that was done, and are in none of these.
        """
        triggers = self.triggers
        done = self.files_batched + self.files_alone
        return {
            "total_queued": self.files_offered,
            "current_buffer_size": self.files_queued,
            "first_entry_age": self.oldest_age,
            "size_flushes": triggers.get("size", 0) + triggers.get("bytes", 0) + triggers.get("memory", 0),
            "timer_flushes": triggers.get("timer", 0),
            "priority_flushes": triggers.get("priority", 0),
            "manual_flushes": triggers.get("manual", 0),
            "close_flushes": triggers.get("close", 0),
            "retry_flushes": triggers.get("retry", 0),
            "total_operations": done,
            "total_batches": self.batches_done,
            "batched_operations": self.files_batched,
            "individual_operations": self.files_alone,
            "average_batch_size": self.average_batch_size,
            "average_batch_seconds": self.batch_seconds / self.batches_done if self.batches_done else 0.0,
            "operations_per_second": done / self.elapsed if self.elapsed else 0.0,
            "batch_efficiency": self.files_batched / done if done else 0.0,
            "total_bytes_processed": self.bytes_done,
        }
