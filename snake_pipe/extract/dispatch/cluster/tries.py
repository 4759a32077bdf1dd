"""Each try of a batch is begun by one worker at most, whatever a cluster makes of lost connections.

Dask gives the task of a worker that it believes dead to another one, while the first may go on. So a worker
notes that it begins a try, by a file that only one can make, in a folder that all see. Who comes second does
nothing.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from snake_pipe.extract.batch_models import FileBatch


def begin_try(folder: Path, batch: FileBatch, worker: str) -> bool:
    """Whether this worker is the first to begin a try of a batch; its name is left for those who look."""
    try:
        descriptor = os.open(_note(folder, batch), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        return False
    try:
        os.write(descriptor, worker.encode())
    finally:
        os.close(descriptor)
    return True


def forget_try(folder: Path, batch: FileBatch) -> None:
    """Remove the note of a try whose outcome is known."""
    _note(folder, batch).unlink(missing_ok=True)


def _note(folder: Path, batch: FileBatch) -> Path:
    return folder / f"{batch.batch_id}-{batch.attempt}"
