"""The part of a tree that a walk is asked for: all of it, or some files and folders."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class PathScope:
    """Some paths relative to a root, each of a file, or of a folder and all below it; b"" is the root."""

    def __init__(self, paths: Iterable[bytes]) -> None:
        self.paths = frozenset(path.rstrip(b"/") for path in paths)
        self._is_all = b"" in self.paths
        self._above = {above for path in self.paths for above in _folders_above(path)}

    def holds(self, path: bytes) -> bool:
        """Whether a path is one of them or lies below one."""
        return (
            self._is_all or path in self.paths or any(above in self.paths for above in _folders_above(path))
        )

    def enters(self, folder: bytes) -> bool:
        """Whether a folder (with `/` at the end, or empty for the root) holds any of them or is in one."""
        bare = folder.rstrip(b"/")
        return bare in self._above or self.holds(bare)

    def below(self, prefix: bytes, root: bytes) -> list[bytes] | None:
        """The paths to ask git for in the work tree at `prefix` below `root`; None for all of it.

        Of a path in a repository within that work tree it is the folder of that repository: git does not
        look into it, but tells whether it belongs there.
        """
        if self.holds(prefix.rstrip(b"/")):
            return None
        found = (path for path in self.paths if path.startswith(prefix))
        return sorted({_up_to_nested(path, prefix, root) for path in found})


def _folders_above(path: bytes) -> Iterator[bytes]:
    """The folders a path lies in, the root (b"") last."""
    while path:
        path = path.rpartition(b"/")[0]
        yield path


def _up_to_nested(path: bytes, prefix: bytes, root: bytes) -> bytes:
    end = path.find(b"/", len(prefix))
    while end >= 0:
        if os.path.lexists(os.path.join(root, path[:end], b".git")):  # noqa: PTH118 - bytes
            return path[:end]
        end = path.find(b"/", end + 1)
    return path


EVERYWHERE = PathScope([b""])
