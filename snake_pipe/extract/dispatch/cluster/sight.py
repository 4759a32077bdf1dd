"""Whether another machine sees what is read and written here, and not copies of it.

What is read is compared by a few entries of each folder, what is written by a file with a token. Over a
network a folder may be seen as it was some seconds ago, so that what differs is looked at again.
"""

from __future__ import annotations

import os
import stat
import time
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from snake_pipe.storage.storage import Storage

TOKEN = "token"  # noqa: S105 - the name of a file
"""The file beside the notes of tries that says the run's token."""

_MOST_ENTRIES = 8
_MOST_FOLDERS = 16
_AGAIN_FOR = 5.0
"""Seconds; what network file systems keep of a folder's entries lasts for three by default."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A file or folder as it is seen here; of a folder only that there is one."""

    path: str
    size_bytes: int = -1
    mtime_ns: int = -1


def look_at(folders: Iterable[str]) -> tuple[Seen, ...]:
    """A few entries of each of the folders, as they are now; what cannot be read is left out."""
    sample: list[Seen] = []
    for folder in islice(folders, _MOST_FOLDERS):
        found = [Seen(folder)]
        with suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                with suppress(OSError):
                    found.append(_seen(entry.path))
                if len(found) > _MOST_ENTRIES:
                    break
        sample += found
    return tuple(sample)


def look_at_files(paths: Iterable[str]) -> tuple[Seen, ...]:
    """The first few of the files, as they are now."""
    sample = []
    for path in islice(paths, _MOST_ENTRIES):
        with suppress(OSError):
            sample.append(_seen(path))
    return tuple(sample)


def unseen(sample: Iterable[Seen], *, patience: float = _AGAIN_FOR) -> str | None:
    """The path of what is not here as it was seen there; None if all is, or has a good reason.

    A folder must be there. Of files some may have changed meanwhile, but not all of them.
    """
    deadline = time.monotonic() + patience
    while (missing := _first_unseen(tuple(sample))) is not None and time.monotonic() < deadline:
        time.sleep(min(0.5, patience))
    return missing


def _first_unseen(sample: tuple[Seen, ...]) -> str | None:
    files = [seen for seen in sample if seen.size_bytes >= 0]
    for seen in sample:
        if seen.size_bytes < 0 and not Path(seen.path).is_dir():
            return seen.path
    if files and not any(_is_same(seen) for seen in files):
        return files[0].path
    return None


def _is_same(seen: Seen) -> bool:
    try:
        return _seen(seen.path) == seen
    except OSError:
        return False


def _seen(path: str) -> Seen:
    info = os.lstat(path)
    return Seen(path) if stat.S_ISDIR(info.st_mode) else Seen(path, info.st_size, info.st_mtime_ns)


def write_token(storage: Storage, token: str) -> None:
    """Let others see this storage by a token in it."""
    storage.replace(TOKEN, token.encode())


def cannot_write(storage: Storage, token: str) -> str | None:
    """Why this is not the storage with the token, or cannot be written; None if all is well."""
    try:
        if not _soon(lambda: storage.read(TOKEN) == token.encode()):
            return "it is another one there"
        probe = f"probe-{token_hex(8)}"
        storage.create(probe, b"")
        storage.remove(probe)
    except OSError as error:
        return error.strerror or str(error)
    return None


def _soon(holds: Callable[[], bool]) -> bool:
    """Whether something holds, or does within moments; what it raises in the end is raised."""
    deadline = time.monotonic() + _AGAIN_FOR
    while True:
        with suppress(OSError):
            if holds():
                return True
        if time.monotonic() >= deadline:
            return holds()
        time.sleep(0.5)
