"""Each try of a batch is begun by one worker at most, whatever a cluster makes of lost connections.

Dask gives the task of a worker that it believes dead to another one, while the first may go on. So a worker
notes that it begins a try, by a file that only one can make, in the storage of the dataset, which all see.
Who comes second does nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snake_pipe.extract.batch_models import FileBatch
    from snake_pipe.storage.storage import Storage


def begin_try(tries: Storage, batch: FileBatch, worker: str) -> bool:
    """Whether this worker is the first to begin a try of a batch; its name is left for those who look."""
    try:
        tries.create(_note(batch), worker.encode())
    except FileExistsError:
        return False
    return True


def forget_try(tries: Storage, batch: FileBatch) -> None:
    """Remove the note of a try whose outcome is known."""
    tries.remove(_note(batch))


def _note(batch: FileBatch) -> str:
    return f"{batch.batch_id}-{batch.attempt}"
