"""Reads one file, whole or a piece at a time, and only if it is what it was found to be.

No mmap: a file that shrinks under a map ends the process. No following of links: what a link points to is
found by itself, or lies outside. O_NONBLOCK: opening a FIFO that took the file's place does not block.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snake_pipe.extract.disk.folders import LastFolder

if TYPE_CHECKING:
    from collections.abc import Iterator

_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
READ_TRIES = 3
"""How often a file is read that changes meanwhile."""
_CHUNK = 1 << 20

_SECOND = 1_000_000_000
_FINE_STEP, _COARSE_STEP = _SECOND // 50, 2 * _SECOND
"""How long another change may get the same time, in ns: two ticks of the kernel's clock; a step of FAT's."""


@dataclass(frozen=True, slots=True)
class FileBytes:
    """A file's content with the size and time that belong to it."""

    data: bytes
    size_bytes: int
    mtime_ns: int


class UnreadableError(Exception):
    """Why a file gave no bytes; `code` is a fixed word, `retriable` whether another run may read it."""

    def __init__(self, code: str, message: str, retriable: bool) -> None:
        super().__init__(code, message, retriable)
        self.code = code
        self.message = message
        self.retriable = retriable


class TooLargeError(UnreadableError):
    """The file is larger than the limit; its size is `size_bytes`."""

    def __init__(self, size_bytes: int, limit: int) -> None:
        UnreadableError.__init__(
            self, "too_large", f"{size_bytes:,} bytes are above the limit of {limit:,}", False
        )
        self.args = (size_bytes, limit)
        self.size_bytes = size_bytes


def changed_error() -> UnreadableError:
    """For a file that changed whenever it was read."""
    text = f"the file changed during each of {READ_TRIES} reads"
    return UnreadableError("changed_while_reading", text, True)


def read_file(root: str, relative: bytes, max_size: int, folder: LastFolder | None = None) -> FileBytes:
    """The bytes of a file below `root`; UnreadableError if there are none to be had or they keep changing.

    Folders below the root are entered one by one: none is a link, however long the path. `folder` keeps the
    last of them open for the next file.
    """
    kept = folder or LastFolder()
    try:
        for _ in range(READ_TRIES):
            if (content := _read_once(kept, root, relative, max_size)) is not None:
                return content
    finally:
        if folder is None:
            kept.close()
    raise changed_error()


def _read_once(folder: LastFolder, root: str, relative: bytes, max_size: int) -> FileBytes | None:
    """The file's bytes; None if it changed between open and end."""
    file = _open(folder, root, relative, max_size)
    try:
        chunks = []
        rest = file.size_bytes + 1  # one more than there should be, to see that it did not grow
        while chunk := file.read(rest):
            chunks.append(chunk)
            rest -= len(chunk)
            if rest <= 1:  # all is there, and the one more was asked for as well
                break
        if not file.is_unchanged():
            return None
    finally:
        file.close()
    data = chunks[0] if len(chunks) == 1 else b"".join(chunks)
    return FileBytes(data, file.size_bytes, file.mtime_ns) if len(data) == file.size_bytes else None


class OpenFile:
    """A file that is too large to be held; all methods raise UnreadableError where the disk refuses."""

    def __init__(self, descriptor: int, size_bytes: int, mtime_ns: int) -> None:
        self._descriptor = descriptor
        self.size_bytes = size_bytes
        self.mtime_ns = mtime_ns

    def close(self) -> None:
        """Let it go."""
        os.close(self._descriptor)

    def read(self, size: int) -> bytes:
        """Up to so many of the next bytes, none at the end."""
        try:
            return os.read(self._descriptor, size)
        except OSError as error:
            raise _unreadable(error) from None

    def rewind(self) -> None:
        """Read from the beginning again."""
        os.lseek(self._descriptor, 0, os.SEEK_SET)

    def sha256(self) -> str:
        """The hash of all bytes, hexadecimal; leaves the file rewound."""
        self.rewind()
        known = hashlib.sha256()
        while chunk := self.read(_CHUNK):
            known.update(chunk)
        self.rewind()
        return known.hexdigest()

    def is_unchanged(self) -> bool:
        """Whether it still is what was opened."""
        try:
            now = os.fstat(self._descriptor)
        except OSError as error:
            raise _unreadable(error) from None
        return (now.st_mtime_ns, now.st_size) == (self.mtime_ns, self.size_bytes)


@contextmanager
def open_file(root: str, relative: bytes, max_size: int) -> Iterator[OpenFile]:
    """A file below `root`, open for reading; UnreadableError as `read_file`, whatever it is read for."""
    folder = LastFolder()
    try:
        file = _open(folder, root, relative, max_size)
    finally:
        folder.close()
    try:
        yield file
    finally:
        file.close()


def _open(folder: LastFolder, root: str, relative: bytes, max_size: int) -> OpenFile:
    try:
        descriptor = folder.open(root, relative, _FLAGS)
    except FileNotFoundError:
        raise UnreadableError("not_found", "the file vanished after it was found", True) from None
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR):
            raise UnreadableError(
                "symlink", "a link took the place of the file or a folder above it", False
            ) from None
        raise _unreadable(error) from None
    try:
        return _checked(descriptor, max_size)
    except BaseException as error:
        os.close(descriptor)
        if isinstance(error, OSError):
            raise _unreadable(error) from None
        raise


def _checked(descriptor: int, max_size: int) -> OpenFile:
    found = _settled(descriptor)
    if not stat.S_ISREG(found.st_mode):
        raise UnreadableError("special_file", "not a regular file", False)
    if found.st_size > max_size:
        raise TooLargeError(found.st_size, max_size)
    return OpenFile(descriptor, found.st_size, found.st_mtime_ns)


def _settled(descriptor: int) -> os.stat_result:
    """What the file is, once another change of it would get another time.

    File systems count time in steps, some in whole seconds. A file that was read and changed again within one
    would keep its time, and no later run would look at it. So one that has just changed waits for a moment.
    """
    found = os.fstat(descriptor)
    step = _FINE_STEP if found.st_mtime_ns % _SECOND else _COARSE_STEP
    rest = found.st_mtime_ns + step - time.time_ns()
    if 0 < rest <= 2 * step:  # a time that lies further ahead is no time of a change
        time.sleep(rest / _SECOND)
        found = os.fstat(descriptor)
    return found


def _unreadable(error: OSError) -> UnreadableError:
    return UnreadableError(_code(error), error.strerror or str(error), True)


def _code(error: OSError) -> str:
    return errno.errorcode.get(error.errno or 0, "read_error").lower()
