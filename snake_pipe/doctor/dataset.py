"""The dataset's health: its tables, its jobs, and who is writing to it."""

from __future__ import annotations

import os
import socket
import sys
import time
from typing import TYPE_CHECKING

from snake_pipe.doctor.finding import Finding, Place, error, note, ok, warning
from snake_pipe.errors import SnakePipeError
from snake_pipe.load.claims.writers import claim_name, is_live, live_writer, live_writers, read_writers
from snake_pipe.utils.batch_utils import MIB
from snake_pipe.utils.checkpoint_manager import JOBS_FOLDER, CheckpointManager
from snake_pipe.utils.journal.open import read_journal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snake_pipe.load.claims.writers import Writer
    from snake_pipe.load.dataset import Dataset
    from snake_pipe.load.stored_part import StoredPart
    from snake_pipe.load.tidy.retention import Removed
    from snake_pipe.storage.storage import Storage

_LONGEST_JOURNAL = 64 * MIB
_SILENT_AFTER = 60.0
"""Seconds without a status, which a job writes every second, after which it is asked about."""


def check_dataset(place: Place) -> Iterator[Finding]:
    """Whether the dataset opens, is of this version, and has every part that its tables name."""
    if not place.has_dataset and "files" in place.dataset.folders():
        found = f"{place.dataset.url} holds tables, but no dataset.json says what they are"
        yield error("dataset", found, "snake-pipe ingest puts it back, if all tables are there")
        return
    if not place.has_dataset:
        fix = "snake-pipe ingest makes one; give -d DIR for one that is elsewhere"
        yield note("dataset", f"none in {place.dataset.url}", fix)
        return
    from snake_pipe.load.dataset import Dataset
    from snake_pipe.schemas import SCHEMA_VERSION, TABLES

    again = "restore it from a backup, or ingest into a new dataset"
    try:
        dataset = Dataset.open(place.dataset)
        parts = {table: dataset.parts(table) for table in TABLES}
    except SnakePipeError as failure:
        yield error("dataset", failure.message, failure.hint or again)
        return
    missing = {table: _absent(dataset, named) for table, named in parts.items()}
    for table, count in missing.items():
        if not count:
            continue
        yield error("dataset", f"{table} lacks {count} of its {len(parts[table])} parts", again)
    if not any(missing.values()):
        count = sum(map(len, parts.values()))
        yield ok("dataset", f"{place.dataset.url} opens: schema {SCHEMA_VERSION}, {count:,} parts, all there")
    if not live_writers(place.dataset) and (left := _unneeded(dataset)).parts:
        found = f"{left.parts:,} parts, {left.bytes / MIB:,.1f} MiB, are left of jobs that ended early"
        yield note("dataset", found, "the next ingest removes them, or snake-pipe compact")


def _unneeded(dataset: Dataset) -> Removed:
    from snake_pipe.extract.job.recovery import promises
    from snake_pipe.extract.sinks.ledger import known_sinks
    from snake_pipe.load.tidy.retention import Retention, Vacuum

    manager = CheckpointManager(dataset.storage)
    everything = Retention(runs=sys.maxsize)
    ended = [writer.job_id for writer in dataset.claims.left_behind()]
    is_promised = promises(dataset, manager, known_sinks(manager))
    return Vacuum(dataset, everything, is_promised=is_promised, idle_jobs=ended).removable


def _absent(dataset: Dataset, parts: list[StoredPart]) -> int:
    """How many parts of a table are not there, found by listing them once."""
    return 0 if dataset.holds(parts) else sum(not part.exists() for part in parts)


def check_jobs(place: Place) -> Iterator[Finding]:
    """The newest job's state, and whether what it needs to be resumed is whole."""
    manager = CheckpointManager(place.dataset)
    job_ids = manager.job_ids()
    if not job_ids:
        yield ok("jobs", "none yet")
        return
    newest = manager.newest()
    if newest is None:
        yield error(
            "jobs", f"of {len(job_ids)} none can be read", "ingest again: a new job needs none of them"
        )
        return
    progress = manager.load(newest).progress
    figures = f"{progress.files_done:,} files committed"
    resume = f"snake-pipe resume {newest}"
    if live_writer(place.dataset, newest) is not None:
        yield ok("jobs", f"{newest} is running: {figures}")
    elif not progress.is_unfinished:
        yield ok("jobs", f"{newest}, the newest, is {progress.status}: {figures}")
    elif progress.status == "stopped":
        yield note("jobs", f"{newest}, the newest, was stopped: {figures}", resume)
    else:
        how = "ended without a word (killed, or a power cut)" if progress.status == "running" else "failed"
        yield warning("jobs", f"{newest}, the newest, {how}: {figures}", resume)
    yield from _journal(manager, newest)


def _journal(manager: CheckpointManager, job_id: str) -> Iterator[Finding]:
    folder = manager.job_folder(job_id)
    size = sum(file.size_bytes for file in folder.all_files() if file.name.startswith("journal"))
    if size > _LONGEST_JOURNAL:
        yield ok("journal", f"{size / MIB:,.0f} MiB, too long to be read here")
        return
    try:
        records, is_torn = read_journal(folder)
    except SnakePipeError as failure:
        yield error("journal", failure.message, failure.hint)
        return
    committed = {record.get("seq") for record in records if record.get("type") == "committed"}
    promised = [
        record for record in records if record.get("type") == "flush" and record["seq"] not in committed
    ]
    if promised:
        found = f"{len(promised)} flushes of {job_id} are promised and not committed yet"
        yield note("journal", found, f"snake-pipe resume {job_id} commits them")
    elif is_torn:
        found = f"the last line of {job_id}'s was cut short; it promised nothing"
        yield note("journal", found, f"snake-pipe resume {job_id} sets it aside")
    else:
        yield ok("journal", f"{len(records):,} records of {job_id}, all whole")


def check_writers(place: Place) -> Iterator[Finding]:
    """Who is writing to the dataset, and whether those are alive."""
    jobs = place.dataset.at(JOBS_FOLDER)
    writers = read_writers(jobs)
    if not writers:
        yield ok("writer", "nobody, the dataset is free")
    for writer in writers:
        if is_live(jobs, writer):
            yield _state_of(place, jobs, writer)
        else:
            how = "has left something to be settled" if writer.ended else "ended without a word"
            yield note("writer", f"none; {writer} {how}", "nothing is in the way: the next job settles it")


def _state_of(place: Place, jobs: Storage, writer: Writer) -> Finding:
    """How a writer is whose claim is held."""
    if writer.host != socket.gethostname():
        return ok("writer", f"{writer}, another machine's")
    if not _is_alive(writer.pid):
        found = f"{writer} is gone, but a process that it started holds its claim"
        return warning("writer", found, f"fuser -k {jobs.url}/{claim_name(writer.token)} ends it")
    if writer.job_id and (silent := _silence(place, writer.job_id)) > _SILENT_AFTER:
        found = f"{writer} has said nothing for {silent:,.0f} s"
        return warning("writer", found, f"is it suspended? kill -CONT {writer.pid}")
    return ok("writer", str(writer))


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _silence(place: Place, job_id: str) -> float:
    """Seconds since the job's last status; 0 where that is not known."""
    said = CheckpointManager(place.dataset).read_status(job_id).get("time")
    return time.time() - said if isinstance(said, float | int) else 0.0


CHECKS = (check_dataset, check_jobs, check_writers)
