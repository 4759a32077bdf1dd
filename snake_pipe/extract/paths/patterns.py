"""Patterns of paths as in .gitignore, wherever a user writes them.

They are matched by the rules of `gitignore`, so no pattern makes the match backtrack without end.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from snake_pipe.extract.paths.gitignore import IgnoreRules

if TYPE_CHECKING:
    from collections.abc import Iterable

    from snake_pipe.extract.paths.gitignore import Rule


class PathPatterns:
    """Some patterns, of which the last that matches a path or a folder above it decides."""

    def __init__(self, lines: Iterable[str]) -> None:
        """ValueError for a pattern that could never match, such as one with a class that is not closed."""
        self._rules = IgnoreRules(b"\n".join(map(_checked, lines)))
        self._newest: tuple[bytes, Rule | None] = b"", None

    @property
    def selects(self) -> bool:
        """Whether any of them selects, and does not only bring back."""
        return self._rules.can_ignore

    def match_file(self, path: str) -> bool:
        """Whether they select a path relative to their root; that of a folder ends with `/`."""
        return self.selecting(path) is not None

    def selecting(self, path: str) -> str | None:
        """The pattern that selects a path, as it was written; None if it is not selected."""
        raw = os.fsencode(path)
        start = raw.rfind(b"/", 0, -1) + 1
        folder, above = self._newest  # files come folder by folder
        if folder != raw[:start]:
            above = self._decision_above(raw[:start])
            self._newest = raw[:start], above
        decision = _later(above, self._rules.last_match(raw, raw[start:]))
        return os.fsdecode(decision.text) if decision is not None and decision.ignores else None

    def _decision_above(self, folder: bytes) -> Rule | None:
        """The rule that decides about a folder, of those that match it or one above it."""
        decision = None
        start = 0
        while start < len(folder):
            end = folder.find(b"/", start) + 1
            decision = _later(decision, self._rules.last_match(folder[:end], folder[start:end]))
            start = end
        return decision


def _later(first: Rule | None, second: Rule | None) -> Rule | None:
    if first is None or second is None:
        return first or second
    return first if first.order > second.order else second


def _checked(line: str) -> bytes:
    raw = os.fsencode(line)
    if b"\n" in raw:
        raise ValueError(f"{line!r} holds a line feed")
    if raw.strip() and not raw.startswith(b"#") and not IgnoreRules(raw).count:
        raise ValueError(f"{line!r} can match nothing")
    return raw
