"""Who is writing to a dataset, asked without standing in anybody's way.

The lock decides, not the process id in its note: a killed job leaves the note behind, and its id may be
another process's by now.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from snake_pipe.storage.file_lock import try_lock
from snake_pipe.utils.checkpoint_manager import JOBS_FOLDER

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class LockHolder:
    """The job that holds a dataset's lock, and its process."""

    job_id: str
    pid: int


def lock_holder(dataset: Path) -> LockHolder | None:
    """The job that is writing to a dataset now; None if none is, or if it may not be known to this user."""
    jobs = dataset / JOBS_FOLDER
    try:
        note = orjson.loads((jobs / "lock.json").read_bytes())
        holder = LockHolder(str(note["job_id"]), int(note["pid"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return holder if _is_held(jobs / "lock") else None


def _is_held(lock: Path) -> bool:
    """Asked for a shared lock: two who look at once do not take each other for a writer."""
    try:
        descriptor = os.open(lock, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        return not try_lock(descriptor, shared=True)
    except OSError:  # where there are no locks nobody can be writing
        return False
    finally:
        os.close(descriptor)
