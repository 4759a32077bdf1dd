"""Where the dataset is that a command is about."""

from __future__ import annotations

from pathlib import Path

from snake_pipe.errors import DatasetError, JobNotFoundError
from snake_pipe.extract.paths.datasets import DATASET_NAME


def find_dataset(given: Path | None) -> Path:
    """The dataset as given, else the nearest `.snake-pipe` from the current folder upwards."""
    if given is not None:
        nested = given / DATASET_NAME
        if not (given / "dataset.json").exists() and (nested / "dataset.json").exists():
            return nested.absolute()
        return given.absolute()
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / DATASET_NAME / "dataset.json").exists():
            return folder / DATASET_NAME
    raise DatasetError(f"no dataset in {here} or above", "run snake-pipe ingest first, or give --dataset DIR")


def dataset_of_job(job_id: str, given: Path | None) -> Path:
    """The dataset that holds a job: as given, else the one at hand, else what this user's index says."""
    from snake_pipe.extract.job import index as job_index
    from snake_pipe.utils.checkpoint_manager import CheckpointManager

    if given is not None:
        return find_dataset(given)
    try:
        at_hand = find_dataset(None)
        if CheckpointManager(at_hand).job_folder(job_id).is_dir():
            return at_hand
    except DatasetError:
        pass
    found = job_index.find(job_id)
    if found is None:
        raise JobNotFoundError(f"no job {job_id} is known", "give --dataset DIR, or see snake-pipe jobs")
    return found
