"""A line for a crontab."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from snake_pipe.errors import UsageError

if TYPE_CHECKING:
    from snake_pipe.schedule.command import ScheduledCommand
    from snake_pipe.schedule.cron_expression import CronExpression

_LONGEST_COMMAND = 998
"""Characters that Debian's cron takes; what is longer it refuses, or cuts off."""


def crontab(when: CronExpression, command: ScheduledCommand) -> str:
    """The line, and above it what it does; UsageError for what cron cannot hold."""
    command.check()
    words = " ".join(map(shlex.quote, command.words))
    # Cron itself ends a command at a percent sign, also within quotes, unless a backslash stands before it.
    line = f"PATH={shlex.quote(command.path)} {words}".replace("%", "\\%")
    if len(line) > _LONGEST_COMMAND:
        raise UsageError(
            f"the command has {len(line)} characters, and cron takes {_LONGEST_COMMAND}",
            "put settings into a snake-pipe.toml, or the command into a script",
        )
    credentials = (
        f"# It needs credentials for {command.bucket} and has no variables of your shell. Files in your\n"
        "# home folder and the machine's role count, and so do lines NAME=value above.\n"
    )
    return (
        f"# {command.about}: {when.in_words[:1].lower()}{when.in_words[1:]}. Says nothing unless it fails.\n"
        "# Cron mails what it says to the owner of the crontab, or to MAILTO=somebody@example.org above.\n"
        f"{credentials if command.bucket else ''}"
        f"{when.text} {line}\n"
    )
