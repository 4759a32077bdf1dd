"""A job as it stands, seen from another process: its checkpoint, its last status, and whether it runs."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from snake_pipe.cli.locations import dataset_of_job, find_dataset
from snake_pipe.errors import JobNotFoundError, UsageError

if TYPE_CHECKING:
    from snake_pipe.storage.storage import Storage
    from snake_pipe.utils.checkpoint_manager import CheckpointData, CheckpointManager


@dataclass(frozen=True, slots=True)
class JobView:
    """`state` is one of LIVE, done, stopped, failed, interrupted (killed, or the machine went down) or
    superseded (given up for a later job).

    `runs` tells whether its process is at work. `figures` is the job's `status.json`, of which
    anything may be missing.
    """

    dataset: Storage
    job_id: str
    state: str
    runs: bool
    checkpoint: CheckpointData
    figures: dict[str, Any]

    @property
    def can_be_resumed(self) -> bool:
        """Whether it ended before it was done, and no later job has taken its place."""
        return not self.runs and self.checkpoint.progress.is_unfinished

    @property
    def is_starting(self) -> bool:
        """Whether its process has written no status yet."""
        return self.runs and "pid" not in self.figures


def view_job(manager: CheckpointManager, job_id: str) -> JobView:
    """Look at a job; JobNotFoundError, or CheckpointError if its checkpoint is damaged."""
    from snake_pipe.load.claims.writers import live_writer

    writer = live_writer(manager.dataset, job_id)  # before its files: what ends meanwhile still runs
    checkpoint = manager.load(job_id)
    figures = manager.read_status(job_id)
    if writer is not None:
        is_own = figures.get("pid") == writer.pid  # not what an earlier run of the job left
        state = str(figures.get("status", "running")) if is_own else "running"
        figures = figures if is_own else {}
    else:
        state = checkpoint.progress.status
        state = "interrupted" if state == "running" else state
    progress = asdict(checkpoint.progress)
    known = {name: progress[name] for name in ("files_done", "files_failed", "bytes_done")}
    return JobView(manager.dataset, job_id, state, writer is not None, checkpoint, figures or known)


def running_jobs(dataset: Storage) -> list[str]:
    """The jobs of a dataset that run now, in the order in which they began."""
    from snake_pipe.load.claims.writers import live_writers

    return [writer.job_id for writer in live_writers(dataset) if writer.job_id]


def find_job(job_id: str | None, last: bool, dataset: str | None) -> tuple[CheckpointManager, str]:
    """The job that is meant: the one named, else the running one that began last, else the newest."""
    from snake_pipe.utils.checkpoint_manager import CheckpointManager

    if job_id is not None:
        if last:
            raise UsageError("JOB_ID and --last cannot be given together", "snake-pipe jobs lists the jobs")
        return CheckpointManager(dataset_of_job(job_id, dataset)), job_id
    manager = CheckpointManager(find_dataset(dataset))
    running = running_jobs(manager.dataset)
    chosen = running[-1] if running else manager.newest()
    if chosen is None:
        raise JobNotFoundError(f"no job in {manager.dataset.url}", "snake-pipe ingest starts one")
    return manager, chosen
