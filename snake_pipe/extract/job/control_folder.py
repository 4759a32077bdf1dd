"""Commands to a job that runs: small JSON files in its `control/` folder, answered in its `status.json`.

Who may write into the folder may command the job: there is no port and no other check. So the job trusts
nothing it finds there but a complete, small file of its own user, and looks at a bounded number of them at a
time, whatever is put there. A command is read once and removed before it is carried out.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
import time
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from snake_pipe.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CONTROL_FOLDER = "control"

_TAKES: dict[str, str] = {
    "flush": "",
    "pause": "",
    "unpause": "",
    "stop": "",
    "cancel": "a pattern of paths or a queue",
    "set": "settings",
}
"""Each action and what it is told."""

ACTIONS = tuple(_TAKES)

MOST_BYTES = 64 * 1024
"""Largest command file."""

_FILES_A_TURN = 100
_BYTES_A_TURN = 4 * MOST_BYTES
"""What one `read` works off: a flood costs the loop a few milliseconds of each fifth of a second."""

_NAMES_A_TURN = 1000
_MOST_REMEMBERED = 10_000
_MOST_MESSAGES = 20
"""Refusals that are told one by one; after these only each doubling of their number."""

_POLL_SECONDS = 0.05
_ENDED = ("done", "stopped", "failed")
_NAME = re.compile(r"(?P<id>\d{20}-[0-9a-f]{8})\.json")
_FIELDS = {"id", "action", "arguments"}
_FLAGS = (
    os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
)


@dataclass(frozen=True, slots=True)
class Command:
    """What someone asks of a running job. Ids sort by time of sending.

    `arguments` is empty but for `cancel` ({"path": glob} or {"queue": name}) and `set` ({setting: value}).
    """

    id: str
    action: str
    arguments: dict[str, Any] = field(default_factory=dict)


class _Refused(Exception):  # noqa: N818 - not an error: the reason why a file is no command
    """Why something in the folder is not obeyed."""


class ControlFolder:
    """The running job's side: `clear` at its start, then `read` a few times a second. Not for threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, None] = {}  # ids, so that a command put back is not obeyed again
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
                self._refuse(f"{name!r:.80} in {self._folder} is not obeyed: {reason}")
            if self._bytes_left <= 0:
                break
        return commands

    def refused(self) -> list[str]:
        """What was not obeyed since the last call, in words for the log; few, however much there was."""
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
        match = _NAME.fullmatch(name)
        if match is None:
            raise _Refused("its name is not a command's")
        command = _parse(data)
        if command.id != match["id"]:
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
            self._messages.append(f"{count:,} commands were not obeyed by now; the last: {message}")


def _owned(info: os.stat_result) -> bool:
    return not hasattr(os, "geteuid") or info.st_uid in (os.geteuid(), 0)


def _is_open_to_others(info: os.stat_result) -> bool:
    """Whether others may write; where there are no users of that kind, the bits say nothing."""
    return hasattr(os, "geteuid") and bool(info.st_mode & 0o022)


def _check(info: os.stat_result) -> None:
    if not stat.S_ISREG(info.st_mode):
        raise _Refused("it is not a regular file")
    if not _owned(info):
        raise _Refused("it belongs to another user")
    if info.st_nlink != 1:
        raise _Refused("it has another name elsewhere")
    if info.st_size > MOST_BYTES:
        raise _Refused(f"it is larger than {MOST_BYTES:,} bytes")


def _parse(data: bytes) -> Command:
    import orjson

    try:
        document = orjson.loads(data)
    except orjson.JSONDecodeError:
        raise _Refused("it is not JSON") from None
    if not isinstance(document, dict) or document.keys() != _FIELDS:
        raise _Refused(f"its fields are not {', '.join(sorted(_FIELDS))}")
    try:
        check_command(document["action"], document["arguments"])
    except UsageError as error:
        raise _Refused(error.message) from None
    return Command(str(document["id"]), document["action"], document["arguments"])


def check_command(action: Any, arguments: Any) -> None:
    """UsageError for an action there is none of, or one that is told the wrong things."""
    if not isinstance(action, str) or action not in _TAKES:
        from difflib import get_close_matches

        near = get_close_matches(str(action), ACTIONS, 1)
        raise UsageError(
            f"no action {str(action)!r:.40}",
            f"did you mean {near[0]}?" if near else f"one of {', '.join(ACTIONS)}",
        )
    if not isinstance(arguments, dict):
        fits = False
    elif action == "cancel":
        (text, *others) = arguments.values() or (None,)
        fits = not others and arguments.keys() <= {"path", "queue"} and isinstance(text, str) and text != ""
    else:
        fits = bool(arguments) == (action == "set")
    if not fits:
        raise UsageError(f"{action} takes {_TAKES[action] or 'nothing more'}")


# -- the other side ----------------------------------------------------------------------------------


def send(job_folder: Path, action: str, arguments: dict[str, Any] | None = None) -> str:
    """Ask the job of this folder for something; the command's id, by which its answer is known.

    UsageError if the command is wrong or the job cannot be commanded by this user.
    """
    import orjson

    arguments = arguments or {}
    check_command(action, arguments)
    command_id = f"{time.time_ns():020d}-{secrets.token_hex(4)}"
    data = orjson.dumps({"id": command_id, "action": action, "arguments": arguments})
    if len(data) > MOST_BYTES:
        raise UsageError(f"the command is larger than {MOST_BYTES:,} bytes")
    temp = job_folder / f".{command_id}.tmp"  # not in the folder, where it might be found half written
    try:
        descriptor = os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0), 0o600)
        try:
            with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor, not a path
                file.write(data)
            temp.rename(_command_path(job_folder, command_id))
        except BaseException:
            temp.unlink(missing_ok=True)
            raise
    except PermissionError:
        raise UsageError(f"{job_folder} belongs to another user", "only who runs a job commands it") from None
    except OSError as error:
        raise UsageError(f"job {job_folder.name} takes no commands: {error.strerror or error}") from None
    return command_id


def wait_for_answer(
    read_status: Callable[[], dict[str, Any]], command_id: str, timeout: float
) -> dict[str, Any] | None:
    """The answer to a command: `id`, `action`, `ok`, `message`, `time`; None if none came in `timeout` s.

    `read_status` gives the job's `status.json`, and is asked each 50 ms, until it shows the job's end.
    """
    deadline = time.monotonic() + timeout
    while True:
        status = read_status()
        answers: Any = status.get("answers")
        for answer in reversed(answers) if isinstance(answers, list) else ():
            if isinstance(answer, dict) and answer.get("id") == command_id:
                return answer
        if time.monotonic() >= deadline or status.get("status") in _ENDED:
            return None
        time.sleep(_POLL_SECONDS)


def withdraw(job_folder: Path, command_id: str) -> bool:
    """Take a command back; False if the job has read it already."""
    with suppress(OSError):
        _command_path(job_folder, command_id).unlink()
        return True
    return False


def _command_path(job_folder: Path, command_id: str) -> Path:
    return job_folder / CONTROL_FOLDER / f"{command_id}.json"


__all__ = ["ACTIONS", "CONTROL_FOLDER", "Command", "ControlFolder", "send", "wait_for_answer", "withdraw"]
