"""What is to be done about changed paths: look at them, or walk everything again."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from snake_pipe.extract.paths.datasets import DATASET_NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

_MOST_PATHS = 256
"""For more paths a walk costs less than a look at each."""

_MODIFIED = 2
_UNDECODABLE = "\N{REPLACEMENT CHARACTER}".encode()
_GIT_FILES = ("/index", "/info/exclude", "/config")
"""Files of git's own folder (or that of a submodule) that decide what git lists."""


class Kind(StrEnum):
    """What is at a path now."""

    FILE = "file"
    FOLDER = "folder"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class ChangePlan:
    """`paths` are to be looked at, absolute; `new_folders` are among them.

    `rescan` is the reason why a walk is needed besides. `is_burst`: changes were too many to look at each.
    """

    paths: frozenset[bytes] = frozenset()
    new_folders: frozenset[bytes] = frozenset()
    rescan: str | None = None
    is_burst: bool = False


@dataclass(frozen=True, slots=True)
class ChangeRules:
    """The request's settings, and questions about the disk that are asked for as few paths as possible.

    `roots` are absolute. `kind(path)` is what is there now, never through a link; `has_files(path)` whether
    files are known below a folder; `real(path)` the path without links on the way.
    """

    roots: frozenset[bytes]
    kind: Callable[[bytes], Kind]
    has_files: Callable[[bytes], bool]
    real: Callable[[bytes], bytes] = lambda path: path
    use_gitignore: bool = True
    most: int = field(default=_MOST_PATHS)

    def plan(self, changes: Collection[tuple[int, str]]) -> ChangePlan:
        """What is to be done about changes, as (kind, path).

        The disk counts, not the kind of change: several of one path come in any order. Only a folder that was
        modified is left alone: it has new times or rights, and changes in it come with their own paths.
        """
        if len({path for _, path in changes}) > self.most:
            return ChangePlan(rescan=f"more than {self.most} files changed", is_burst=True)
        paths, new_folders = set(), set()
        rescan = None
        for change, name in changes:
            path = self.real(os.fsencode(name))
            kind = self.kind(path)
            if kind is Kind.FOLDER and change == _MODIFIED:
                continue
            if reason := self._concerns_others(path):
                rescan = reason
                continue
            if self.has_files(path):
                rescan = "a folder was moved or removed"
            elif kind is Kind.FOLDER:
                new_folders.add(path)
            paths.add(path)
        return ChangePlan(frozenset(paths), frozenset(new_folders), rescan)

    def _concerns_others(self, path: bytes) -> str | None:
        """Why a change of this path may concern other files."""
        if _UNDECODABLE in path:
            return "a name that is not UTF-8 changed"
        if path in self.roots:
            return "a watched folder changed"
        if path.endswith(b"/.git") or b"/.git/" in path:
            return "git's index changed"
        if self.use_gitignore and path.endswith(b"/.gitignore"):
            return "a .gitignore changed"
        return None


def is_relevant(path: str, roots: tuple[str, ...], left_out: tuple[str, ...]) -> bool:
    """Whether a change can concern any file: not in a dataset, nor most changes in git's own folders.

    `roots` and `left_out` are folders, with `/` at the end.
    """
    if path.startswith(left_out):
        return False
    root = next((root for root in roots if path.startswith(root)), "")
    relative = "/" + path[len(root) :]
    _, inside, name = relative.partition("/.git/")
    if inside:
        return ("/" + name).endswith(_GIT_FILES)
    return f"/{DATASET_NAME}/" not in relative


def without_links(path: bytes) -> bytes:
    """The path by which a walk would find what is at a path: the kernel may name the way through a link."""
    folder, _, name = path.rpartition(b"/")
    return os.path.realpath(folder) + b"/" + name


def kind_on_disk(path: bytes) -> Kind:
    """What is at a path; a link is a file, whatever it leads to."""
    try:
        mode = os.lstat(path).st_mode
    except OSError:
        return Kind.NOTHING
    return Kind.FOLDER if stat.S_ISDIR(mode) else Kind.FILE
