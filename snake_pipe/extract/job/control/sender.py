"""The side of a running job's control folder that sends commands and waits for their answers."""

from __future__ import annotations

import os
import secrets
import time
from typing import TYPE_CHECKING, Any

from snake_pipe.errors import UsageError
from snake_pipe.extract.job.control.command import (
    CONTROL_FOLDER,
    MOST_BYTES,
    Command,
    check_command,
    file_name,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from snake_pipe.storage.storage import Storage

_POLL_SECONDS = 0.05
_ENDED = ("done", "stopped", "failed", "superseded")


def send(job: Storage, action: str, arguments: dict[str, Any] | None = None) -> str:
    """Send a command to the job whose state is there; its id, by which its answer is known.

    UsageError if the command is wrong or the job cannot be commanded by this user.
    """
    arguments = arguments or {}
    check_command(action, arguments)
    command_id = f"{time.time_ns():020d}-{secrets.token_hex(4)}"
    data = Command(command_id, action, arguments).to_bytes()
    if len(data) > MOST_BYTES:
        raise UsageError(f"the command is larger than {MOST_BYTES:,} bytes")
    try:
        if job.folder is None:
            job.create(_name(command_id), data)
        else:
            _put(job.folder, command_id, data)
    except PermissionError:
        raise UsageError(
            f"{job.url} belongs to another user", "only the user who runs a job can command it"
        ) from None
    except OSError as error:
        raise UsageError(f"the job of {job.url} takes no commands: {error.strerror or error}") from None
    return command_id


def _put(folder: Path, command_id: str, data: bytes) -> None:
    temp = folder / f".{command_id}.tmp"  # not where commands are, where it might be found half written
    descriptor = os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor, not a path
            file.write(data)
        temp.rename(folder / _name(command_id))
    except BaseException:
        temp.unlink(missing_ok=True)
        raise


def wait_for_answer(
    read_status: Callable[[], dict[str, Any]],
    command_id: str,
    timeout: float,
    *,
    every: float = _POLL_SECONDS,
) -> dict[str, Any] | None:
    """The answer to a command: `id`, `action`, `ok`, `message`, `time`; None if none came in `timeout` s.

    `read_status` gives the job's `status.json`, and is asked each `every` seconds until it shows the end.
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
        time.sleep(every)


def withdraw(job: Storage, command_id: str) -> bool:
    """Take a command back; False if the job has read it already."""
    name = _name(command_id)
    try:
        if job.folder is not None:
            (job.folder / name).unlink()  # FileNotFoundError tells
            return True
        was_there = job.exists(name)
        job.remove(name)
    except OSError:
        return False
    return was_there


def _name(command_id: str) -> str:
    return f"{CONTROL_FOLDER}/{file_name(command_id)}"
