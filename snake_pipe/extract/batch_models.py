"""The nouns of the engine: files, batches, results, statistics.

Everything that crosses to a worker or back is here, is plain data and pickles.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, fields
from enum import IntEnum, StrEnum
from operator import attrgetter
from typing import TYPE_CHECKING, Any, final

from snake_pipe.observe.figures_in_words import files_in_words, rows_in_words
from snake_pipe.observe.statistics import BatchStatistics
from snake_pipe.plugins import AST_QUEUE
from snake_pipe.utils.checkpoint_manager import CheckpointData, ProcessingProgress, ProcessingState

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from snake_pipe.load.part_writer import Part

_LEAST_TREE = 16
"""Bytes of JSON that each of several trees takes at least."""

__all__ = [
    "HIGHEST_PRIORITY",
    "LOWEST_PRIORITY",
    "BatchExecutionResult",
    "BatchPriority",
    "BatchResult",
    "BatchStatistics",
    "CheckpointData",
    "DiscoveredFile",
    "DiscoveryError",
    "FileBatch",
    "ProcessingProgress",
    "ProcessingResult",
    "ProcessingState",
    "RepositoryProcessingResult",
    "Trigger",
]


LOWEST_PRIORITY, HIGHEST_PRIORITY = 0, 10
"""The scale of priorities."""


class BatchPriority(IntEnum):
    """Named points of the scale; any integer of it is allowed."""

    LOW = 2
    NORMAL = 5
    HIGH = 8
    CRITICAL = HIGHEST_PRIORITY


class Trigger(StrEnum):
    """Why a batch left its queue."""

    SIZE = "size"
    BYTES = "bytes"
    TIMER = "timer"
    PRIORITY = "priority"
    MEMORY = "memory"
    MANUAL = "manual"
    CLOSE = "close"
    RETRY = "retry"


def is_packed(path: str) -> bool:
    """Whether a file's name says that it is compressed."""
    return path.lower().endswith(".gz")


@final
@dataclass(frozen=True, slots=True)
class DiscoveredFile:
    r"""One file to process.

    `root` is the absolute folder it was found under, `path` POSIX and relative to it with undecodable
    bytes escaped as `\xNN`; `path_bytes` holds the raw relative path where it differs.
    `queue` is a language's name or `ast`. `file_id` is -1 until the engine gives one.
    `skip_reason` set means: do not read it, record it as skipped for this reason.
    """

    root: str
    path: str
    size_bytes: int
    mtime_ns: int
    queue: str
    repo: str = ""
    priority: int = BatchPriority.NORMAL
    path_bytes: bytes | None = None
    file_id: int = -1
    skip_reason: str | None = None

    @property
    def most_trees(self) -> int:
        """How many trees it may hold beside each other: as many ids behind its own are kept for them.

        For a packed file one a byte: those of real tools have hundreds of bytes, which become twenty.
        """
        if self.queue != AST_QUEUE or self.skip_reason is not None:
            return 0
        return self.size_bytes // (1 if is_packed(self.path) else _LEAST_TREE)

    @property
    def relative(self) -> bytes:
        """The path below the root, as the file system has it."""
        return self.path_bytes or self.path.encode()

    @property
    def os_path(self) -> str:
        """The path to open, with surrogate escapes where the name is not UTF-8."""
        return os.path.join(self.root, os.fsdecode(self.path_bytes) if self.path_bytes else self.path)  # noqa: PTH118

    @classmethod
    def from_path(cls, path: Path, *, root: Path | None = None, queue: str = "") -> DiscoveredFile:
        """The file at `path`, read from the disk; OSError if it is not there."""
        info = path.stat()
        base = (root or path.parent).absolute()
        relative = path.absolute().relative_to(base).as_posix()
        return cls(str(base), relative, info.st_size, info.st_mtime_ns, queue, base.name)

    def numbered(self, file_id: int) -> DiscoveredFile:
        """The same file with its id; half the time of `dataclasses.replace`, and every file passes here."""
        return DiscoveredFile(
            self.root,
            self.path,
            self.size_bytes,
            self.mtime_ns,
            self.queue,
            self.repo,
            self.priority,
            self.path_bytes,
            file_id,
            self.skip_reason,
        )

    def __reduce__(self) -> tuple[Any, ...]:
        """For pickle, whose own way with frozen classes of slots takes both sides three times as long."""
        return DiscoveredFile, _values(self)


_values = attrgetter(*(each.name for each in fields(DiscoveredFile)))


@dataclass(frozen=True, slots=True)
class DiscoveryError:
    """Something on the way to the files that could not be read; the walk went on."""

    path: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class FileBatch:
    """Files of one queue that travel together.

    What it is expected to take is learned, 0 if unknown: `estimated_processing_time` in seconds,
    `estimated_memory` in bytes, `estimated_io` in bytes to read and to write.
    `created_at` is on the coordinator's clock, in seconds; `waited` is what its oldest file waited.
    """

    batch_id: int
    files: tuple[DiscoveredFile, ...]
    total_size: int
    queue: str
    trigger: Trigger
    priority: int = BatchPriority.NORMAL
    created_at: float = 0.0
    waited: float = 0.0
    attempt: int = 1
    estimated_processing_time: float = 0.0
    estimated_memory: int = 0
    estimated_io: int = 0

    def __len__(self) -> int:
        return len(self.files)


@dataclass(frozen=True, slots=True)
class ProcessingResult:
    """What became of one file. `value` is what a user's own processor returned; it must pickle."""

    path: str
    status: str = "ok"
    error: str | None = None
    duration_ms: float = 0.0
    value: Any = None

    @property
    def success(self) -> bool:
        """Whether the file was processed."""
        return self.status in ("ok", "partial", "skipped")


@dataclass(slots=True)
class BatchResult:
    """What a worker sends back: figures, never rows of trees.

    `files` and `errors` are the batch's rows of those two tables as Arrow IPC streams (one row a file;
    the flush adds its number and time); `outcomes` counts files by (status, language or dialect), `reasons`
    those with a reason by (status, reason).
    `trees` counts the trees in documents that hold several, which are `containers`.
    `failure` is set when the batch as a whole failed for a reason that is no file's fault (a full disk).
    `worker` is the worker as host:pid, `started_at` in seconds since 1970; memory is in bytes, other
    times in seconds.
    """

    batch_id: int
    attempt: int = 1
    results: list[ProcessingResult] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    files: bytes = b""
    errors: bytes = b""
    outcomes: dict[tuple[str, str], int] = field(default_factory=dict)
    reasons: dict[tuple[str, str], int] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    trees: int = 0
    containers: int = 0
    byte_count: int = 0
    worker: str = ""
    started_at: float = 0.0
    duration: float = 0.0
    cpu_seconds: float = 0.0
    memory_before: int = 0
    memory_after: int = 0
    memory_peak: int = 0
    failure: str | None = None

    @property
    def file_count(self) -> int:
        """Files with a row."""
        return sum(self.outcomes.values())

    @property
    def success_count(self) -> int:
        """Files that were processed or skipped on purpose."""
        return sum(n for (status, _), n in self.outcomes.items() if status in ("ok", "partial", "skipped"))

    @property
    def failure_count(self) -> int:
        """Files that failed or were quarantined."""
        return self.file_count - self.success_count


@dataclass(slots=True)
class BatchExecutionResult:
    """The results of several batches, run side by side; `elapsed` in seconds.

    `results` has each file's result, in the order of the files given, whichever was done first.
    """

    batches: list[BatchResult] = field(default_factory=list)
    results: list[ProcessingResult] = field(default_factory=list)
    elapsed: float = 0.0
    cpu_seconds: float = 0.0
    worker_count: int = 1

    @property
    def errors(self) -> list[ProcessingResult]:
        """The results of files that failed."""
        return [result for result in self.results if not result.success]

    @property
    def cpu_utilisation(self) -> float:
        """Share of the workers' processors that was used, 0 to 1."""
        return self.cpu_seconds / (self.elapsed * self.worker_count) if self.elapsed else 0.0


@dataclass(slots=True, repr=False)
class RepositoryProcessingResult:
    """How a job ended: `status` is done, stopped or failed; `message` says why where it is not done.

    `settings` are those of the job, by name, as far as they are known. `found_nothing` says why a walk of
    whole folders found no file to read, and is empty where it found any. `breaches` are the gates that are
    not met, in words: `snake_pipe.ingest` and `resume` judge them, the engine does not. As text, and in a
    notebook, it is a summary.
    """

    job_id: str
    dataset: str
    status: str
    statistics: BatchStatistics
    message: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    found_nothing: str = ""
    breaches: tuple[str, ...] = ()

    @property
    def success(self) -> bool:
        """Whether the whole input was processed and committed."""
        return self.status == "done"

    def __repr__(self) -> str:
        words = "; ".join(f"{name} {value}" for name, value in self._in_words())
        return f"<{words}>"

    def _repr_html_(self) -> str:
        from html import escape

        rows = "".join(
            f"<tr><th>{name}</th><td>{escape(value)}</td></tr>" for name, value in self._in_words()
        )
        return f"<table>{rows}</table>"

    def _in_words(self) -> list[tuple[str, str]]:
        statistics = self.statistics
        why = f": {self.found_nothing}" if self.found_nothing else ""
        gates = [("gates", "; ".join(self.breaches))] if self.breaches else []
        return [
            ("job", f"{self.job_id} {self.status}{f': {self.message}' if self.message else ''}"),
            ("files", files_in_words(statistics) + why),
            ("rows", rows_in_words(statistics)),
            ("time", f"{statistics.elapsed:.1f} s"),
            *gates,
            ("dataset", self.dataset),
        ]
