"""What a run does for its dataset besides adding to it: tables become the current state, old jobs go."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from snake_pipe.errors import UsageError
from snake_pipe.extract.job.recovery import promises
from snake_pipe.extract.sinks.ledger import forget_sinks_behind
from snake_pipe.load.claims.of_jobs import newest_jobs
from snake_pipe.load.tidy.retention import Retention, Vacuum
from snake_pipe.load.tidy.tidy import Tidied, Tidy
from snake_pipe.utils.checkpoint_manager import CHECKPOINT_FILE
from snake_pipe.utils.lock_wait import LockWait

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from snake_pipe.extract.batch_config import BatchConfig
    from snake_pipe.load.dataset import Dataset
    from snake_pipe.utils.checkpoint_manager import CheckpointManager

_DAY = 86_400

_MOST_TURNS = 100
"""How often one job tidies after the last of many others has ended, which end one after the other."""

_TIMES_WAIT = 60.0
"""Seconds that new times of files wait for another's tidying."""

_RUNS_BETWEEN = 12
"""Runs that change nothing after which their parts of `runs` are merged."""


def retention_of(config: BatchConfig) -> Retention:
    """How far back a dataset is kept."""
    return Retention(config.keep_runs, config.keep_days, config.reader_grace_seconds)


class Upkeep:
    """Of one dataset by one job, or by `compact`; one call at a time."""

    def __init__(
        self, dataset: Dataset, manager: CheckpointManager, config: BatchConfig, *, job_id: str, epoch: int
    ) -> None:
        """`job_id` is whose work it is, empty for that of no job; `epoch` is its own."""
        self._dataset = dataset
        self._manager = manager
        self._config = config
        self._job_id = job_id
        self._epoch = epoch
        self._times = 0
        self._held: frozenset[str] = frozenset()

    def take_turn(self, noted_times: Mapping[int, int]) -> None:
        """Tidy and remove old jobs, unless another is at it, who then looks again when it is done.

        So does this one: for whoever added something meanwhile and ended, since that one found it at work. As
        long as there are others that will look themselves, it is left to them. New times of files, which
        would be lost, wait a while for their turn.
        """
        claims = self._dataset.claims
        for _ in range(_MOST_TURNS):
            claim = claims.upkeep(LockWait(_TIMES_WAIT) if noted_times else None)
            if claim is None:
                return
            with claim:
                self.tidy(noted_times)
                self.remove_old_jobs()
            noted_times = {}
            if not all(writer.is_ending for writer in claims.live()) or not self._tidy_of().is_due():
                return

    def _tidy_of(self, noted_times: Mapping[int, int] | None = None) -> Tidy:
        self._times += 1
        return Tidy(
            self._dataset,
            job_id=self._job_id,
            stem=f"{self._job_id or 'compact'}-{self._epoch}-{self._times}",
            codec=self._config.compression,
            level=self._config.compression_level,
            noted_times=noted_times,
            epoch=self._epoch,
            kept_jobs=self._manager.job_ids(),
            telling_jobs=newest_jobs(self._manager),
        )

    def tidy(self, noted_times: Mapping[int, int] | None = None, *, at_once: bool = False) -> Tidied:
        """Make the tables the current state; `noted_times` as `Tidy` takes them. The caller has the upkeep.

        Nothing is looked at where they are that already, unless it is to be done `at_once`.
        """
        tidy = self._tidy_of(noted_times)
        if at_once or tidy.is_due():
            work = tidy.run
        elif self._dataset.log("runs").newest_version() % _RUNS_BETWEEN == 0:
            work = tidy.run_for_runs
        else:
            return Tidied()
        try:
            return work()
        finally:  # also where the disk is full: that makes room for the next try
            self.vacuum().remove()

    def vacuum(self) -> Vacuum:
        """What nobody needs any more."""
        return Vacuum(self._dataset, retention_of(self._config), is_promised=self._is_promised())

    def _is_promised(self) -> Callable[[str], bool]:
        is_promised = promises(self._dataset, self._manager, self._config.sink_ids)
        return lambda name: name in self._held or is_promised(name)

    def hold(self, names: Collection[str]) -> None:
        """Keep these parts, and those alone, whatever becomes of them in the tables: a sink reads them."""
        self._held = frozenset(names)

    def remove_old_jobs(self) -> int:
        """Remove the folders of jobs beyond the newest so many, and those that are too old; how many.

        StorageError where it cannot be told what sinks lack of one.
        """
        job_ids = self._manager.job_ids()
        beyond = job_ids[: -self._config.keep_jobs]
        oldest = time.time() - self._config.keep_job_days * _DAY
        aged = [job_id for job_id in job_ids[:-1] if job_id not in beyond and self._ended(job_id) < oldest]
        # Those that run, and those that left something to be settled.
        needed = {self._job_id, *(writer.job_id for writer in self._dataset.claims.all())}
        removed = [job_id for job_id in (*beyond, *aged) if job_id not in needed]
        for job_id in removed:
            with suppress(UsageError):  # a damaged checkpoint
                forget_sinks_behind(self._manager, self._manager.load(job_id).progress.epoch)
            self._manager.job_folder(job_id).remove_folder()
        return len(removed)

    def _ended(self, job_id: str) -> float:
        """When a job was written to last, in seconds since 1970; now, where that cannot be told."""
        try:
            return self._manager.job_folder(job_id).info(CHECKPOINT_FILE).modified
        except FileNotFoundError:  # killed before it began
            return 0.0
        except OSError:
            return time.time()
