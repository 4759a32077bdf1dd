"""The folder where the workers of a run show what they have in hand, and what killed runs left of theirs.

It is not on the dataset's disk, if that can be: a worker that is replaced while that disk is full could
not begin. A run holds a lock on its folder, which the kernel gives up for it whatever ends it, so a folder
without a lock is of a run that is no more.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import TYPE_CHECKING

from snake_pipe.storage.file_lock import try_lock

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAME = re.compile(r"snake-pipe-\d{8}-\d{6}-[0-9a-f]{6}")

_STALE_AFTER = 3600.0
"""Seconds without a change before a folder may be taken for a dead run's."""


@contextmanager
def slots_folder(job_id: str, beside: Path | None) -> Iterator[Path]:
    """A folder for the slots of a job's run, gone at its end.

    Where the one of the job's name is not safe it is `beside`, else one of another name.
    """
    folder = Path(gettempdir()) / f"snake-pipe-{job_id}"
    lock = _open_own(folder)
    if lock is None:
        if beside is not None:
            yield beside
            return
        with TemporaryDirectory(prefix="snake-pipe-workers-") as own:
            yield Path(own)
        return
    try:
        with suppress(OSError):  # without a lock it is not known to be stale, and stays too
            try_lock(lock)
        remove_stale(folder.parent)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def remove_stale(parent: Path) -> None:
    """Remove this user's folders of runs that were killed and never resumed, as far as that is certain."""
    with suppress(OSError), os.scandir(parent) as entries:
        names = [entry.name for entry in entries if _NAME.fullmatch(entry.name)]
        for name in names:
            _remove_if_stale(parent / name)


def _remove_if_stale(folder: Path) -> None:
    lock = _open_own(folder, make=False)
    if lock is None:
        return
    try:
        age = time.time() - os.fstat(lock).st_mtime
        if age > _STALE_AFTER and try_lock(lock) and not _has_workers(folder):
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(lock)


def _has_workers(folder: Path) -> bool:
    """Whether a process lives that has a slot in it: a version that held no lock may have started it."""
    import psutil

    pids = [slot.stem for slot in folder.glob("*.slot")]
    return any(pid.isdigit() and psutil.pid_exists(int(pid)) for pid in pids)


def _open_own(folder: Path, *, make: bool = True) -> int | None:
    """The folder, open; None if it cannot be made or is not this user's alone."""
    try:
        if make:
            folder.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    info = os.fstat(descriptor)
    if info.st_uid == os.geteuid() and not stat.S_IMODE(info.st_mode) & 0o022:
        return descriptor
    os.close(descriptor)
    return None
