"""What a dataset needs of the place where it is kept, whether that is a folder or a bucket.

A file is there whole or not at all, on both sides. Nothing is ever renamed, and nothing depends on the order
in which names are listed: what makes writers exclude each other is `create`, which lets one of them win.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from types import TracebackType


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file's name in its folder, its size in bytes, and when it was written, in seconds since 1970."""

    name: str
    size_bytes: int
    modified: float


class NewFile(Protocol):
    """A file that is being written, and seen by nobody before `finish`."""

    @property
    def stream(self) -> IO[bytes] | Any:
        """What to write to: a file of Python's or of pyarrow's."""
        ...

    def finish(self) -> int:
        """Give it its name, durably; its size in bytes. OSError leaves nothing under that name."""
        ...

    def discard(self) -> None:
        """Forget what was written; never raises, and does nothing after `finish`."""
        ...


class Claim(ABC):
    """The right that one process has at a time, until it releases it or ends, or a `with` block does."""

    @abstractmethod
    def check(self) -> None:
        """StorageError if it is not certain that nobody else has it: to be called before what needs it."""

    @abstractmethod
    def release(self) -> None:
        """Let others have it; may be called again."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


class Storage(Protocol):
    """Files below one root, by relative names with slashes. For any thread.

    Whatever goes wrong is an OSError on both sides: FileNotFoundError, FileExistsError, PermissionError for
    what is refused or wants credentials, and others for a disk or a network that fails.
    """

    @property
    def url(self) -> str:
        """The root as users write it: an absolute path, or `s3://bucket/prefix`. Never holds credentials."""
        ...

    @property
    def folder(self) -> Path | None:
        """The root as a folder of this machine; None where it is not on one."""
        ...

    @property
    def delta_options(self) -> Mapping[str, str] | None:
        """What deltalake needs beside `delta_url`; not to be shown, as it may hold keys."""
        ...

    @property
    def delta_url(self) -> str:
        """The root as deltalake wants it."""
        ...

    @property
    def look_seconds(self) -> float:
        """Seconds to leave between two looks at what changes all the time, or two writes of it.

        Where each is a request, so many of them are paid for.
        """
        ...

    @property
    def killed_claim_seconds(self) -> float:
        """How long a claim stays after its holder was killed; 0 where it goes with the process."""
        ...

    def at(self, name: str) -> Storage:
        """The storage below a folder of this one, which need not be there yet."""
        ...

    def private(self) -> Storage:
        """The same, but only its owner may read what is new in it, where files have owners."""
        ...

    # -- reading -------------------------------------------------------------------------------------

    def read(self, name: str) -> bytes:
        """All of a file."""
        ...

    def open(self, name: str) -> Any:
        """A file to be read in any order, as pyarrow's NativeFile; the caller closes it."""
        ...

    def info(self, name: str) -> StoredFile:
        """Size and time of a file."""
        ...

    def exists(self, name: str) -> bool:
        """Whether a file is there."""
        ...

    def files(self, folder: str = "") -> list[StoredFile]:
        """The files directly in a folder, in no order; none where the folder is not there."""
        ...

    def all_files(self, folder: str = "") -> Iterator[StoredFile]:
        """All files below a folder, by their names in it with slashes, in no order."""
        ...

    def folders(self, folder: str = "") -> list[str]:
        """The names of the folders directly in a folder, in no order."""
        ...

    def open_to_sql(self, connection: Any) -> None:
        """Let a connection of DuckDB's read files by their `sql_name`."""
        ...

    def sql_name(self, name: str) -> str:
        """A file as DuckDB's `read_parquet` is to be told of it."""
        ...

    # -- writing -------------------------------------------------------------------------------------

    def create(self, name: str, data: bytes) -> None:
        """Make a file durably; FileExistsError if one is there, also if another makes it at the same moment.

        Folders on the way are made.
        """
        ...

    def replace(self, name: str, data: bytes) -> None:
        """Put a file in the place of the one that is there, if one is, durably."""
        ...

    def show(self, name: str, data: bytes) -> None:
        """Like `replace`, for what may be lost with the machine, such as a status."""
        ...

    def write(self, name: str) -> NewFile:
        """A large file to be written piece by piece; FileExistsError, here or in `finish`, if it is there.

        The folder has to be there where there are folders: a dataset that was removed is not begun again.
        """
        ...

    def make_durable(self, name: str) -> None:
        """See to it that a file stays that another library has written here."""
        ...

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""
        ...

    def remove_folder(self, folder: str = "") -> None:
        """Remove all that is below a folder, as far as possible."""
        ...

    # -- excluding others ----------------------------------------------------------------------------

    def claim(self, name: str) -> Claim | None:
        """The claim of a name, at once; None if another process has it."""
        ...

    def is_claimed(self, name: str) -> bool:
        """Whether a process has the claim of a name now; looking stands in nobody's way."""
        ...
