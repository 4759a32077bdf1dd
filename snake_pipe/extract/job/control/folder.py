"""Commands as small files in a job's `control/` folder, which appear there whole.

Who may write into the folder may command the job, so it has to be this user's alone.
"""

from __future__ import annotations

import os
import stat
from itertools import islice
from typing import TYPE_CHECKING

from snake_pipe.extract.job.control.command import MOST_BYTES
from snake_pipe.extract.job.control.refused import Refused

if TYPE_CHECKING:
    from pathlib import Path

_NAMES_A_TURN = 1000
_MOST_STUCK = 10_000

_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class ControlFolder:
    """The files that are commands to one job."""

    look_seconds = 0.0

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stuck: set[str] = set()  # names that cannot be removed
        self.url = str(folder)

    def clear(self) -> None:
        """Make the folder, closed to others, and drop what was sent to an earlier run; OSError."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if _owned(info := self._folder.lstat()) and stat.S_ISDIR(info.st_mode):
            self._folder.chmod(0o700)
            with os.scandir(self._folder) as entries:
                for entry in entries:
                    self.remove(entry.name)

    def names(self) -> list[str]:
        """Up to a thousand names; Refused while the folder is open to others."""
        try:
            info = self._folder.lstat()
            if not (stat.S_ISDIR(info.st_mode) and _owned(info)) or _is_open_to_others(info):
                raise Refused("is not a folder of our own that only we can write to")
            with os.scandir(self._folder) as entries:
                return list(islice((e.name for e in entries if e.name not in self._stuck), _NAMES_A_TURN))
        except OSError:  # moved away with its job; the next flush of the job will say so
            return []

    def read(self, name: str) -> bytes:
        """A regular file of our own, with no other name; Refused."""
        path = self._folder / name
        try:
            _check(path.lstat())  # before it is opened: to open a device may do something
            descriptor = os.open(path, _FLAGS)
            try:
                _check(os.fstat(descriptor))
                return os.read(descriptor, MOST_BYTES + 1)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise Refused(error.strerror or str(error)) from None

    def remove(self, name: str) -> bool:
        """Whether it was here and no longer is."""
        path = self._folder / name
        try:
            try:
                path.unlink()
            except (IsADirectoryError, PermissionError):
                path.rmdir()
        except FileNotFoundError:
            return False
        except OSError:
            if len(self._stuck) < _MOST_STUCK:
                self._stuck.add(name)
            return False
        return True


def _owned(info: os.stat_result) -> bool:
    return info.st_uid in (os.geteuid(), 0)


def _is_open_to_others(info: os.stat_result) -> bool:
    """Whether others may write."""
    return bool(info.st_mode & 0o022)


def _check(info: os.stat_result) -> None:
    if not stat.S_ISREG(info.st_mode):
        raise Refused("it is not a regular file")
    if not _owned(info):
        raise Refused("it belongs to another user")
    if info.st_nlink != 1:
        raise Refused("it has another name elsewhere")
    if info.st_size > MOST_BYTES:
        raise Refused(f"it is larger than {MOST_BYTES:,} bytes")
