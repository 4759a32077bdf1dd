"""Where a job's log is written: with its state, or first beside it where files cannot be appended to."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from snake_pipe.storage.storage import Storage

_NAME = "log.jsonl"


@contextmanager
def log_place(job: Storage, job_id: str) -> Iterator[Path]:
    """The file to write a run's log to; at the end of the block the log is with the job's state.

    In an object store it is uploaded then, with the files that came before it, and those of a run that was
    killed stay in the user's state folder. What cannot be uploaded stays there, too.
    """
    if job.folder is not None:
        yield job.folder / _NAME
        return
    from platformdirs import user_state_path

    folder = user_state_path("snake-pipe", appauthor=False) / "logs" / job_id
    with suppress(OSError):  # then there is no log, and the job runs on
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    yield folder / _NAME
    with suppress(OSError):
        for file in sorted(folder.glob(f"{_NAME}*")):
            job.show(file.name, file.read_bytes())
            file.unlink()
        folder.rmdir()
