"""Why a run found no file to read, in words: the rules, languages or patterns that left all out."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from snake_pipe.observe.statistics import BatchStatistics, LeftOutByRules

_MOST = 3
"""Rules, languages or endings that are told of each reason."""


def why_nothing_was_found(statistics: BatchStatistics, *, languages_asked: bool) -> str | None:
    """The reasons; None if there was a file, were it one that is gone, or that could not be looked at."""
    found = (
        statistics.files_discovered, statistics.files_before, statistics.files_deleted,
        statistics.not_changed, statistics.unread,
    )  # fmt: skip
    if any(found):
        return None
    unasked = "of languages not asked for" if languages_asked else "of languages that are read on request"
    reasons = [
        _by_rules("ignored", statistics.ignored),
        _by_rules("left out by patterns", statistics.filtered),
        _counted("of no known language", statistics.unrecognised),
        _counted(unasked, statistics.unasked),
    ]
    return "; ".join(filter(None, reasons)) or "there is no file"


def _by_rules(what: str, left_out: LeftOutByRules) -> str:
    count = left_out.files + left_out.folders
    return f"{count:,} {what}, by {', '.join(_most(left_out.rules))}" if count else ""


def _counted(what: str, counts: Mapping[str, int]) -> str:
    listed = ", ".join(f"{counts[name]:,} {name}" for name in _most(counts))
    return f"{sum(counts.values()):,} {what}: {listed}" if counts else ""


def _most(counts: Mapping[str, int]) -> list[str]:
    return sorted(counts, key=lambda name: (-counts[name], name))[:_MOST]
