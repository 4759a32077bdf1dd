"""What a run does for its dataset besides adding to it: tables become the current state, old jobs go."""

from __future__ import annotations

import shutil
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from snake_pipe.errors import SnakePipeError
from snake_pipe.extract.job.recovery import promises
from snake_pipe.extract.sinks.ledger import forget_sinks_behind
from snake_pipe.load.tidy.retention import Retention, Vacuum
from snake_pipe.load.tidy.tidy import Tidied, Tidy

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from snake_pipe.extract.batch_config import BatchConfig
    from snake_pipe.load.dataset import Dataset
    from snake_pipe.utils.checkpoint_manager import CheckpointManager

_DAY = 86_400

_RUNS_BETWEEN = 12
"""Runs that change nothing after which their parts of `runs` are merged."""


def retention_of(config: BatchConfig) -> Retention:
    """How far back a dataset is kept."""
    return Retention(config.keep_runs, config.keep_days, config.reader_grace_seconds)


class Upkeep:
    """Of one dataset by one job, or by `compact`; the caller holds the lock, one call at a time."""

    def __init__(
        self, dataset: Dataset, manager: CheckpointManager, config: BatchConfig, *, job_id: str, epoch: int
    ) -> None:
        """`job_id` is the newest job, or names what no job does; `epoch` is its own."""
        self._dataset = dataset
        self._manager = manager
        self._config = config
        self._job_id = job_id
        self._epoch = epoch
        self._times = 0
        self._held: frozenset[str] = frozenset()

    def tidy(self, noted_times: Mapping[int, int] | None = None, *, at_once: bool = False) -> Tidied:
        """Make the tables the current state; `noted_times` as `Tidy` takes them.

        Nothing is looked at where they are that already, unless it is to be done `at_once`.
        """
        self._times += 1
        tidy = Tidy(
            self._dataset,
            job_id=self._job_id,
            stem=f"{self._job_id or 'compact'}-{self._epoch}-{self._times}",
            codec=self._config.compression,
            level=self._config.compression_level,
            noted_times=noted_times,
            epoch=self._epoch,
            kept_jobs=self._manager.job_ids(),
        )
        if at_once or tidy.is_due():
            work = tidy.run
        elif self._dataset.log("runs").newest_version() % _RUNS_BETWEEN == 0:
            work = tidy.run_for_runs
        else:
            return Tidied()
        try:
            return work()
        finally:  # also where the disk is full: that makes room for the next try
            self.vacuum(running_job=self._job_id).remove()

    def vacuum(self, running_job: str = "") -> Vacuum:
        """What nobody needs any more; `running_job` is one whose workers may be writing."""
        return Vacuum(
            self._dataset,
            retention_of(self._config),
            is_promised=self._is_promised(),
            running_job=running_job,
        )

    def _is_promised(self) -> Callable[[str], bool]:
        is_promised = promises(self._dataset, self._manager, self._config.sink_ids)
        return lambda name: name in self._held or is_promised(name)

    def hold(self, names: Collection[str]) -> None:
        """Keep these parts, and those alone, whatever becomes of them in the tables: a sink reads them."""
        self._held = frozenset(names)

    def remove_old_jobs(self) -> int:
        """Remove the folders of jobs beyond the newest so many, and those that are too old; how many."""
        job_ids = self._manager.job_ids()
        beyond = job_ids[: -self._config.keep_jobs]
        oldest = time.time() - self._config.keep_job_days * _DAY
        aged = [job_id for job_id in job_ids[:-1] if job_id not in beyond and self._ended(job_id) < oldest]
        removed = [job_id for job_id in (*beyond, *aged) if job_id != self._job_id]
        for job_id in removed:
            with suppress(SnakePipeError):
                forget_sinks_behind(self._manager, self._manager.load(job_id).progress.epoch)
            shutil.rmtree(self._manager.job_folder(job_id), ignore_errors=True)
        return len(removed)

    def _ended(self, job_id: str) -> float:
        """When a job was written to last, in seconds since 1970."""
        try:
            return (self._manager.job_folder(job_id) / "checkpoint.json").stat().st_mtime
        except (OSError, SnakePipeError):
            return 0.0
