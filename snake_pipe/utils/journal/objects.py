"""A journal as objects, one a record: each is made under the next number, and only by who is first.

A process that has lost its claim without knowing it can therefore promise nothing any more: the one that runs
the job instead has taken the number, and the next `append` fails.

A rewritten journal is one object that holds all records that are still needed; what is before the last such
object does not count, whether or not it has been removed yet.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from secrets import token_hex
from typing import TYPE_CHECKING, Self

from snake_pipe.errors import CheckpointError, SinkError
from snake_pipe.utils.journal.record import decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from snake_pipe.storage.storage import Storage
    from snake_pipe.utils.journal.record import Record

FOLDER = "journal"

_FEWEST = 256
"""Objects below which a journal is not worth being rewritten."""

_READ_AT_ONCE = 16

_TRIES = 3
"""How often what is being rewritten is listed."""

_ALL = "all"
"""Type of the record that stands for all before it."""


class ObjectJournal:
    """The objects of a journal, to which one process appends that runs its job."""

    def __init__(self, job: Storage) -> None:
        self._storage = job.at(FOLDER)
        self._writing = threading.Lock()
        self._writer = token_hex(8)
        self._has_failed = False
        try:
            self._numbers, self.records = _read_all(self._storage)
        except OSError as error:
            raise SinkError(f"cannot open the journal {self._storage.url}: {error}") from error

    @property
    def is_long(self) -> bool:
        """Whether it has many objects, each of which takes a request to be read."""
        return len(self._numbers) >= _FEWEST

    def append(self, record: Record) -> None:
        """Write one record, durably; SinkError if that is not certain, or another process has gone on."""
        with self._writing:
            try:
                self._append(record)
            except OSError as error:
                raise SinkError(
                    f"cannot write the journal {self._storage.url}: {error}", "resume the job"
                ) from error

    def rewrite(self, select: Callable[[list[Record]], list[Record]]) -> None:
        """Keep only the records that are selected; OSError, or SinkError, leaves all as they were."""
        with self._writing:
            if self._has_failed:
                return
            before = list(self._numbers)
            self._append({"type": _ALL, "records": select(_read_all(self._storage)[1])})
            self._numbers = self._numbers[-1:]
            for number in before:
                self._storage.remove(_name(number))

    def _append(self, record: Record) -> None:
        """Not known to be written is not written: then nothing may be appended any more."""
        if self._has_failed:
            raise SinkError(f"the journal {self._storage.url} can no longer be relied on", "resume the job")
        self._has_failed = True
        number = max(self._numbers, default=0) + 1
        data = encode({**record, "writer": self._writer})
        try:
            self._storage.create(_name(number), data)
        except FileExistsError:
            if self._storage.read(_name(number)) != data:  # else an answer was lost, and it is ours
                raise SinkError(
                    f"another process goes on with the journal {self._storage.url}",
                    "this one was taken for dead: snake-pipe status tells of the other",
                ) from None
        self._numbers.append(number)
        self._has_failed = False

    def close(self) -> None:
        """There is nothing to close."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def read_objects(job: Storage) -> list[Record]:
    """The records of a job's journal; CheckpointError if one of them is damaged or missing, OSError."""
    return _read_all(job.at(FOLDER))[1]


def _read_all(storage: Storage) -> tuple[list[int], list[Record]]:
    """The numbers of the objects, and the records; looked at again where they are just being rewritten."""
    for _ in range(_TRIES):
        numbers = _numbers(storage)
        with suppress(FileNotFoundError):
            return numbers, _records(storage, numbers)
    raise CheckpointError(f"the journal {storage.url} goes away while it is read", "try again")


def _numbers(storage: Storage) -> list[int]:
    """The numbers of the objects that are there, in order."""
    stems = (file.name.removesuffix(".json") for file in storage.files() if file.name.endswith(".json"))
    return sorted(int(stem) for stem in stems if stem.isdigit())


def _records(storage: Storage, numbers: list[int]) -> list[Record]:
    """From the newest that stands for all before it; what may be missing is before that."""
    with ThreadPoolExecutor(_READ_AT_ONCE) as threads:
        found = list(threads.map(lambda number: _read(storage, number), numbers))
    start = max((at for at, record in enumerate(found) if record and record.get("type") == _ALL), default=0)
    records: list[Record] = []
    for at in range(start, len(found)):
        record = found[at]
        if record is None or numbers[at] - numbers[start] != at - start:
            raise CheckpointError(
                f"the journal {storage.url} is damaged at {_name(numbers[start] + at - start)}",
                "restore it from a backup, or ingest again with a new job",
            )
        records += record["records"] if record.get("type") == _ALL else [record]
    return records


def _read(storage: Storage, number: int) -> Record | None:
    """None for one that is damaged."""
    return decode(storage.read(_name(number)).rstrip(b"\n"))


def _name(number: int) -> str:
    return f"{number:08}.json"
