"""Whether all is well with a job, as options."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from typer import Option

from snake_pipe.cli.options.common import seconds_of
from snake_pipe.errors import UsageError


@dataclass
class HealthOptions:
    """When a job counts as well."""

    heading: ClassVar = "Health"

    health: Annotated[
        bool, Option("--health", help="Say in a line whether all is well: exit 0 if so, else 1.")
    ] = False
    max_age: Annotated[
        str | None,
        Option(
            metavar="TIME", help="How old the last run that ended well may be, such as 26h. Default: any."
        ),
    ] = None
    stalled_after: Annotated[
        str | None,
        Option(metavar="TIME", help="How long a running job may be without progress. Default: 120s."),
    ] = None

    def check(self) -> None:
        """UsageError for limits that nothing is to be held to."""
        if not self.health and (self.max_age or self.stalled_after):
            raise UsageError("--max-age and --stalled-after need --health")

    @property
    def longest_age(self) -> float | None:
        """Seconds; None for any."""
        return None if self.max_age is None else seconds_of("--max-age", self.max_age)

    @property
    def longest_stall(self) -> float:
        """Seconds."""
        return seconds_of("--stalled-after", self.stalled_after or "120s")
