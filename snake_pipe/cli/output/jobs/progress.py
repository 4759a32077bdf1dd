"""What a person sees while a job runs and when it has ended; all of it on stderr."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

from snake_pipe.cli.output.colours import GREEN, painted, shows_colours
from snake_pipe.cli.output.jobs.progress_line import marks_of, plain_line, progress_line, waiting_line
from snake_pipe.cli.output.jobs.summary import from_here, summary_lines
from snake_pipe.cli.output.streams import tell
from snake_pipe.cli.output.text import counted, seconds, size, visible
from snake_pipe.observe.events import (
    BatchFinished,
    Commanded,
    DatasetAwaited,
    Flushed,
    JobStarted,
    Notice,
    Progress,
    Stopping,
)
from snake_pipe.observe.status import BUDGET

if TYPE_CHECKING:
    from snake_pipe.extract.batch_models import RepositoryProcessingResult
    from snake_pipe.observe.events import Event
    from snake_pipe.observe.status import JobStatus

_LINE_EVERY = 5.0
"""Seconds between two lines where there is no terminal."""

_WAITING_EVERY = 60.0
"""The same while the job waits for another one to end."""

_ERASE = "\r\x1b[J"
"""From the first column on, also what a narrower window has made of a long line."""


class Reporter:
    """A listener that shows what endangers the job, and what ends it; the base of those that show more."""

    is_quiet = True

    def __init__(self, *, verbose: bool = False) -> None:
        self.job_id = ""
        self._verbose = verbose
        self._is_stopping = False

    def __call__(self, event: Event) -> None:
        """Take in one event."""
        if isinstance(event, JobStarted):
            self.job_id = event.job_id
            self.start(event)
        elif isinstance(event, Progress):
            self.show(event.status)
        elif isinstance(event, DatasetAwaited):
            self.wait(event)
        elif isinstance(event, Notice):
            if not self.is_quiet:
                self.line(f"warning: {visible(event.message)}")
        elif isinstance(event, Stopping):
            if not self._is_stopping and not (self.is_quiet and event.reason == BUDGET):
                self.line(_stopping_line(event, self.job_id))
            self._is_stopping = True
        elif isinstance(event, Commanded):
            if not self.is_quiet and not (self._is_stopping and event.action == "stop"):
                self.line(f"control: {event.action}: {visible(event.message)}")
        elif self._verbose:
            self._show_work(event)

    def _show_work(self, event: Event) -> None:
        if isinstance(event, Flushed):
            self.line(
                f"commit {event.flush_seq}: {event.files} files, {event.parts} parts,"
                f" {seconds(event.seconds)}"
            )
        elif isinstance(event, BatchFinished):
            self.line(
                f"batch {event.batch_id} ({event.queue}, {event.trigger}): {event.files} files,"
                f" {event.rows:,} rows, {size(event.bytes)}, {seconds(event.seconds)}"
            )

    def start(self, event: JobStarted) -> None:
        """Show that the job begins."""

    def wait(self, event: DatasetAwaited) -> None:
        """Show that the job waits for another one to end."""

    def show(self, status: JobStatus) -> None:
        """Show how things stand."""

    def line(self, text: str) -> None:
        """Show a line that stays."""
        tell(text)

    def close(self) -> None:
        """Take away what does not stay."""

    def summarise(self, result: RepositoryProcessingResult) -> None:
        """Show the end of the job."""


class PlainReporter(Reporter):
    """A line every few seconds, and the summary: for logs and pipes."""

    is_quiet = False

    def __init__(self, *, verbose: bool = False) -> None:
        super().__init__(verbose=verbose)
        self._marks = marks_of(sys.stderr)
        self._last = time.monotonic()
        self._was_done = False
        self._waiting_told = -_WAITING_EVERY

    def wait(self, event: DatasetAwaited) -> None:
        """One line, if the last is old enough."""
        if event.waited - self._waiting_told >= _WAITING_EVERY:
            self._waiting_told = event.waited
            self.line(waiting_line(event))

    def start(self, event: JobStarted) -> None:
        """Name the job, so that it can be resumed from the log of a machine that died."""
        self._was_done = event.is_done
        word = f"resumed, {event.done_before:,} files done before" if event.resumed else "started"
        if event.is_done:
            word = f"is already done, {counted(event.done_before, 'file', 'files')}"
        self.line(f"job {event.job_id} {word}; dataset {visible(from_here(event.dataset))}")

    def show(self, status: JobStatus) -> None:
        """One line, if the last is old enough."""
        now = time.monotonic()
        if now - self._last >= _LINE_EVERY:
            self._last = now
            self.line(plain_line(status, self._marks))

    def summarise(self, result: RepositoryProcessingResult) -> None:
        """Files by status and language, rows, rates, and where to look next; nothing if nothing was left."""
        if self._was_done:
            return
        for text in summary_lines(result):
            self.line(text)


class TerminalReporter(PlainReporter):
    """A line that is drawn over and over again at the bottom of a terminal, with a bar in it.

    The cursor stays at the line's first column and is never hidden: so nothing has to be put right when the
    process is killed, and a window that is made narrower leaves nothing behind.
    """

    def __init__(self, *, verbose: bool = False, coloured: bool = True) -> None:
        super().__init__(verbose=verbose)
        self._coloured = coloured
        self._status: JobStatus | None = None
        self._waits_for: DatasetAwaited | None = None

    def wait(self, event: DatasetAwaited) -> None:
        """Draw the line anew."""
        self._waits_for = event
        tell(_ERASE + self._drawn(), end="")

    def start(self, event: JobStarted) -> None:
        """As everywhere; nothing is waited for any more."""
        self.close()
        super().start(event)

    def show(self, status: JobStatus) -> None:
        """Draw the line anew."""
        self._status = status
        tell(_ERASE + self._drawn(), end="")

    def line(self, text: str) -> None:
        """Print above the line."""
        tell(f"{_ERASE if self._has_line else ''}{text}\n{self._drawn()}", end="")

    def close(self) -> None:
        """Remove the line."""
        if self._has_line:
            self._status = self._waits_for = None
            tell(_ERASE, end="")

    @property
    def _has_line(self) -> bool:
        return self._status is not None or self._waits_for is not None

    def _drawn(self) -> str:
        """The line for the terminal as wide as it is now, and back to its beginning."""
        if self._waits_for is not None:
            return f"{waiting_line(self._waits_for)[: _width() - 1]}\r"
        if self._status is None:
            return ""
        text = progress_line(self._status, _width(), self._marks)
        done = len(text) - len(text.lstrip(self._marks.done))
        return f"{painted(text[:done], GREEN, self._coloured)}{text[done:]}\r"


def open_progress(*, quiet: bool, verbose: bool, plain: bool) -> Reporter:
    """The reporter for this stderr."""
    if quiet:
        return Reporter()
    if plain or not sys.stderr.isatty() or os.environ.get("TERM", "dumb") in ("", "dumb"):
        return PlainReporter(verbose=verbose)
    return TerminalReporter(verbose=verbose, coloured=shows_colours(sys.stderr))


def _width() -> int:
    """Columns of the terminal; 80 where it does not say."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except OSError:
        return 80


def _stopping_line(event: Stopping, job_id: str) -> str:
    """What is done before the end, and how not to wait for it."""
    if event.seconds is None:
        parts = ["stopping: finishing and committing the changes found so far"]
    elif event.batches:
        batches = counted(event.batches, "batch", "batches")
        parts = [f"stopping: finishing {batches} in flight, up to {event.seconds:.3g} s"]
    else:
        parts = ["stopping: nothing is in flight"]
    if event.reason == "SIGINT":
        parts.append("Ctrl-C again to stop now")
    elif event.reason.startswith("SIG"):
        parts.append(f"another {event.reason} to stop now")
    if job_id and event.seconds is not None:
        parts.append(f"resume with: snake-pipe resume {job_id}")
    return "; ".join(parts)


__all__ = ["PlainReporter", "Reporter", "TerminalReporter", "open_progress"]
