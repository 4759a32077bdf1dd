"""The side of a running job's control folder that sends commands and waits for their answers."""

from __future__ import annotations

import os
import secrets
import time
from contextlib import suppress
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

_POLL_SECONDS = 0.05
_ENDED = ("done", "stopped", "failed", "superseded")


def send(job_folder: Path, action: str, arguments: dict[str, Any] | None = None) -> str:
    """Send a command to the job of this folder; its id, by which its answer is known.

    UsageError if the command is wrong or the job cannot be commanded by this user.
    """
    arguments = arguments or {}
    check_command(action, arguments)
    command_id = f"{time.time_ns():020d}-{secrets.token_hex(4)}"
    data = Command(command_id, action, arguments).to_bytes()
    if len(data) > MOST_BYTES:
        raise UsageError(f"the command is larger than {MOST_BYTES:,} bytes")
    temp = job_folder / f".{command_id}.tmp"  # not in the folder, where it might be found half written
    try:
        descriptor = os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor, not a path
                file.write(data)
            temp.rename(_command_path(job_folder, command_id))
        except BaseException:
            temp.unlink(missing_ok=True)
            raise
    except PermissionError:
        raise UsageError(
            f"{job_folder} belongs to another user", "only the user who runs a job can command it"
        ) from None
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
    return job_folder / CONTROL_FOLDER / file_name(command_id)
