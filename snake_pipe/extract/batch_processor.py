"""The engine: opens datasets and jobs, wires the parts of a run, and offers the steps one by one.

`BatchProcessingEngine` ingests repositories; the functions of `dispatch.own_function`, to be had from here
too, run a user's own function through the same machinery.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snake_pipe.errors import CheckpointError, EngineStateError, SnakePipeError, UsageError
from snake_pipe.executors.dask_address import check_dask, is_dask
from snake_pipe.extract.batch_config import BatchConfig
from snake_pipe.extract.batch_models import (
    HIGHEST_PRIORITY,
    LOWEST_PRIORITY,
    BatchPriority,
    BatchResult,
    BatchStatistics,
    RepositoryProcessingResult,
)
from snake_pipe.extract.batching.memory import plan_memory
from snake_pipe.extract.discovery.request import IngestRequest
from snake_pipe.extract.dispatch.own_function import (
    create_optimal_batches,
    execute_parallel_batches,
    process_batch,
)
from snake_pipe.extract.dispatch.slots_folder import slots_folder
from snake_pipe.extract.job.assembly import make_run
from snake_pipe.extract.job.job import Job
from snake_pipe.extract.job.log_place import log_place
from snake_pipe.extract.paths.datasets import DATASET_NAME
from snake_pipe.extract.planning.budget import Budget
from snake_pipe.extract.settings.on_unfinished import OnUnfinished
from snake_pipe.observe.events import DatasetAwaited, JobEnded, JobStarted, Listener, Notice, Stopping, ignore
from snake_pipe.observe.job_log import JobLog
from snake_pipe.observe.job_samples import JobSamples
from snake_pipe.observe.nothing_found import why_nothing_was_found
from snake_pipe.observe.status import LIVE, JobStatus
from snake_pipe.storage.open import open_storage
from snake_pipe.utils.batch_utils import memory_limit
from snake_pipe.utils.lock_wait import LockWait

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from logging import Logger
    from types import TracebackType
    from typing import Self

    from snake_pipe.extract.batch_models import DiscoveredFile, ProcessingResult
    from snake_pipe.extract.feeds.feed import Feed
    from snake_pipe.extract.feeds.submissions import Submissions
    from snake_pipe.extract.job.run import JobRun
    from snake_pipe.extract.watch.options import WatchOptions
    from snake_pipe.observe.events import Event
    from snake_pipe.utils.checkpoint_manager import (
        CheckpointData,
    )

    Opener = Callable[[ExitStack, LockWait], Job]


class BatchProcessingEngine:
    """Turns repositories into tables, one job at a time.

    A repository at once: `process_repository`, `ingest`, `resume`, `watch`. File by file, in a program:

        async with BatchProcessingEngine(config, dataset=Path("trees")) as engine:
            result = await engine.submit(Path("src/a.py"), priority=9)

    While a job runs, from either, it can be controlled: `flush_now`, `pause`, `unpause`, `cancel`,
    `update_config`, `stop`. All methods belong to one event loop. `listener` is called on it with every
    event of the job and must return soon; `logger`, where given, gets the notices.
    """

    def __init__(
        self,
        config: BatchConfig | None = None,
        logger: Logger | None = None,
        *,
        root: Path | None = None,
        dataset: Path | str | None = None,
        listener: Listener = ignore,
    ) -> None:
        """`root`, by default the current folder, is what submitted paths are relative to.

        `dataset` is for submitted files, by default `.snake-pipe` in `root`.
        """
        self.config = config or BatchConfig()
        self._root = root
        self._dataset = dataset
        self._logger = logger
        self._listener = listener
        self._run: JobRun | None = None
        self._job: Job | None = None
        self._early_stop: str | None = None
        self._wait: LockWait | None = None
        self._is_busy = False
        self._status = JobStatus()
        self._submissions: Submissions | None = None
        self._background: asyncio.Task[RepositoryProcessingResult] | None = None
        self._opened = asyncio.Event()

    # -- a repository at once ------------------------------------------------------------------------

    async def process_repository(
        self, repository_path: Path, config: BatchConfig | None = None, *, dataset: Path | str | None = None
    ) -> RepositoryProcessingResult:
        """Ingest one repository: every file that is recognised, into `.snake-pipe` in it by default."""
        root = Path(repository_path).absolute()
        target = open_storage(dataset or root / DATASET_NAME).url
        return await self.ingest(IngestRequest(roots=(str(root),), dataset=target), config)

    async def ingest(
        self,
        request: IngestRequest,
        config: BatchConfig | None = None,
        *,
        lock_timeout: float = 0.0,
        on_unfinished: OnUnfinished = OnUnfinished.KEEP,
        budget: float | None = None,
    ) -> RepositoryProcessingResult:
        """Run a new job, or go on with an earlier one of the same paths where `on_unfinished` says so.

        While another job writes to the dataset, wait up to `lock_timeout` seconds; then DatasetBusyError.
        A run that fails raises SnakePipeError after its checkpoint was written.

        With a `budget`, in seconds from here, it takes the most urgent files first, and is stopped when the
        time is used, with everything committed that was read; `resume` goes on with the rest.
        """
        return await self._process(
            self._opener(request, config, on_unfinished),
            Job.make_feed,
            lock_timeout=lock_timeout,
            seconds=budget,
        )

    async def watch(
        self,
        request: IngestRequest,
        config: BatchConfig | None = None,
        options: WatchOptions | None = None,
        *,
        lock_timeout: float = 0.0,
    ) -> RepositoryProcessingResult:
        """Run a new job that goes on with what changes, until `stop`; UsageError where watching cannot be."""
        from snake_pipe.extract.watch.options import WatchOptions, check_watch

        check_watch(request)
        chosen = options or WatchOptions()
        return await self._process(
            self._opener(request, config),
            lambda job, tell: job.make_watcher(chosen, tell),
            lock_timeout=lock_timeout,
        )

    async def resume(
        self,
        job_id: str,
        dataset: Path | str,
        changes: Mapping[str, Any] | None = None,
        *,
        lock_timeout: float = 0.0,
        budget: float | None = None,
    ) -> RepositoryProcessingResult:
        """Go on with a job where its last flush left it; does nothing for a job that is done.

        `changes` are settings that are to be others from here on, such as fewer workers; `budget` is as for
        `ingest`, and this run's alone.
        """

        def make_feed(job: Job, tell: Listener) -> Feed:
            feed = job.make_feed(tell)
            feed.end()  # of what programs submitted: nothing more is taken in
            return feed

        return await self._process(
            lambda stack, wait: Job.reopen(job_id, open_storage(dataset), stack, changes, wait=wait),
            make_feed,
            lock_timeout=lock_timeout,
            seconds=budget,
        )

    # -- one job, from its opening to its end --------------------------------------------------------

    def _opener(
        self,
        request: IngestRequest,
        config: BatchConfig | None,
        on_unfinished: OnUnfinished = OnUnfinished.KEEP,
    ) -> Opener:
        request, config = _agreed(request, config or self.config)
        request.check()
        if is_dask(config.executor):
            check_dask()
        plan_memory(memory_limit(config.memory_limit_bytes), config.workers)  # refuse before anything is made
        return lambda stack, wait: Job.begin(request, config, stack, wait=wait, on_unfinished=on_unfinished)

    async def _process(
        self,
        open_job: Opener,
        make_feed: Callable[[Job, Listener], Feed],
        *,
        lock_timeout: float = 0.0,
        seconds: float | None = None,
    ) -> RepositoryProcessingResult:
        """Open a job, run it and end it; what was opened is closed again whatever happens."""
        if self._is_busy:
            raise EngineStateError("this engine is running a job already", "use a second engine")
        budget = None if seconds is None else Budget(seconds, time.monotonic())
        self._is_busy = True
        with ExitStack() as stack:
            stack.callback(self._become_idle)
            self._wait = self._make_wait(lock_timeout)
            if self._early_stop is not None:
                self._wait.stop(self._early_stop)
            job = self._job = await asyncio.to_thread(open_job, stack, self._wait)
            tell = self._open_listener(job, stack)
            tell(JobStarted(job.job_id, job.dataset.url, job.resumed, job.files_before, job.is_done))
            for notice in job.notices:
                tell(notice)
            self._status = JobStatus()
            self._status.statistics.files_before = job.files_before
            self._status.statistics.failed_before = job.failed_before
            try:
                if job.is_done:
                    self._status.state = "done"
                else:
                    await self._run_job(job, make_feed, tell, budget)
            finally:
                tell(JobEnded(job.job_id, self._status.state, self._status.message))
            return self._result(job)

    async def _run_job(
        self,
        job: Job,
        make_feed: Callable[[Job, Listener], Feed],
        tell: Listener,
        budget: Budget | None,
    ) -> None:
        """Feed the job's run until it ends, and record how; a run that fails raises what ended it."""
        state, message = "failed", ""
        try:
            feed = await asyncio.to_thread(make_feed, job, tell)
            beside = job.folder.folder and job.folder.folder / "workers"
            with slots_folder(job.job_id, beside) as slots:
                run = self._run = await make_run(job, feed, self._status, slots, tell, budget)
                self._opened.set()
                if self._early_stop is not None:
                    run.stop(self._early_stop)
                reason = await run.run()
            state, message = ("done", run.end_reason or "") if reason is None else ("stopped", reason)
        except SnakePipeError as error:
            message = str(error)
            raise
        except Exception as error:
            message = f"{type(error).__name__}: {error}"
            raise
        finally:
            await self._record_end(job, state, message)

    async def _record_end(self, job: Job, state: str, message: str) -> None:
        """How the job ended, in its status and on disk; a job whose end cannot be recorded has failed."""
        self._status.state, self._status.message = state, message
        try:
            await asyncio.to_thread(job.end, self._status)
        except SnakePipeError as error:
            self._status.state, self._status.message = "failed", str(error)
            await asyncio.to_thread(job.end, self._status)
            raise

    def _become_idle(self) -> None:
        self._is_busy = False
        self._job = self._run = self._early_stop = self._wait = None

    def _make_wait(self, seconds: float) -> LockWait:
        """A wait for the dataset, of which the listener is told on this loop."""
        loop = asyncio.get_running_loop()

        def tell(holder: str, waited: float) -> None:
            loop.call_soon_threadsafe(self._listener, DatasetAwaited(holder, waited, seconds))

        return LockWait(seconds, tell)

    def _open_listener(self, job: Job, stack: ExitStack) -> Listener:
        """Events go to the job's log and to the caller's listener, notices to the caller's logger as well."""
        place = stack.enter_context(log_place(job.folder, job.job_id))
        log = JobLog(place, most_bytes=job.config.log_bytes, files=job.config.log_files)
        samples = JobSamples(job.folder)
        stack.callback(log.close)

        def tell(event: Event) -> None:
            log(event)
            samples(event)
            if isinstance(event, JobEnded):
                samples.add(self._status)
            if self._logger is not None and isinstance(event, Notice):
                self._logger.warning("%s: %s", event.code, event.message)
            self._listener(event)

        return tell

    def _result(self, job: Job) -> RepositoryProcessingResult:
        status = self._status
        settings = {} if job.is_done else asdict(job.config)
        nothing = None
        # A watch is ended by somebody, and may have waited for its first file until then.
        ended_by_itself = status.state == "done" and not status.message
        if ended_by_itself and not job.is_done and job.request.expects_files:
            asked = bool(job.config.languages)
            nothing = why_nothing_was_found(status.statistics, languages_asked=asked)
        return RepositoryProcessingResult(
            job.job_id,
            job.dataset.url,
            status.state,
            status.statistics,
            status.message,
            settings,
            nothing or "",
        )

    # -- file by file --------------------------------------------------------------------------------

    async def start(self) -> None:
        """Begin a job for files to be submitted; EngineStateError if the engine was started before."""
        if self._background is not None:
            raise EngineStateError("the engine has already been started", "make a new one")
        root = (self._root or Path.cwd()).absolute()
        dataset = open_storage(self._dataset or root / DATASET_NAME).url
        request = IngestRequest(roots=(str(root),), dataset=dataset, list_base=str(root), submitted=True)

        def make_feed(job: Job, _: Listener) -> Feed:
            self._submissions = job.make_submissions()
            return self._submissions

        self._opened.clear()
        self._background = asyncio.create_task(
            self._process(self._opener(request, None), make_feed), name="engine"
        )
        self._background.add_done_callback(self._refuse_the_rest)
        waiting = asyncio.create_task(self._opened.wait())
        await asyncio.wait((waiting, self._background), return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if self._background.done():
            self._background.result()

    def submit(
        self, path: str | Path, priority: int = BatchPriority.NORMAL
    ) -> asyncio.Future[ProcessingResult]:
        """Take in one file, most urgent first (0 to 10); await what is returned for its result.

        The result's `value` has its figures. It is known when a worker is done with the file; its rows are
        visible after the next flush. A file that cannot be read is a failed result, one that is not to be a
        skipped one: `unrecognised` where its language is not known, `unasked` where that is not read,
        `excluded` by patterns. EngineStateError, from here or from the awaited result, when the engine is not
        running (any more).
        """
        if self._submissions is None:
            raise EngineStateError("the engine is not started", "async with BatchProcessingEngine(...)")
        if self._background is not None and self._background.done():
            self._raise_end()
        if not (isinstance(priority, int) and LOWEST_PRIORITY <= priority <= HIGHEST_PRIORITY):
            scale = f"from {LOWEST_PRIORITY} to {HIGHEST_PRIORITY}"
            raise UsageError(f"priority {priority} is not a whole number {scale}")
        return self._submissions.submit(Path(path), priority)

    async def shutdown(self) -> RepositoryProcessingResult:
        """Process and commit all that was submitted, and end; what failed in the background is raised."""
        if self._submissions is None or self._background is None:
            raise EngineStateError("the engine is not started")
        if self._run is not None:
            self._run.stop("shutdown")
        return await asyncio.shield(self._background)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.shutdown()

    def _refuse_the_rest(self, ended: asyncio.Task[RepositoryProcessingResult]) -> None:
        if self._submissions is not None:
            error = None if ended.cancelled() else ended.exception()
            self._submissions.fail(error or EngineStateError("the engine is shut down"))

    def _raise_end(self) -> None:
        assert self._background is not None
        error = None if self._background.cancelled() else self._background.exception()
        if error is not None:
            raise EngineStateError(f"the engine ended: {error}", "resume its job") from error
        raise EngineStateError("the engine is shut down", "make a new one")

    # -- while a job runs ----------------------------------------------------------------------------

    def stop(self, reason: str) -> None:
        """End the job under way after what is in flight, with a checkpoint; may be called more than once."""
        self._early_stop = reason
        if self._run is not None:
            self._run.stop(reason)
        else:
            is_waiting = self._wait is not None and self._wait.is_waiting
            if self._wait is not None:  # it may be about to wait
                self._wait.stop(reason)
            if not is_waiting:
                self._listener(Stopping(reason, 0, 0.0))

    def end_at_once(self, reason: str) -> None:
        """Record the stop, for a process that ends now: what is in flight is given up.

        May be called from any thread; the last commit is what counts, whether or not this succeeds.
        """
        if self._job is not None and self._status.state in LIVE:
            self._job.record_stop(self._status, reason)

    async def flush_now(self) -> None:
        """Make visible all that was taken in before this call; done when this returns.

        While the job is paused, only what workers have finished.
        """
        await self._running().flush_now()

    async def pause(self) -> None:
        """Send workers no further batch until `unpause`; running batches finish."""
        self._running().pause()

    async def unpause(self) -> None:
        """Go on after `pause`."""
        self._running().unpause()

    async def cancel(self, matches: Callable[[DiscoveredFile], bool]) -> int:
        """Skip the waiting files that match, and those that come later in the run; how many waited."""
        return self._running().cancel(matches)

    async def update_config(self, **changes: Any) -> BatchConfig:
        """Change settings of the job under way; ConfigError for one that is wrong or fixed while it runs."""
        run = self._running()
        run.update_config(changes)
        return run.config

    async def get_processing_statistics(self) -> BatchStatistics:
        """The figures of the job under way, or of the last one."""
        return self._status.statistics

    @property
    def status(self) -> JobStatus:
        """How the job under way stands, or how the last one ended."""
        return self._status

    async def create_checkpoint(self, job_id: str) -> CheckpointData:
        """Commit what is finished and record how far the job under way is."""
        if self._job is None or self._job.job_id != job_id:
            raise EngineStateError(f"job {job_id} is not running in this engine")
        await self._running().commit()
        return await asyncio.to_thread(self._job.save, "running", self._status.statistics)

    def _running(self) -> JobRun:
        if self._background is not None and self._background.done():
            self._raise_end()
        if self._run is None:
            raise EngineStateError("no job is running")
        return self._run


def _agreed(request: IngestRequest, config: BatchConfig) -> tuple[IngestRequest, BatchConfig]:
    """Both with one selection of files: the request's, and what that leaves open from the settings."""
    names = ("include", "exclude", "languages")
    selection: dict[str, Any] = {name: getattr(request, name) or getattr(config, name) for name in names}
    selection["use_gitignore"] = request.use_gitignore and config.use_gitignore
    narrowed = request.narrowed
    if narrowed is None:
        narrowed = tuple(name for name in names if getattr(request, name))
    return replace(request, narrowed=narrowed, **selection), replace(config, **selection)


async def resume_failed_batch_job(job_id: str, checkpoint_data: CheckpointData) -> BatchResult:
    """Go on with an ingestion from its checkpoint; the figures of the resumed run as one result."""
    if checkpoint_data.job_id != job_id:
        raise CheckpointError(f"the checkpoint is of job {checkpoint_data.job_id!r}, not of {job_id!r}")
    result = await BatchProcessingEngine().resume(job_id, checkpoint_data.request["dataset"])
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
