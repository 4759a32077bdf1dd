"""Rules that give files a priority: by path, language, size or time of change.

    src/**=9   language:python=7   size<100KiB=8   size>1MiB=2   mtime<1d=9

A rule is a condition, `=` and a priority from 0 to 10; the first rule that fits a file decides, and a file
that none fits keeps the priority it has. Paths are patterns as in .gitignore.
"""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from snake_pipe.errors import ConfigError
from snake_pipe.extract.batch_models import HIGHEST_PRIORITY, LOWEST_PRIORITY
from snake_pipe.extract.paths.patterns import PathPatterns
from snake_pipe.utils.units import parse_bytes, parse_seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from snake_pipe.extract.batch_models import DiscoveredFile

    Condition = Callable[[DiscoveredFile, int], bool]
    """Whether a rule fits a file, at a time in ns since 1970."""

_EXAMPLE = "a rule is written like src/**=9, language:python=7, size<100KiB=8 or mtime<1d=9"
_LANGUAGE = "language:"
_MEASURE = re.compile(r"(?P<what>size|mtime)\s*(?P<relation>[<>]=?)\s*(?P<value>.*)")
_RELATIONS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True, slots=True)
class PriorityRules:
    """The rules in their order, as pairs of condition and priority; false where there are none."""

    rules: tuple[tuple[Condition, int], ...] = ()

    @classmethod
    def parse(cls, texts: Iterable[str]) -> PriorityRules:
        """Read the rules; ConfigError names the one that cannot be read."""
        return cls(tuple(_parse(text) for text in texts))

    def __bool__(self) -> bool:
        return bool(self.rules)

    def apply(self, file: DiscoveredFile, now_ns: int) -> DiscoveredFile:
        """The file with the priority that the rules give it; the same object where nothing changes."""
        for fits, priority in self.rules:
            if fits(file, now_ns):
                return file if priority == file.priority else replace(file, priority=priority)
        return file


def check_queue_name(name: str) -> None:
    """ValueError for what is neither a language nor `ast`: a rule for it would never match."""
    from difflib import get_close_matches

    from snake_pipe.plugins import AST_QUEUE, language_names

    known = [*language_names(), AST_QUEUE]
    if name not in known:
        near = get_close_matches(name, known, 1)
        hint = f"did you mean {near[0]}?" if near else "snake-pipe languages lists them"
        raise ValueError(f"there is no language {name!r}; {hint}")


def _parse(text: str) -> tuple[Condition, int]:
    condition, separator, number = (part.strip() for part in text.rpartition("="))
    if not (separator and condition):
        raise ConfigError(f"the priority rule {text!r} is not CONDITION=PRIORITY", _EXAMPLE)
    if not (number.isascii() and number.isdigit() and LOWEST_PRIORITY <= int(number) <= HIGHEST_PRIORITY):
        scale = f"from {LOWEST_PRIORITY} to {HIGHEST_PRIORITY}"
        raise ConfigError(f"the priority in {text!r} is not a number {scale}", _EXAMPLE)
    try:
        return _condition(condition), int(number)
    except ValueError as error:
        raise ConfigError(f"the priority rule {text!r} cannot be read: {error}", _EXAMPLE) from None


def _condition(text: str) -> Condition:
    if text.startswith(_LANGUAGE):
        return _by_language(text.removeprefix(_LANGUAGE).strip())
    if measure := _MEASURE.fullmatch(text):
        relation = _RELATIONS[measure["relation"]]
        return {"size": _by_size, "mtime": _by_age}[measure["what"]](relation, measure["value"])
    return _by_path(text)


def _by_language(name: str) -> Condition:
    check_queue_name(name)
    return lambda file, _: file.queue == name


def _by_size(relation: Callable[[float, float], bool], value: str) -> Condition:
    size = parse_bytes(value)
    return lambda file, _: relation(file.size_bytes, size)


def _by_age(relation: Callable[[float, float], bool], value: str) -> Condition:
    """By the time since the last change: `mtime<1d` is what was changed within a day."""
    age = parse_seconds(value) * 1e9
    return lambda file, now_ns: relation(now_ns - file.mtime_ns, age)


def _by_path(pattern: str) -> Condition:
    patterns = PathPatterns([pattern])
    if not patterns.selects:
        raise ValueError(f"{pattern!r} selects no file")
    return lambda file, _: patterns.match_file(file.path)
