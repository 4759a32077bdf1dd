"""The line editor of a terminal, by prompt_toolkit (the extra `shell`)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from snake_pipe.cli.prompt.input_lines import is_finished
from snake_pipe.errors import PluginError
from snake_pipe.storage.atomic_file import replace_atomic

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_MOST_HISTORY = 1 << 20
"""Bytes of history that are kept: some ten thousand statements."""

_PROMPT, _CONTINUED = "snake-pipe> ", "         > "


class Editor:
    """Reads what a person types.

    The tab key offers `words` of SQL, or `commands` that begin with a dot, each with what it means.
    PluginError where prompt_toolkit is not installed.
    """

    def __init__(self, words: Mapping[str, str], commands: Mapping[str, str]) -> None:
        try:
            from prompt_toolkit import PromptSession
            from prompt_toolkit.application import get_app
            from prompt_toolkit.completion import DynamicCompleter, WordCompleter
            from prompt_toolkit.key_binding import KeyBindings
            from prompt_toolkit.lexers import PygmentsLexer
            from pygments.lexers.sql import SqlLexer
        except ImportError:
            raise PluginError("prompt_toolkit is not installed", "pip install 'snake-pipe[shell]'") from None

        sql = WordCompleter(list(words), ignore_case=True, meta_dict=dict(words))
        dotted = WordCompleter(list(commands), sentence=True, meta_dict=dict(commands))
        keys = KeyBindings()
        keys.add("enter")(_end_if_finished)
        self._session: Any = PromptSession(
            history=_history(),
            completer=DynamicCompleter(lambda: dotted if get_app().current_buffer.text[:1] == "." else sql),
            complete_while_typing=False,
            lexer=PygmentsLexer(SqlLexer) if "NO_COLOR" not in os.environ else None,
            key_bindings=keys,
            multiline=True,
            prompt_continuation=_CONTINUED,
        )

    def read(self) -> str | None:
        """A finished text; None for Ctrl-D, KeyboardInterrupt for Ctrl-C."""
        try:
            return str(self._session.prompt(_PROMPT))
        except EOFError:
            return None


def _end_if_finished(event: Any) -> None:
    buffer = event.current_buffer
    if is_finished(buffer.text):
        buffer.validate_and_handle()
    else:
        buffer.insert_text("\n")


def _history() -> Any:
    """What was typed in earlier shells, or only in this one where the state folder cannot be written."""
    from platformdirs import user_state_path
    from prompt_toolkit.history import FileHistory, InMemoryHistory

    path = user_state_path("snake-pipe", appauthor=False) / "shell_history"
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        cap_history(path)
    except OSError:
        return InMemoryHistory()
    return FileHistory(path)


def cap_history(path: Path, most: int = _MOST_HISTORY) -> None:
    """Cut a history to its newest half once it is larger than `most` bytes; OSError if that cannot be."""
    path.touch(mode=0o600)
    if path.stat().st_size > most:
        kept = path.read_bytes()[-most // 2 :]
        replace_atomic(path, kept[kept.find(b"\n# ") :])  # an entry begins with the time as a comment
