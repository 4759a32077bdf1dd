"""The commands to a running job: taken from where they are put, each once, and never trusted.

Who may write there may command the job: there is no port and no other check. So the job trusts nothing it
finds but a complete, small command, and looks at a bounded number of them at a time, whatever is put there. A
command is read once and removed before it is carried out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from snake_pipe.errors import UsageError
from snake_pipe.extract.job.control.command import CONTROL_FOLDER, MOST_BYTES, Command, id_of_name
from snake_pipe.extract.job.control.folder import ControlFolder
from snake_pipe.extract.job.control.objects import ControlObjects
from snake_pipe.extract.job.control.refused import Refused

if TYPE_CHECKING:
    from snake_pipe.storage.storage import Storage

_FILES_A_TURN = 100
_BYTES_A_TURN = 4 * MOST_BYTES
"""What one `read` works off: a flood costs the loop a few milliseconds of each fifth of a second."""

_MOST_REMEMBERED = 10_000
_MOST_MESSAGES = 20
"""Refusals that are reported one by one; after these only each doubling of their number."""


class Box(Protocol):
    """Where commands are put."""

    @property
    def url(self) -> str:
        """Where it is, for messages."""
        ...

    @property
    def look_seconds(self) -> float:
        """Seconds between two looks into it, at least."""
        ...

    def clear(self) -> None:
        """Make it ready, and drop what is in it; OSError."""
        ...

    def names(self) -> list[str]:
        """Names of what is in it, a bounded number; none where it cannot be looked into. Refused."""
        ...

    def read(self, name: str) -> bytes:
        """What has a name, up to `MOST_BYTES` and one; Refused."""
        ...

    def remove(self, name: str) -> bool:
        """Whether it was here and no longer is."""
        ...


class Inbox:
    """The running job's side: `clear` at its start, then `read` now and then. Not for threads."""

    def __init__(self, box: Box) -> None:
        self._box = box
        self._read: dict[str, None] = {}  # ids, so that a command put back is not carried out again
        self._bytes_left = 0
        self._refusals = 0
        self._messages: list[str] = []
        self._is_shut = False

    @property
    def look_seconds(self) -> float:
        """Seconds between two calls of `read`, at least."""
        return self._box.look_seconds

    def clear(self) -> None:
        """Make it ready, and drop what was sent to an earlier run of the job.

        Where that is not possible the job runs on without control, and `refused` says so.
        """
        try:
            self._box.clear()
        except OSError as error:
            self._messages.append(f"{self._box.url}: no control of this job: {error.strerror or error}")

    def read(self) -> list[Command]:
        """The commands that came since the last call, in the order they were sent; most often none."""
        commands = []
        self._bytes_left = _BYTES_A_TURN
        for name in self._names():
            try:
                commands.append(self._take(name))
            except Refused as reason:
                self._refuse(f"{name!r:.80} in {self._box.url} is refused: {reason}")
            if self._bytes_left <= 0:
                break
        return commands

    def refused(self) -> list[str]:
        """What was refused since the last call, as messages for the log; few, however much there was."""
        messages, self._messages = self._messages, []
        return messages

    def _names(self) -> list[str]:
        """The next names to deal with, oldest first; none while it is open to others."""
        try:
            names = self._box.names()
        except Refused as reason:
            if not self._is_shut:
                self._refuse(f"{self._box.url} {reason}")
            self._is_shut = True
            return []
        self._is_shut = False
        return sorted(names)[:_FILES_A_TURN]

    def _take(self, name: str) -> Command:
        """One command, its file removed."""
        try:
            data = self._box.read(name)
        except Refused:
            self._box.remove(name)
            raise
        self._bytes_left -= len(data)
        if not self._box.remove(name):  # else its sender and we might both be right about it
            raise Refused("it was taken back, or cannot be removed")
        if len(data) > MOST_BYTES:
            raise Refused(f"it is larger than {MOST_BYTES:,} bytes")
        command_id = id_of_name(name)
        if command_id is None:
            raise Refused("its name is not a command's")
        try:
            command = Command.from_bytes(data)
        except UsageError as error:
            raise Refused(error.message) from None
        if command.id != command_id:
            raise Refused("it has the id of another command")
        if command.id in self._read:
            raise Refused("it was read before")
        self._read[command.id] = None
        if len(self._read) > _MOST_REMEMBERED:
            del self._read[next(iter(self._read))]
        return command

    def _refuse(self, message: str) -> None:
        self._refusals += 1
        count = self._refusals
        if count <= _MOST_MESSAGES:
            self._messages.append(message)
        elif count.bit_count() == 1:
            self._messages.append(f"{count:,} commands were refused so far; the last: {message}")


def open_inbox(job: Storage) -> Inbox:
    """The inbox of the job whose state is in `job`."""
    if job.folder is None:
        return Inbox(ControlObjects(job.at(CONTROL_FOLDER)))
    return Inbox(ControlFolder(job.folder / CONTROL_FOLDER))
