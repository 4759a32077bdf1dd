"""What an independent judge finds in a file beside what the tables say, as sets of (path, name, line)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

DEFINITIONS, CALLS, IMPORTS = "definitions", "calls", "imports"
SUBJECTS = (DEFINITIONS, CALLS, IMPORTS)


class Name(NamedTuple):
    """Where a name is; lines from 1. That of an import is its module, then a blank and what is imported."""

    path: str
    name: str
    line: int


class Fact(NamedTuple):
    """A definition, a call or an import that somebody sees; `word` is their own class of it."""

    subject: str
    at: Name
    word: str
    must: bool = True
    """Whether the other side must have it; what only may be there counts neither as missing nor as wrong."""


class Class(NamedTuple):
    """A class of differences with its size and examples; `missing` is what the judge alone has."""

    missing: bool
    word: str
    count: int
    examples: tuple[Name, ...]


@dataclass
class Agreement:
    """What a judge says of one subject (name → word), what the tables say, and in how many files."""

    language: str
    subject: str
    judge: str
    files: int = 0
    theirs: dict[Name, str] = field(default_factory=dict)
    allowed: set[Name] = field(default_factory=set)
    ours: dict[Name, str] = field(default_factory=dict)

    @property
    def recall(self) -> float:
        """Share of what the judge has."""
        return len(self.theirs.keys() & self.ours.keys()) / len(self.theirs) if self.theirs else 1.0

    @property
    def precision(self) -> float:
        """Share of what the tables have."""
        good = sum(name in self.theirs or name in self.allowed for name in self.ours)
        return good / len(self.ours) if self.ours else 1.0

    def classes(self, examples: int = 3) -> Iterator[Class]:
        """What one side alone has, by the words of that side, the larger classes first."""
        missing = {name: word for name, word in self.theirs.items() if name not in self.ours}
        extra = {
            name: word
            for name, word in self.ours.items()
            if name not in self.theirs and name not in self.allowed
        }
        for is_missing, names in ((True, missing), (False, extra)):
            classes: dict[str, list[Name]] = defaultdict(list)
            for name in sorted(names):
                classes[names[name]].append(name)
            for word, members in sorted(classes.items(), key=lambda item: -len(item[1])):
                step = max(1, len(members) // examples)
                yield Class(is_missing, word, len(members), tuple(members[::step][:examples]))
