"""The engine: opens datasets and jobs, wires the parts of a run, and offers the steps one by one.

`BatchProcessingEngine` ingests repositories; the functions of `parallel_batches`, to be had from here too,
run a user's own function through the same machinery.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snake_pipe import plugins
from snake_pipe.errors import CheckpointError, EngineStateError, SnakePipeError
from snake_pipe.extract import job_index
from snake_pipe.extract.batch_config import BatchConfig, check_settings
from snake_pipe.extract.batch_models import (
    BatchResult,
    BatchStatistics,
    DiscoveredFile,
    RepositoryProcessingResult,
)
from snake_pipe.extract.batch_worker import WorkerSetup
from snake_pipe.extract.file_rows import file_row
from snake_pipe.extract.ingest_request import IngestRequest
from snake_pipe.extract.intake import Intake
from snake_pipe.extract.job_run import JobRun
from snake_pipe.extract.memory_guard import plan_memory
from snake_pipe.extract.parallel_batches import (
    create_optimal_batches,
    execute_parallel_batches,
    open_executor,
    process_batch,
)
from snake_pipe.extract.sink import Sink
from snake_pipe.extract.worker_slot import clear_slots
from snake_pipe.load.dataset import Dataset, Flush
from snake_pipe.load.known_files import KnownFiles
from snake_pipe.load.part_writer import Part, PartWriter
from snake_pipe.observe.events import JobEnded, JobStarted, Listener, Notice, ignore
from snake_pipe.observe.job_log import JobLog
from snake_pipe.utils.batch_utils import memory_limit
from snake_pipe.utils.checkpoint_manager import (
    CheckpointData,
    CheckpointManager,
    ProcessingProgress,
    new_job_id,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from logging import Logger

    from snake_pipe.extract.file_rows import Row
    from snake_pipe.observe.events import Event
    from snake_pipe.utils.journal import Journal


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
        self._job: _Job | None = None
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
        return await self._process(lambda stack: _Job.begin(request, config or self.config, stack))

    async def resume(self, job_id: str, dataset: Path) -> RepositoryProcessingResult:
        """Go on with a job where its last flush left it; does nothing for a job that is done."""
        return await self._process(lambda stack: _Job.reopen(job_id, dataset, stack))

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

    async def _process(self, open_job: Callable[[ExitStack], _Job]) -> RepositoryProcessingResult:
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
                return RepositoryProcessingResult(job.job_id, str(job.dataset.path), "done", self._statistics)
            run = self._run = job.make_run(tell)
            self._statistics = run.statistics
            if self._early_stop is not None:
                run.stop(self._early_stop)
            status, message = "failed", ""
            try:
                reason = await run.run()
                status, message = ("done", "") if reason is None else ("stopped", reason)
            except SnakePipeError as error:
                message = str(error)
                raise
            except Exception as error:
                message = f"{type(error).__name__}: {error}"
                raise
            finally:
                run.statistics.unrecognised = dict(job.unrecognised)
                await asyncio.to_thread(job.end, status, run.statistics)
                tell(JobEnded(job.job_id, status, message))
            return RepositoryProcessingResult(
                job.job_id, str(job.dataset.path), status, run.statistics, message
            )


class _Job:
    """A job that is open: its dataset locked, its journal at hand, its last flush rolled forward."""

    def __init__(
        self,
        dataset: Dataset,
        manager: CheckpointManager,
        checkpoint: CheckpointData,
        journal: Journal,
        epoch: int,
    ) -> None:
        self.dataset = dataset
        self.checkpoint = checkpoint
        self.journal = journal
        self.epoch = epoch
        self.manager = manager
        self.job_id = checkpoint.job_id
        self.folder = manager.job_folder(self.job_id)
        self.request = IngestRequest.from_json(checkpoint.request)
        self.config = BatchConfig(**check_settings(checkpoint.config, "the checkpoint"))
        self.unrecognised: Counter[str] = Counter()
        self.resumed = epoch != checkpoint.progress.epoch
        self.is_done = checkpoint.progress.status == "done"
        self.files_before = checkpoint.progress.files_done
        self._current: KnownFiles | None = None

    @classmethod
    def begin(cls, request: IngestRequest, config: BatchConfig, stack: ExitStack) -> _Job:
        """A new job; DatasetBusyError, DatasetError or SinkError leave everything as it was."""
        dataset = Dataset.create(Path(request.dataset))
        job_id = new_job_id()
        stack.enter_context(dataset.lock(job_id))
        manager = CheckpointManager(dataset.path)
        epoch = dataset.next_epoch()
        now = time.time()
        checkpoint = CheckpointData(
            job_id,
            request.to_json(),
            asdict(config),
            ProcessingProgress(epoch=epoch),
            created_at=now,
            updated_at=now,
        )
        if request.file_list is not None:
            checkpoint = replace(
                checkpoint, request=replace(request, file_list=_keep_list(request, manager, job_id)).to_json()
            )
        manager.save(checkpoint)
        journal = stack.enter_context(manager.journal(job_id))
        journal.append({"type": "start", "job_id": job_id, "epoch": epoch, "pid": os.getpid(), "time": now})
        job_index.remember(job_id, dataset.path)
        return cls(dataset, manager, checkpoint, journal, epoch)

    @classmethod
    def reopen(cls, job_id: str, path: Path, stack: ExitStack) -> _Job:
        """An earlier job, its promised flush committed; CheckpointError if its state is damaged."""
        dataset = Dataset.open(path)
        manager = CheckpointManager(dataset.path)
        checkpoint = manager.load(job_id)
        stack.enter_context(dataset.lock(job_id))
        journal = stack.enter_context(manager.journal(job_id))
        if Path(checkpoint.request.get("dataset", "")) != dataset.path:  # the dataset was moved
            checkpoint = replace(checkpoint, request={**checkpoint.request, "dataset": str(dataset.path)})
        committed = {record["seq"] for record in journal.records if record.get("type") == "committed"}
        named: set[str] = set()
        for record in journal.records:
            if record.get("type") != "flush":
                continue
            parts = [Part(*part) for part in record["parts"]]
            named |= {part.name for part in parts}
            if record["seq"] not in committed:
                dataset.commit(Flush(job_id, record["seq"], parts))
                journal.append({"type": "committed", "seq": record["seq"]})
        dataset.remove_orphans(job_id, named)
        if checkpoint.progress.status == "done":
            return cls(dataset, manager, checkpoint, journal, checkpoint.progress.epoch)
        epoch = dataset.next_epoch()
        journal.append(
            {"type": "start", "job_id": job_id, "epoch": epoch, "pid": os.getpid(), "time": time.time()}
        )
        return cls(dataset, manager, checkpoint, journal, epoch)

    def make_run(self, listener: Listener) -> JobRun:
        """Wire the parts of a run."""
        self.save("running", None)
        slots = self.folder / "workers"
        clear_slots(slots)
        in_processes = self.config.executor == "process"
        plan = plan_memory(memory_limit(self.config.memory_limit_bytes), self.config.workers)
        config = replace(self.config, worker_count=plan.workers)
        if plan.workers < self.config.workers:
            text = f"{plan.limit >> 20} MiB of memory are enough for {plan.workers} of {self.config.workers} workers"
            listener(Notice("memory", text))
        setup = WorkerSetup(
            config,
            self.job_id,
            self.epoch,
            str(self.dataset.path),
            str(slots) if in_processes else None,
            nodes_in_memory=plan.nodes_in_memory,
        )
        intake = Intake(self._source(), job_id=self.job_id, epoch=self.epoch, known=self._known())
        sink = Sink(
            job_id=self.job_id,
            epoch=self.epoch,
            last_flush_seq=max(
                (r["seq"] for r in self.journal.records if r.get("type") == "flush"), default=0
            ),
            journal=self.journal,
            commit=lambda job_id, seq, parts: self.dataset.commit(Flush(job_id, seq, list(parts))),
            open_writer=self._open_writer,
        )
        return JobRun(
            config,
            plan=plan,
            job_id=self.job_id,
            intake=intake,
            sink=sink,
            open_executor=lambda workers, _: open_executor(setup, workers),
            slots=slots if in_processes else None,
            listener=listener,
            find_deleted=lambda: self._deleted(intake),
            on_flush=lambda statistics: self.save("running", statistics),
            on_watch=lambda statistics: self.manager.write_status(
                self.job_id, status_of(self.job_id, statistics)
            ),
        )

    def _source(self) -> Iterator[Any]:
        return self.request.discover(self.config.max_file_size, self.unrecognised)

    def _known(self) -> list[KnownFiles]:
        """What need not be read: this job's own files, and those that did not change since an earlier one."""
        known = []
        if self.resumed:
            known.append(KnownFiles.of_job(self.dataset, self.job_id))
        self._current = KnownFiles.current(self.dataset, parsers=plugins.parser_versions())
        if not self.request.full:
            known.append(self._current)
        return known

    def _deleted(self, intake: Intake) -> Iterable[Row]:
        """Rows for files of an earlier job that are gone from the disk."""
        if self._current is None or self.request.file_list is not None or self.request.full:
            return
        roots = {Path(root).name: Path(root) for root in self.request.roots}
        for gone in self._current.unseen():
            root = roots.get(gone.repo)
            if root is None or os.path.lexists(
                root / (os.fsdecode(gone.path_bytes) if gone.path_bytes else gone.path)
            ):
                continue
            file = DiscoveredFile(
                str(root),
                gone.path,
                0,
                0,
                gone.language or "ast",
                gone.repo,
                path_bytes=gone.path_bytes,
                file_id=intake.next_file_id(),
            )
            yield file_row(
                file,
                self.job_id,
                status="deleted",
                input_kind=gone.input_kind,
                language=gone.language,
                size_bytes=None,
                mtime_ns=None,
            )

    def _open_writer(self, stem: str) -> PartWriter:
        return PartWriter(
            self.dataset.path,
            stem,
            ("files", "errors", "batches"),
            codec=self.config.compression,
            level=self.config.compression_level,
        )

    def save(self, status: str, statistics: BatchStatistics | None) -> CheckpointData:
        """Write the checkpoint with the figures of all runs of this job."""
        before = self.checkpoint.progress
        progress = replace(before, status=status, epoch=self.epoch)
        if statistics is not None:
            progress = replace(
                progress,
                files_done=before.files_done + statistics.files_committed,
                files_failed=before.files_failed + statistics.files_failed,
                rows=before.rows + sum(statistics.rows.values()),
                bytes_done=before.bytes_done + statistics.bytes_done,
                flush_seq=before.flush_seq + statistics.flushes,
            )
        data = replace(self.checkpoint, progress=progress, updated_at=time.time())
        self.manager.save(data)
        return data

    def end(self, status: str, statistics: BatchStatistics) -> None:
        """Record the job's end, as far as the disk allows: the journal alone is enough to go on."""
        try:
            self.manager.write_status(self.job_id, {**status_of(self.job_id, statistics), "status": status})
            self.save(status, statistics)
            self.journal.append({"type": "end", "status": status, "time": time.time()})
        except SnakePipeError:
            if status == "done":
                raise


def _keep_list(request: IngestRequest, manager: CheckpointManager, job_id: str) -> str:
    """Copy a list of files into the job's folder, since a pipe cannot be read twice."""
    assert request.file_list is not None
    folder = manager.job_folder(job_id)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = folder / "files.list"
    shutil.copyfile(request.file_list, kept)
    return str(kept)


def status_of(job_id: str, statistics: BatchStatistics) -> dict[str, Any]:
    """The figures of a run as JSON, for `status.json`."""
    document = asdict(statistics)
    document["outcomes"] = [[status, word, count] for (status, word), count in statistics.outcomes.items()]
    return {"job_id": job_id, "status": "running", "pid": os.getpid(), "time": time.time(), **document}


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
