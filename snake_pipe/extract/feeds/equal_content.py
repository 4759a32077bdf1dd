"""Which files have other times than the dataset says and the content that it has: as after a checkout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.extract.disk.reader import UnreadableError, open_file
from snake_pipe.load.content_hashes import HASH_BYTES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from snake_pipe.extract.batch_models import DiscoveredFile
    from snake_pipe.load.known_files import KnownContent, KnownFiles


class NotedTimes:
    """New times of files by their ids, until they are taken; beyond `most` they are forgotten.

    The next run hashes those files again, which costs it nothing else.
    """

    def __init__(self, most: int = 1_000_000) -> None:
        self._most = most
        self._times: dict[int, int] = {}

    def add(self, file_id: int, mtime_ns: int) -> None:
        """Note the time of a file."""
        if len(self._times) < self._most or file_id in self._times:
            self._times[file_id] = mtime_ns

    def take(self) -> dict[int, int]:
        """What was noted since the last call."""
        times, self._times = self._times, {}
        return times


class EqualContent:
    """Hashes files of a size that the dataset has, in the thread that asks, and notes their times."""

    def __init__(self, known: KnownFiles, max_file_size: int, noted: NotedTimes) -> None:
        """`noted` gets the times of files that are as they were."""
        self._known = known
        self._max_file_size = max_file_size
        self._noted = noted
        self.touched = 0
        """Files so far that are as they were and have another time."""

    def match(self, files: Sequence[DiscoveredFile]) -> list[bool]:
        """For each file, whether its content is what the dataset has; what is known of others is given up.

        One that cannot be read, or changes meanwhile, is not.
        """
        contents = self._known.contents(files)
        matches = [
            content is not None and self._is_equal(file, content)
            for file, content in zip(files, contents, strict=True)
        ]
        others = [file for file, is_equal in zip(files, matches, strict=True) if not is_equal]
        self._known.supersede((file.repo, file.path) for file in others)
        return matches

    def _is_equal(self, file: DiscoveredFile, known: KnownContent) -> bool:
        if known.hash != (self._hash(file) if file.skip_reason is None else None):
            return False
        if file.mtime_ns != known.mtime_ns:
            self.touched += 1
            self._noted.add(known.file_id, file.mtime_ns)
        return True

    def _hash(self, file: DiscoveredFile) -> bytes:
        """That of the file as it was found; empty if it is not to be had, or is another by now."""
        try:
            with open_file(file.root, file.relative, self._max_file_size) as opened:
                digest = bytes.fromhex(opened.sha256())[:HASH_BYTES]
                as_found = (opened.size_bytes, opened.mtime_ns) == (file.size_bytes, file.mtime_ns)
                return digest if as_found and opened.is_unchanged() else b""
        except UnreadableError:
            return b""
