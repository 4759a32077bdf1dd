"""The exceptions of snake-pipe and the exit codes they lead to.

A bad file is a value (a row in `errors`); a bad run is one of these exceptions.
Each keeps its facts in fields, survives pickling, and says in `hint` what to do next.
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What the shell sees; the one place where exit codes are named."""

    DONE = 0
    RUN_FAILED = 1
    USAGE = 2
    FILES_FAILED = 3
    DATASET_BUSY = 75
    INTERRUPTED = 130
    TERMINATED = 143


class SnakePipeError(Exception):
    """Base of all exceptions raised on purpose.

    `message` says what happened and where, in one line; `hint` what to do next (may be empty).
    """

    exit_code: ExitCode = ExitCode.RUN_FAILED

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def add_hint(self, hint: str) -> None:
        """Say one more thing that can be done next."""
        self.hint = f"{self.hint}; {hint}" if self.hint else hint

    def fold(self) -> None:
        """Say all in the message, for a log or a mail of one line."""
        self.message, self.hint = str(self), ""

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class UsageError(SnakePipeError):
    """The request cannot be carried out as given; nothing was written."""

    exit_code = ExitCode.USAGE


class ConfigError(UsageError):
    """A setting is unknown or has a value out of range."""


class DatasetError(UsageError):
    """The folder is not a dataset, or is one of another version."""


class CheckpointError(UsageError):
    """A job's checkpoint or journal is missing, damaged or of another version."""


class JobNotFoundError(UsageError):
    """No job has this id."""


class PluginError(UsageError):
    """A plugin is not installed, or fails when it is imported."""


class QueryError(UsageError):
    """DuckDB refused a statement."""


class DatasetBusyError(SnakePipeError):
    """Another job holds the dataset's lock."""

    exit_code = ExitCode.DATASET_BUSY


class StoppedError(SnakePipeError):
    """A job was stopped by `reason` before it began, while it waited for `holder` to release the dataset."""

    def __init__(self, reason: str, holder: str) -> None:
        super().__init__(f"stopped by {reason} while waiting for {holder}; nothing was begun")
        self.args = (reason, holder)
        self.exit_code = ExitCode.TERMINATED if reason == "SIGTERM" else ExitCode.INTERRUPTED


class EngineStateError(SnakePipeError):
    """The engine was started twice, or used before its start or after its shutdown."""


class StorageError(SnakePipeError):
    """Parts, journal or tables could not be written; the job can be resumed."""


class SinkError(SnakePipeError):
    """A sink cannot take what it is given."""


class DeliveryError(SnakePipeError):
    """A sink did not take what was committed; the job can be resumed, and then delivers it."""


class WorkerPoolError(SnakePipeError):
    """Worker processes die as fast as they are started."""


class TransformError(SnakePipeError):
    """One file's bytes cannot be turned into rows.

    `phase` and `code` are what the `errors` table shows: phase is `decode`, `parse` or `extract`.
    """

    def __init__(
        self, phase: str, code: str, message: str, line: int | None = None, col: int | None = None
    ) -> None:
        super().__init__(message)
        self.args = (phase, code, message, line, col)
        self.phase = phase
        self.code = code
        self.line = line
        self.col = col
