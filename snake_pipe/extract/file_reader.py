"""Reads one file whole, once, and only if it is what it was found to be.

No mmap: a file that shrinks under a map ends the process. No following of links: what a link points to is
found by itself, or lies outside. O_NONBLOCK: opening a FIFO that took the file's place does not block.
"""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass

from snake_pipe.extract.folder_walk import open_folder

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


def read_file(root: str, relative: bytes, max_size: int) -> FileBytes:
    """The bytes of a file below `root`; UnreadableError if there are none to be had or they keep changing.

    Folders below the root are entered one by one: none is a link, however long the path.
    """
    for _ in range(_TRIES):
        if (content := _read_once(root, relative, max_size)) is not None:
            return content
    raise UnreadableError("changed_while_reading", f"the file changed during each of {_TRIES} reads", True)


def _read_once(root: str, relative: bytes, max_size: int) -> FileBytes | None:
    """The file's bytes; None if it changed between open and end."""
    try:
        descriptor = _open(root, relative)
    except FileNotFoundError:
        raise UnreadableError("not_found", "the file vanished after it was found", True) from None
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR):
            raise UnreadableError(
                "symlink", "a link took the place of the file or a folder above it", False
            ) from None
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


def _open(root: str, relative: bytes) -> int:
    parent, _, name = relative.rpartition(b"/")
    folder = open_folder(os.fsencode(root), parent)
    try:
        return os.open(name, _FLAGS, dir_fd=folder)
    finally:
        os.close(folder)
