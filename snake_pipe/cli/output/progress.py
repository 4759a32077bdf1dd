"""What a person sees while a job runs and when it has ended; all of it on stderr."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from snake_pipe.cli.output.closed_output import discard
from snake_pipe.cli.output.left_out_text import left_out_lines
from snake_pipe.cli.output.reasons import reason_lines
from snake_pipe.cli.output.text import seconds, size, stopper, visible
from snake_pipe.observe.events import (
    BatchFinished,
    Commanded,
    Flushed,
    JobStarted,
    Notice,
    Progress,
)
from snake_pipe.observe.figures_in_words import files_in_words, rows_in_words

if TYPE_CHECKING:
    from snake_pipe.extract.batch_models import RepositoryProcessingResult
    from snake_pipe.observe.events import Event
    from snake_pipe.observe.status import JobStatus

_LINE_EVERY = 5.0
"""Seconds between two lines where there is no terminal."""


class Reporter:
    """A listener that shows nothing but notices; the base of those that show more."""

    def __init__(self, *, verbose: bool = False) -> None:
        self.job_id = ""
        self._verbose = verbose

    def __call__(self, event: Event) -> None:
        """Take in one event."""
        if isinstance(event, JobStarted):
            self.job_id = event.job_id
            self.start(event)
        elif isinstance(event, Progress):
            self.show(event.status)
        elif isinstance(event, Notice):
            self.line(f"warning: {visible(event.message)}")
        elif isinstance(event, Commanded):
            self.line(f"control: {event.action}: {visible(event.message)}")
        elif isinstance(event, Flushed) and self._verbose:
            self.line(
                f"commit {event.flush_seq}: {event.files} files, {event.parts} parts,"
                f" {seconds(event.seconds)}"
            )
        elif isinstance(event, BatchFinished) and self._verbose:
            self.line(
                f"batch {event.batch_id} ({event.queue}, {event.trigger}): {event.files} files,"
                f" {event.rows:,} rows, {size(event.bytes)}, {seconds(event.seconds)}"
            )

    def start(self, event: JobStarted) -> None:
        """Show that the job begins."""

    def show(self, status: JobStatus) -> None:
        """Show how things stand."""

    def line(self, text: str) -> None:
        """Show a line that stays; where nobody reads any more (`2>&1 | head`) the job goes on without."""
        try:
            sys.stderr.write(text + "\n")
        except BrokenPipeError:
            discard(sys.stderr)

    def close(self) -> None:
        """Take away what does not stay."""

    def summarise(self, result: RepositoryProcessingResult) -> None:
        """Show the end of the job."""


class PlainReporter(Reporter):
    """A line every few seconds, and the summary: for logs and pipes."""

    def __init__(self, *, verbose: bool = False) -> None:
        super().__init__(verbose=verbose)
        self._last = time.monotonic()

    def start(self, event: JobStarted) -> None:
        """Name the job, so that it can be resumed from the log of a machine that died."""
        word = f"resumed, {event.done_before:,} files done before" if event.resumed else "started"
        self.line(f"job {event.job_id} {word}; dataset {visible(_from_here(event.dataset))}")

    def show(self, status: JobStatus) -> None:
        """One line, if the last is old enough."""
        now = time.monotonic()
        if now - self._last >= _LINE_EVERY:
            self._last = now
            self.line(" · ".join(_figures(status)))

    def summarise(self, result: RepositoryProcessingResult) -> None:
        """Files by status and language, rows, rates, and where to look next."""
        for text in summary_lines(result):
            self.line(text)


class TerminalReporter(PlainReporter):
    """A bar that moves, on a terminal."""

    def __init__(self, *, verbose: bool = False) -> None:
        super().__init__(verbose=verbose)
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

        self._bar = Progress(
            SpinnerColumn(),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("files · {task.description}"),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._bar.add_task("walking", total=None)
        self._bar.start()

    def show(self, status: JobStatus) -> None:
        """Move the bar."""
        statistics = status.statistics
        total = statistics.files_discovered - statistics.files_unchanged
        self._bar.update(
            self._task,
            completed=statistics.files_done,
            total=total if statistics.discovery_complete else None,
            description=" · ".join(_figures(status)[1:]),
        )

    def line(self, text: str) -> None:
        """Print above the bar."""
        if self._bar.live.is_started:
            self._bar.console.print(text, markup=False, highlight=False)
        else:
            super().line(text)

    def close(self) -> None:
        """Remove the bar."""
        self._bar.stop()


def open_progress(*, quiet: bool, verbose: bool, plain: bool) -> Reporter:
    """The reporter for this stderr."""
    if quiet:
        return Reporter()
    if plain or not sys.stderr.isatty():
        return PlainReporter(verbose=verbose)
    return TerminalReporter(verbose=verbose)


def _figures(status: JobStatus) -> list[str]:
    """Files, megabytes, rates, time left, memory, workers: a word each."""
    statistics = status.statistics
    total = statistics.files_discovered - statistics.files_unchanged
    known = f"{total:,}" if statistics.discovery_complete else f"{total:,}+"
    busy = min(status.workers, statistics.batches_in_flight)
    figures = [
        f"{statistics.files_done:,}/{known} files",
        size(statistics.bytes_done),
        f"{size(statistics.bytes_per_second)}/s",
        f"{statistics.files_per_second:,.0f} files/s",
    ]
    if statistics.discovery_complete and statistics.bytes_done:
        left = max(0, statistics.bytes_discovered - statistics.bytes_done)
        figures.append(f"{seconds(left / statistics.bytes_per_second)} left")
    figures.append(f"memory {size(status.memory_now)} of {size(status.memory_limit)}")
    figures.append(f"{busy}/{status.workers} workers busy")
    if statistics.files_failed:
        figures.append(f"{statistics.files_failed:,} failed")
    return figures


def summary_lines(result: RepositoryProcessingResult) -> list[str]:
    """The end of a job, for people."""
    statistics = result.statistics
    lines = []
    if result.status == "stopped":
        lines.append(
            f"stopped by {stopper(result.message)}; continue with: snake-pipe resume {result.job_id}"
        )
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
    lines += reason_lines(statistics.reasons, result.settings, _query(result))
    lines += left_out_lines(statistics, result.settings)
    lines += _next_steps(result)
    return lines


_FAILED_SQL = "SELECT path, code, message FROM errors WHERE phase <> 'parse'"
_FIRST_SQL = "SELECT kind, count(*) FROM symbols GROUP BY kind ORDER BY 2 DESC"


def _next_steps(result: RepositoryProcessingResult) -> list[str]:
    command = _query(result)
    lines = []
    if failed := result.statistics.failures:
        lines.append(f'{failed:,} failed  {command} "{_FAILED_SQL}"')
    if result.status == "done":
        lines.append(f'next     {command} "{_FIRST_SQL}"')
    return lines


def _query(result: RepositoryProcessingResult) -> str:
    return f"snake-pipe query -d {_quoted(result.dataset)}"


def _quoted(path: str) -> str:
    import shlex

    return shlex.quote(visible(_from_here(path)))


def _from_here(path: str) -> str:
    """A path relative to the current folder, where it lies below it."""
    absolute = Path(path)
    return str(absolute.relative_to(Path.cwd())) if absolute.is_relative_to(Path.cwd()) else path


__all__ = ["PlainReporter", "Reporter", "TerminalReporter", "open_progress", "summary_lines"]
