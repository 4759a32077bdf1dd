"""What a command to a running job is: an action, its arguments, and the file that carries them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from snake_pipe.errors import UsageError

CONTROL_FOLDER = "control"
"""The folder for commands, in that of the job."""

_ARGUMENTS: dict[str, str] = {
    "flush": "",
    "pause": "",
    "unpause": "",
    "stop": "",
    "cancel": "a pattern of paths or a queue",
    "set": "settings",
}
"""Each action and what it takes."""

ACTIONS = tuple(_ARGUMENTS)

MOST_BYTES = 64 * 1024
"""Largest command file."""

_NAME = re.compile(r"(?P<id>\d{20}-[0-9a-f]{8})\.json")
_FIELDS = {"id", "action", "arguments"}


@dataclass(frozen=True, slots=True)
class Command:
    """What someone asks of a running job. Ids sort by time of sending.

    `arguments` is empty but for `cancel` ({"path": glob} or {"queue": name}) and `set` ({setting: value}).
    """

    id: str
    action: str
    arguments: dict[str, Any] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """What its file holds."""
        import orjson

        return orjson.dumps({"id": self.id, "action": self.action, "arguments": self.arguments})

    @classmethod
    def from_bytes(cls, data: bytes) -> Command:
        """The command in a file; UsageError if there is none."""
        import orjson

        try:
            document = orjson.loads(data)
        except orjson.JSONDecodeError:
            raise UsageError("it is not JSON") from None
        if not isinstance(document, dict) or document.keys() != _FIELDS:
            raise UsageError(f"its fields are not {', '.join(sorted(_FIELDS))}")
        check_command(document["action"], document["arguments"])
        return cls(str(document["id"]), document["action"], document["arguments"])


def file_name(command_id: str) -> str:
    """The name of a command's file."""
    return f"{command_id}.json"


def id_of_name(name: str) -> str | None:
    """The id of the command that a file should hold; None for a name that is not a command's."""
    match = _NAME.fullmatch(name)
    return match and match["id"]


def check_command(action: Any, arguments: Any) -> None:
    """UsageError for an action there is none of, or one with the wrong arguments."""
    if not isinstance(action, str) or action not in _ARGUMENTS:
        from difflib import get_close_matches

        near = get_close_matches(str(action), ACTIONS, 1)
        raise UsageError(
            f"no action {str(action)!r:.40}",
            f"did you mean {near[0]}?" if near else f"one of {', '.join(ACTIONS)}",
        )
    if not isinstance(arguments, dict):
        fits = False
    elif action == "cancel":
        (text, *others) = arguments.values() or (None,)
        fits = not others and arguments.keys() <= {"path", "queue"} and isinstance(text, str) and text != ""
    else:
        fits = bool(arguments) == (action == "set")
    if not fits:
        raise UsageError(f"{action} takes {_ARGUMENTS[action] or 'nothing more'}")
