"""How a job ended, for people: what was read and written, why files are not `ok`, and what to do next."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from snake_pipe.cli.output.jobs.estimate import estimate_lines
from snake_pipe.cli.output.jobs.left_out import left_out_lines
from snake_pipe.cli.output.jobs.reasons import reason_lines
from snake_pipe.cli.output.text import counted, seconds, size, visible
from snake_pipe.observe.figures_in_words import files_in_words, rows_in_words
from snake_pipe.observe.status import BUDGET, stopper

if TYPE_CHECKING:
    from snake_pipe.extract.batch_models import RepositoryProcessingResult
    from snake_pipe.observe.statistics import BatchStatistics

_FIRST_SQL = "SELECT kind, count(*) FROM symbols GROUP BY kind ORDER BY 2 DESC"


def summary_lines(result: RepositoryProcessingResult) -> list[str]:
    """The end of a job, for people."""
    statistics = result.statistics
    lines = []
    if result.status == "stopped":
        lines.append(stop_line(result))
    lines.append(f"files    {files_in_words(statistics)}")
    by_word: dict[str, dict[str, int]] = {}
    for (status, word), count in statistics.outcomes.items():
        by_word.setdefault(word, {})[status] = count
    if by_word:
        width = max(len(word) for word in by_word)
        for word, counts in sorted(by_word.items(), key=lambda item: (-sum(item[1].values()), item[0])):
            detail = ", ".join(f"{count:,} {status}" for status, count in sorted(counts.items()))
            lines.append(f"         {word.ljust(width)}  {detail}")
    if statistics.trees:
        lines.append(
            f"trees    {statistics.trees:,} in {statistics.containers:,} documents that hold several"
        )
    lines.append(f"rows     {rows_in_words(statistics)}")
    lines.append(
        f"time     {seconds(statistics.elapsed)}, {size(statistics.bytes_per_second)}/s,"
        f" {statistics.files_per_second:,.0f} files/s, peak memory {size(statistics.memory_peak)}"
    )
    if result.status == "done":
        lines += estimate_lines(statistics)
    lines += reason_lines(statistics.reasons, result.settings, query_command(result.dataset))
    lines += left_out_lines(statistics, result.settings)
    if result.status == "done" and not result.found_nothing:
        lines.append(f'next     {query_command(result.dataset)} "{_FIRST_SQL}"')
    return lines


def stop_line(result: RepositoryProcessingResult) -> str:
    """Who stopped a job, what a budget left, and how to go on."""
    left = f", {_left(result.statistics)}" if result.message == BUDGET else ""
    return f"stopped by {stopper(result.message)}{left}; resume with: snake-pipe resume {result.job_id}"


def _left(statistics: BatchStatistics) -> str:
    """The files that a stop leaves."""
    if not statistics.discovery_complete:
        return "before all files were found"
    count = statistics.files_discovered - statistics.files_unchanged - statistics.files_done
    return f"{counted(count, 'file', 'files')} left"


def query_command(dataset: str) -> str:
    """The beginning of a command that asks a dataset, to be followed by SQL in quotes."""
    return f"snake-pipe query -d {shlex.quote(visible(from_here(dataset)))}"


def from_here(path: str) -> str:
    """A path relative to the current folder, where it lies below it."""
    absolute = Path(path)
    return str(absolute.relative_to(Path.cwd())) if absolute.is_relative_to(Path.cwd()) else path
