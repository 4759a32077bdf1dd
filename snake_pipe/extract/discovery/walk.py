"""The files of some roots or of a list: lazily, in a stable order, errors as items.

Below a root the order is bytewise by path, whether git or the walker lists the files. A file is yielded once,
also where roots lie within each other: what lies below another root keeps that root's name and paths, so that
`ingest repo repo/sub` writes the same paths as `ingest repo`.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from snake_pipe.errors import UsageError
from snake_pipe.extract.batch_models import DiscoveredFile, DiscoveryError
from snake_pipe.extract.discovery.folder_walk import Found, Tree, open_folder, unreadable, walk_folder
from snake_pipe.extract.discovery.git_files import GitError, find_work_tree, git_files, is_ignored
from snake_pipe.extract.discovery.sieve import Selection, Sieve
from snake_pipe.extract.paths.names import escape_path
from snake_pipe.extract.paths.scope import EVERYWHERE, PathScope

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["Selection", "check_patterns", "listed", "look", "repositories", "walk"]

DEEPEST_NEST = 8
"""Repositories within repositories that git lists, with two processes each; deeper ones are walked."""

LONGEST_LISTED_PATH = 1 << 16
_LIST_READ = 1 << 16


@dataclass(slots=True)
class _Root:
    """A folder that paths count from, and what was named in it besides the folder itself."""

    folder: Path
    walked: bool = False
    inner: list[bytes] = field(default_factory=list)
    files: list[bytes] = field(default_factory=list)


def walk(
    roots: Sequence[Path], selection: Selection, unrecognised: Counter[str] | None = None
) -> Iterator[DiscoveredFile | DiscoveryError]:
    """The wanted files below `roots`, folders or files, root by root in the order of their paths.

    Within a root the files named themselves come first, then the walk. Named files go around gitignore,
    patterns and size. `unrecognised` is filled with how many files of which ending nobody recognised, at most
    1,000 endings. UsageError, before anything is yielded, for a root that is not there or a bad pattern.
    The walk holds one descriptor and git processes: close the iterator when it is not read to its end.
    """
    check_patterns(selection)
    plan = _plan(roots)
    repos = _unique_names([root.folder for root in plan])
    counts = unrecognised if unrecognised is not None else Counter()
    return _walk_plan(plan, repos, selection, counts)


def look(
    roots: Sequence[Path], paths: Sequence[bytes], selection: Selection
) -> Iterator[DiscoveredFile | DiscoveryError]:
    """What `walk` gives of some paths, of files or of folders with all below them: absolute, without links.

    A path that is not there, or that the walk would leave out, gives nothing.
    """
    plan = _plan(roots)
    repos = _unique_names([root.folder for root in plan])
    for root in plan:
        inside = os.fsencode(root.folder).rstrip(b"/") + b"/"
        scope = PathScope(path[len(inside) :] for path in paths if path.startswith(inside))
        if scope.paths:
            yield from _walk_plan([root], repos, selection, Counter(), scope)


def listed(
    source: BinaryIO,
    separator: bytes,
    selection: Selection,
    base: Path,
    unrecognised: Counter[str] | None = None,
) -> Iterator[DiscoveredFile | DiscoveryError]:
    """The files that a list names, in its order, each once; paths in it are relative to `base` or absolute.

    They go around gitignore, patterns and size. Those below `base` count from it, others from their own
    folder; links are resolved. The list is read as a stream; of each path 16 bytes are kept, to know it
    again.
    """
    check_patterns(selection)
    counts = unrecognised if unrecognised is not None else Counter()
    return _listed(_records(source, separator), selection, base, counts)


def check_patterns(selection: Selection) -> None:
    """Read them once, so that a bad one is found before the walk."""
    _ = selection.included, selection.excluded


def repositories(roots: Sequence[Path]) -> dict[str, Path]:
    """The folders that paths count from, by the names that `files.repo` has for them."""
    return {name: folder for folder, name in _unique_names([root.folder for root in _plan(roots)]).items()}


def _walk_plan(
    plan: list[_Root],
    repos: dict[Path, str],
    selection: Selection,
    unrecognised: Counter[str],
    scope: PathScope = EVERYWHERE,
) -> Iterator[DiscoveredFile | DiscoveryError]:
    for root in plan:
        folder = os.fsencode(root.folder)
        sieve = Sieve(folder, repos[root.folder], selection, unrecognised)
        for path in filter(scope.holds, root.files):
            yield from _named(folder, path, sieve)
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
) -> Iterator[DiscoveredFile | DiscoveryError]:
    """A walk below one folder, without the files and folders that are yielded in their own right."""
    inner = tuple(folder for folder in folders if folder.startswith(prefix))

    def enters(folder: bytes) -> bool:
        return folder not in folders and scope.enters(folder) and sieve.enters(folder)

    for entry in _entries(Tree(root, prefix, use_git, enters), scope, depth=0):
        if isinstance(entry, DiscoveryError):
            yield entry
        elif (
            entry.path not in files
            and scope.holds(entry.path)
            and not (inner and entry.path.startswith(inner))
            and sieve.accepts(entry.path)
        ):
            item = sieve.item(entry)
            if item is not None:
                yield item


def _entries(tree: Tree, scope: PathScope, depth: int) -> Iterator[Found | DiscoveryError]:
    """By git where there is a work tree, by the walker elsewhere and where git fails, from there on."""

    def descend(folder: bytes) -> Iterator[Found | DiscoveryError]:
        if tree.enters(folder):
            yield from _entries(tree._replace(prefix=folder, nested=None), scope, depth + 1)

    if tree.use_gitignore and depth < DEEPEST_NEST:
        tree = tree._replace(nested=descend)
        folder = Path(os.fsdecode(os.path.join(tree.root, tree.prefix)))  # noqa: PTH118 - bytes
        work_tree = find_work_tree(folder)
        if work_tree and (depth == 0 or work_tree == folder) and not is_ignored(work_tree, folder):
            last = tree.after
            try:
                only = scope.below(tree.prefix, tree.root)
                for entry in git_files(tree.root, tree.prefix, work_tree, descend, only):
                    if isinstance(entry, Found):
                        if entry.path <= tree.after:
                            continue
                        last = entry.path
                    yield entry
            except GitError as error:
                shown = escape_path(tree.prefix.rstrip(b"/")) or "."
                yield DiscoveryError(shown, "git_failed", f"{error}; the folder is walked instead")
                tree = tree._replace(after=last)
            else:
                return
    yield from walk_folder(tree)


def _named(root: bytes, path: bytes, sieve: Sieve) -> Iterator[DiscoveredFile | DiscoveryError]:
    """The item for a file that was named itself."""
    parent, _, name = path.rpartition(b"/")
    try:
        folder = open_folder(root, parent)
    except OSError as error:
        yield unreadable(parent, error)
        return
    try:
        item = sieve.item(Found(path, name, folder), by_name=True)
    finally:
        os.close(folder)
    if item is not None:
        yield item


def _plan(roots: Sequence[Path]) -> list[_Root]:
    """The folders to count paths from, in the order of their paths, with what lies where."""
    folders: set[Path] = set()
    files: set[Path] = set()
    for given in roots:
        try:
            real = given.resolve(strict=True)
        except (OSError, RuntimeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "a loop of links"
            raise UsageError(
                f"{escape_path(os.fsencode(given))}: {reason}", "name a folder or file that exists"
            ) from None
        (folders if real.is_dir() else files).add(real)
    plan: dict[Path, _Root] = {}
    for folder in sorted(folders, key=os.fsencode):
        outer = next((above for above in folder.parents[::-1] if above in plan), None)
        if outer is None:
            plan[folder] = _Root(folder, walked=True)
        else:
            plan[outer].inner.append(_relative(folder, outer) + b"/")
    for file in sorted(files, key=os.fsencode):
        outer = next(
            (above for above in file.parents[::-1] if above in plan and plan[above].walked), file.parent
        )
        plan.setdefault(outer, _Root(outer)).files.append(_relative(file, outer))
    return [plan[folder] for folder in sorted(plan, key=os.fsencode)]


def _relative(path: Path, base: Path) -> bytes:
    return os.fsencode(path.relative_to(base))


def _unique_names(folders: Iterable[Path]) -> dict[Path, str]:
    """A name for each root: that of its folder, with as many of those above as set it apart from the others.

    It does not depend on the order of the roots, so that a later job finds the same names.
    """
    names: dict[Path, str] = {}
    waiting = list(folders)
    count = 1
    while waiting:
        candidates = {
            folder: escape_path(os.fsencode("/".join(folder.parts[1:][-count:]) or "/")) for folder in waiting
        }
        often = Counter(candidates.values())
        done = {
            folder for folder, name in candidates.items() if often[name] == 1 or count >= len(folder.parts)
        }
        names.update((folder, candidates[folder]) for folder in done)
        waiting = [folder for folder in waiting if folder not in done]
        count += 1
    return names


def _records(source: BinaryIO, separator: bytes) -> Iterator[bytes | None]:
    """The list's paths without empty ones; None for one that is too long to be a path."""
    rest = b""
    overlong = False
    while chunk := source.read(_LIST_READ):
        *records, rest = (rest + chunk).split(separator)
        for record in records:
            if overlong or len(record) > LONGEST_LISTED_PATH:
                yield None
                overlong = False
            elif record:
                yield record
        if len(rest) > LONGEST_LISTED_PATH:
            rest, overlong = b"", True
    if overlong:
        yield None
    elif rest:
        yield rest


def _listed(
    records: Iterator[bytes | None], selection: Selection, base: Path, unrecognised: Counter[str]
) -> Iterator[DiscoveredFile | DiscoveryError]:
    root = os.fsencode(base.resolve())
    inside = root.rstrip(b"/") + b"/"
    sieve = Sieve(root, _unique_names([base.resolve()])[base.resolve()], selection, unrecognised)
    seen: set[bytes] = set()
    for record in records:
        if record is None:
            yield DiscoveryError(
                "", "not_found", f"a listed path is longer than {LONGEST_LISTED_PATH:,} bytes"
            )
            continue
        real = _real_path(record, root)
        mark = blake2b(real or record, digest_size=16).digest()
        if mark in seen:
            continue
        seen.add(mark)
        if real is None:
            yield DiscoveryError(escape_path(record), "not_found", "no such file")
        elif os.path.isdir(real):  # noqa: PTH112 - bytes
            yield DiscoveryError(escape_path(record), "not_a_file", "a folder; a list names files")
        elif real.startswith(inside):
            yield from _named(root, real[len(inside) :], sieve)
        else:
            parent = Path(os.fsdecode(real)).parent
            own = Sieve(os.fsencode(parent), _unique_names([parent])[parent], selection, unrecognised)
            yield from _named(os.fsencode(parent), os.path.basename(real), own)  # noqa: PTH119 - bytes


def _real_path(record: bytes, base: bytes) -> bytes | None:
    """The absolute path without links; None where there is nothing."""
    try:
        return os.path.realpath(os.path.join(base, record), strict=True)  # noqa: PTH118 - bytes
    except (OSError, ValueError):  # ValueError: a NUL within
        return None
