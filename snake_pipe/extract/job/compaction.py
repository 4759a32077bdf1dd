"""A dataset tidied at once, by a command: what each run does a little of at its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from snake_pipe.extract.job.recovery import settle_left_behind
from snake_pipe.extract.job.upkeep import Upkeep
from snake_pipe.load.claims.of_jobs import newest_jobs
from snake_pipe.load.dataset import Dataset
from snake_pipe.load.tidy.space import space_of
from snake_pipe.utils.checkpoint_manager import CheckpointManager

if TYPE_CHECKING:
    from snake_pipe.extract.batch_config import BatchConfig
    from snake_pipe.load.tidy.space import Space
    from snake_pipe.storage.storage import Storage
    from snake_pipe.utils.lock_wait import LockWait


@dataclass(frozen=True, slots=True)
class Compacted:
    """What a dataset took before and takes now; `rows` left its tables, `jobs` lost their folders."""

    before: Space
    after: Space
    rows: int
    jobs: int


def compact(storage: Storage, config: BatchConfig, wait: LockWait | None = None) -> Compacted:
    """Make the tables the current state in few parts, and remove what `config` does not keep.

    Jobs may be running meanwhile. DatasetBusyError while another process tidies, for longer than the `wait`;
    StorageError where the disk refuses. It may be killed anywhere: what is done is done, and the rest is done
    the next time.
    """
    dataset = Dataset.open(storage)
    manager = CheckpointManager(storage)
    with dataset.claims.sole_upkeep(wait):
        before = space_of(storage)
        with dataset.claims.registry():
            dataset.mend()
        settle_left_behind(dataset, manager)
        job_id = next(iter(newest_jobs(manager)), "")
        upkeep = Upkeep(dataset, manager, config, job_id=job_id, epoch=dataset.next_epoch())
        jobs = upkeep.remove_old_jobs()
        tidied = upkeep.tidy(at_once=True)
        dataset.checkpoint()
        upkeep.vacuum().remove()
        after = space_of(storage)
    if not dataset.snapshot().is_tidy:  # for those who ended meanwhile
        upkeep.take_turn({})
    return Compacted(before, after, tidied.rows, jobs)
