"""How much time a run may take, as options.

The dataclass here is neither frozen nor slotted: making it so takes milliseconds, and `--help` waits for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from typer import Option

from snake_pipe.cli.options.common import seconds_of


@dataclass
class BudgetOptions:
    """The time of a run, and what to exit with when it is used."""

    heading: ClassVar = "Budget"

    budget: Annotated[
        str | None,
        Option(
            metavar="TIME",
            help="End in order within TIME, such as 20m: most urgent files first, everything that was read"
            " committed; resume goes on with the rest.",
        ),
    ] = None
    budget_exit: Annotated[
        int, Option(metavar="CODE", min=0, max=1, help="Exit with CODE, 0 or 1, if files are left then.")
    ] = 0

    @property
    def seconds(self) -> float | None:
        """The budget; None without one. UsageError if it is none."""
        return None if self.budget is None else seconds_of("--budget", self.budget)
