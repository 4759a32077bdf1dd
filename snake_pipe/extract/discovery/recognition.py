"""Files that somebody knows as they are, told from the others a folder at a time.

In most walks nearly all files are as they were in the last one. They need neither their language nor an
object of their own, and are not opened: it is enough that they may be selected by their names, and are known
with the size and time that they have, in a language that is asked for.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

from snake_pipe.extract.batch_models import DiscoveredFile, DiscoveryError
from snake_pipe.extract.paths.names import escape_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from snake_pipe.extract.discovery.folder_walk import FolderFiles
    from snake_pipe.extract.discovery.selection import Selection


class Recognised(NamedTuple):
    """So many selected files are known as they are; they do not come out one by one."""

    files: int


WalkItem: TypeAlias = DiscoveredFile | DiscoveryError | Recognised
"""What a walk yields; `Recognised` only where somebody knows files."""


class Recogniser(Protocol):
    """Knows files by their paths, sizes and times, and in which language they are."""

    def recognise(
        self, repo: str, paths: Sequence[str], sizes: Sequence[int], mtimes: Sequence[int]
    ) -> list[bool]:
        """For each file of a repository, whether it is known as it is, in a language that is asked for.

        Those are remembered as seen. `paths` are as in `DiscoveredFile`, `sizes` in bytes and `mtimes` in ns.
        """
        ...


class Recognition:
    """Tells which of the files below one root are selected, and known as they are.

    What told their languages when they were read would tell the same again: with other rules for that, the
    version of every parser is another one, and what it has read is not known (`EXTRACTION_VERSION`).
    """

    def __init__(self, repo: str, selection: Selection, known: Recogniser) -> None:
        self._repo = repo
        self._selection = selection
        self._known = known

    def split(self, found: FolderFiles) -> tuple[int, list[bytes]]:
        """How many files are recognised, and the names of the others: those need a closer look.

        So does whatever is no plain file.
        """
        together = b"\0".join(found.names)
        try:
            texts = together.decode().split("\0")
        except UnicodeDecodeError:
            return 0, found.names
        if b"\\" in together:
            return 0, found.names
        wanted, may_be_wanted = self._selection.wanted_endings, self._selection.may_be_wanted
        names, paths, sizes, mtimes = [], [], [], []
        folder, prefix = found.folder, escape_path(found.path)
        for name, text in zip(found.names, texts, strict=True):
            if text[text.rfind(".") :] not in wanted and not may_be_wanted(found.path, text):
                continue
            try:
                info = os.stat(name, dir_fd=folder, follow_symlinks=False)
            except OSError:
                continue
            if stat.S_ISREG(info.st_mode):
                names.append(name)
                paths.append(prefix + text)
                sizes.append(info.st_size)
                mtimes.append(info.st_mtime_ns)
        same = self._known.recognise(self._repo, paths, sizes, mtimes)
        if len(names) == len(found.names) and all(same):
            return len(names), []
        known = {name for name, is_same in zip(names, same, strict=True) if is_same}
        return len(known), [name for name in found.names if name not in known]
