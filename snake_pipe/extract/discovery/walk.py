"""The files below some roots: lazily, in a stable order, errors as items.

Below a root the order is bytewise by path, whether git or the walker lists the files. A file is yielded once,
also where roots lie within each other: what lies below another root keeps that root's name and paths, so that
`ingest repo repo/sub` writes the same paths as `ingest repo`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from snake_pipe.extract.batch_models import DiscoveryError
from snake_pipe.extract.discovery.folder_walk import FolderFiles, FolderWalk, IgnoredEntry, walk_folder
from snake_pipe.extract.discovery.git_files import find_work_tree, git_files, is_ignored
from snake_pipe.extract.discovery.git_process import GitError
from snake_pipe.extract.discovery.left_out import LeftOut
from snake_pipe.extract.discovery.roots import plan_roots
from snake_pipe.extract.discovery.selection import check_patterns
from snake_pipe.extract.discovery.sieve import Sieve
from snake_pipe.extract.paths.names import escape_path
from snake_pipe.extract.paths.scope import EVERYWHERE, PathScope

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from snake_pipe.extract.discovery.folder_walk import Entry
    from snake_pipe.extract.discovery.recognition import Recogniser, WalkItem
    from snake_pipe.extract.discovery.roots import Root
    from snake_pipe.extract.discovery.selection import Selection

DEEPEST_NEST = 8
"""Repositories within repositories that git lists, with two processes each; deeper ones are walked."""


def walk(
    roots: Sequence[Path],
    selection: Selection,
    left_out: LeftOut | None = None,
    repos: Mapping[str, str] | None = None,
    known: Recogniser | None = None,
) -> Iterator[WalkItem]:
    """The wanted files below `roots`, folders or files, root by root in the order of their paths.

    Within a root the files named themselves come first, then the walk. Named files go around gitignore and
    size. `left_out` is filled with counts of what does not come out; `repos` are names of folders, as
    `plan_roots` takes them. Of what is `known` as it is, only the number comes out. UsageError, before
    anything is yielded, for a root that is not there or a bad pattern. The walk holds one descriptor and git
    processes: close the iterator when it is not read to its end.
    """
    check_patterns(selection)
    plan = plan_roots(roots, repos)
    return _walk_plan(plan, selection, left_out if left_out is not None else LeftOut(), known=known)


def look(
    roots: Sequence[Path],
    paths: Sequence[bytes],
    selection: Selection,
    repos: Mapping[str, str] | None = None,
) -> Iterator[WalkItem]:
    """What `walk` gives of some paths, of files or of folders with all below them: absolute, without links.

    A path that is not there, or that the walk would leave out, gives nothing.
    """
    for root in plan_roots(roots, repos):
        inside = os.fsencode(root.folder).rstrip(b"/") + b"/"
        scope = PathScope(path[len(inside) :] for path in paths if path.startswith(inside))
        if scope.paths:
            yield from _walk_plan([root], selection, LeftOut(), scope)


def _walk_plan(
    plan: list[Root],
    selection: Selection,
    left_out: LeftOut,
    scope: PathScope = EVERYWHERE,
    known: Recogniser | None = None,
) -> Iterator[WalkItem]:
    for root in plan:
        folder = os.fsencode(root.folder)
        sieve = Sieve(folder, root.name, selection, left_out, known)
        for path in filter(scope.holds, root.files):
            yield from sieve.named(path)
        if not root.walked:
            continue
        for prefix in filter(scope.enters, (b"", *root.inner)):
            elsewhere = frozenset(root.files), frozenset(root.inner) - {prefix}
            yield from _walk_prefix(folder, prefix, sieve, selection.use_gitignore, scope, *elsewhere)


def _walk_prefix(
    root: bytes,
    prefix: bytes,
    sieve: Sieve,
    use_git: bool,
    scope: PathScope,
    files: frozenset[bytes],
    folders: frozenset[bytes],
) -> Iterator[WalkItem]:
    """A walk below one folder, without the files and folders that are yielded in their own right."""
    inner = tuple(folder for folder in folders if folder.startswith(prefix))

    def enters(folder: bytes) -> bool:
        return folder not in folders and scope.enters(folder) and sieve.enters(folder)

    def is_elsewhere(path: bytes) -> bool:
        return path in files or not scope.holds(path)

    for entry in _entries(FolderWalk(root, prefix, use_git, enters), scope, depth=0):
        if isinstance(entry, DiscoveryError):
            yield entry
        elif (inner and entry.path.startswith(inner)) or not sieve.accepts(entry.path):
            continue
        elif isinstance(entry, IgnoredEntry):
            if not is_elsewhere(entry.path):
                sieve.ignore(entry)
        elif files or scope is not EVERYWHERE:
            names = [name for name in entry.names if not is_elsewhere(entry.path + name)]
            yield from sieve.items(entry._replace(names=names))
        else:
            yield from sieve.items(entry)


def _entries(below: FolderWalk, scope: PathScope, depth: int) -> Iterator[Entry]:
    """By git where there is a work tree, by the walker elsewhere and where git fails, from there on."""

    def descend(folder: bytes) -> Iterator[Entry]:
        if below.enters(folder):
            yield from _entries(below._replace(prefix=folder, nested=None), scope, depth + 1)

    if below.use_gitignore and depth < DEEPEST_NEST:
        below = below._replace(nested=descend)
        folder = Path(os.fsdecode(os.path.join(below.root, below.prefix)))  # noqa: PTH118 - bytes
        work_tree = find_work_tree(folder)
        if work_tree and (depth == 0 or work_tree == folder) and not is_ignored(work_tree, folder):
            last = below.after
            try:
                only = scope.below(below.prefix, below.root)
                for entry in git_files(below.root, below.prefix, work_tree, descend, only):
                    if isinstance(entry, FolderFiles):
                        if below.after:
                            names = [name for name in entry.names if entry.path + name > below.after]
                            entry = entry._replace(names=names)
                        if not entry.names:
                            continue
                        last = entry.path + entry.names[-1]
                    yield entry
            except GitError as error:
                shown = escape_path(below.prefix.rstrip(b"/")) or "."
                yield DiscoveryError(shown, "git_failed", f"{error}; the folder is walked instead")
                below = below._replace(after=last)
            else:
                return
    yield from walk_folder(below)
