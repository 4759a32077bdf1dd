"""Opens folders and files by descriptor, relative to their parents: no path is too long, no link followed."""

from __future__ import annotations

import errno
import os
import stat

FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_ANOTHER_FOLDER = (errno.ENOENT, errno.ESTALE)
"""What an open folder says that was removed; ESTALE on network disks."""

_FILE_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY


def open_folder(root: bytes, relative: bytes) -> int:
    """A descriptor of the folder at `relative` (`/` at its end or not) below `root`, reached without links.

    OSError (ELOOP or ENOTDIR for a link) tells what is in the way.
    """
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    for name in relative.split(b"/"):
        if name:
            try:
                deeper = os.open(name, FOLDER_FLAGS, dir_fd=folder)
            finally:
                os.close(folder)
            folder = deeper
    return folder


def open_regular(name: bytes, folder: int) -> int:
    """A descriptor of a regular file, opened without following a link or waiting for a FIFO.

    OSError if it is anything else.
    """
    file = os.open(name, _FILE_FLAGS, dir_fd=folder)
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise OSError(0, "not a regular file")
    return file


class LastFolder:
    """Opens files of one folder after the other; the folder stays open for the next file in it."""

    def __init__(self) -> None:
        self._place: tuple[str, bytes] | None = None
        self._folder = -1

    def open(self, root: str, relative: bytes, flags: int) -> int:
        """A descriptor of the file at `relative` below `root`; OSError as `open_folder` and `os.open`."""
        parent, _, name = relative.rpartition(b"/")
        if self._place == (root, parent):
            try:
                return os.open(name, flags, dir_fd=self._folder)
            except OSError as error:  # there may be another folder in its place by now
                if error.errno not in _ANOTHER_FOLDER:
                    raise
        self.close()
        self._folder = open_folder(os.fsencode(root), parent)
        self._place = root, parent
        return os.open(name, flags, dir_fd=self._folder)

    def close(self) -> None:
        """Let the folder go; another file may be opened after that."""
        if self._place is not None:
            self._place = None
            os.close(self._folder)
