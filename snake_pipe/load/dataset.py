"""A dataset: Delta tables in one place, and as many writers as there are repositories, or shards of them.

    <dataset>/.gitignore  dataset.json  files/  nodes/  ...  _jobs/

`dataset.json` is written last, so what has one is complete. Every table is atomic for itself;
what makes a flush atomic for readers is that `files` is committed last and that nothing is seen but
through `files`.
"""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import unquote

import orjson

from snake_pipe.errors import DatasetError
from snake_pipe.load.claims.claims import Claims
from snake_pipe.load.delta.entries import Snapshot
from snake_pipe.load.delta.log import DeltaLog, checked_parts
from snake_pipe.load.delta.turns import CommitWaits
from snake_pipe.load.epochs import Epochs
from snake_pipe.load.refusals import cannot
from snake_pipe.load.stored_part import StoredPart
from snake_pipe.schemas import ORDINAL_BITS, SCHEMA_VERSION, TABLES
from snake_pipe.storage.atomic_file import TEMP_SUFFIX
from snake_pipe.utils.checkpoint_manager import JOBS_FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from snake_pipe.load.part_writer import Part
    from snake_pipe.storage.storage import Storage

T = TypeVar("T")

FORMAT_VERSION = 1
"""Raised when the folder's layout changes."""

_MARKER = "dataset.json"
_COMMIT_ORDER = (*(table for table in TABLES if table != "files"), "files")
_OWN_NAMES = frozenset({".gitignore", _MARKER, JOBS_FOLDER, *TABLES})
_NEW_DATASET = "name another folder with --dataset, or ingest into a new one"


@dataclass(frozen=True, slots=True)
class Flush:
    """The parts that one flush of a job makes visible; `flush_seq` counts up from 1 in each job.

    `epoch` is the number of the run. `series` names what is written by one job at a time, the earlier one's
    promises kept first: the tables remember the last flush of each series, so their logs do not grow with
    the number of jobs.
    """

    job_id: str
    flush_seq: int
    parts: Sequence[Part] = field(default_factory=tuple)
    epoch: int = 0
    series: str = ""

    @property
    def number(self) -> int:
        """What counts up in a series."""
        return number_in_series(self.epoch, self.flush_seq)


def number_in_series(epoch: int, flush_seq: int = 0) -> int:
    """The number of a flush among all of its series; later runs have greater epochs."""
    return epoch << 32 | flush_seq


def is_dataset(storage: Storage) -> bool:
    """Whether there is a dataset as a whole. OSError where that cannot be told."""
    return storage.exists(_MARKER)


class Dataset:
    """A dataset that exists; `open` and `create` make it. Not for threads."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self.waits = CommitWaits()
        self.claims = _claims(storage)
        self._logs = {table: DeltaLog(self.storage, table, self.waits) for table in TABLES}
        self._epochs = Epochs(self.storage.at(JOBS_FOLDER).private(), self._max_epoch_in_tables)

    @classmethod
    def open(cls, storage: Storage) -> Dataset:
        """The dataset that is there; DatasetError if there is none or if it has another version."""
        _check_marker(storage)
        return cls(storage)

    @classmethod
    def create(cls, storage: Storage) -> Dataset:
        """The dataset there, made if the place is missing, empty or was left half made.

        DatasetError if it holds something else, DatasetBusyError if another process is making it
        without an end, StorageError if the disk refuses.
        """
        if unquote(storage.url) != storage.url or "\\" in storage.url:
            raise DatasetError(
                f"deltalake cannot open {storage.url}: its name has a backslash or looks percent-encoded",
                _NEW_DATASET,
            )
        try:
            if not is_dataset(storage):
                _make(storage)
        except OSError as error:
            raise cannot(f"cannot make a dataset in {storage.url}", error) from error
        return cls.open(storage)

    @property
    def url(self) -> str:
        """Where it is, as users write it."""
        return self.storage.url

    @property
    def id(self) -> str:
        """What tells the dataset from all others, wherever it is moved."""
        try:
            return str(orjson.loads(self.storage.read(_MARKER))["id"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DatasetError(f"{self.url}/{_MARKER} names no id", _NEW_DATASET) from error

    def mend(self) -> None:
        """Set aside what a power cut left half written in the logs; the caller has the registry."""
        for log in self._logs.values():
            log.mend()
            log.reload()

    def commit(self, flush: Flush) -> None:
        """Make a flush visible: a transaction a table, `files` last. Others may commit at the same time.

        To repeat a commit, also one that was cut off in its middle, does what is still missing. `files`
        gets its transaction also when it has no part, so that its number tells how far the job has come.
        StorageError if a part is missing or has another size, before anything of its table is committed.
        """
        parts_of: dict[str, list[Part]] = {table: [] for table in _COMMIT_ORDER}
        for part in flush.parts:
            parts_of[part.table].append(part)
        due = [
            (log, checked_parts(log.storage, parts))
            for log, parts in ((self._logs[table], parts_of[table]) for table in _COMMIT_ORDER)
            if (parts or log is self._logs["files"]) and log.last_number(flush.series) < flush.number
        ]
        for log, parts in due:
            is_last = log is self._logs["files"]
            log.append(
                parts,
                flush.series,
                flush.number,
                (lambda version: self.snapshot_of(version, flush.job_id, flush.epoch)) if is_last else None,
            )

    def snapshot_of(self, files_version: int, job_id: str, epoch: int) -> Snapshot:
        """The moment of a version of `files` that is about to be created: the other tables as they are now.

        The version before is there already when the others are looked at, and only then is this one created.
        So whoever creates a later version looks later, and no table goes back from one moment to the next.
        """
        versions = self.of_tables(DeltaLog.current_version, *(table for table in TABLES if table != "files"))
        return Snapshot({**versions, "files": files_version}, job_id, epoch=epoch)

    def snapshot(self) -> Snapshot:
        """The newest moment at which all tables fit together; it is not tidy before the first flush."""
        log = self._logs["files"]
        version = log.current_version()
        return log.snapshot(version) or Snapshot(self.of_tables(DeltaLog.current_version))

    def snapshot_at(self, files_version: int) -> Snapshot | None:
        """The moment of an earlier version of `files`, or a later one that shows the same; None for none."""
        if files_version == 0:  # the empty tables
            return Snapshot(dict.fromkeys(TABLES, 0))
        log = self._logs["files"]
        later = (log.snapshot(version) for version in reversed(log.entry_versions()))
        return next((each for each in later if each is not None and each.shows(files_version)), None)

    def log(self, table: str) -> DeltaLog:
        """A table's log."""
        return self._logs[table]

    def of_tables(self, look: Callable[[DeltaLog], T], *tables: str) -> dict[str, T]:
        """What `look` finds in the logs of some tables, by default of all.

        In a bucket all at once: each waits for answers most of the time.
        """
        logs = {table: self._logs[table] for table in tables or TABLES}
        if self.storage.folder is not None:
            return {table: look(log) for table, log in logs.items()}
        with ThreadPoolExecutor(len(logs)) as threads:
            return dict(zip(logs, threads.map(look, logs.values()), strict=True))

    def has(self, flush: Flush, table: str = "files") -> bool:
        """Whether a flush is committed to a table."""
        return self._logs[table].last_number(flush.series) >= flush.number

    def part(self, table: str, name: str) -> StoredPart:
        """The part of a table that its log calls `name`."""
        return StoredPart(f"{table}/{name}", self.storage)

    def parts(self, table: str, version: int | None = None) -> list[StoredPart]:
        """The parts that a version of a table consists of, by default the newest, by name."""
        log = self._logs[table]
        return [self.part(table, name) for name in sorted(log.part_names(version))]

    def kept_parts(self, table: str, version: int, current: Sequence[StoredPart]) -> list[StoredPart]:
        """The parts that are there of all versions that are still known; `current` are those of `version`."""
        log = self._logs[table]
        known = version, [part.name_in_table for part in current]
        names = set().union(*(names for _, names in log.parts_at(log.entry_versions(), known)))
        there = {file.name for file in log.storage.files()}
        return [self.part(table, name) for name in sorted(names & there)]

    def holds(self, parts: Iterable[StoredPart]) -> bool:
        """Whether all of the parts are there; tells it by listing their tables."""
        wanted = {part.name for part in parts}
        tables = {name.partition("/")[0] for name in wanted}
        there = {f"{table}/{file.name}" for table in tables for file in self._logs[table].storage.files()}
        return wanted <= there

    def checkpoint(self) -> None:
        """Sum up all logs, so that readers start fast; worth it at the end of a job."""
        self.of_tables(DeltaLog.checkpoint)

    def max_epoch(self) -> int:
        """The last epoch given out; 0 before the first."""
        return self._epochs.last()

    def next_epoch(self) -> int:
        """A number never given out before, durable before it is returned."""
        return self._epochs.next()

    def _max_epoch_in_tables(self) -> int:
        """For a counter that was lost: no row may get a file_id that another file has."""
        epochs = [0]
        for table, column, shift in (("files", "file_id", ORDINAL_BITS), ("batches", "epoch", 0)):
            epochs += [_greatest(part, column) >> shift for part in self.parts(table)]
        return max(epochs)


def _greatest(part: StoredPart, column: str) -> int:
    """The greatest number in a column; 0 if it has none."""
    import pyarrow.compute as pc

    return pc.max(part.open().read([column]).column(0)).as_py() or 0


def _claims(storage: Storage) -> Claims:
    return Claims(storage.at(JOBS_FOLDER).private(), storage.url)


def _make(storage: Storage) -> None:
    """Put together what a dataset consists of, the marker last."""
    if storage.folder is not None and storage.folder.exists() and not storage.folder.is_dir():
        raise DatasetError(f"{storage.url} is not a folder", _NEW_DATASET)
    names = [*(file.name for file in storage.files()), *storage.folders()]
    if not all(map(_is_own, names)):
        raise DatasetError(f"{storage.url} holds other files and is not a dataset", _NEW_DATASET)
    with _claims(storage).making():
        if is_dataset(storage):  # another process has made it meanwhile
            return
        storage.replace(".gitignore", b"*\n")
        for table in TABLES:
            DeltaLog(storage, table).create()
        versions = {"format_version": FORMAT_VERSION, "schema_version": SCHEMA_VERSION}
        marker = {"format": "snake-pipe", **versions, "id": secrets.token_hex(8)}
        storage.replace(_MARKER, orjson.dumps(marker) + b"\n")


def _is_own(name: str) -> bool:
    """Whether a name is one of a dataset's, also of one that another process is just making."""
    return name in _OWN_NAMES or (name.startswith(".") and name.endswith(TEMP_SUFFIX))


def _check_marker(storage: Storage) -> None:
    marker = f"{storage.url}/{_MARKER}"
    try:
        content = orjson.loads(storage.read(_MARKER))
    except (FileNotFoundError, NotADirectoryError):
        raise DatasetError(f"there is no dataset in {storage.url}", "snake-pipe ingest makes one") from None
    except OSError as error:
        raise DatasetError(f"cannot read {marker}: {error.strerror or error}") from error
    except orjson.JSONDecodeError:
        content = None
    if not isinstance(content, dict) or content.get("format") != "snake-pipe":
        raise DatasetError(f"{marker} does not describe a dataset", _NEW_DATASET)
    for key, ours in (("format_version", FORMAT_VERSION), ("schema_version", SCHEMA_VERSION)):
        if content.get(key) != ours:
            raise DatasetError(
                f"{storage.url} has {key} {content.get(key)}, this program reads {ours}",
                "remove it and ingest again, or name another folder with --dataset",
            )
