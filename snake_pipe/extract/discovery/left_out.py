"""How many files a walk lets fall, and why; bounded, whatever the tree holds."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from snake_pipe.observe.statistics import LeftOutByRules

MOST_ENDINGS = 1_000
"""Distinct endings counted; what comes later counts as `_OTHER_ENDINGS`."""

NOT_INCLUDED = "include"
"""What stands for the rule where no pattern of `include` selects a file."""

_LONGEST_ENDING = 20
_OTHER_ENDINGS = "(other)"
_NO_ENDING = "(none)"
_SYMLINK = "(symlink)"


@dataclass(slots=True)
class LeftOut:
    """Counts of files that do not become work.

    `unrecognised` are those of no known language, by ending, `unasked` those of languages that are not read,
    by language (`ast` for what may be AST files). `ignored` is what ignore rules leave out, `filtered` what
    the patterns `include` and `exclude` do, but for `excluded`: files that were named, and that the patterns
    leave out all the same. `not_changed` are files that the dataset does not have, since they had not changed
    when it was begun with changes alone. `found_elsewhere` tells whether there is a wanted file that is of
    another shard.
    """

    unrecognised: Counter[str] = field(default_factory=Counter)
    unasked: Counter[str] = field(default_factory=Counter)
    excluded: int = 0
    not_changed: int = 0
    found_elsewhere: bool = False
    ignored: LeftOutByRules = field(default_factory=LeftOutByRules)
    filtered: LeftOutByRules = field(default_factory=LeftOutByRules)

    def add_unrecognised(self, name: str) -> None:
        """Count a file by the last ending of its name in small letters; absurd ones count as `(other)`."""
        self._add(_ending(name) or _NO_ENDING)

    def add_symlink(self) -> None:
        """Count a link whose target lies inside the root: the target is found by itself."""
        self._add(_SYMLINK)

    def _add(self, ending: str) -> None:
        known = ending in self.unrecognised or len(self.unrecognised) < MOST_ENDINGS
        self.unrecognised[ending if known and len(ending) <= _LONGEST_ENDING else _OTHER_ENDINGS] += 1


def _ending(name: str) -> str:
    """The last ending of a name (`.gz`) in small letters; empty where there is none."""
    dot = name.rfind(".")
    return name[dot:].lower() if dot > 0 else ""
