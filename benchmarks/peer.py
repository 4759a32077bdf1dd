"""A way to read a folder, as it is run beside ours, and the folder that it is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.command import command_environment

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class MissingPeerError(Exception):
    """A peer that cannot be had here, and why."""


@dataclass(frozen=True)
class Task:
    """One folder to read: sources in these languages, or AST files (`languages` is empty).

    `copy` is a folder with the same files for those who write beside them, `output` the file that what is
    printed goes to, and `scratch` an empty folder for all else. `tools` is where peers are installed.
    """

    root: Path
    copy: Path
    scratch: Path
    output: Path
    tools: Path
    languages: frozenset[str]
    workers: int


@dataclass(frozen=True)
class Peer:
    """One way to read a folder.

    `gives` says plainly what comes of it, and `processes` how many do it, with {workers} for as many as ours.
    `version` says which one it is, and gets it first where it can; else it raises `MissingPeerError`. `gave`
    reads how much came, after a run; `own_seconds` reads the seconds from what a run printed, for one that
    warms up first and says itself how long it took.
    """

    name: str
    gives: str
    processes: str
    version: Callable[[Path], str]
    command: Callable[[Task], list[str]]
    gave: Callable[[Task], str]
    reads_sources: bool = True
    reads_trees: bool = False
    own_seconds: Callable[[Task], float] | None = None
    good_codes: frozenset[int] = frozenset({0})
    variables: tuple[tuple[str, str], ...] = ()

    def reads(self, task: Task) -> bool:
        """Whether it can do anything with this folder."""
        return self.reads_sources if task.languages else self.reads_trees

    def environment(self, task: Task) -> dict[str, str]:
        """What it is started with; one with variables of its own keeps its things in the scratch folder."""
        own = {"HOME": str(task.scratch), **dict(self.variables)} if self.variables else {}
        return {**command_environment(), **own}
