"""What runs that were killed left behind: their promises are kept, and the rest is removed."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from snake_pipe.errors import CheckpointError, JobNotFoundError, SnakePipeError, StorageError
from snake_pipe.extract.discovery.request import IngestRequest
from snake_pipe.extract.job.run_record import record_killed_run
from snake_pipe.extract.model.promise import flush_in
from snake_pipe.extract.sinks.ledger import owed_parts
from snake_pipe.load.tidy.retention import Vacuum
from snake_pipe.utils.journal.open import read_journal
from snake_pipe.utils.scope import overlap

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from snake_pipe.load.claims.claims import Writing
    from snake_pipe.load.dataset import Dataset
    from snake_pipe.load.tidy.retention import Retention
    from snake_pipe.utils.checkpoint_manager import CheckpointManager
    from snake_pipe.utils.journal.journal import Journal
    from snake_pipe.utils.journal.record import Record


def settle_left_behind(dataset: Dataset, manager: CheckpointManager, writing: Writing | None = None) -> bool:
    """Keep the promises of runs that ended early; whether there were any.

    Those on whose files others are at work are theirs to settle, before they look at what the tables hold; so
    does whoever is `writing`. A job whose journal is damaged is left to its own resume, which says so, and so
    is one that is being resumed. StorageError for a promise about the files of who is `writing` that cannot
    be kept; others are left for the next time.
    """
    claims = dataset.claims
    if not claims.left_behind(writing):
        return False
    own_job = None if writing is None else writing.writer.job_id
    with claims.recovery():
        for writer in claims.left_behind(writing):
            try:
                if writer.job_id and writer.job_id != own_job:
                    _keep_promises(dataset, manager, writer.job_id)
            except StorageError:
                if writing is not None and overlap(writer.scopes, writing.writer.scopes):
                    raise
            else:
                claims.forget(writer)
    return True


def _keep_promises(dataset: Dataset, manager: CheckpointManager, job_id: str) -> None:
    """Commit what a job promised; to open its journal keeps it from promising more, should it wake up."""
    try:
        journal = manager.journal(job_id)
    except (CheckpointError, JobNotFoundError):  # damaged, or killed before it began
        return
    with journal:
        commit_promised(dataset, job_id, journal)
        with suppress(SnakePipeError):  # how it ended is for reports alone
            request = IngestRequest.from_json(manager.load(job_id).request)
            record_killed_run(dataset, manager.job_folder(job_id), job_id, request, journal.records)


def commit_promised(dataset: Dataset, job_id: str, journal: Journal) -> None:
    """Commit the flushes that a job's journal promises and that are not committed."""
    for record in _promised(journal.records):
        dataset.commit(flush_in(record, job_id))
        journal.append({"type": "committed", "seq": record["seq"]})


def remove_leftovers(
    dataset: Dataset,
    manager: CheckpointManager,
    retention: Retention,
    sinks: Collection[str] = (),
    idle_jobs: Collection[str] = (),
) -> None:
    """Remove parts that no version of a table needs and no job promises, unless another is at that.

    `idle_jobs` have no workers yet, or no longer.
    """
    if (claim := dataset.claims.upkeep()) is not None:
        with claim:
            is_promised = promises(dataset, manager, sinks)
            Vacuum(dataset, retention, is_promised=is_promised, idle_jobs=idle_jobs).remove()


def promises(
    dataset: Dataset, manager: CheckpointManager, sinks: Collection[str] = ()
) -> Callable[[str], bool]:
    """Whether a job's journal still promises the part of a name, to the tables or to one of the sinks.

    One that is damaged may promise all parts of a job that can be resumed, once it is restored.
    """
    job_ids = manager.job_ids()
    names: dict[str, set[str] | None] = {}

    def is_promised(name: str) -> bool:
        job_id = next((job_id for job_id in job_ids if name.startswith(f"part-{job_id}-")), None)
        if job_id is None:
            return False
        if job_id not in names:
            names[job_id] = _promised_names(dataset, manager, job_id, sinks)
        return (promised := names[job_id]) is None or name in promised

    return is_promised


def _promised_names(
    dataset: Dataset, manager: CheckpointManager, job_id: str, sinks: Collection[str]
) -> set[str] | None:
    """None for a damaged journal of a job that can be resumed: any name may be promised in it."""
    try:
        records, _ = read_journal(manager.job_folder(job_id))
    except CheckpointError:
        return None if manager.can_go_on(job_id) else set()
    to_sinks = owed_parts(manager, records, sinks)
    flushes = [flush_in(record, job_id) for record in _promised(records)]
    promised = {part.name for flush in flushes if not dataset.has(flush) for part in flush.parts}
    return promised | to_sinks


def _promised(records: list[Record]) -> list[Record]:
    """The flushes that are not noted as committed."""
    committed = {record["seq"] for record in records if record.get("type") == "committed"}
    return [record for record in records if record.get("type") == "flush" and record["seq"] not in committed]
