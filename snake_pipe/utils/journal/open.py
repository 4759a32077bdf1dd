"""A job's journal in the form that its place allows: a file can be appended to, an object cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.errors import StorageError
from snake_pipe.utils.journal.append_file import FileJournal, read_file
from snake_pipe.utils.journal.objects import ObjectJournal, read_objects

if TYPE_CHECKING:
    from snake_pipe.storage.storage import Storage
    from snake_pipe.utils.journal.journal import Journal
    from snake_pipe.utils.journal.record import Record

JOURNAL_FILE = "journal.jsonl"


def open_journal(job: Storage) -> Journal:
    """The journal of the job whose state is in `job`, made where it is missing.

    StorageError, or CheckpointError if it is damaged.
    """
    return ObjectJournal(job) if job.folder is None else FileJournal(job.folder / JOURNAL_FILE)


def read_journal(job: Storage) -> tuple[list[Record], bool]:
    """The records of a job's journal, and whether its end is torn.

    CheckpointError if it is damaged; StorageError if it cannot be read now, which says nothing of it.
    """
    try:
        if job.folder is None:
            return read_objects(job), False
        path = job.folder / JOURNAL_FILE
        records, good = read_file(path)
        return records, path.exists() and path.stat().st_size > good
    except OSError as error:
        text = f"the journal of {job.url} cannot be read: {error.strerror or error}"
        raise StorageError(text, "try again") from error
