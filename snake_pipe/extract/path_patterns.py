"""Patterns of paths as in .gitignore, wherever a user writes them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pathspec import GitIgnoreSpec


def compile_patterns(lines: Iterable[str]) -> GitIgnoreSpec:
    """The patterns, the last that matches deciding; ValueError for one that cannot be read."""
    from pathspec import GitIgnoreSpec

    try:
        return GitIgnoreSpec.from_lines(lines, backend="simple")
    except re.error as error:  # pathspec lets `[z-a]` through to the regular expression
        raise ValueError(f"{error.pattern!r}: {error.msg}") from None
