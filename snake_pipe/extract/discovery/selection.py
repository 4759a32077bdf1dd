"""Which files of a tree are wanted, and how they are told apart."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from snake_pipe.errors import UsageError
from snake_pipe.extract.discovery.left_out import NOT_INCLUDED
from snake_pipe.extract.paths.patterns import PathPatterns

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from snake_pipe.utils.shard import Shard


@dataclass(frozen=True)
class Selection:
    """Which files are wanted, and how they are told apart.

    `include` and `exclude` are gitignore patterns on paths relative to the root; no `include` means all.
    `detector(name)` gives the queue of a file name (a language, or `ast` for candidates of AST files), or
    None. `detector_head(name, head)` decides by at most 4,096 bytes for names without an ending and for those
    with one of `head_endings`; its None leaves the word to `detector`. `by_ending` has what `detector` gives
    for names with some of the other endings, whatever stands before them. `languages` are the queues that are
    wanted (name `ast` too if AST files are); None means every queue the detectors give. Files of others are
    counted.
    Files above `max_file_size` bytes come out with the skip reason `too_large`; None means no limit.
    `left_out` are absolute folders never to be entered, such as the dataset being written. Files of other
    shards than `shard` are passed over by their paths alone; None means all.
    """

    detector: Callable[[str], str | None]
    detector_head: Callable[[str, bytes], str | None] | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    languages: frozenset[str] | None = None
    max_file_size: int | None = None
    use_gitignore: bool = True
    head_endings: frozenset[str] = frozenset((".h",))
    by_ending: Mapping[str, str] = field(default_factory=dict)
    left_out: tuple[Path, ...] = ()
    shard: Shard | None = None

    @cached_property
    def included(self) -> PathPatterns | None:
        """What `include` matches; None for everything."""
        return _patterns(self.include)

    @cached_property
    def excluded(self) -> PathPatterns | None:
        """What `exclude` matches; None for nothing."""
        return _patterns(self.exclude)

    def filtered_by(self, path: str) -> str | None:
        """Which pattern leaves a file out; None if it passes."""
        if self.included is not None and not self.included.match_file(path):
            return NOT_INCLUDED
        pattern = None if self.excluded is None else self.excluded.selecting(path)
        return None if pattern is None else f"exclude {pattern}"

    @cached_property
    def wanted_endings(self) -> frozenset[str]:
        """Last endings with which every file may be wanted, as far as they are known."""
        if self.include or self.exclude:
            return frozenset()
        wanted = {ending for ending, queue in self.by_ending.items() if self._asks_for(queue)}
        return frozenset(wanted | self.head_endings if self.detector_head is not None else wanted)

    def _asks_for(self, queue: str) -> bool:
        return self.languages is None or queue in self.languages

    def is_told_by_name(self, folder: bytes, name: str) -> bool:
        """Whether the name alone tells that a file of a folder is wanted."""
        queue = self.detector(name)
        return (
            queue is not None
            and self._asks_for(queue)
            and not self._is_told_by_head(name, queue)
            and self._lets_pass(folder, name)
        )

    def may_be_wanted(self, folder: bytes, name: str) -> bool:
        """The same, or the first bytes of the file have a say in it."""
        queue = self.detector(name)
        return (
            self._is_told_by_head(name, queue) or (queue is not None and self._asks_for(queue))
        ) and self._lets_pass(folder, name)

    def _is_told_by_head(self, name: str, queue: str | None) -> bool:
        return self.detector_head is not None and (
            ending_of(name) in self.head_endings or (queue is None and "." not in name)
        )

    def _lets_pass(self, folder: bytes, name: str) -> bool:
        return not (self.include or self.exclude) or self.filtered_by(os.fsdecode(folder) + name) is None

    @cached_property
    def can_prune(self) -> bool:
        """Whether an excluded folder is excluded with all that is in it: nothing brings a part of it back."""
        return not any(pattern.startswith("!") for pattern in self.exclude)


def ending_of(name: str) -> str:
    """The last ending of a name in small letters, with its dot; a mere character if it has none."""
    return name[name.rfind(".") :].lower()


def check_patterns(selection: Selection) -> None:
    """Read them once, so that a bad one is found before the walk."""
    _ = selection.included, selection.excluded


def _patterns(lines: tuple[str, ...]) -> PathPatterns | None:
    """The patterns, or None for none; UsageError for one that cannot be read."""
    if not lines:
        return None
    try:
        return PathPatterns(lines)
    except ValueError as error:
        raise UsageError(
            f"a pattern cannot be used: {error}", "patterns are written as in .gitignore"
        ) from None
