"""Which files were not read at all, and what has them read: lines of the summary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snake_pipe.cli.output.text import counted, visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from snake_pipe.extract.batch_models import BatchStatistics
    from snake_pipe.observe.statistics import LeftOutByRules

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
    for left_out, by in (
        (statistics.ignored, "ignore rules"),
        (statistics.filtered, "--include and --exclude"),
    ):
        if left_out.files or left_out.folders:
            lines.append(f"{entries_in_words(left_out)} by {by}{_most(left_out)}")
    if statistics.excluded:
        lines.append(f"{_files(statistics.excluded)} named, but not selected by --include and --exclude")
    if statistics.not_changed:
        lines.append(f"{_files(statistics.not_changed)} that have not changed and are not in the dataset")
    if statistics.unasked:
        lines.append(_counted(unasked, statistics.unasked))
    if statistics.unrecognised:
        lines.append(_counted("no known language (see snake-pipe languages)", statistics.unrecognised))
    return [f"left out {line}" for line in lines]


def entries_in_words(left_out: LeftOutByRules) -> str:
    """What rules left out: `3 folders and 12 files`."""
    folders = counted(left_out.folders, "folder", "folders") if left_out.folders else ""
    files = counted(left_out.files, "file", "files") if left_out.files else ""
    return " and ".join(filter(None, (folders, files)))


def _most(left_out: LeftOutByRules) -> str:
    """The rule that did most; of several, how much."""
    rules = sorted(left_out.rules.items(), key=lambda item: (-item[1], item[0]))
    if not rules:
        return ""
    rule, count = rules[0]
    is_only = count == left_out.files + left_out.folders
    return f": {visible(rule)}" if is_only else f", most by {visible(rule)} ({count:,})"


def _counted(what: str, counts: Mapping[str, int]) -> str:
    most = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:_MOST]
    listed = ", ".join(f"{count:,} {visible(name)}" for name, count in most)
    return f"{_files(sum(counts.values()))} of {what}: {listed}"


def _files(count: int) -> str:
    return f"{count:,} {'file' if count == 1 else 'files'}"
