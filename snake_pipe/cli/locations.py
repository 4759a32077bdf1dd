"""Where the dataset is that a command is about."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from snake_pipe.errors import DatasetError, JobNotFoundError
from snake_pipe.extract.paths.datasets import DATASET_NAME
from snake_pipe.storage.local import LocalStorage
from snake_pipe.storage.open import is_object_store, open_storage

if TYPE_CHECKING:
    from snake_pipe.storage.storage import Storage


def find_dataset(given: str | None) -> Storage:
    """The dataset as given, else the nearest `.snake-pipe` from the current folder upwards."""
    if given is not None:
        if is_object_store(given):
            return open_storage(given)
        folder = Path(given)
        nested = folder / DATASET_NAME
        is_around_it = not (folder / "dataset.json").exists() and (nested / "dataset.json").exists()
        return LocalStorage(nested if is_around_it else folder)
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / DATASET_NAME / "dataset.json").exists():
            return LocalStorage(folder / DATASET_NAME)
    raise DatasetError(f"no dataset in {here} or above", "run snake-pipe ingest first, or give --dataset DIR")


def project_of(dataset: Storage) -> Path:
    """The folder whose settings count for a dataset: that around it, or the current one."""
    return Path.cwd() if dataset.folder is None else dataset.folder.parent


def dataset_of_job(job_id: str, given: str | None) -> Storage:
    """The dataset that holds a job: as given, else the one at hand, else what this user's index says."""
    from snake_pipe.extract.job import index as job_index
    from snake_pipe.utils.checkpoint_manager import CheckpointManager

    if given is not None:
        return find_dataset(given)
    try:
        at_hand = find_dataset(None)
        if CheckpointManager(at_hand).holds(job_id):
            return at_hand
    except DatasetError:
        pass
    found = job_index.find(job_id)
    if found is None:
        raise JobNotFoundError(f"no job {job_id} is known", "give --dataset DIR, or see snake-pipe jobs")
    return open_storage(found)
