"""What has changed since a commit, as an option.

The dataclass here is neither frozen nor slotted: making it so takes milliseconds, and `--help` waits for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from typer import Option

from snake_pipe.cli.options.selection import SelectionOptions
from snake_pipe.errors import UsageError


@dataclass
class ChangeOptions:
    """The commit since which changes count."""

    heading: ClassVar = SelectionOptions.heading

    changed_since: Annotated[
        str | None,
        Option(
            metavar="REV",
            help="Read only what git says has changed since a commit: HEAD~1, v1.2, or origin/main... for"
            " where this branch left it. What the dataset has besides stays; a new one has changes alone.",
        ),
    ] = None

    @property
    def revision(self) -> str:
        """What git is to find the commit by, empty for none. UsageError for a name that is empty."""
        if self.changed_since is not None and not self.changed_since.strip():
            raise UsageError(
                "--changed-since names no commit", "leave it out to read everything that is not known"
            )
        return self.changed_since or ""
