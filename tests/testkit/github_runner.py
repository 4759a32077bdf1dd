"""The part of GitHub's runner that reads a step's log and its files, as its sources do it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

COMMANDS = frozenset(
    {"error", "warning", "notice", "group", "endgroup", "stop-commands", "debug", "add-mask"}
)
_IN_MESSAGES = (("%0D", "\r"), ("%0A", "\n"), ("%25", "%"))
_IN_PROPERTIES = (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%"))


@dataclass
class Command:
    name: str
    properties: dict[str, str]
    message: str


@dataclass
class Log:
    """What a runner makes of lines: commands that it obeys, and lines that are shown as they are."""

    commands: list[Command] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)

    def annotations(self, name: str) -> list[Command]:
        return [command for command in self.commands if command.name == name]


def read_log(lines: Iterable[str]) -> Log:
    log, token = Log(), None
    for line in lines:
        known = COMMANDS if token is None else {token}
        command = read_command(line, known)
        if command is None:
            assert token is not None or not is_old_command(line), f"taken for a command: {line}"
            log.shown.append(line)
        elif command.name == token:
            token = None
        elif command.name == "stop-commands":
            token = command.message
        else:
            log.commands.append(command)
    assert token is None, "commands stay stopped"
    return log


def read_command(line: str, known: Iterable[str]) -> Command | None:
    line = line.lstrip()
    end = line.find("::", 2)
    if not line.startswith("::") or end < 0:
        return None
    name, _, properties = line[2:end].partition(" ")
    if name not in known:
        return None
    pairs = (part.split("=", 1) for part in properties.strip().split(",") if part)
    return Command(
        name,
        {pair[0]: _decoded(pair[1], _IN_PROPERTIES) for pair in pairs if len(pair) == 2},
        _decoded(line[end + 2 :], _IN_MESSAGES),
    )


def is_old_command(line: str) -> bool:
    """`##[error]`, which may stand anywhere in a line that is no command otherwise."""
    _, found, rest = line.partition("##[")
    return bool(found) and rest.partition("]")[0].partition(" ")[0] in COMMANDS


def read_outputs(text: str) -> dict[str, str]:
    """The values of `GITHUB_OUTPUT`, of which none has several lines."""
    return dict(line.split("=", 1) for line in text.splitlines())


def _decoded(text: str, mapping: Iterable[tuple[str, str]]) -> str:
    for code, character in mapping:
        text = text.replace(code, character)
    return text
