"""What a command shows while a job runs, as options."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from typer import Option

if TYPE_CHECKING:
    from snake_pipe.cli.output.jobs.progress import Reporter
    from snake_pipe.errors import SnakePipeError


@dataclass
class Verbosity:
    """What is shown on stderr while a job runs and when it has ended."""

    heading: ClassVar = "Output"

    quiet: Annotated[bool, Option("--quiet", "-q", help="Nothing on success, one line on failure.")] = False
    verbose: Annotated[bool, Option("--verbose", "-v", help="Also show each batch and each commit.")] = False
    no_progress: Annotated[bool, Option("--no-progress", help="No bar; a line every few seconds.")] = False

    def shape(self, error: SnakePipeError) -> None:
        """One line for a quiet run, for example in a mail from cron."""
        if self.quiet:
            error.fold()

    def open_reporter(self) -> Reporter:
        """The reporter for this stderr."""
        from snake_pipe.cli.output.jobs.progress import open_progress

        return open_progress(quiet=self.quiet, verbose=self.verbose, plain=self.no_progress)
