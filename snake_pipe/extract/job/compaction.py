"""A dataset tidied at once, by a command: what each run does a little of at its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from snake_pipe.extract.job.recovery import recover_last_run
from snake_pipe.extract.job.upkeep import Upkeep, retention_of
from snake_pipe.load.dataset import Dataset
from snake_pipe.load.tidy.space import space_of
from snake_pipe.utils.checkpoint_manager import CheckpointManager

if TYPE_CHECKING:
    from pathlib import Path

    from snake_pipe.extract.batch_config import BatchConfig
    from snake_pipe.load.tidy.space import Space
    from snake_pipe.utils.lock_wait import LockWait


@dataclass(frozen=True, slots=True)
class Compacted:
    """What a dataset took before and takes now; `rows` left its tables, `jobs` lost their folders."""

    before: Space
    after: Space
    rows: int
    jobs: int


def compact(path: Path, config: BatchConfig, wait: LockWait | None = None) -> Compacted:
    """Make the tables the current state in few parts, and remove what `config` does not keep.

    DatasetBusyError while a job is running, for longer than the `wait`; SinkError where the disk refuses.
    It may be killed anywhere: what is done is done, and the rest is done the next time.
    """
    dataset = Dataset.open(path)
    with dataset.lock(wait=wait):
        before = space_of(path)
        manager = CheckpointManager(path)
        recover_last_run(dataset, manager, retention_of(config), config.sink_ids)
        upkeep = Upkeep(dataset, manager, config, job_id=manager.newest() or "", epoch=dataset.next_epoch())
        jobs = upkeep.remove_old_jobs()
        tidied = upkeep.tidy(at_once=True)
        dataset.checkpoint()
        upkeep.vacuum().remove()
        return Compacted(before, space_of(path), tidied.rows, jobs)
