"""Who is writing to a dataset, asked without standing in anybody's way.

The lock decides, not the process id in its note: a killed job leaves the note behind, and its id may be
another process's by now.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class LockHolder:
    """The job that holds a dataset's lock, and its process."""

    job_id: str
    pid: int


def lock_holder(dataset: Path) -> LockHolder | None:
    """The job that is writing to a dataset now; None if none is, or if it may not be known to this user."""
    jobs = dataset / "_jobs"
    try:
        note = orjson.loads((jobs / "lock.json").read_bytes())
        holder = LockHolder(str(note["job_id"]), int(note["pid"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return holder if _is_held(jobs / "lock") else None


if sys.platform == "win32":

    def _is_held(lock: Path) -> bool:
        import filelock

        probe = filelock.FileLock(lock, timeout=0)
        try:
            probe.acquire()
        except filelock.Timeout:
            return True
        probe.release()
        return False

else:

    def _is_held(lock: Path) -> bool:
        """Asked for a shared lock: two who look at once do not take each other for a writer."""
        import fcntl

        try:
            descriptor = os.open(lock, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
        finally:
            os.close(descriptor)
        return False
