"""What a person sees while `watch` runs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from snake_pipe.cli.output.text import counted, seconds, visible
from snake_pipe.observe.events import ChangesVisible, Progress, Rescan

if TYPE_CHECKING:
    from pathlib import Path

    from snake_pipe.cli.output.jobs.progress import Reporter
    from snake_pipe.observe.events import Event


class WatchReporter:
    """Shows the first ingestion as `ingest` does, then a line for each group of changes."""

    def __init__(self, reporter: Reporter, roots: list[Path], *, quiet: bool) -> None:
        self._reporter = reporter
        self._roots = roots
        self._quiet = quiet
        self._follows = False

    @property
    def job_id(self) -> str:
        """The job's id; empty before it has begun."""
        return self._reporter.job_id

    def line(self, text: str) -> None:
        """Show a line that stays."""
        self._reporter.line(text)

    def close(self) -> None:
        """Take away what does not stay."""
        self._reporter.close()

    def __call__(self, event: Event) -> None:
        """Take in one event."""
        if isinstance(event, ChangesVisible):
            self._line(
                f"{event.files:,} changed, {event.deleted:,} deleted: visible after {seconds(event.seconds)}"
            )
        elif isinstance(event, Rescan):
            self._line(f"walking again: {event.reason}")
        elif not isinstance(event, Progress):
            self._reporter(event)
        elif not self._follows:
            self._reporter(event)
            statistics = event.status.statistics
            if statistics.discovery_complete and not (
                statistics.files_queued or statistics.batches_in_flight or statistics.batches_waiting
            ):
                self._follows = True
                self._reporter.close()
                shown = ", ".join(visible(str(root)) for root in self._roots)
                files = counted(statistics.files_discovered, "file", "files")
                self._line(f"{files}; watching {shown}; Ctrl-C to end")

    def _line(self, text: str) -> None:
        if not self._quiet:
            self._reporter.line(f"{time.strftime('%H:%M:%S')} {text}")
