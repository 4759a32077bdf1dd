"""What is wrong with which file, as reports tell it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING

from snake_pipe.extract.paths.names import escape_path
from snake_pipe.utils.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


class Severity(StrEnum):
    """How bad a finding is: a file without rows, one with some of its rows, one to have a look at."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong with a file.

    `file` is its path in the bytes that the file system has, relative to the folder that reports count from,
    or absolute where it is not below that. `line` and `col` count from 1, and are None where no place is
    known. `code` is a word for programs, `message` for people. `language` is as in gates, `status` as in
    `files`, or `stale` for a dump that no longer fits its source. `is_new`: the file did not fail before.
    """

    repo: str
    file: bytes
    severity: Severity
    code: str
    message: str
    line: int | None = None
    col: int | None = None
    language: str = ""
    status: str = ""
    is_new: bool = False

    @property
    def path(self) -> str:
        """The path as text, whatever bytes it holds; it may have control characters."""
        return escape_path(self.file)

    @property
    def place(self) -> str:
        """Path, line and column on one line, as compilers name them."""
        return visible(":".join(str(part) for part in (self.path, self.line, self.col) if part is not None))

    @property
    def text(self) -> str:
        """The message on one line."""
        return visible(" ".join(self.message.split()))


def by_file(findings: Iterable[Finding]) -> Iterator[tuple[Finding, Sequence[Finding]]]:
    """The first finding of each file, and all that stand with it."""
    for _, group in groupby(findings, key=lambda one: (one.file, one.severity)):
        together = tuple(group)
        yield together[0], together
