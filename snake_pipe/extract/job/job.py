"""A job on disk: begun or opened again, its files found, its checkpoint written, its end recorded."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from snake_pipe import plugins
from snake_pipe.errors import DatasetBusyError, SnakePipeError, UsageError
from snake_pipe.executors.process_pool import prepare_workers
from snake_pipe.extract.batch_config import BatchConfig, check_settings
from snake_pipe.extract.commit.compaction import compact_journal
from snake_pipe.extract.discovery.request import IngestRequest
from snake_pipe.extract.feeds.ids import FileIds
from snake_pipe.extract.feeds.prior_files import PriorFiles
from snake_pipe.extract.feeds.repository_names import name_repositories
from snake_pipe.extract.feeds.revisions import (
    Checkouts,
    forget_commits,
    note_revisions,
    settle_revisions,
)
from snake_pipe.extract.feeds.submissions import Submissions, left_over
from snake_pipe.extract.feeds.walk_feed import open_walk
from snake_pipe.extract.job import index as job_index
from snake_pipe.extract.job.control.inbox import open_inbox
from snake_pipe.extract.job.failing_before import note_failing_before
from snake_pipe.extract.job.kept_list import keep_list, readable_list
from snake_pipe.extract.job.recovery import commit_promised, remove_leftovers, settle_left_behind
from snake_pipe.extract.job.run_record import RunRecord, record_killed_run
from snake_pipe.extract.job.unfinished import Wanted, decide, live_jobs, supersede
from snake_pipe.extract.job.upkeep import Upkeep, retention_of
from snake_pipe.extract.plugin_check import check_plugins
from snake_pipe.extract.settings.on_unfinished import OnUnfinished
from snake_pipe.extract.worker.modules import WORKER_MODULES
from snake_pipe.load.dataset import Dataset, Flush
from snake_pipe.load.known_files import KnownFiles, committed_ids, errors_of_walk, failed_files
from snake_pipe.load.part_writer import PartWriter
from snake_pipe.storage.open import open_storage
from snake_pipe.utils.checkpoint_manager import (
    CheckpointData,
    CheckpointManager,
    ProcessingProgress,
    new_job_id,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from contextlib import ExitStack

    from snake_pipe.extract.feeds.feed import Feed
    from snake_pipe.extract.feeds.repository_names import NamedRequest
    from snake_pipe.extract.watch.options import WatchOptions
    from snake_pipe.extract.watch.watcher import Watcher
    from snake_pipe.load.claims.claims import Writing
    from snake_pipe.load.part_writer import Part
    from snake_pipe.observe.events import Listener, Notice
    from snake_pipe.observe.statistics import BatchStatistics
    from snake_pipe.observe.status import JobStatus
    from snake_pipe.storage.storage import Storage
    from snake_pipe.utils.journal.journal import Journal
    from snake_pipe.utils.journal.record import Record
    from snake_pipe.utils.lock_wait import LockWait
    from snake_pipe.utils.scope import Scope


class Job:
    """A job that is open: its files claimed, its journal at hand, its last flush rolled forward."""

    def __init__(
        self,
        dataset: Dataset,
        manager: CheckpointManager,
        writing: Writing,
        checkpoint: CheckpointData,
        journal: Journal,
        epoch: int,
    ) -> None:
        self.dataset = dataset
        self._writing = writing
        self.checkpoint = checkpoint
        self.journal = journal
        self.epoch = epoch
        self.manager = manager
        self.job_id = checkpoint.job_id
        self.folder = manager.job_folder(self.job_id)
        self.opened_at = time.time()
        self.request = IngestRequest.from_json(checkpoint.request)
        self.config = BatchConfig(**check_settings(checkpoint.config, "the checkpoint"))
        self.controls = open_inbox(self.folder)
        self.resumed = epoch != checkpoint.progress.epoch
        self.is_done = checkpoint.progress.status == "done"  # and nothing was left to do
        self.files_before = checkpoint.progress.files_done
        self.failed_before = checkpoint.progress.files_failed
        self.notices: tuple[Notice, ...] = ()
        self._own_files: KnownFiles | None = None
        self._upkeep = Upkeep(dataset, manager, self.config, job_id=self.job_id, epoch=epoch)
        self._record: RunRecord | None = None
        self._commits: Mapping[str, str] = {}  # that the rows of repositories are of, where they are of one
        self._feed: Feed | None = None
        self._saving = threading.Lock()
        if not self.is_done:
            self.controls.clear()  # before anybody can know the job's id and send it a command

    @classmethod
    def begin(
        cls,
        request: IngestRequest,
        config: BatchConfig,
        stack: ExitStack,
        *,
        wait: LockWait | None = None,
        on_unfinished: OnUnfinished = OnUnfinished.KEEP,
    ) -> Job:
        """A new job, or an earlier one where `on_unfinished` wants to go on with it.

        DatasetBusyError, DatasetError, StorageError, UsageError or StoppedError leave everything as it was.
        """
        check_plugins(config)
        if config.sinks and request.shard:
            raise UsageError(
                "sinks get the flushes of one run at a time, not those of a shard",
                "ingest the shards without sinks, then once with them and without --shard: that delivers all",
            )
        config = replace(config, dialects=plugins.dialect_texts(config.dialects))
        dataset = Dataset.create(open_storage(request.dataset))
        named = name_repositories(dataset.storage, request)

        def settle() -> tuple[Scope, ...]:
            nonlocal named
            named = name_repositories(dataset.storage, request)
            return named.request.scopes

        def on_taken() -> None:
            dataset.mend()
            named.record(dataset.storage)

        writing = stack.enter_context(dataset.claims.take(settle, wait, on_taken=on_taken))
        _refuse_sinks_beside_others(config, dataset, writing)
        manager = CheckpointManager(dataset.storage)
        wanted = Wanted(named.request, config)
        decision = decide(manager, wanted, on_unfinished, live_jobs(dataset))
        job_id = decision.resumed.job_id if decision.resumed else new_job_id()
        writing.note(job_id=job_id)
        has_recovered = settle_left_behind(dataset, manager, writing)
        given_up = [supersede(dataset, manager, earlier, job_id) for earlier in decision.superseded]
        if decision.resumed is not None:
            checkpoint = replace(decision.resumed, config=asdict(config))
            job = cls._reopen(dataset, manager, writing, checkpoint, stack)
        else:
            if has_recovered or given_up:
                remove_leftovers(dataset, manager, retention_of(config), config.sink_ids)
            job = cls._begin(dataset, manager, writing, named, config, stack)
        job.notices = (*decision.notices, *given_up)
        return job

    @classmethod
    def _begin(
        cls,
        dataset: Dataset,
        manager: CheckpointManager,
        writing: Writing,
        named: NamedRequest,
        config: BatchConfig,
        stack: ExitStack,
    ) -> Job:
        job_id = writing.writer.job_id
        with dataset.claims.registry():
            request, commits = settle_revisions(dataset.storage, named.request, named.names_before)
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
                checkpoint,
                request=replace(
                    request, file_list=keep_list(request.file_list, manager.job_folder(job_id))
                ).to_json(),
            )
        manager.save(checkpoint)
        checkpoint = manager.load(job_id)  # as a resume will see it
        journal = stack.enter_context(manager.journal(job_id))
        journal.append(_start(dataset, job_id, epoch))
        job_index.remember(job_id, dataset.url)
        job = cls(dataset, manager, writing, checkpoint, journal, epoch)
        job._commits = commits
        job._begin_run(stack)
        return job

    @classmethod
    def reopen(
        cls,
        job_id: str,
        storage: Storage,
        stack: ExitStack,
        changes: Mapping[str, Any] | None = None,
        *,
        wait: LockWait | None = None,
    ) -> Job:
        """An earlier job, its promised flush committed; CheckpointError if its state is damaged.

        `changes` are settings that are to be others from here on.
        """
        dataset = Dataset.open(storage)
        manager = CheckpointManager(dataset.storage)
        checkpoint = _changed(manager.load(job_id), changes)
        config = BatchConfig(**check_settings(checkpoint.config, "the checkpoint"))
        check_plugins(config)
        scopes = IngestRequest.from_json(checkpoint.request).scopes
        writing = stack.enter_context(
            dataset.claims.take(lambda: scopes, wait, job_id=job_id, on_taken=dataset.mend)
        )
        _refuse_sinks_beside_others(config, dataset, writing)
        settle_left_behind(dataset, manager, writing)
        return cls._reopen(dataset, manager, writing, _changed(manager.load(job_id), changes), stack)

    @classmethod
    def _reopen(
        cls,
        dataset: Dataset,
        manager: CheckpointManager,
        writing: Writing,
        checkpoint: CheckpointData,
        stack: ExitStack,
    ) -> Job:
        job_id = checkpoint.job_id
        if checkpoint.progress.status == "superseded":
            raise UsageError(f"job {job_id} was given up, a later one took its place", "ingest again")
        journal = stack.enter_context(manager.journal(job_id))
        if checkpoint.request.get("dataset", "") != dataset.url:  # the dataset was moved
            moved = {**checkpoint.request, "dataset": dataset.url}
            checkpoint = replace(checkpoint, request=moved)
        commit_promised(dataset, job_id, journal)
        record_killed_run(
            dataset,
            manager.job_folder(job_id),
            job_id,
            IngestRequest.from_json(checkpoint.request),
            journal.records,
        )
        config = BatchConfig(**check_settings(checkpoint.config, "the checkpoint"))
        remove_leftovers(dataset, manager, retention_of(config), config.sink_ids, idle_jobs=[job_id])
        own_files = KnownFiles.of_job(dataset, job_id)
        progress = replace(
            checkpoint.progress, files_done=len(own_files), files_failed=failed_files(dataset, job_id)
        )
        checkpoint = replace(checkpoint, progress=progress)
        if checkpoint.progress.status == "done":
            writing.is_settled = True
            return cls(dataset, manager, writing, checkpoint, journal, checkpoint.progress.epoch)
        epoch = dataset.next_epoch()
        journal.append(_start(dataset, job_id, epoch))
        job = cls(dataset, manager, writing, checkpoint, journal, epoch)
        job._own_files = own_files
        with dataset.claims.registry():
            forget_commits(dataset.storage, job.request)
        job._begin_run(stack)
        return job

    def _begin_run(self, stack: ExitStack) -> None:
        if self.request.file_list is not None:
            self.request = replace(self.request, file_list=readable_list(self.folder, stack))
        self._record = RunRecord(
            self.dataset, self.folder, self.request, job_id=self.job_id, epoch=self.epoch
        )
        self._writing.note(reads=self._record.files_version)
        stack.callback(self._record.close)

    def make_feed(self, listener: Listener) -> Feed:
        """The files that the job's request names: by a walk, or as somebody submits them."""
        if self.request.submitted:
            return self.make_submissions()
        assert self._record
        checkouts = Checkouts(self.request.plan(), self._record.started_at, self._record.git_state)
        prior = self.prior_files()
        if not self._own_files:  # nothing is committed yet
            failing = ((file.repo, file.path) for file in prior.current.failing())
            note_failing_before(self.manager, self.job_id, self.request.repos.values(), failing)
        self._feed = open_walk(
            self.request,
            self.dataset,
            prior,
            checkouts,
            job_id=self.job_id,
            ids=self._file_ids(),
            max_file_size=self.config.max_file_size,
            own_files=self._own_files,
            commits=self._commits,
            reported=self.reported_errors(),
            on_first=self._prepare_workers,
            listener=listener,
        )
        return self._feed

    def _prepare_workers(self) -> None:
        """Begin their start while the walk goes on."""
        if self.config.executor == "process":
            prepare_workers(WORKER_MODULES)

    def make_submissions(self) -> Submissions:
        """The files that somebody submits, after those that an earlier run of the job left."""
        left = left_over(self.journal.records, committed_ids(self.dataset, self.job_id).__contains__)
        return Submissions(
            journal=self.journal,
            ids=self._file_ids(),
            list_file=lambda names, left_out: self.request.list_files(
                names, self.config.max_file_size, left_out
            ),
            left=left if self.resumed else (),
        )

    def make_watcher(self, options: WatchOptions, listener: Listener) -> Watcher:
        """The job's files, and then what changes among them, without end."""
        from snake_pipe.extract.watch.watched_files import WatchedFiles
        from snake_pipe.extract.watch.watcher import Watcher

        files = WatchedFiles(
            self.request,
            job_id=self.job_id,
            ids=self._file_ids(),
            max_file_size=self.config.max_file_size,
            load_prior=self.prior_files,
            load_own=lambda: KnownFiles.of_job(self.dataset, self.job_id),
            reported=self.reported_errors(),
            listener=listener,
        )
        return Watcher(files, options, listener)

    def _file_ids(self) -> FileIds:
        return FileIds(self.epoch, self.dataset.next_epoch)

    def prior_files(self) -> PriorFiles:
        """The dataset's current files, as they are committed now."""
        return PriorFiles(self.dataset, self.job_id, self.config, self.request)

    def reported_errors(self) -> frozenset[tuple[str, str]]:
        """Path and code of the walk's errors that this job has recorded before."""
        return errors_of_walk(self.dataset, self.job_id) if self.resumed else frozenset()

    def change_settings(self, changes: Mapping[str, Any]) -> None:
        """Settings that are changed while the job runs: the next checkpoint has them, and so a resume."""
        self.config = self.config.updated(changes)

    def open_writer(self, stem: str) -> PartWriter:
        """A writer of the coordinator's own parts."""
        return PartWriter(
            self.dataset.storage,
            stem,
            ("files", "errors", "batches"),
            codec=self.config.compression,
            level=self.config.compression_level,
        )

    def hold_parts(self, names: Collection[str]) -> None:
        """Keep these parts on disk, whatever becomes of them in the tables."""
        self._upkeep.hold(names)

    def check_claim(self) -> None:
        """StorageError if the job has lost what it claimed, or may have."""
        self._writing.check()

    def commit(self, flush_seq: int, parts: Sequence[Part]) -> None:
        """Make a flush visible; StorageError if it cannot be, or if the job has lost what it claimed."""
        self.check_claim()
        self.dataset.commit(Flush(self.job_id, flush_seq, parts, self.epoch, self.request.series))

    def tidy(self, feed: Feed, *, is_last: bool) -> None:
        """Make the tables the current state, and remove what is no longer kept, unless another is at it.

        After the last time this job does not look again.
        """
        if is_last:
            self._writing.note(is_ending=True)
        self._upkeep.take_turn(feed.take_noted_times())

    def after_flush(self, statistics: BatchStatistics) -> None:
        """Record a flush that is committed."""
        self._count_waits(statistics)
        self.save("running", statistics)
        compact_journal(self.journal, lambda: committed_ids(self.dataset, self.job_id), self.config.sink_ids)

    def _count_waits(self, statistics: BatchStatistics) -> None:
        waits = self.dataset.waits
        statistics.commit_conflicts = waits.conflicts
        statistics.commit_waited, statistics.longest_commit_wait = waits.seconds, waits.longest

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
        data = replace(self.checkpoint, config=asdict(self.config), progress=progress, updated_at=time.time())
        with self._saving:
            self.manager.save(data)
        return data

    def write_status(self, figures: dict[str, Any]) -> None:
        """Show how the job stands, for `status` and for who commands it."""
        own = {
            "job_id": self.job_id,
            "pid": os.getpid(),
            "started_at": self.opened_at,
            "time": time.time(),
        }
        self.manager.write_status(self.job_id, {**own, **figures})

    def record_stop(self, status: JobStatus, reason: str) -> None:
        """Record that the job is stopped where it is, without a word in its journal: that may be in use."""
        self.write_status({**status.to_json(), "status": "stopped", "message": reason})
        self.save("stopped", status.statistics)

    def end(self, status: JobStatus) -> None:
        """Record the job's end, as far as the disk allows: the journal alone is enough to go on."""
        self._count_waits(status.statistics)
        try:
            if self._record is not None and status.state == "done":  # nobody looks again at one that is
                self._record.write(status.state)
            self.write_status(status.to_json())
            self.save(status.state, status.statistics)
            if status.state == "done" and self._feed is not None:
                with self.dataset.claims.registry():
                    note_revisions(self.dataset.storage, self._feed.revisions(), self.request.own_shard)
            self.journal.append({"type": "end", "status": status.state, "time": time.time()})
            if self._record is not None:
                self._record.write(status.state)
            self._writing.note(ended=status.state)
            self._writing.is_settled = status.state == "done"
        except SnakePipeError:
            if status.state == "done":
                raise


def _start(dataset: Dataset, job_id: str, epoch: int) -> Record:
    """The journal's record of a run that begins."""
    version = dataset.log("files").newest_version()
    about = {"job_id": job_id, "epoch": epoch, "pid": os.getpid(), "time": time.time()}
    return {"type": "start", **about, "files_version": version}


def _changed(checkpoint: CheckpointData, changes: Mapping[str, Any] | None) -> CheckpointData:
    if not changes:
        return checkpoint
    config = BatchConfig(**check_settings(checkpoint.config, "the checkpoint"))
    return replace(checkpoint, config=asdict(config.resumed_with(changes)))


def _refuse_sinks_beside_others(config: BatchConfig, dataset: Dataset, writing: Writing) -> None:
    """DatasetBusyError for a run with sinks while others write: a snapshot would lack what they commit."""
    others = [writer for writer in dataset.claims.live() if writer.token != writing.token]
    if config.sinks and others:
        raise DatasetBusyError(
            f"another job writes to {dataset.url}, and sinks get the flushes of one run at a time",
            "try again later, or ingest without sinks: the next run with them delivers what they lack",
        )
