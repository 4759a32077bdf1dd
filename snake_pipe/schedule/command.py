"""A command that another program is to start: all of it absolute, since that has another folder and PATH."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from snake_pipe.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

_PROGRAM = "snake-pipe"


@dataclass(frozen=True, slots=True)
class ScheduledCommand:
    """An ingestion as it is to be started.

    `path` is the PATH that it needs, `writes` are the folders that it writes to, `reads` others that it
    needs, `memory_mib` is the limit of its memory, where one is given. `bucket` is the URL of a dataset in an
    object store, for which it needs credentials.
    """

    words: Sequence[str]
    about: str
    path: str
    reads: Sequence[Path]
    writes: Sequence[Path]
    memory_mib: int | None = None
    bucket: str | None = None

    def check(self) -> None:
        """UsageError for a word with what stands in no line of a file."""
        for word in self.words:
            if not word.isprintable():
                raise UsageError(
                    f"{word!r} cannot stand in a schedule", "rename it, or put the command into a script"
                )


def own_program() -> list[str]:
    """The words that start this program from anywhere."""
    started = Path(sys.argv[0]).absolute()
    beside = Path(sys.executable).absolute().with_name(_PROGRAM)
    for program in (started, beside):
        if program.name == _PROGRAM and os.access(program, os.X_OK):
            return [str(program)]
    return [sys.executable, "-m", "snake_pipe"]


def path_with_git() -> str:
    """A PATH as short as cron's own, and git's folder, which is asked for the files of a work tree."""
    git = shutil.which("git")
    folders = [str(Path(git).absolute().parent)] if git else []
    return ":".join(dict.fromkeys([*folders, "/usr/bin", "/bin"]))


def existing(folder: Path) -> Path:
    """The folder, or the nearest above it that is there."""
    return next(path for path in (folder, *folder.parents) if path.is_dir())
