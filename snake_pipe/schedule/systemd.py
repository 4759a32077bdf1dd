"""A service and its timer for systemd."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from snake_pipe.schedule.on_calendar import on_calendar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from snake_pipe.schedule.command import ScheduledCommand
    from snake_pipe.schedule.cron_expression import CronExpression

_MOST_DELAY = timedelta(minutes=15)
_DELAY_SHARE = 10
"""A run is put off by a tenth of the time between two at most."""

_TEMPORARY = (Path("/tmp"), Path("/var/tmp"))  # noqa: S108 - what PrivateTmp= hides
_NEEDS_NO_QUOTES = re.compile(r"[A-Za-z0-9_@%+=:,./$-]+")

_SANDBOX = """\
NoNewPrivileges=yes
ProtectSystem=strict
{writes}{temporary}
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
LockPersonality=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
UMask=0077
"""

_CREDENTIALS = """\
# Credentials for {bucket}: files in the user's home folder and the machine's role count, and so do
# variables of a file that root alone may read (chmod 600), NAME=value in each line
EnvironmentFile=-/etc/snake-pipe.env
"""


def service_unit(command: ScheduledCommand, user: str) -> str:
    """The `.service`: one run as `user`, that gives way to others and may write where it has to."""
    command.check()
    folders = [*command.reads, *command.writes]
    is_temporary = any(folder.is_relative_to(top) for folder in folders for top in _TEMPORARY)
    temporary = f"ReadWritePaths={' '.join(map(str, _TEMPORARY))}" if is_temporary else "PrivateTmp=yes"
    writes = "".join(f"ReadWritePaths={quoted(str(folder))}\n" for folder in command.writes)
    memory = "" if command.memory_mib is None else f"MemoryMax={command.memory_mib}M\n"
    return (
        "[Unit]\n"
        f"Description={command.about.replace('%', '%%')}\n"
        f"RequiresMountsFor={' '.join(quoted(str(folder)) for folder in folders)}\n"
        "\n"
        "[Service]\n"
        "Type=oneshot\n"
        f"User={user}\n"
        f"Environment={quoted(f'PATH={command.path}')}\n"
        f"{_CREDENTIALS.format(bucket=command.bucket) if command.bucket else ''}"
        f"ExecStart={_command_line(command.words)}\n"
        "# Ended by `systemctl stop`, after a checkpoint\n"
        "SuccessExitStatus=143\n"
        "# The workers end with the program, which commits what they have done\n"
        "KillMode=mixed\n"
        "Nice=10\n"
        "CPUSchedulingPolicy=batch\n"
        "IOSchedulingClass=idle\n"
        f"{memory}"
        "\n" + _SANDBOX.format(writes=writes, temporary=temporary)
    )


def timer_unit(when: CronExpression, about: str) -> str:
    """The `.timer`: the same times, also for runs that were missed while the machine was off."""
    delay = min(_MOST_DELAY, when.shortest_gap / _DELAY_SHARE) // timedelta(seconds=1)
    lines = "".join(f"OnCalendar={calendar}\n" for calendar in on_calendar(when))
    return (
        "[Unit]\n"
        f"Description={about.replace('%', '%%')}: {when.in_words[:1].lower()}{when.in_words[1:]}\n"
        "\n"
        "[Timer]\n"
        f"{lines}"
        "Persistent=true\n"
        f"RandomizedDelaySec={delay}s\n"
        "\n"
        "[Install]\n"
        "WantedBy=timers.target\n"
    )


def unit_name(folder: Path) -> str:
    """A name for the units of a folder's ingestion, of characters that systemd allows."""
    return "snake-pipe-" + (re.sub(r"[^A-Za-z0-9_.-]+", "-", folder.name).strip("-.") or "root")


def _command_line(words: Sequence[str]) -> str:
    """Words to be started; but in the first, which is the program, a dollar begins a variable."""
    program, *arguments = words
    return " ".join([quoted(program), *(quoted(word.replace("$", "$$")) for word in arguments)])


def quoted(word: str) -> str:
    """A word of a unit's line, in which a percent sign begins a name of systemd's own."""
    text = word.replace("%", "%%")
    if _NEEDS_NO_QUOTES.fullmatch(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
