"""What a check finds, and what it is told of the place that it looks at."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from snake_pipe.storage.storage import Storage


class Level(IntEnum):
    """How much a finding matters, the worst last: only an error keeps a job from running."""

    OK = 0
    NOTE = 1
    WARNING = 2
    ERROR = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of what was found, about one `subject`.

    `fix` is one line of what to do, a command where there is one; empty only for what is fine.
    """

    subject: str
    level: Level
    found: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the command runs, and the dataset it is about: one that may not be there yet."""

    folder: Path
    dataset: Storage

    @property
    def has_dataset(self) -> bool:
        """Whether there is a dataset, whole or damaged."""
        return self.dataset.exists("dataset.json")

    @property
    def writable(self) -> Path | None:
        """The folder that ingest would write to, or the nearest above that is there; None for a bucket."""
        folder = self.dataset.folder
        return None if folder is None else next(path for path in (folder, *folder.parents) if path.is_dir())


def ok(subject: str, found: str) -> Finding:
    """What is as it should be."""
    return Finding(subject, Level.OK, found)


def note(subject: str, found: str, fix: str) -> Finding:
    """What costs something, but keeps nobody from anything."""
    return Finding(subject, Level.NOTE, found, fix)


def warning(subject: str, found: str, fix: str) -> Finding:
    """What may make a job fail or its rows incomplete."""
    return Finding(subject, Level.WARNING, found, fix)


def error(subject: str, found: str, fix: str) -> Finding:
    """What makes a job fail."""
    return Finding(subject, Level.ERROR, found, fix)
