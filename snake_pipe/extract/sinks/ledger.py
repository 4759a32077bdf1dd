"""What of a dataset each sink has, and what it still lacks.

A job's journal says which of its flushes a sink has. Beside the jobs, `sink-<id>.json` says up to which epoch
the sink has everything, so that only the journals of later runs are looked at. A sink without such a file has
nothing that can be relied on: it gets a snapshot.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from snake_pipe.errors import StorageError, UsageError
from snake_pipe.extract.model.promise import flush_in
from snake_pipe.load.claims.of_jobs import newest_jobs
from snake_pipe.plugins.sinks import SNAPSHOT, Flush, FlushKey
from snake_pipe.schemas import TABLES
from snake_pipe.utils.checkpoint_manager import JOBS_FOLDER
from snake_pipe.utils.journal.open import read_journal

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from snake_pipe.load.dataset import Dataset
    from snake_pipe.load.stored_part import StoredPart
    from snake_pipe.storage.storage import Storage
    from snake_pipe.utils.checkpoint_manager import CheckpointManager
    from snake_pipe.utils.journal.journal import Journal
    from snake_pipe.utils.journal.record import Record

MOST_BEHIND = 1000
"""Flushes that a sink may lack; with more it gets a snapshot, and nothing is kept for it until then."""

_PREFIX, _SUFFIX = "sink-", ".json"


@dataclass(frozen=True, slots=True)
class Delivered:
    """That a sink has a flush: to be noted in the journal of the flush's job."""

    sink: str
    job_id: str
    flush_seq: int

    def note(self, journal: Journal) -> None:
        """Make it durable; StorageError if the disk refuses, and then the flush comes again."""
        journal.append({"type": "delivered", "sink": self.sink, "seq": self.flush_seq})


class SinkLedger:
    """The account of one sink with one dataset, whose lock the caller holds."""

    def __init__(self, dataset: Dataset, manager: CheckpointManager, sink: str) -> None:
        """`sink` is the sink's id, as `sink_id` gives it."""
        self._dataset = dataset
        self._manager = manager
        self.sink = sink

    def missing(self, epoch: int) -> list[Flush]:
        """What the sink lacks as the run of an `epoch` begins, in the order of its commits."""
        since = read_since(self._manager, self.sink)
        flushes = None if since is None else self._missed(since)
        if flushes is None or len(flushes) > MOST_BEHIND:
            return [self._snapshot(epoch)]
        return flushes

    def settle(self, epoch: int) -> None:
        """Note that the sink has all that runs up to an epoch committed; StorageError if the disk refuses."""
        name = _name(self.sink)
        try:
            _storage(self._manager).replace(name, orjson.dumps({"since_epoch": epoch}) + b"\n")
        except OSError as error:
            raise StorageError(f"cannot write {name}: {error.strerror or error}") from error

    def forget(self) -> None:
        """Note that the sink lacks more than will be kept for it: the next run sends it a snapshot."""
        _storage(self._manager).remove(_name(self.sink))

    def note(self, flush: Flush, epoch: int, own: Journal, own_job: str) -> None:
        """Note that the sink has a flush, in the journal of its job, of which `own` is that of `own_job`."""
        job_id = flush.key.job_id
        if flush.is_snapshot:
            self.settle(epoch - 1)
            return
        delivered = Delivered(self.sink, job_id, flush.key.flush_seq)
        if job_id == own_job:
            delivered.note(own)
        else:
            with self._manager.journal(job_id) as journal:
                delivered.note(journal)

    def _missed(self, since: int) -> list[Flush] | None:
        """The flushes of later epochs that the sink lacks; None if not all of them are to be had."""
        found: list[tuple[int, Flush]] = []
        for job_id, records in _journals_since(self._manager, since):
            delivered = last_delivered(records, self.sink)
            for record in records:
                if record.get("epoch", 0) <= since or record.get("seq", 0) <= delivered:
                    continue
                if record["type"] == "compacted":
                    return None
                if record["type"] == "flush" and self._dataset.has(flush_in(record, job_id)):
                    found.append((record["epoch"], self._flush(job_id, record)))
        if not self._dataset.holds(_parts_of(self._dataset, [flush for _, flush in found])):
            return None
        return [flush for _, flush in sorted(found, key=lambda one: (one[0], one[1].key.flush_seq))]

    def _flush(self, job_id: str, record: Record) -> Flush:
        names = [(part[0], part[1]) for part in record["parts"]]
        return make_flush(self._dataset, job_id, record["seq"], names, newest_jobs(self._manager))

    def _snapshot(self, epoch: int) -> Flush:
        parts = {table: [part.name_in_table for part in self._dataset.parts(table)] for table in TABLES}
        key = FlushKey(self._dataset.id, SNAPSHOT, epoch)
        jobs = newest_jobs(self._manager)
        return Flush(key, self._dataset.url, parts, is_snapshot=True, telling_jobs=jobs)


def make_flush(
    dataset: Dataset,
    job_id: str,
    flush_seq: int,
    names: Sequence[tuple[str, str]],
    telling_jobs: Sequence[str],
) -> Flush:
    """A flush as sinks get it; `names` are tables and parts, `telling_jobs` what `newest_jobs` says."""
    parts: dict[str, list[str]] = {}
    for table, name in names:
        parts.setdefault(table, []).append(name)
    key = FlushKey(dataset.id, job_id, flush_seq)
    return Flush(key, dataset.url, parts, telling_jobs=telling_jobs)


def owed_parts(manager: CheckpointManager, records: Sequence[Record], sinks: Collection[str]) -> set[str]:
    """The names of the parts in a journal that one of the sinks lacks, as far as they are kept for it."""
    return {
        part[1]
        for sink in sinks
        if (since := read_since(manager, sink)) is not None
        for delivered in (last_delivered(records, sink),)
        for record in records
        if record["type"] == "flush" and record["epoch"] > since and record["seq"] > delivered
        for part in record["parts"]
    }


def last_delivered(records: Sequence[Record], sink: str) -> int:
    """The number of the last flush of a journal's job that a sink has; 0 for none."""
    return max((r["seq"] for r in records if r["type"] == "delivered" and r["sink"] == sink), default=0)


def read_since(manager: CheckpointManager, sink: str) -> int | None:
    """Up to which epoch a sink has everything; None where nobody has noted that, StorageError."""
    name = _name(sink)
    try:
        content: Any = orjson.loads(_storage(manager).read(name))
        return int(content["since_epoch"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    except OSError as error:
        raise StorageError(f"cannot read {name}: {error.strerror or error}", "resume the job") from error


def forget_sinks_behind(manager: CheckpointManager, epoch: int) -> None:
    """The folder of a job with that last epoch goes: sinks that may lack something of it get a snapshot."""
    for sink in known_sinks(manager):
        since = read_since(manager, sink)
        if since is not None and since < epoch:
            _storage(manager).remove(_name(sink))


def known_sinks(manager: CheckpointManager) -> list[str]:
    """The ids of the sinks that have something of the dataset."""
    names = (file.name for file in _storage(manager).files())
    return [
        name.removeprefix(_PREFIX).removesuffix(_SUFFIX)
        for name in names
        if name.startswith(_PREFIX) and name.endswith(_SUFFIX)
    ]


def _name(sink: str) -> str:
    return f"{_PREFIX}{sink}{_SUFFIX}"


def _storage(manager: CheckpointManager) -> Storage:
    return manager.dataset.at(JOBS_FOLDER).private()


def _journals_since(manager: CheckpointManager, since: int) -> Iterator[tuple[str, list[Record]]]:
    """The jobs that ran after an epoch, with what their journals say; damaged ones are passed over."""
    for job_id in manager.job_ids():
        try:
            if manager.load(job_id).progress.epoch > since:
                yield job_id, read_journal(manager.job_folder(job_id))[0]
        except UsageError:  # missing or damaged: nothing of it can be committed any more either
            continue


def _parts_of(dataset: Dataset, flushes: Sequence[Flush]) -> list[StoredPart]:
    return [
        dataset.part(table, name)
        for flush in flushes
        for table, names in flush.parts.items()
        for name in names
    ]
