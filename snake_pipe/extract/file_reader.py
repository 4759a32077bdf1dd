"""Reads one file whole, once, and only if it is what it was found to be.

No mmap: a file that shrinks under a map ends the process. No following of links: what a link points to is
found by itself, or lies outside. O_NONBLOCK: opening a FIFO that took the file's place does not block.
"""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass
from pathlib import Path

_FLAGS = (
    os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
)
_FLAGS |= getattr(os, "O_BINARY", 0)
_TRIES = 3


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


def read_file(path: str, max_size: int) -> FileBytes:
    """The bytes at `path`; UnreadableError if there are none to be had or they keep changing."""
    for _ in range(_TRIES):
        if (content := _read_once(path, max_size)) is not None:
            return content
    raise UnreadableError("changed_while_reading", f"the file changed during each of {_TRIES} reads", True)


def _read_once(path: str, max_size: int) -> FileBytes | None:
    """The file's bytes; None if it changed between open and end."""
    try:
        descriptor = _open(path)
    except FileNotFoundError:
        raise UnreadableError("not_found", "the file vanished after it was found", True) from None
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise UnreadableError("symlink", "a link took the place of the file", False) from None
        raise UnreadableError(_code(error), error.strerror or str(error), True) from None
    try:
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode):
            raise UnreadableError("special_file", "not a regular file", False)
        if before.st_size > max_size:
            raise TooLargeError(before.st_size, max_size)
        chunks = []
        rest = before.st_size + 1  # one more than there should be, to see that it did not grow
        while rest > 0 and (chunk := os.read(descriptor, rest)):
            chunks.append(chunk)
            rest -= len(chunk)
        after = os.fstat(descriptor)
    except OSError as error:
        raise UnreadableError(_code(error), error.strerror or str(error), True) from None
    finally:
        os.close(descriptor)
    data = chunks[0] if len(chunks) == 1 else b"".join(chunks)
    if len(data) != before.st_size or (after.st_mtime_ns, after.st_size) != (
        before.st_mtime_ns,
        before.st_size,
    ):
        return None
    return FileBytes(data, before.st_size, before.st_mtime_ns)


def _code(error: OSError) -> str:
    return errno.errorcode.get(error.errno or 0, "read_error").lower()


def _open(path: str) -> int:
    try:
        return os.open(path, _FLAGS)
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
    # Longer than the kernel takes at once: go down folder by folder.
    head, *parts = Path(path).parts
    folder = os.open(head, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in parts[:-1]:
            below = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW, dir_fd=folder)
            os.close(folder)
            folder = below
        return os.open(parts[-1], _FLAGS, dir_fd=folder)
    finally:
        os.close(folder)
