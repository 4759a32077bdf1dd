"""A dataset's files in a folder of this machine: fsync, link and rename make them whole and durable."""

from __future__ import annotations

import errno
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snake_pipe.storage.atomic_file import (
    TEMP_SUFFIX,
    create_atomic,
    fsync_file,
    fsync_folder,
    replace_atomic,
    write_atomic,
)
from snake_pipe.storage.file_lock import try_lock
from snake_pipe.storage.storage import Claim, StoredFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_PRIVATE_FOLDER, _PRIVATE_FILE = 0o700, 0o600


class LocalStorage:
    """The files below `folder`, which is made with the first file.

    `mode` is of new files; who may read a folder follows from it.
    """

    def __init__(self, folder: Path, *, mode: int = 0o644) -> None:
        self.folder = folder.absolute()
        self._mode = mode

    @property
    def url(self) -> str:
        """The folder's absolute path."""
        return str(self.folder)

    @property
    def delta_url(self) -> str:
        """The folder as an URL."""
        return self.folder.as_uri()

    @property
    def delta_options(self) -> Mapping[str, str] | None:
        """Nothing is needed."""
        return None

    @property
    def look_seconds(self) -> float:
        """To look costs nothing."""
        return 0.0

    @property
    def killed_claim_seconds(self) -> float:
        """A lock goes with its process."""
        return 0.0

    def at(self, name: str) -> LocalStorage:
        """The storage of a folder in this one."""
        return LocalStorage(self.folder / name, mode=self._mode)

    def private(self) -> LocalStorage:
        """The same, but only its owner may read what is new in it."""
        return LocalStorage(self.folder, mode=_PRIVATE_FILE)

    def read(self, name: str) -> bytes:
        """All of a file."""
        return (self.folder / name).read_bytes()

    def open(self, name: str) -> Any:
        """A file to be read in any order."""
        import pyarrow as pa

        return pa.OSFile(str(self.folder / name), "rb")

    def info(self, name: str) -> StoredFile:
        """Size and time of a file."""
        return _stored(name, (self.folder / name).stat())

    def exists(self, name: str) -> bool:
        """Whether a file is there."""
        return (self.folder / name).exists()

    def files(self, folder: str = "") -> list[StoredFile]:
        """The files directly in a folder."""
        found = []
        with suppress(FileNotFoundError), os.scandir(self.folder / folder) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):  # removed meanwhile
                    if entry.is_file(follow_symlinks=False):
                        found.append(_stored(entry.name, entry.stat(follow_symlinks=False)))
        return found

    def all_files(self, folder: str = "") -> Iterator[StoredFile]:
        """All files below a folder; what goes away meanwhile is passed over."""
        root = self.folder / folder
        for path, _, names in os.walk(root):
            inner = Path(path).relative_to(root)
            for name in names:
                with suppress(FileNotFoundError):
                    yield _stored((inner / name).as_posix(), Path(path, name).lstat())

    def folders(self, folder: str = "") -> list[str]:
        """The names of the folders directly in a folder."""
        with suppress(FileNotFoundError), os.scandir(self.folder / folder) as entries:
            return [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
        return []

    def open_to_sql(self, connection: Any) -> None:
        """DuckDB reads files of this machine by itself."""

    def sql_name(self, name: str) -> str:
        """A file's path."""
        return str(self.folder / name)

    def create(self, name: str, data: bytes) -> None:
        """Make a file durably; FileExistsError if one is there."""
        create_atomic(self._place(name), data, mode=self._mode)

    def replace(self, name: str, data: bytes) -> None:
        """Put a file in the place of the one that is there, durably."""
        write_atomic(self._place(name), data, mode=self._mode)

    def show(self, name: str, data: bytes) -> None:
        """Like `replace` without the fsyncs."""
        replace_atomic(self._place(name), data, mode=self._mode)

    def write(self, name: str) -> NewLocalFile:
        """A large file to be written piece by piece."""
        return NewLocalFile(self.folder / name, self._mode)

    def make_durable(self, name: str) -> None:
        """See to it that a file stays that another library has written here."""
        fsync_file(self.folder / name)
        fsync_folder((self.folder / name).parent)

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""
        (self.folder / name).unlink(missing_ok=True)

    def remove_folder(self, folder: str = "") -> None:
        """Remove all that is below a folder, as far as possible."""
        shutil.rmtree(self.folder / folder, ignore_errors=True)

    def claim(self, name: str) -> LocalClaim | None:
        """The claim of a name, which is a lock on a file that stays."""
        path = self._place(name)
        descriptor = _open_lock(path)
        try:
            if try_lock(descriptor):
                return LocalClaim(descriptor)
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
        return None

    def is_claimed(self, name: str) -> bool:
        """Whether a process has the claim; asked by a shared lock, so two who look see no writer."""
        try:
            descriptor = os.open(self.folder / name, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError:
            return False
        try:
            return not try_lock(descriptor, shared=True)
        except OSError:  # where there are no locks nobody can have one
            return False
        finally:
            os.close(descriptor)

    def _place(self, name: str) -> Path:
        path = self.folder / name
        if not path.parent.is_dir():
            readable = self._mode & 0o044
            path.parent.mkdir(mode=0o777 if readable else _PRIVATE_FOLDER, parents=True, exist_ok=True)
        return path


class NewLocalFile:
    """A file under a temporary name, which it keeps until it is finished."""

    def __init__(self, path: Path, mode: int) -> None:
        import pyarrow as pa

        if path.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
        self._path = path
        self._temp = path.with_name(f".{path.name}{TEMP_SUFFIX}")
        os.close(os.open(self._temp, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode))
        try:
            self.stream: Any = pa.OSFile(str(self._temp), "wb")
        except BaseException:
            self._temp.unlink(missing_ok=True)
            raise

    def finish(self) -> int:
        """Give it its name, durably; its size in bytes."""
        self.stream.close()
        size = fsync_file(self._temp)
        self._temp.rename(self._path)
        fsync_folder(self._path.parent)
        return size

    def discard(self) -> None:
        """Forget what was written."""
        with suppress(OSError, ValueError):
            self.stream.close()
        with suppress(OSError):
            self._temp.unlink(missing_ok=True)


class LocalClaim(Claim):
    """A lock on an open file, which the kernel gives up for a process whatever ends that."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor

    def check(self) -> None:
        """A lock of the kernel's cannot be lost."""

    def release(self) -> None:
        """Let others have it; may be called again."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _open_lock(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, _PRIVATE_FILE)


def _stored(name: str, info: os.stat_result) -> StoredFile:
    return StoredFile(name, info.st_size, info.st_mtime)
