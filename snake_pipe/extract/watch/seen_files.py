"""Which files a watch has seen or yielded, for the walks and looks that come after."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

    from snake_pipe.extract.batch_models import DiscoveredFile
    from snake_pipe.extract.feeds.feed import Known


class SeenFiles:
    """The files that a walk has seen, each as a number of 64 bits, and the folders they lie in.

    As one of the `known` of an intake it sees every file of the walk and matches none.
    """

    def __init__(self) -> None:
        self._keys: NDArray[np.int64] = np.empty(0, np.int64)
        self._count = 0
        self._sorted = True
        self._folders: set[int] = set()
        self._last = ("", "")

    def match(self, files: Sequence[DiscoveredFile]) -> list[bool]:
        """Note them; False for each."""
        end = self._count + len(files)
        if end > len(self._keys):
            self._keys.resize(max(end, 2 * len(self._keys)), refcheck=False)
        self._keys[self._count : end] = [hash((file.repo, file.path)) for file in files]
        self._count = end
        self._sorted = False
        for file in files:
            self.add_folders(file.repo, file.path)
        return [False] * len(files)

    def add_folders(self, repo: str, path: str) -> None:
        """Note the folders above a file."""
        folder = path.rpartition("/")[0]
        if (repo, folder) == self._last:
            return
        self._last = repo, folder
        while folder and (key := hash((repo, folder))) not in self._folders:
            self._folders.add(key)
            folder = folder.rpartition("/")[0]

    def contains(self, repo: str, path: str) -> bool:
        """Whether the walk has seen the file."""
        if not self._sorted:
            self._keys = np.sort(self._keys[: self._count])
            self._sorted = True
        key = hash((repo, path))
        at = int(np.searchsorted(self._keys, key))
        return at < self._count and bool(self._keys[at] == key)

    def has_folder(self, repo: str, path: str) -> bool:
        """Whether files lie, or lay, below the folder."""
        return hash((repo, path)) in self._folders


class RecentVersions:
    """The sizes and times of files that were yielded lately; beyond `most`, none."""

    def __init__(self, most: int = 50_000) -> None:
        self._most = most
        self._versions: dict[tuple[str, str], tuple[int, int]] = {}

    def add(self, files: Sequence[DiscoveredFile]) -> None:
        """Note files that are yielded."""
        if len(self._versions) + len(files) > self._most:
            self._versions.clear()
        self._versions |= {(file.repo, file.path): (file.size_bytes, file.mtime_ns) for file in files}

    def match(self, files: Sequence[DiscoveredFile]) -> list[bool]:
        """Whether just this version of each was yielded."""
        return [
            self._versions.get((file.repo, file.path)) == (file.size_bytes, file.mtime_ns) for file in files
        ]


class KnownExcept:
    """Known files, but for some that are read again whatever their size and time say."""

    def __init__(self, known: Known, changed: Collection[tuple[str, str]]) -> None:
        """`changed` are (repo, path)."""
        self._known = known
        self._changed = changed

    def match(self, files: Sequence[DiscoveredFile]) -> list[bool]:
        """As the known files say; False for what has changed."""
        matches = self._known.match(files)
        return [
            bool(match) and (file.repo, file.path) not in self._changed
            for file, match in zip(files, matches, strict=True)
        ]
