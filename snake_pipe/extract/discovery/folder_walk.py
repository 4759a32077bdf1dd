"""A folder's files without git: sorted, lazy, by descriptor, mindful of `.gitignore`.

Only one descriptor is open at a time, whatever the depth, and every folder is opened relative to its
parent without following links. So no path is too long, no folder swapped for a link leads out of the
tree, and nothing deep is lost, as `os.walk` and `rglob` lose it.
"""

from __future__ import annotations

import heapq
import os
import stat
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from snake_pipe.extract.batch_models import DiscoveryError
from snake_pipe.extract.disk.folders import FOLDER_FLAGS, open_folder, open_regular
from snake_pipe.extract.paths.gitignore import IgnoreRules
from snake_pipe.extract.paths.names import escape_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

RUN_LENGTH = 50_000
"""Names of one folder sorted at once; of more, sorted runs are kept packed and merged."""

LONGEST_GITIGNORE = 1 << 20

_RULES = frozenset((b".gitignore", b".gitignore/"))

MOST_TOGETHER = 500
"""Files that come in one item: what is done once for all of them is shared by so many."""


class FolderFiles(NamedTuple):
    """Some entries of one folder that are no folders, in their order, none between them left out.

    `folder` is the descriptor of their folder, good until the next item; `path` its path, which ends with
    `/` or is empty.
    """

    path: bytes
    names: list[bytes]
    folder: int


class IgnoredEntry(NamedTuple):
    """A file, or a folder with all that is in it (its path ends with `/`), that an ignore rule leaves out.

    `rule` is where the rule stands and what it says: `src/.gitignore:3 *.o`.
    """

    path: bytes
    rule: bytes


Entry: TypeAlias = FolderFiles | IgnoredEntry | DiscoveryError
"""What a walk of a folder meets."""


class FolderWalk(NamedTuple):
    """What to walk: the folder `prefix` (empty, or ending with `/`) below `root`; paths count from `root`.

    `enters(folder)` tells whether to go into a folder (its path ends with `/`). `nested`, if given, takes
    over every folder that has a `.git` of its own. `after` leaves out all paths up to and with it.
    """

    root: bytes
    prefix: bytes
    use_gitignore: bool
    enters: Callable[[bytes], bool]
    nested: Callable[[bytes], Iterator[Entry]] | None = None
    after: bytes = b""


class _Level(NamedTuple):
    path: bytes
    identity: tuple[int, int]
    runs: Iterator[list[bytes]]
    rules: IgnoreRules | None


def walk_folder(walk: FolderWalk) -> Iterator[Entry]:
    """All entries that are no folders, in bytewise order; also what is ignored or cannot be read."""
    try:
        folder = open_folder(walk.root, walk.prefix)
    except OSError as error:
        if not (walk.prefix and isinstance(error, FileNotFoundError)):
            yield unreadable(walk.prefix, error)
        return
    levels: list[_Level] = []
    try:
        yield from _enter(levels, walk, walk.prefix, folder)
        while levels:
            level = levels[-1]
            names = next(level.runs, None)
            if names is None:
                levels.pop()
                if levels:
                    folder, moved = _ascend(walk, folder, levels)
                    if moved:
                        yield moved
                continue
            if walk.after:
                names = [name for name in names if not _is_left_out(walk, level.path + name)]
            if ruled := _levels_with_rules(levels, level.path, names):
                ignored = {name: rule for name in names if (rule := _ignored_by(ruled, level.path, name))}
                for name, rule in ignored.items():
                    yield IgnoredEntry(level.path + name, rule)
                names = [name for name in names if name not in ignored] if ignored else names
            if not names:
                continue
            entry = names[0]
            if not entry.endswith(b"/"):
                yield FolderFiles(level.path, names, folder)
                continue
            path = level.path + entry
            if not walk.enters(path):
                continue
            if walk.nested and _has_git(entry, folder):
                yield from walk.nested(path)
                continue
            try:
                deeper = os.open(entry[:-1], FOLDER_FLAGS, dir_fd=folder)
            except FileNotFoundError:
                continue
            except OSError as problem:
                if _is_link(entry[:-1], folder):
                    yield FolderFiles(level.path, [entry[:-1]], folder)
                else:
                    yield unreadable(path, problem)
                continue
            os.close(folder)
            folder = deeper
            yield from _enter(levels, walk, path, folder)
    finally:
        os.close(folder)


def unreadable(path: bytes, error: OSError) -> DiscoveryError:
    """The item for a folder that cannot be listed."""
    shown = escape_path(path.rstrip(b"/")) or "."
    return DiscoveryError(shown, "unreadable_folder", f"the folder cannot be read: {error.strerror or error}")


def _enter(levels: list[_Level], walk: FolderWalk, path: bytes, folder: int) -> Iterator[DiscoveryError]:
    """Push the open folder; what of it cannot be read is said, the rest is walked."""
    info = os.fstat(folder)
    names: Iterator[bytes] = iter(())
    has_rules = False
    try:
        names, has_rules = _sorted_names(folder)
    except OSError as error:
        yield unreadable(path, error)
    rules = None
    if walk.use_gitignore and has_rules:
        try:
            rules = _read_rules(folder)
        except OSError as error:
            shown = escape_path(path + b".gitignore")
            yield DiscoveryError(
                shown, "unreadable_gitignore", f"its rules are not used: {error.strerror or error}"
            )
    levels.append(_Level(path, (info.st_dev, info.st_ino), _runs(names), rules))


def _ascend(walk: FolderWalk, folder: int, levels: list[_Level]) -> tuple[int, DiscoveryError | None]:
    """Back to the folder of the last level, by `..`, and where that is another one by its path from the root.

    Where the folder has been moved away meanwhile, its level is given up and that is said.
    """
    level = levels[-1]
    ways: tuple[Callable[[], int], ...] = (
        lambda: os.open(b"..", FOLDER_FLAGS, dir_fd=folder),
        lambda: open_folder(walk.root, level.path),
    )
    for reopen in ways:
        try:
            parent = reopen()
        except OSError:
            continue
        info = os.fstat(parent)
        if (info.st_dev, info.st_ino) == level.identity:
            os.close(folder)
            return parent, None
        os.close(parent)
    shown = escape_path(level.path.rstrip(b"/")) or "."
    levels[-1] = level._replace(runs=iter(()))
    return folder, DiscoveryError(
        shown, "folder_moved", "the folder was moved while it was walked; its rest is missing"
    )


def _runs(names: Iterator[bytes]) -> Iterator[list[bytes]]:
    """Sorted names in their order: files that follow each other together, each folder alone."""
    run: list[bytes] = []
    for name in names:
        if name.endswith(b"/"):
            if run:
                yield run
                run = []
            yield [name]
        else:
            run.append(name)
            if len(run) == MOST_TOGETHER:
                yield run
                run = []
    if run:
        yield run


def _sorted_names(folder: int) -> tuple[Iterator[bytes], bool]:
    """Names in a folder, those of folders with `/`, so that their order is that of the paths below them.

    And whether a `.gitignore` is among them, whatever it is. A million names as Python objects are 70 MB;
    packed runs are about as large as the names themselves.
    """
    runs: list[bytes] = []
    has_rules = False
    with os.scandir(folder) as entries:
        marked = _marked(entries)
        while run := sorted(_encoded(islice(marked, RUN_LENGTH))):
            has_rules = has_rules or not _RULES.isdisjoint(run)
            if len(run) < RUN_LENGTH and not runs:
                return iter(run), has_rules
            runs.append(b"\0".join(run))
    return heapq.merge(*map(_unpacked, runs)), has_rules


def _marked(entries: Iterator[os.DirEntry[str]]) -> Iterator[str]:
    """The names of entries, with `/` behind those of folders."""
    for entry in entries:
        try:
            yield entry.name + "/" if entry.is_dir(follow_symlinks=False) else entry.name
        except OSError:
            yield entry.name


def _encoded(names: Iterable[str]) -> list[bytes]:
    """File names as bytes: all at once takes a fifth of the time."""
    together = os.fsencode("\0".join(names))
    return together.split(b"\0") if together else []


def _unpacked(run: bytes) -> Iterator[bytes]:
    start = 0
    while (end := run.find(b"\0", start)) >= 0:
        yield run[start:end]
        start = end + 1
    yield run[start:]


def _read_rules(folder: int) -> IgnoreRules | None:
    """The rules of the folder's `.gitignore`; a link is not followed, as git does not."""
    try:
        file = open_regular(b".gitignore", folder)
    except FileNotFoundError:
        return None
    with os.fdopen(file, "rb") as source:
        text = source.read(LONGEST_GITIGNORE + 1)
    if len(text) > LONGEST_GITIGNORE:
        raise OSError(0, f"larger than {LONGEST_GITIGNORE:,} bytes")
    return IgnoreRules(text)


def _levels_with_rules(
    levels: list[_Level], folder: bytes, names: list[bytes]
) -> list[tuple[bytes, IgnoreRules]]:
    """Paths and rules of the levels that may have one about some entries of a folder, the nearest first."""
    return [
        (level.path, level.rules)
        for level in reversed(levels)
        if level.rules and level.rules.may_match(folder[len(level.path) :], names)
    ]


def _ignored_by(ruled: list[tuple[bytes, IgnoreRules]], folder: bytes, name: bytes) -> bytes | None:
    """The rule that ignores an entry: those nearest to it decide; where they are silent, those above."""
    for path, rules in ruled:
        rule = rules.last_match(folder[len(path) :] + name, name)
        if rule is not None:
            place = b"%s.gitignore:%d %s" % (path, rule.order + 1, rule.text)
            return place if rule.ignores else None
    return None


def _is_left_out(walk: FolderWalk, path: bytes) -> bool:
    """Whether `path`, and all below it if it is a folder, comes before the point to go on after."""
    return path <= walk.after and not (path.endswith(b"/") and walk.after.startswith(path))


def _has_git(entry: bytes, folder: int) -> bool:
    try:
        os.stat(entry + b".git", dir_fd=folder, follow_symlinks=False)
    except OSError:
        return False
    return True


def _is_link(name: bytes, folder: int) -> bool:
    try:
        return stat.S_ISLNK(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    except OSError:
        return False
