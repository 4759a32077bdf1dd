"""The engine: opens datasets and jobs, wires the parts of a run, and offers the steps one by one.

`BatchProcessingEngine` ingests repositories; the functions of `parallel_batches`, to be had from here too,
run a user's own function through the same machinery.
"""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from snake_pipe.errors import CheckpointError, EngineStateError, SnakePipeError
from snake_pipe.extract.batch_config import BatchConfig
from snake_pipe.extract.batch_models import (
    BatchResult,
    BatchStatistics,
    RepositoryProcessingResult,
)
from snake_pipe.extract.ingest_request import IngestRequest
from snake_pipe.extract.job import Job
from snake_pipe.extract.memory_guard import plan_memory
from snake_pipe.extract.parallel_batches import (
    create_optimal_batches,
    execute_parallel_batches,
    process_batch,
)
from snake_pipe.observe.events import JobEnded, JobStarted, Listener, Notice, ignore
from snake_pipe.observe.job_log import JobLog
from snake_pipe.utils.batch_utils import memory_limit

if TYPE_CHECKING:
    from collections.abc import Callable
    from logging import Logger

    from snake_pipe.extract.job_run import JobRun
    from snake_pipe.observe.events import Event
    from snake_pipe.utils.checkpoint_manager import (
        CheckpointData,
    )


class BatchProcessingEngine:
    """Turns repositories into tables, one job at a time.

    `listener` is called on the event loop with every event of the job and must return soon; `logger`, where
    given, gets the notices.
    """

    def __init__(
        self, config: BatchConfig | None = None, logger: Logger | None = None, *, listener: Listener = ignore
    ) -> None:
        self.config = config or BatchConfig()
        self._logger = logger
        self._listener = listener
        self._run: JobRun | None = None
        self._job: Job | None = None
        self._early_stop: str | None = None
        self._statistics = BatchStatistics()

    async def process_repository(
        self, repository_path: Path, config: BatchConfig | None = None, *, dataset: Path | None = None
    ) -> RepositoryProcessingResult:
        """Ingest one repository: every file that is recognised, into `.snake-pipe` in it by default."""
        root = Path(repository_path).absolute()
        target = (dataset or root / ".snake-pipe").absolute()
        return await self.ingest(IngestRequest(roots=(str(root),), dataset=str(target)), config)

    async def ingest(
        self, request: IngestRequest, config: BatchConfig | None = None
    ) -> RepositoryProcessingResult:
        """Run a new job. A run that fails raises SnakePipeError after its checkpoint was written."""
        request.check()
        config = config or self.config
        plan_memory(memory_limit(config.memory_limit_bytes), config.workers)  # refuse before anything is made
        return await self._process(lambda stack: Job.begin(request, config, stack))

    async def resume(self, job_id: str, dataset: Path) -> RepositoryProcessingResult:
        """Go on with a job where its last flush left it; does nothing for a job that is done."""
        return await self._process(lambda stack: Job.reopen(job_id, dataset, stack))

    def stop(self, reason: str) -> None:
        """End the job under way after what is in flight, with a checkpoint; may be called more than once."""
        self._early_stop = reason
        if self._run is not None:
            self._run.stop(reason)

    async def flush_now(self) -> None:
        """Make visible what workers have finished so far; done when this returns."""
        if self._run is None:
            raise EngineStateError("no job is running")
        await self._run.flush_now()

    async def get_processing_statistics(self) -> BatchStatistics:
        """The figures of the job under way, or of the last one."""
        return self._statistics

    async def create_checkpoint(self, job_id: str) -> CheckpointData:
        """Commit what is finished and record how far the job under way is."""
        if self._job is None or self._job.job_id != job_id:
            raise EngineStateError(f"job {job_id} is not running in this engine")
        await self.flush_now()
        return await asyncio.to_thread(self._job.save, "running", self._statistics)

    async def _process(self, open_job: Callable[[ExitStack], Job]) -> RepositoryProcessingResult:
        if self._job is not None:
            raise EngineStateError("this engine is running a job already", "use a second engine")
        with ExitStack() as stack:
            stack.callback(setattr, self, "_early_stop", None)
            job = self._job = await asyncio.to_thread(open_job, stack)
            stack.callback(setattr, self, "_job", None)
            stack.callback(setattr, self, "_run", None)
            log = JobLog(job.folder / "log.jsonl")
            stack.callback(log.close)

            def tell(event: Event) -> None:
                log(event)
                if self._logger is not None and isinstance(event, Notice):
                    self._logger.warning("%s: %s", event.code, event.message)
                self._listener(event)

            tell(JobStarted(job.job_id, str(job.dataset.path), job.resumed, job.files_before))
            if job.is_done:
                tell(JobEnded(job.job_id, "done", ""))
                self._statistics = BatchStatistics(failed_before=job.failed_before)
                return RepositoryProcessingResult(job.job_id, str(job.dataset.path), "done", self._statistics)
            status, message = "failed", ""
            statistics = self._statistics = BatchStatistics()
            try:
                run = self._run = job.make_run(tell)
                statistics = self._statistics = run.statistics
                statistics.failed_before = job.failed_before
                if self._early_stop is not None:
                    run.stop(self._early_stop)
                reason = await run.run()
                status, message = ("done", "") if reason is None else ("stopped", reason)
            except SnakePipeError as error:
                message = str(error)
                raise
            except Exception as error:
                message = f"{type(error).__name__}: {error}"
                raise
            finally:
                statistics.unrecognised = dict(job.unrecognised)
                await asyncio.to_thread(job.end, status, statistics)
                tell(JobEnded(job.job_id, status, message))
            return RepositoryProcessingResult(job.job_id, str(job.dataset.path), status, statistics, message)


async def resume_failed_batch_job(job_id: str, checkpoint_data: CheckpointData) -> BatchResult:
    """Go on with an ingestion from its checkpoint; the figures of the resumed run as one result."""
    if checkpoint_data.job_id != job_id:
        raise CheckpointError(f"the checkpoint is of job {checkpoint_data.job_id!r}, not of {job_id!r}")
    result = await BatchProcessingEngine().resume(job_id, Path(checkpoint_data.request["dataset"]))
    statistics = result.statistics
    return BatchResult(
        batch_id=0,
        outcomes=dict(statistics.outcomes),
        rows=dict(statistics.rows),
        byte_count=statistics.bytes_done,
        duration=statistics.elapsed,
        failure=None if result.success else result.message,
    )


__all__ = [
    "BatchProcessingEngine",
    "IngestRequest",
    "create_optimal_batches",
    "execute_parallel_batches",
    "process_batch",
    "resume_failed_batch_job",
]
