"""Which found entries become work: filters by name first, then one lstat, then the language.

Everything that comes out is an item of the walk; everything that does not is counted.
"""

from __future__ import annotations

import os
import stat
from collections import deque
from typing import TYPE_CHECKING

from snake_pipe.extract.batch_models import DiscoveredFile, DiscoveryError
from snake_pipe.extract.discovery.folder_walk import unreadable
from snake_pipe.extract.discovery.recognition import Recognised, Recogniser, Recognition
from snake_pipe.extract.discovery.selection import ending_of
from snake_pipe.extract.disk.folders import open_folder, open_regular
from snake_pipe.extract.paths.datasets import DATASET_NAME
from snake_pipe.extract.paths.names import escape_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snake_pipe.extract.discovery.folder_walk import FolderFiles, IgnoredEntry
    from snake_pipe.extract.discovery.left_out import LeftOut
    from snake_pipe.extract.discovery.recognition import WalkItem
    from snake_pipe.extract.discovery.selection import Selection

ALWAYS_LEFT_OUT = frozenset((b".git", DATASET_NAME.encode()))
"""Names of folders that are never entered: git's own, and datasets."""

_LEFT_OUT_INSIDE = tuple(b"/" + name + b"/" for name in ALWAYS_LEFT_OUT)

HEAD_BYTES = 4096
_LINKS_REMEMBERED = 64
"""A folder swapped for a link comes as a new link, and again as what stands in the way of tracked files."""


class Sieve:
    """Turns the entries below one root into items, and counts what it lets fall."""

    def __init__(
        self,
        root: bytes,
        repo: str,
        selection: Selection,
        left_out: LeftOut,
        known: Recogniser | None = None,
    ) -> None:
        """What of walked files is `known` as it is comes out as a number alone."""
        self._root = os.fsdecode(root)
        self._root_bytes = root
        self._inside = root.rstrip(b"/") + b"/"
        self._repo = repo
        self._selection = selection
        self._left_out = left_out
        self._shard = selection.shard
        self._recognition = None if known is None else Recognition(repo, selection, known)
        self._links: deque[bytes] = deque(maxlen=_LINKS_REMEMBERED)
        self._closed = tuple(
            os.fsencode(folder)[len(self._inside) :] + b"/"
            for folder in selection.left_out
            if os.fsencode(folder).startswith(self._inside)
        )

    def enters(self, folder: bytes) -> bool:
        """Whether the walk goes into a folder, given by its path with `/` at the end."""
        if folder[folder.rfind(b"/", 0, -1) + 1 : -1] in ALWAYS_LEFT_OUT or folder.startswith(self._closed):
            return False
        excluded = self._selection.excluded
        if not (excluded and self._selection.can_prune):
            return True
        pattern = excluded.selecting(os.fsdecode(folder))
        if pattern is not None:
            self._left_out.filtered.add(f"exclude {pattern}", is_folder=True)
        return pattern is None

    def ignore(self, entry: IgnoredEntry) -> None:
        """Count what an ignore rule leaves out."""
        self._left_out.ignored.add(escape_path(entry.rule), is_folder=entry.path.endswith(b"/"))

    def accepts(self, path: bytes) -> bool:
        """Whether a path that was listed, not walked to, lies in folders that the walk enters."""
        if self._closed and path.startswith(self._closed):
            return False
        return not any(folder in b"/" + path for folder in _LEFT_OUT_INSIDE)

    def named(self, path: bytes) -> Iterator[DiscoveredFile | DiscoveryError]:
        """The item for a file that the user named itself."""
        if self._shard is not None and not self._shard.holds(path):
            return
        parent, _, name = path.rpartition(b"/")
        try:
            folder = open_folder(self._root_bytes, parent)
        except OSError as error:
            yield unreadable(parent, error)
            return
        try:
            item = self._item(path, name, folder, by_name=True)
        finally:
            os.close(folder)
        if item is not None:
            yield item

    def items(self, found: FolderFiles) -> Iterator[WalkItem]:
        """The items for some files of a folder, but for those that are not wanted or no longer there."""
        names = found.names if self._shard is None else self._of_shard(found)
        if not names:
            return
        if self._recognition is not None:
            count, names = self._recognition.split(found._replace(names=names))
            if count:
                yield Recognised(count)
        for name in names:
            item = self._item(found.path + name, name, found.folder)
            if item is not None:
                yield item

    def _of_shard(self, found: FolderFiles) -> list[bytes]:
        """The names of files of the shard; the others are the business of others."""
        assert self._shard is not None
        names = [name for name in found.names if self._shard.holds(found.path + name)]
        if not self._left_out.found_elsewhere and len(names) < len(found.names):
            is_wanted = self._selection.is_told_by_name
            others = (os.fsdecode(name) for name in found.names if name not in names)
            self._left_out.found_elsewhere = any(is_wanted(found.path, name) for name in others)
        return names

    def _item(
        self, path: bytes, name: bytes, folder: int, *, by_name: bool = False
    ) -> DiscoveredFile | DiscoveryError | None:
        """The item for an entry of the open `folder`, None if it is not wanted or no longer there.

        `by_name`: the user named this very file, so its size does not hold it back; patterns do.
        """
        text = os.fsdecode(name)
        patterns = self._selection.included is not None or self._selection.excluded is not None
        if patterns and (pattern := self._selection.filtered_by(os.fsdecode(path))) is not None:
            if by_name:
                self._left_out.excluded += 1
            else:
                self._left_out.filtered.add(pattern, is_folder=False)
            return None
        try:
            info = os.stat(name, dir_fd=folder, follow_symlinks=False)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            return _error(path, "unreadable_file", f"the file cannot be looked at: {error.strerror}")
        kind = stat.S_IFMT(info.st_mode)
        if kind == stat.S_IFLNK:
            return self._link(path)
        if kind == stat.S_IFDIR:
            return None
        if kind != stat.S_IFREG:
            return _error(path, "special_file", "a FIFO, socket or device; it is not opened")
        try:
            queue = self._queue(text, name, folder)
        except OSError as error:
            return _error(path, "unreadable_file", f"its language cannot be found: {error.strerror or error}")
        if queue is None:
            self._left_out.add_unrecognised(text)
            return None
        if self._selection.languages is not None and queue not in self._selection.languages:
            self._left_out.unasked[queue] += 1
            return None
        shown = escape_path(path)
        limit = self._selection.max_file_size
        return DiscoveredFile(
            self._root,
            shown,
            info.st_size,
            info.st_mtime_ns,
            queue,
            self._repo,
            path_bytes=None if shown.encode() == path else path,
            skip_reason="too_large" if limit is not None and info.st_size > limit and not by_name else None,
        )

    def _queue(self, name: str, raw: bytes, folder: int) -> str | None:
        """OSError where the content must tell but cannot be read."""
        queue = self._selection.detector(name)
        by_head = self._selection.detector_head
        if by_head is None:
            return queue
        if queue is None and "." not in name:
            return by_head(name, _head(raw, folder))
        if ending_of(name) in self._selection.head_endings:
            try:
                return by_head(name, _head(raw, folder)) or queue
            except OSError:
                return queue  # the worker will find out, and the file keeps its row
        return queue

    def _link(self, path: bytes) -> DiscoveryError | None:
        target = os.path.realpath(os.path.join(self._root_bytes, path))  # noqa: PTH118 - bytes
        if (target + b"/").startswith(self._inside):
            self._left_out.add_symlink()
            return None
        if path in self._links:
            return None
        self._links.append(path)
        return _error(
            path, "symlink_outside", f"a link out of the root, to {escape_path(target)}; it is not followed"
        )


def _error(path: bytes, code: str, message: str) -> DiscoveryError:
    return DiscoveryError(escape_path(path), code, message)


def _head(name: bytes, folder: int) -> bytes:
    file = open_regular(name, folder)
    try:
        return os.read(file, HEAD_BYTES)
    finally:
        os.close(file)
