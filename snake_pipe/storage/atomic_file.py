"""Files that are there whole or not at all, and stay there after a power cut."""

from __future__ import annotations

import errno
import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TEMP_SUFFIX = ".tmp"
"""Ending of files that are not finished; whoever finds one after a crash may remove it."""


def write_atomic(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Replace `path` by a file that holds `data`: temp file, fsync, rename, fsync of the folder.

    A reader sees the old bytes or the new ones. OSError leaves the old file as it was.
    """
    _replace(path, data, mode, durable=True)
    fsync_folder(path.parent)


def replace_atomic(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Like `write_atomic` without the fsyncs: for what may be lost with the machine, such as a status."""
    _replace(path, data, mode, durable=False)


def create_atomic(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Like `write_atomic` for a name that must be new: FileExistsError, and of many one wins."""
    temp = _temp_of(path)
    try:
        _write(temp, data, mode, durable=True)
        _link_to_new(temp, path)
    finally:
        temp.unlink(missing_ok=True)
    fsync_folder(path.parent)


def _replace(path: Path, data: bytes, mode: int, *, durable: bool) -> None:
    temp = _temp_of(path)
    try:
        _write(temp, data, mode, durable=durable)
        temp.replace(path)
    except OSError:
        temp.unlink(missing_ok=True)
        raise


def _temp_of(path: Path) -> Path:
    """A name that nobody else takes: on another host that shares the folder may be a process of this id."""
    return path.with_name(f".{path.name}.{os.urandom(8).hex()}{TEMP_SUFFIX}")


def _write(path: Path, data: bytes, mode: int, *, durable: bool) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor, not a path
        file.write(data)
        if durable:
            file.flush()
            os.fsync(file.fileno())


def _link_to_new(source: Path, target: Path) -> None:
    """Give a file a second name, but FileExistsError where a rename would replace."""
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS):
            raise
        # A file system without hard links: the claims alone have to keep others away.
        if target.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target)) from None
        source.rename(target)


def fsync_file(path: Path) -> int:
    """Make a file's bytes durable; its size."""
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
        return os.fstat(descriptor).st_size
    finally:
        os.close(descriptor)


def fsync_folder(path: Path) -> None:
    """Make renames and new names in a folder durable; does nothing for one that may not be listed."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except PermissionError:
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def whole_or_not_at_all(target: Path) -> Iterator[Path]:
    """A path to write a file or folder to that becomes `target` in the end, unless an exception comes.

    What was there by that name is replaced then, also a folder. OSError if the disk refuses.
    """
    temp = target.with_name(f".{target.name}.{os.getpid()}{TEMP_SUFFIX}")
    old = temp.with_suffix(".old" + TEMP_SUFFIX)
    _remove(temp)
    try:
        yield temp
        for path in (temp, *temp.rglob("*")) if temp.is_dir() else (temp,):
            fsync_folder(path) if path.is_dir() else fsync_file(path)
        if target.is_dir():  # can't be replaced in one step
            target.replace(old)
        temp.replace(target)
        fsync_folder(target.parent)
    finally:
        if old.exists() and not target.exists():
            old.replace(target)
        _remove(temp)
        _remove(old)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
