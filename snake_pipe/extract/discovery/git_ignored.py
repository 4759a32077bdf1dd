"""What git's ignore rules leave out of a work tree, and which rule it was: asked beside the listing.

`git ls-files --others` tells nothing of it. So two further processes work while the files are listed, on
other processors where there are some: one lists what is ignored, folders as a whole and not entered, and
hands it to the other, which finds the rules. On 100,000 files they take 0.15 s of processor time together;
without `--no-index` the second one would take a millisecond for each entry.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from typing import IO, TYPE_CHECKING, Self

from snake_pipe.extract.discovery.folder_walk import IgnoredEntry
from snake_pipe.extract.discovery.git_process import STALL_SECONDS, git_command, git_environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_READ = 1 << 16
_LIST = (b"ls-files", b"-z", b"--others", b"--ignored", b"--exclude-standard", b"--directory")
_FIND_RULES = (b"check-ignore", b"--no-index", b"--verbose", b"-z", b"--stdin")


class IgnoredListing:
    """What is ignored below a folder of a work tree; both processes end with the block.

    It says nothing where git fails: what is left out is told, but nothing depends on it.
    """

    def __init__(self, root: bytes, prefix: bytes, work_tree: Path) -> None:
        """Paths count from `root`, of which the folder `prefix` is listed."""
        self._root = root.rstrip(b"/") + b"/"
        self._prefix = prefix
        self._work_tree = work_tree
        self._top = os.fsencode(work_tree).rstrip(b"/") + b"/"
        self._found: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed in __exit__
        self._processes: list[subprocess.Popen[bytes]] = []
        self._places: dict[bytes, bytes] = {}

    def __enter__(self) -> Self:
        try:
            listing = self._start(_LIST, subprocess.DEVNULL, subprocess.PIPE)
            self._start(_FIND_RULES, listing.stdout, self._found)
        except OSError:
            return self
        assert listing.stdout
        listing.stdout.close()  # the second process alone reads from it
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.kill()
            process.wait()
            if process.stdout:
                process.stdout.close()
        self._found.close()

    def _start(
        self, arguments: tuple[bytes, ...], source: IO[bytes] | int | None, target: IO[bytes] | int
    ) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            git_command(self._work_tree, *arguments), cwd=self._root + self._prefix, env=git_environment({}),
            stdin=source, stdout=target, stderr=subprocess.DEVNULL,
            process_group=0,  # Ctrl-C is for us
        )  # fmt: skip
        self._processes.append(process)
        return process

    def entries(self) -> Iterator[IgnoredEntry]:
        """What is ignored, once all of it is known."""
        try:
            for process in self._processes:
                process.wait(STALL_SECONDS)
        except subprocess.TimeoutExpired:
            return
        folder: bytes | None = None
        records = self._records()
        for source, line, pattern, path in zip(records, records, records, records, strict=False):
            if folder is not None and path.startswith(folder):
                continue  # git enters a folder of which all is ignored, and tells it as well
            place = self._place(source)
            path = self._prefix + path
            if pattern.startswith(b"!"):
                continue
            if path.endswith(b"/"):
                if place.startswith(path):  # its own rules ignore all in it, but not the folder
                    continue
                folder = path[len(self._prefix) :]
            yield IgnoredEntry(path, b"%s:%s %s" % (place, line, pattern))

    def _records(self) -> Iterator[bytes]:
        self._found.seek(0)
        rest = b""
        while chunk := self._found.read(_READ):
            *records, rest = (rest + chunk).split(b"\0")
            yield from records

    def _place(self, source: bytes) -> bytes:
        """A file of rules, named from the root; the user's own, which is in no work tree, is absolute."""
        place = self._places.get(source)
        if place is None:
            place = os.path.join(self._top, source)  # noqa: PTH118 - bytes
            if place.startswith(self._top):
                place = os.path.relpath(place, self._root)
            self._places[source] = place
        return place
