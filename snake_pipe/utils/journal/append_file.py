"""A journal as an append-only file, which survives a torn end and refuses a damaged middle.

A line that a crash cut short can only be the last one: it is moved aside on opening, since whatever it
announced had not been promised to anybody. A bad line with good ones after it means that the file was damaged
later, and nothing in it can be trusted.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

from snake_pipe.errors import CheckpointError, JobNotFoundError, StorageError
from snake_pipe.storage.atomic_file import fsync_folder, write_atomic
from snake_pipe.utils.journal.journal import Journal
from snake_pipe.utils.journal.record import decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from snake_pipe.utils.journal.record import Record

SMALLEST = 4 << 20
"""Bytes below which a file is not worth being rewritten."""


def read_file(path: Path) -> tuple[list[Record], int]:
    """The records of a journal, and the length in bytes of its good part.

    A length below the file's size means a torn end. CheckpointError if the middle is damaged.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return [], 0
    records: list[Record] = []
    position = 0
    while position < len(data):
        end = data.find(b"\n", position)
        record = decode(data[position:end]) if end >= 0 else None
        if record is None:
            if _has_whole_line(data, position):
                raise CheckpointError(
                    f"the journal {path} is damaged at byte {position}",
                    "restore it from a backup, or ingest again with a new job",
                )
            break
        records.append(record)
        position = end + 1
    return records, position


def _has_whole_line(data: bytes, position: int) -> bool:
    """Whether any line that begins after `position` holds a record."""
    return any(decode(line) is not None for line in data[position:].split(b"\n")[1:])


def _write_all(descriptor: int, data: bytes) -> None:
    """Write all of it; a file system that takes a part and no more is full."""
    while data:
        data = data[os.write(descriptor, data) :]


class FileJournal(Journal):
    """The file of a journal, open for appending by the one process that runs its job."""

    def __init__(self, path: Path) -> None:
        """Open or create; a torn end is moved to `<name>.torn-<bytes>` beside it.

        JobNotFoundError where the folder is missing.
        """
        self.path = path
        self._failed = False
        self._writing = threading.Lock()
        self.records, good = read_file(path)
        new = not path.exists()
        try:
            if not new and path.stat().st_size > good:
                self._set_aside(good)
            self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            if new:
                fsync_folder(path.parent)
        except FileNotFoundError:
            raise JobNotFoundError(f"no job in {path.parent}", "snake-pipe jobs lists them") from None
        except OSError as error:
            raise StorageError(f"cannot open the journal {path}: {error.strerror}") from error
        self._size = good
        self._rewritten_size = 0

    @property
    def is_long(self) -> bool:
        """Whether it has doubled since it was rewritten."""
        return self._size >= max(SMALLEST, 2 * self._rewritten_size)

    def _set_aside(self, good: int) -> None:
        with self.path.open("r+b") as file:
            file.seek(good)
            torn = file.read()
            write_atomic(self.path.with_name(f"{self.path.name}.torn-{good}"), torn)
            file.truncate(good)
            file.flush()
            os.fsync(file.fileno())

    def append(self, record: Record) -> None:
        """Write one record and make it durable; StorageError if that is not certain.

        A failed fsync is never tried again: the kernel may have dropped the pages and would report
        success for nothing. The record then counts as not written. For any thread.
        """
        line = encode(record)
        with self._writing:
            if self._failed:
                raise StorageError(f"the journal {self.path} can no longer be relied on", "resume the job")
            self._failed = True
            try:
                _write_all(self._descriptor, line)
                os.fsync(self._descriptor)
            except OSError as error:
                raise StorageError(
                    f"cannot write the journal {self.path}: {error.strerror}",
                    "make room, then resume the job",
                ) from error
            self._failed = False
            self._size += len(line)

    def rewrite(self, select: Callable[[list[Record]], list[Record]]) -> None:
        """Keep only the records that are selected. For any thread; others wait with what they append.

        The file is replaced as a whole, so a crash leaves the old one or the new one. After an OSError the
        old one stays in use; where it is not certain that it is still there, the next `append` refuses.
        """
        with self._writing:
            if self._failed:
                return
            data = b"".join(map(encode, select(read_file(self.path)[0])))
            self._failed = True
            before = os.fstat(self._descriptor).st_ino
            try:
                write_atomic(self.path, data)
                descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
            except OSError:
                self._failed = not self.path.exists() or self.path.stat().st_ino != before
                raise
            os.close(self._descriptor)
            self._descriptor = descriptor
            self._size = self._rewritten_size = len(data)
            self._failed = False

    def close(self) -> None:
        """Close the file; the journal cannot be used afterwards."""
        os.close(self._descriptor)
