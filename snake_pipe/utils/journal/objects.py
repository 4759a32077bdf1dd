"""A journal as objects, one a record: each is made under the next number, and only by who is first.

Whoever opens a journal takes the next number first, before it reads: the fence. A process that has lost its
claim without knowing it, however long it stood still, can therefore promise nothing any more: its next
`append` fails, and all that it promised before is read by the one that goes on.

A rewritten journal is one object that holds all records that are still needed; what is before the last such
object does not count, whether or not it has been removed yet. Fences stay, as their numbers must stay taken.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from secrets import token_hex
from typing import TYPE_CHECKING

from snake_pipe.errors import CheckpointError, StorageError
from snake_pipe.utils.journal.journal import Journal
from snake_pipe.utils.journal.record import decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable

    from snake_pipe.storage.storage import Storage
    from snake_pipe.utils.journal.record import Record

FOLDER = "journal"

_FEWEST = 256
"""Objects below which a journal is not worth being rewritten."""

_READ_AT_ONCE = 16

_TRIES = 3
"""How often what is being rewritten is listed."""

_FENCE_TRIES = 100
"""How often the next number is asked for: whoever had it has appended a record meanwhile."""

_ALL, _FENCE = "all", "fence"
"""Types of the record that stands for all before it, and of the first of each process."""


class ObjectJournal(Journal):
    """The objects of a journal, to which one process appends that runs its job."""

    def __init__(self, job: Storage) -> None:
        """Keep all others from appending from here on, and read; StorageError, CheckpointError."""
        self._storage = job.at(FOLDER)
        self._writing = threading.Lock()
        self._writer = token_hex(8)
        self._has_failed = False
        try:
            self._put_fence()
            found = _read_all(self._storage)
        except OSError as error:
            raise StorageError(f"cannot open the journal {self._storage.url}: {error}") from error
        self._numbers = list(found)
        self._fences = [number for number, record in found.items() if record and record["type"] == _FENCE]
        self.records = _standing(self._storage, found)

    @property
    def is_long(self) -> bool:
        """Whether it has many objects, each of which takes a request to be read."""
        return len(self._numbers) - len(self._fences) >= _FEWEST

    def _put_fence(self) -> None:
        fence = encode({"type": _FENCE, "writer": self._writer})
        for _ in range(_FENCE_TRIES):
            try:
                return self._storage.create(_name(max(_numbers(self._storage), default=0) + 1), fence)
            except FileExistsError:
                continue
        raise StorageError(f"another process goes on with the journal {self._storage.url}", "try again later")

    def append(self, record: Record) -> None:
        """Write one record, durably; StorageError if that is not certain, or another process has gone on."""
        with self._writing:
            try:
                self._append(record)
            except OSError as error:
                raise StorageError(
                    f"cannot write the journal {self._storage.url}: {error}", "resume the job"
                ) from error

    def rewrite(self, select: Callable[[list[Record]], list[Record]]) -> None:
        """Keep only the records that are selected; OSError, or StorageError, leaves all as they were."""
        with self._writing:
            if self._has_failed:
                return
            gone = [number for number in self._numbers if number not in self._fences]
            self._append(
                {"type": _ALL, "records": select(_standing(self._storage, _read_all(self._storage)))}
            )
            self._numbers = [*self._fences, self._numbers[-1]]
            for number in gone:
                self._storage.remove(_name(number))

    def _append(self, record: Record) -> None:
        """Not known to be written is not written: then nothing may be appended any more."""
        if self._has_failed:
            raise StorageError(
                f"the journal {self._storage.url} can no longer be relied on", "resume the job"
            )
        self._has_failed = True
        number = max(self._numbers, default=0) + 1
        data = encode({**record, "writer": self._writer})
        try:
            self._storage.create(_name(number), data)
        except FileExistsError:
            if self._storage.read(_name(number)) != data:  # else an answer was lost, and it is ours
                raise StorageError(
                    f"another process goes on with the journal {self._storage.url}",
                    "this one was taken for dead: snake-pipe status tells of the other",
                ) from None
        self._numbers.append(number)
        self._has_failed = False

    def close(self) -> None:
        """There is nothing to close."""


def read_objects(job: Storage) -> list[Record]:
    """The records of a job's journal; CheckpointError if one of them is damaged or missing, OSError."""
    storage = job.at(FOLDER)
    return _standing(storage, _read_all(storage))


def _read_all(storage: Storage) -> dict[int, Record | None]:
    """The objects by their numbers, in order; looked at again where they are just being rewritten."""
    for _ in range(_TRIES):
        numbers = _numbers(storage)
        with suppress(FileNotFoundError), ThreadPoolExecutor(_READ_AT_ONCE) as threads:
            found = threads.map(lambda number: _read(storage, number), numbers)
            return dict(zip(numbers, found, strict=True))
    raise CheckpointError(f"the journal {storage.url} goes away while it is read", "try again")


def _numbers(storage: Storage) -> list[int]:
    """The numbers of the objects that are there, in order."""
    stems = (file.name.removesuffix(".json") for file in storage.files() if file.name.endswith(".json"))
    return sorted(int(stem) for stem in stems if stem.isdigit())


def _standing(storage: Storage, found: dict[int, Record | None]) -> list[Record]:
    """From the newest that stands for all before it; what may be missing is before that."""
    start = max((number for number, record in found.items() if record and record["type"] == _ALL), default=1)
    records: list[Record] = []
    for number in range(start, max(found, default=0) + 1):
        record = found.get(number)
        if record is None:
            raise CheckpointError(
                f"the journal {storage.url} is damaged at {_name(number)}",
                "restore it from a backup, or ingest again with a new job",
            )
        if record["type"] != _FENCE:
            records += record["records"] if record["type"] == _ALL else [record]
    return records


def _read(storage: Storage, number: int) -> Record | None:
    """None for one that is damaged."""
    return decode(storage.read(_name(number)).rstrip(b"\n"))


def _name(number: int) -> str:
    return f"{number:08}.json"
