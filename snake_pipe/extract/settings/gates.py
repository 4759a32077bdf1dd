"""Conditions that the files of a dataset must meet, as a user writes them.

    ok>=99.5%   failed<=10   new-failures=0   python:ok>=99%   drift=0

A gate is a measure, a relation and a limit, before it perhaps a language and a colon. What the measures
count, and of what a percentage is one, `outcome.gates` says, which judges them.
"""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass
from difflib import get_close_matches
from fractions import Fraction
from typing import TYPE_CHECKING

from snake_pipe.errors import ConfigError
from snake_pipe.extract.settings.priority_rules import check_queue_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

STATUS_MEASURES = ("ok", "partial", "failed", "quarantined", "skipped")
NEW_FAILURES, DRIFT = "new-failures", "drift"
MEASURES = (*STATUS_MEASURES, NEW_FAILURES, DRIFT)

_RELATIONS: dict[str, Callable[[Fraction, Fraction], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "=": operator.eq,
    "<": operator.lt,
    ">": operator.gt,
}
_GATE = re.compile(
    r"(?:(?P<language>[^:]*?)\s*:)?\s*(?P<measure>[A-Za-z_-]+)\s*(?P<relation>>=|<=|=|<|>)\s*"
    r"(?P<limit>[0-9]+(?:\.[0-9]+)?)\s*(?P<percent>%?)"
)
_EXAMPLE = (
    "a gate is written like ok>=99.5%, failed<=10, new-failures=0 or python:ok>=99%;"
    f" what can be measured: {', '.join(MEASURES)}; how: {' '.join(_RELATIONS)}"
)


@dataclass(frozen=True, slots=True)
class Gate:
    """A condition; `language` is empty where it is about all files, `text` is what was written."""

    text: str
    measure: str
    relation: str
    limit: Fraction
    is_percentage: bool = False
    language: str = ""

    @classmethod
    def parse(cls, text: str) -> Gate:
        """The gate that is written in a text; ConfigError, which says what is possible, for none."""
        found = _GATE.fullmatch(text.strip())
        if found is None:
            raise ConfigError(f"the gate {text!r} cannot be read", _EXAMPLE)
        measure = found["measure"].lower().replace("_", "-")
        if measure not in MEASURES:
            near = get_close_matches(measure, MEASURES, 1)
            meant = f"did you mean {near[0]}? " if near else ""
            raise ConfigError(
                f"the gate {text!r} cannot be read: no measure {measure!r}", f"{meant}{_EXAMPLE}"
            )
        language = found["language"]
        if language is not None:
            try:
                check_queue_name(language)
            except ValueError as error:
                raise ConfigError(f"the gate {text!r} cannot be read: {error}", _EXAMPLE) from None
        limit, is_percentage = Fraction(found["limit"]), bool(found["percent"])
        if is_percentage and limit > 100:
            raise ConfigError(f"the gate {text!r} can never be met or missed: beyond 100 %", _EXAMPLE)
        if not is_percentage and limit.denominator != 1:
            raise ConfigError(f"the limit in {text!r} is no whole number", f"with % it is a part; {_EXAMPLE}")
        return cls(text.strip(), measure, found["relation"], limit, is_percentage, language or "")

    def allows(self, count: int, total: int) -> bool:
        """Whether `count` of `total` files meet it; of no files at all, every percentage does."""
        if not self.is_percentage:
            return _RELATIONS[self.relation](Fraction(count), self.limit)
        return not total or _RELATIONS[self.relation](Fraction(100 * count, total), self.limit)


def limit_failures(texts: Iterable[str]) -> bool:
    """Whether some gate says how many of all files may fail, of whatever language they are."""
    return any(
        gate.measure in ("ok", "failed", NEW_FAILURES) and not gate.language for gate in parse_gates(texts)
    )


def parse_gates(texts: Iterable[str]) -> tuple[Gate, ...]:
    """The gates in their order; ConfigError names the one that cannot be read."""
    return tuple(map(Gate.parse, texts))
