"""What is behind the differences that `benchmarks.accuracy` finds: looked at one by one, said once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.agreement import Class

_EXPLAINED: dict[tuple[str, str, str, bool, str], str] = {}
"""(language, subject, judge, missing, word) → why."""


def explanation(language: str, subject: str, judge: str, class_: Class) -> str:
    """The sentence for a class of differences; `?` for one that nobody has looked at."""
    return _EXPLAINED.get((language, subject, judge, class_.missing, class_.word), "?")
