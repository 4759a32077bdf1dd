"""Each try of a batch is begun by one worker at most, whatever a cluster makes of lost connections.

Dask gives the task of a worker that it believes dead to another one, while the first may go on. So a worker
claims a try before it begins: by a file that only one can make, in a folder that all see. Who comes second
does nothing, and tells who was first.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from snake_pipe.extract.batch_models import FileBatch


def claim(folder: Path, batch: FileBatch, worker: str) -> str | None:
    """Claim a try of a batch; None if that went well, else which worker has it."""
    path = _path(folder, batch)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        with suppress(OSError):
            return path.read_text(encoding="utf-8") or "another worker"
        return "another worker"
    try:
        os.write(descriptor, worker.encode())
    finally:
        os.close(descriptor)
    return None


def forget_claim(folder: Path, batch: FileBatch) -> None:
    """Remove the claim of a try whose outcome is known."""
    _path(folder, batch).unlink(missing_ok=True)


def _path(folder: Path, batch: FileBatch) -> Path:
    return folder / f"{batch.batch_id}-{batch.attempt}"
