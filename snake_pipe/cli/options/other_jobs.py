"""What to do about other jobs of the dataset, as options.

The dataclasses here are neither frozen nor slotted: making them so takes 5 ms, and `--help` waits for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from typer import Option

from snake_pipe.cli import completers
from snake_pipe.cli.options.common import seconds_of
from snake_pipe.errors import UsageError

if TYPE_CHECKING:
    from snake_pipe.extract.settings.on_unfinished import OnUnfinished


@dataclass
class LockOptions:
    """How long to wait for a job that is writing to the dataset."""

    heading: ClassVar = "Other jobs"

    lock_timeout: Annotated[
        str | None,
        Option(
            metavar="TIME",
            help="Wait up to TIME, such as 10m, while another job writes to the dataset; then exit 75."
            " Default: do not wait.",
        ),
    ] = None

    @property
    def lock_seconds(self) -> float:
        """The longest wait in seconds; UsageError for what is no time."""
        return 0.0 if self.lock_timeout is None else seconds_of("--lock-timeout", self.lock_timeout)


@dataclass
class OtherJobs(LockOptions):
    """The same, and what to do about an earlier job that did not come to its end."""

    on_unfinished: Annotated[
        str | None,
        Option(
            metavar="WORD",
            help="What to do if an earlier job of the same paths was killed, stopped or failed. resume: go on"
            " with it; restart: begin anew in its place; fail: exit 2; keep: begin anew, it can still be"
            " resumed. Default: keep.",
            autocompletion=completers.on_unfinished,
        ),
    ] = None

    @property
    def policy(self) -> OnUnfinished:
        """What to do about an unfinished job; UsageError for an unknown word."""
        from snake_pipe.extract.settings.on_unfinished import OnUnfinished

        try:
            return OnUnfinished(self.on_unfinished or OnUnfinished.KEEP)
        except ValueError:
            raise UsageError(
                f"--on-unfinished {self.on_unfinished}: no such choice", f"one of {', '.join(OnUnfinished)}"
            ) from None
