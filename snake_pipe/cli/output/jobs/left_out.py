"""Which files were not read at all, and what has them read: lines of the summary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snake_pipe.cli.output.text import visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from snake_pipe.extract.batch_models import BatchStatistics

_MOST = 6
"""Languages or endings shown; there may be a thousand."""


def left_out_lines(statistics: BatchStatistics, settings: Mapping[str, Any]) -> list[str]:
    """A line for each reason why files were left out."""
    unasked = (
        "languages not asked for"
        if settings.get("languages")
        else "languages that are read on request (see --languages)"
    )
    lines = []
    if statistics.excluded:
        lines.append(f"{_files(statistics.excluded)} named, but not selected by --include and --exclude")
    if statistics.unasked:
        lines.append(_counted(unasked, statistics.unasked))
    if statistics.unrecognised:
        lines.append(_counted("no known language (see snake-pipe languages)", statistics.unrecognised))
    return [f"left out {line}" for line in lines]


def _counted(what: str, counts: Mapping[str, int]) -> str:
    most = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:_MOST]
    listed = ", ".join(f"{count:,} {visible(name)}" for name, count in most)
    return f"{_files(sum(counts.values()))} of {what}: {listed}"


def _files(count: int) -> str:
    return f"{count:,} {'file' if count == 1 else 'files'}"
