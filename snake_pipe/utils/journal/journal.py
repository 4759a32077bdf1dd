"""What a journal is, whatever it is made of, and which of its two forms a job's has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Self

from snake_pipe.errors import CheckpointError
from snake_pipe.utils.journal.append_file import FileJournal, read_file
from snake_pipe.utils.journal.objects import ObjectJournal, read_objects

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from snake_pipe.storage.storage import Storage
    from snake_pipe.utils.journal.record import Record

JOURNAL_FILE = "journal.jsonl"


class Journal(Protocol):
    """A journal open for appending, by the one process that runs its job; `records` as it was opened."""

    records: list[Record]

    @property
    def is_long(self) -> bool:
        """Whether it is worth being rewritten."""
        ...

    def append(self, record: Record) -> None:
        """Write one record and make it durable; StorageError if that is not certain. For any thread."""
        ...

    def rewrite(self, select: Callable[[list[Record]], list[Record]]) -> None:
        """Keep only the records that are selected; OSError or StorageError. For any thread."""
        ...

    def close(self) -> None:
        """The journal cannot be used afterwards."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def open_journal(job: Storage) -> Journal:
    """The journal of the job whose state is in `job`, made where it is missing.

    A file can be appended to, an object cannot. StorageError, or CheckpointError if it is damaged.
    """
    return ObjectJournal(job) if job.folder is None else FileJournal(job.folder / JOURNAL_FILE)


def read_journal(job: Storage) -> tuple[list[Record], bool]:
    """The records of a job's journal, and whether its end is torn; CheckpointError if it is damaged."""
    if job.folder is not None:
        path = job.folder / JOURNAL_FILE
        records, good = read_file(path)
        return records, path.exists() and path.stat().st_size > good
    try:
        return read_objects(job), False
    except OSError as error:
        raise CheckpointError(f"the journal of {job.url} cannot be read: {error}") from error
