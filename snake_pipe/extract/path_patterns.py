"""Patterns of paths as in .gitignore, wherever a user writes them.

They are matched by the rules of `gitignore`, so no pattern makes the match backtrack without end.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from snake_pipe.extract.gitignore import IgnoreRules

if TYPE_CHECKING:
    from collections.abc import Iterable


class PathPatterns:
    """Some patterns, of which the last that matches a path or a folder above it decides."""

    def __init__(self, lines: Iterable[str]) -> None:
        """ValueError for a pattern that could never match, such as one with a class that is not closed."""
        self._rules = IgnoreRules(b"\n".join(map(_checked, lines)))

    @property
    def selects(self) -> bool:
        """Whether any of them selects, and does not only bring back."""
        return self._rules.can_ignore

    def match_file(self, path: str) -> bool:
        """Whether they select a path relative to their root; that of a folder ends with `/`."""
        raw = os.fsencode(path)
        last = None
        start = 0
        while start < len(raw):
            end = raw.find(b"/", start) + 1 or len(raw)
            found = self._rules.last_match(raw[:end], raw[start:end])
            if found is not None and (last is None or found.order > last.order):
                last = found
            start = end
        return last is not None and last.ignores


def _checked(line: str) -> bytes:
    raw = os.fsencode(line)
    if b"\n" in raw:
        raise ValueError(f"{line!r} holds a line feed")
    if raw.strip() and not raw.startswith(b"#") and not IgnoreRules(raw).count:
        raise ValueError(f"{line!r} can match nothing")
    return raw
