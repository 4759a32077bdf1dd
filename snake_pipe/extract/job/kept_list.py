"""The list of files that a job was given, kept with its state: a pipe cannot be read twice."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from snake_pipe.errors import CheckpointError, StorageError

if TYPE_CHECKING:
    from contextlib import ExitStack

    from snake_pipe.storage.storage import Storage

_NAME = "files.list"


def keep_list(given: str, job: Storage) -> str:
    """Copy a list from a file of this machine to where the job keeps its state; its place there.

    StorageError if that is refused.
    """
    try:
        if job.folder is not None:
            job.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        kept = job.write(_NAME)
    except OSError as error:
        raise _refused(job, error) from error
    try:
        with Path(given).open("rb") as source:
            shutil.copyfileobj(source, kept.stream)
        kept.finish()
    except OSError as error:
        kept.discard()
        raise _refused(job, error) from error
    return f"{job.url}/{_NAME}"


def readable_list(job: Storage, stack: ExitStack) -> str:
    """A kept list as a file of this machine, gone with the `stack` if that is a copy; CheckpointError."""
    if job.folder is not None:
        return str(job.folder / _NAME)
    copy = Path(stack.enter_context(TemporaryDirectory(prefix="snake-pipe-list-"))) / _NAME
    try:
        with job.open(_NAME) as source, copy.open("wb") as target:
            shutil.copyfileobj(source, target)
    except OSError as error:
        raise CheckpointError(f"the list of files in {job.url} cannot be read: {error}") from error
    return str(copy)


def _refused(job: Storage, error: OSError) -> StorageError:
    return StorageError(f"cannot keep the list of files in {job.url}: {error.strerror or error}")
