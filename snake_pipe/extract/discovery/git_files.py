"""A work tree's files as git lists them, streamed.

Git's own lists know what the walker cannot: tracked files that a rule ignores, `.git/info/exclude`, the
user's own excludes. Two sorted streams, `--cached` and `--others`, are merged into one bytewise order.
"""

from __future__ import annotations

import errno
import heapq
import os
import re
import stat
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Self

from snake_pipe.extract.discovery.folder_walk import MOST_TOGETHER, FolderFiles, unreadable
from snake_pipe.extract.discovery.git_ignored import IgnoredListing
from snake_pipe.extract.discovery.git_process import (
    STALL_SECONDS,
    GitError,
    GitRecords,
    ask_git,
    complaint_of,
)
from snake_pipe.extract.disk.folders import open_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from snake_pipe.extract.discovery.folder_walk import Entry

_COMPLAINT = b"warning: could not open directory '"
_COMPLETE_COMPLAINT = re.compile(_COMPLAINT + rb"(.*?)/?': ([^\n]*)\n", re.DOTALL)
_TOO_LONG = b"File name too long"
_GITLINK = b"160000 "


def find_work_tree(folder: Path) -> Path | None:
    """The folder with the `.git` that `folder` belongs to: itself or one above, as git looks for it."""
    for candidate in (folder, *folder.parents):
        git = candidate / ".git"
        try:
            if git.is_file() or (git / "HEAD").is_file():
                return candidate
        except OSError:
            return None
    return None


def is_ignored(work_tree: Path, folder: Path) -> bool:
    """Whether git ignores the folder as a whole: then it would list nothing of what was asked for by name."""
    if folder == work_tree:
        return False
    relative = os.fsencode(folder.relative_to(work_tree)) + b"/"
    try:
        return ask_git(work_tree, b"check-ignore", b"-q", b"--", b"./" + relative).returncode == 0
    except GitError:
        return False


def why_git_fails(work_tree: Path, patience: float = STALL_SECONDS) -> str | None:
    """What keeps git from listing a work tree, asked as `git_files` asks; None if nothing does."""
    try:
        done = ask_git(work_tree, b"ls-files", b"--", b":/", patience=patience)
    except GitError as error:
        return str(error)
    return complaint_of(done) if done.returncode else None


def git_files(
    root: bytes,
    prefix: bytes,
    work_tree: Path,
    descend: Callable[[bytes], Iterator[Entry]],
    only: Sequence[bytes] | None = None,
) -> Iterator[Entry]:
    """What git lists below the folder `prefix` of `root`, in bytewise order; paths count from `root`.

    `descend(folder)` gives the files of a folder that git does not enter: a submodule or another repository.
    `only` are paths below `prefix`, of files or whole folders, that alone are asked for. If all
    is asked for, what is ignored comes at the end.
    GitError may come at any point; what was yielded before it stands.
    """
    folder = Path(os.fsdecode(root + b"/" + prefix))
    asked = () if only is None else (b"--", *(path[len(prefix) :] for path in only))
    with ExitStack() as stack:
        ignored = None if only is not None else stack.enter_context(IgnoredListing(root, prefix, work_tree))
        parents = stack.enter_context(_Parents(root))
        cached = stack.enter_context(Listing(folder, work_tree, b"--stage", *asked))
        others = stack.enter_context(Listing(folder, work_tree, b"--others", b"--exclude-standard", *asked))
        records = heapq.merge(map(_staged, cached.records()), ((path, False) for path in others.records()))
        waiting: list[bytes] = []
        last = b""
        first = next(records, None)
        # Both streams have begun, and `--others` begins only when it has walked everything and complained.
        for path, reason in others.complaints():
            yield unreadable(prefix + path, OSError(0, reason.decode("utf-8", "replace")))
        folder_path = b""
        names: list[bytes] = []
        while first is not None:
            path, is_submodule = first
            first = next(records, None)
            path = prefix + path
            if waiting and waiting[0] < path:
                yield from parents.files(folder_path, names)
                names = []
                while waiting and waiting[0] < path:
                    yield from descend(heapq.heappop(waiting))
            if path == last:
                continue
            last = path
            if path.endswith(b"/") or (is_submodule and _is_folder(root, path)):
                heapq.heappush(waiting, path.rstrip(b"/") + b"/")
                continue
            above, slash, name = path.rpartition(b"/")
            if above + slash != folder_path or len(names) == MOST_TOGETHER:
                yield from parents.files(folder_path, names)
                folder_path, names = above + slash, []
            names.append(name)
        yield from parents.files(folder_path, names)
        while waiting:
            yield from descend(heapq.heappop(waiting))
        if ignored is not None:
            yield from ignored.entries()


def _staged(record: bytes) -> tuple[bytes, bool]:
    """Path of a record (mode, object, stage, tab, path), and whether it is a submodule."""
    return record[record.index(b"\t") + 1 :], record.startswith(_GITLINK)


def _is_folder(root: bytes, path: bytes) -> bool:
    try:
        return stat.S_ISDIR(os.lstat(os.path.join(root, path)).st_mode)  # noqa: PTH118 - bytes
    except OSError:
        return False


class _Parents:
    """Keeps the folder of the last files open, since its neighbours follow."""

    def __init__(self, root: bytes) -> None:
        self._root = root
        self._path: bytes | None = None
        self._folder = -1
        self._link = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._folder >= 0:
            os.close(self._folder)

    def files(self, path: bytes, names: list[bytes]) -> Iterator[Entry]:
        """Files of a folder, or once for each folder what keeps us from it; nothing where it is gone."""
        if not names:
            return
        parent = path.rstrip(b"/")
        if parent != self._path:
            if self._folder >= 0:
                os.close(self._folder)
            self._path, self._folder = parent, -1
            try:
                self._folder = open_folder(self._root, parent)
            except OSError as error:
                if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
                    yield from self._link_on_the_way(parent)
                else:
                    yield unreadable(path, error)
        if self._folder >= 0:
            yield FolderFiles(path, names, self._folder)

    def _link_on_the_way(self, parent: bytes) -> Iterator[FolderFiles]:
        """A link where git knows a folder: the entry to report, once for all that git lists below it."""
        names = parent.split(b"/")
        for depth in range(1, len(names) + 1):
            above = b"/".join(names[: depth - 1])
            name = names[depth - 1]
            try:
                folder = open_folder(self._root, above)
            except OSError:
                return
            try:
                os.readlink(name, dir_fd=folder)
            except OSError:
                continue
            else:
                link = b"/".join(names[:depth])
                if link != self._link:
                    self._link = link
                    yield FolderFiles(above + b"/" if above else b"", [name], folder)
                return
            finally:
                os.close(folder)


class Listing(GitRecords):
    """One `git ls-files -z`, whose paths count from the folder."""

    def __init__(self, folder: Path, work_tree: Path, *arguments: bytes) -> None:
        super().__init__(folder, work_tree, b"--literal-pathspecs", b"ls-files", b"-z", *arguments)

    def complaints(self) -> Iterator[tuple[bytes, bytes]]:
        """Folders that git could not open, and why, as far as it has said so.

        GitError where a path is too long for git: it cuts such names off in its complaint too.
        """
        said = self.said()
        complaints = [(found[1], found[2]) for found in _COMPLETE_COMPLAINT.finditer(said)]
        if len(complaints) < said.count(_COMPLAINT) or any(reason == _TOO_LONG for _, reason in complaints):
            raise GitError("a path is too long for git")
        yield from complaints
