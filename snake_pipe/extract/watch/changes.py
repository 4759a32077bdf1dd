"""What changed paths ask for: to be looked at, or a walk of everything."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

MOST_PATHS = 256
"""Of more paths a walk costs less than looking at each."""

_MODIFIED = 2
_UNDECODABLE = "\N{REPLACEMENT CHARACTER}".encode()
_TELLING_GIT_FILES = ("/index", "/info/exclude", "/config")
"""Files of git's own folder (or that of a submodule) that decide what git lists."""


class Kind(StrEnum):
    """What is at a path now."""

    FILE = "file"
    FOLDER = "folder"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Asked:
    """`paths` are to be looked at, absolute; `folders` are those of them that are new folders.

    `rescan` tells why a walk is needed besides; `is_storm`: there were too many changes to look at each.
    """

    paths: frozenset[bytes] = frozenset()
    folders: frozenset[bytes] = frozenset()
    rescan: str | None = None
    is_storm: bool = False


@dataclass(frozen=True, slots=True)
class Rules:
    """What decides: the request's settings and some questions, asked for as few paths as possible.

    `real(path)` is the path without links on the way, `kind(path)` looks at the disk, never through a link;
    `has_files(path)` tells whether files are known below a folder; `roots` are absolute.
    """

    roots: frozenset[bytes]
    kind: Callable[[bytes], Kind]
    has_files: Callable[[bytes], bool]
    real: Callable[[bytes], bytes] = lambda path: path
    use_gitignore: bool = True
    most: int = field(default=MOST_PATHS)

    def judge(self, changes: Collection[tuple[int, str]]) -> Asked:
        """What some changes ask for together.

        The disk counts, not the kind of change: several of one path come in any order. Only a folder that was
        `modified` is left alone; that is its own times and rights, and what changed in it is told by itself.
        """
        if len({path for _, path in changes}) > self.most:
            return Asked(rescan=f"more than {self.most} files changed", is_storm=True)
        paths, folders = set(), set()
        reason = None
        for change, name in changes:
            path = self.real(os.fsencode(name))
            kind = self.kind(path)
            if kind is Kind.FOLDER and change == _MODIFIED:
                continue
            if telling := self._telling(path):
                reason = telling
                continue
            if self.has_files(path):
                reason = "a folder was moved or removed"
            elif kind is Kind.FOLDER:
                folders.add(path)
            paths.add(path)
        return Asked(frozenset(paths), frozenset(folders), reason)

    def _telling(self, path: bytes) -> str | None:
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


def matters(path: str, roots: tuple[str, ...], left_out: tuple[str, ...]) -> bool:
    """Whether a change can concern any file: not in a dataset, nor most of what is in git's own folders.

    `roots` and `left_out` are folders, with `/` at the end.
    """
    if path.startswith(left_out):
        return False
    root = next((root for root in roots if path.startswith(root)), "")
    relative = "/" + path[len(root) :]
    _, inside, name = relative.partition("/.git/")
    if inside:
        return ("/" + name).endswith(_TELLING_GIT_FILES)
    return "/.snake-pipe/" not in relative


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
