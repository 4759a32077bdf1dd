"""Which found entries become work: filters by name first, then one lstat, then the language.

Everything that comes out is an item of the walk; everything that does not is counted.
"""

from __future__ import annotations

import os
import stat
from collections import deque
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from snake_pipe.errors import UsageError
from snake_pipe.extract.batch_models import DiscoveredFile, DiscoveryError
from snake_pipe.extract.discovery.folder_walk import FolderEntry, unreadable
from snake_pipe.extract.discovery.left_out import NOT_INCLUDED, LeftOut
from snake_pipe.extract.disk.folders import open_folder, open_regular
from snake_pipe.extract.paths.datasets import DATASET_NAME
from snake_pipe.extract.paths.names import escape_path
from snake_pipe.extract.paths.patterns import PathPatterns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from snake_pipe.extract.discovery.folder_walk import IgnoredEntry

ALWAYS_LEFT_OUT = frozenset((b".git", DATASET_NAME.encode()))
"""Names of folders that are never entered: git's own, and datasets."""

_LEFT_OUT_INSIDE = tuple(b"/" + name + b"/" for name in ALWAYS_LEFT_OUT)

HEAD_BYTES = 4096
_LINKS_REMEMBERED = 64
"""A folder swapped for a link comes as a new link, and again as what stands in the way of tracked files."""


@dataclass(frozen=True)
class Selection:
    """Which files are wanted, and how they are told apart.

    `include` and `exclude` are gitignore patterns on paths relative to the root; no `include` means all.
    `detector(name)` gives the queue of a file name (a language, or `ast` for candidates of AST files), or
    None. `detector_head(name, head)` decides by at most 4,096 bytes for names without an ending and for those
    with one of `head_endings`; its None leaves the word to `detector`. `languages` are the queues that are
    wanted (name `ast` too if AST files are); None means every queue the detectors give. Files of others are
    counted.
    Files above `max_file_size` bytes come out with the skip reason `too_large`; None means no limit.
    `left_out` are absolute folders never to be entered, such as the dataset being written.
    """

    detector: Callable[[str], str | None]
    detector_head: Callable[[str, bytes], str | None] | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    languages: frozenset[str] | None = None
    max_file_size: int | None = None
    use_gitignore: bool = True
    head_endings: frozenset[str] = frozenset((".h",))
    left_out: tuple[Path, ...] = ()

    @cached_property
    def included(self) -> PathPatterns | None:
        """What `include` matches; None for everything."""
        return _patterns(self.include)

    @cached_property
    def excluded(self) -> PathPatterns | None:
        """What `exclude` matches; None for nothing."""
        return _patterns(self.exclude)

    @cached_property
    def can_prune(self) -> bool:
        """Whether an excluded folder is excluded with all that is in it: nothing brings a part of it back."""
        return not any(pattern.startswith("!") for pattern in self.exclude)


def check_patterns(selection: Selection) -> None:
    """Read them once, so that a bad one is found before the walk."""
    _ = selection.included, selection.excluded


class Sieve:
    """Turns the entries below one root into items, and counts what it lets fall."""

    def __init__(self, root: bytes, repo: str, selection: Selection, left_out: LeftOut) -> None:
        self._root = os.fsdecode(root)
        self._root_bytes = root
        self._inside = root.rstrip(b"/") + b"/"
        self._repo = repo
        self._selection = selection
        self._left_out = left_out
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
        parent, _, name = path.rpartition(b"/")
        try:
            folder = open_folder(self._root_bytes, parent)
        except OSError as error:
            yield unreadable(parent, error)
            return
        try:
            item = self.item(FolderEntry(path, name, folder), by_name=True)
        finally:
            os.close(folder)
        if item is not None:
            yield item

    def item(self, found: FolderEntry, *, by_name: bool = False) -> DiscoveredFile | DiscoveryError | None:
        """The item for an entry, None if it is not wanted or no longer there.

        `by_name`: the user named this very file, so its size does not hold it back; patterns do.
        """
        path, name, folder = found
        if (pattern := self._filtered_by(path)) is not None:
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
            queue = self._queue(os.fsdecode(name), found)
        except OSError as error:
            return _error(path, "unreadable_file", f"its language cannot be found: {error.strerror or error}")
        if queue is None:
            self._left_out.add_unrecognised(os.fsdecode(name))
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

    def _filtered_by(self, path: bytes) -> str | None:
        """Which pattern leaves a file out; None if it passes."""
        included, excluded = self._selection.included, self._selection.excluded
        if included is None and excluded is None:
            return None
        text = os.fsdecode(path)
        if included is not None and not included.match_file(text):
            return NOT_INCLUDED
        pattern = None if excluded is None else excluded.selecting(text)
        return None if pattern is None else f"exclude {pattern}"

    def _queue(self, name: str, found: FolderEntry) -> str | None:
        """OSError where the content must tell but cannot be read."""
        queue = self._selection.detector(name)
        by_head = self._selection.detector_head
        if by_head is None:
            return queue
        if queue is None and "." not in name:
            return by_head(name, _head(found))
        if name[max(0, name.rfind(".")) :].lower() in self._selection.head_endings:
            try:
                return by_head(name, _head(found)) or queue
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


def _patterns(lines: tuple[str, ...]) -> PathPatterns | None:
    """The patterns, or None for none; UsageError for one that cannot be read."""
    if not lines:
        return None
    try:
        return PathPatterns(lines)
    except ValueError as error:
        raise UsageError(
            f"a pattern cannot be used: {error}", "patterns are written as in .gitignore"
        ) from None


def _error(path: bytes, code: str, message: str) -> DiscoveryError:
    return DiscoveryError(escape_path(path), code, message)


def _head(found: FolderEntry) -> bytes:
    file = open_regular(found.name, found.folder)
    try:
        return os.read(file, HEAD_BYTES)
    finally:
        os.close(file)
