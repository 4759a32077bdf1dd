"""A list of files in place of paths, as options.

The dataclass here is neither frozen nor slotted: making it so takes milliseconds, and `--help` waits for it.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO, ClassVar

from typer import Option

from snake_pipe.cli.options.selection import SelectionOptions
from snake_pipe.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class FileListOptions:
    """A list of files, by line or by NUL bytes."""

    heading: ClassVar = SelectionOptions.heading

    files_from: Annotated[
        str | None,
        Option(metavar="FILE", help="Read the files listed in FILE, one per line; - for stdin."),
    ] = None
    files0_from: Annotated[str | None, Option(metavar="FILE", help="The same, separated by NUL bytes.")] = (
        None
    )

    def roots(self, paths: list[Path] | None) -> list[Path]:
        """The paths that are to be read, by default the current folder; none if there is a list.

        UsageError for both, for two lists, and for a path where there is nothing.
        """
        if self.files_from and self.files0_from:
            raise UsageError("--files-from and --files0-from cannot be given together")
        if paths and self._name:
            raise UsageError("PATH and a list of files cannot be given together")
        roots = [path.absolute() for path in paths or ([] if self._name else [Path.cwd()])]
        for root in roots:
            if not root.exists():
                raise UsageError(f"no such file or folder: {root}")
        return roots

    @contextmanager
    def place(self) -> Iterator[Path | None]:
        """Where the list is to be copied, as long as it is needed; None if there is none."""
        if self._name is None:
            yield None
            return
        with tempfile.TemporaryDirectory(prefix="snake-pipe-") as folder:
            yield Path(folder, "files.list")

    def copy(self, target: Path | None) -> None:
        """Copy the list, which may be a pipe, as NUL-separated paths; UsageError if it cannot be read."""
        name = self._name
        if name is None or target is None:
            return
        try:
            with target.open("wb") as out:
                if name == "-":
                    _copy(sys.stdin.buffer, out, by_line=bool(self.files_from))
                else:
                    with Path(name).open("rb") as source:
                        _copy(source, out, by_line=bool(self.files_from))
        except OSError as error:
            raise UsageError(f"cannot read the list {name}: {error.strerror or error}") from error

    @property
    def _name(self) -> str | None:
        return self.files_from or self.files0_from or None


def _copy(source: BinaryIO, out: BinaryIO, *, by_line: bool) -> None:
    if not by_line:
        shutil.copyfileobj(source, out)
        return
    for line in source:
        if path := line.rstrip(b"\r\n"):
            out.write(path + b"\0")
