"""Commands to a running job: small JSON files in its `control/` folder, answered in its `status.json`.

Who may write into the folder may command the job: there is no port and no other check. So the job trusts
nothing it finds there but a complete, small file of its own user, and looks at a bounded number of them at a
time, whatever is put there. A command is read once and removed before it is carried out.
"""

from __future__ import annotations

import os
import stat
from itertools import islice
from typing import TYPE_CHECKING

from snake_pipe.errors import UsageError
from snake_pipe.extract.job.control.command import MOST_BYTES, Command, id_of_name

if TYPE_CHECKING:
    from pathlib import Path

_FILES_A_TURN = 100
_BYTES_A_TURN = 4 * MOST_BYTES
"""What one `read` works off: a flood costs the loop a few milliseconds of each fifth of a second."""

_NAMES_A_TURN = 1000
_MOST_REMEMBERED = 10_000
_MOST_MESSAGES = 20
"""Refusals that are reported one by one; after these only each doubling of their number."""

_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class _Refused(Exception):  # noqa: N818 - not an error: the reason why a file is no command
    """Why something in the folder is not carried out."""


class ControlFolder:
    """The running job's side: `clear` at its start, then `read` a few times a second. Not for threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, None] = {}  # ids, so that a command put back is not carried out again
        self._stuck: set[str] = set()  # names that cannot be removed
        self._bytes_left = 0
        self._refusals = 0
        self._messages: list[str] = []
        self._is_shut = False

    def clear(self) -> None:
        """Make the folder, closed to others, and drop what was sent to an earlier run of the job.

        Where that is not possible the job runs on without control, and `refused` says so.
        """
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if _owned(info := self._folder.lstat()) and stat.S_ISDIR(info.st_mode):
                self._folder.chmod(0o700)
                with os.scandir(self._folder) as entries:
                    for entry in entries:
                        self._remove(entry.name)
        except OSError as error:
            self._messages.append(f"{self._folder}: no control of this job: {error.strerror or error}")

    def read(self) -> list[Command]:
        """The commands that came since the last call, in the order they were sent; most often none."""
        commands = []
        self._bytes_left = _BYTES_A_TURN
        for name in self._names():
            try:
                commands.append(self._take(name))
            except _Refused as reason:
                self._refuse(f"{name!r:.80} in {self._folder} is refused: {reason}")
            if self._bytes_left <= 0:
                break
        return commands

    def refused(self) -> list[str]:
        """What was refused since the last call, as messages for the log; few, however much there was."""
        messages, self._messages = self._messages, []
        return messages

    def _names(self) -> list[str]:
        """The next names to deal with, oldest first; none while the folder is open to others."""
        try:
            info = self._folder.lstat()
            if not (stat.S_ISDIR(info.st_mode) and _owned(info)) or _is_open_to_others(info):
                if not self._is_shut:
                    self._refuse(f"{self._folder} is not a folder of our own that only we can write to")
                self._is_shut = True
                return []
            self._is_shut = False
            with os.scandir(self._folder) as entries:
                names = list(islice((e.name for e in entries if e.name not in self._stuck), _NAMES_A_TURN))
        except OSError:  # moved away with its job; the next flush of the job will say so
            return []
        return sorted(names)[:_FILES_A_TURN]

    def _take(self, name: str) -> Command:
        """One command, its file removed."""
        try:
            data = self._read_file(name)
        except _Refused:
            self._remove(name)
            raise
        if not self._remove(name):  # else its sender and we might both be right about it
            raise _Refused("it was taken back, or cannot be removed")
        command_id = id_of_name(name)
        if command_id is None:
            raise _Refused("its name is not a command's")
        try:
            command = Command.from_bytes(data)
        except UsageError as error:
            raise _Refused(error.message) from None
        if command.id != command_id:
            raise _Refused("it has the id of another command")
        if command.id in self._read:
            raise _Refused("it was read before")
        self._read[command.id] = None
        if len(self._read) > _MOST_REMEMBERED:
            del self._read[next(iter(self._read))]
        return command

    def _read_file(self, name: str) -> bytes:
        path = self._folder / name
        try:
            _check(path.lstat())  # before it is opened: to open a device may do something
            descriptor = os.open(path, _FLAGS)
            try:
                _check(os.fstat(descriptor))
                data = os.read(descriptor, MOST_BYTES + 1)
                self._bytes_left -= len(data)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise _Refused(error.strerror or str(error)) from None
        if len(data) > MOST_BYTES:
            raise _Refused(f"it is larger than {MOST_BYTES:,} bytes")
        return data

    def _remove(self, name: str) -> bool:
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
            if len(self._stuck) < _MOST_REMEMBERED:
                self._stuck.add(name)
            return False
        return True

    def _refuse(self, message: str) -> None:
        self._refusals += 1
        count = self._refusals
        if count <= _MOST_MESSAGES:
            self._messages.append(message)
        elif count.bit_count() == 1:
            self._messages.append(f"{count:,} commands were refused so far; the last: {message}")


def _owned(info: os.stat_result) -> bool:
    return info.st_uid in (os.geteuid(), 0)


def _is_open_to_others(info: os.stat_result) -> bool:
    """Whether others may write."""
    return bool(info.st_mode & 0o022)


def _check(info: os.stat_result) -> None:
    if not stat.S_ISREG(info.st_mode):
        raise _Refused("it is not a regular file")
    if not _owned(info):
        raise _Refused("it belongs to another user")
    if info.st_nlink != 1:
        raise _Refused("it has another name elsewhere")
    if info.st_size > MOST_BYTES:
        raise _Refused(f"it is larger than {MOST_BYTES:,} bytes")
