"""Statements as they are typed: when one is complete, and where they come from without a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def is_finished(text: str) -> bool:
    """Whether a text is a command with a dot, statements with their semicolon, or nothing at all."""
    from snake_pipe.load.sql.select import is_complete

    text = text.strip()
    return not text or text.startswith(".") or is_complete(text)


def finished_texts(lines: Iterable[str]) -> Iterator[str]:
    """Lines put together until they are finished; the last text may lack its semicolon."""
    text = ""
    for line in lines:
        text += line
        if (text == line or ";" in line) and is_finished(text):  # a look at each line would take for ever
            yield text
            text = ""
    if text.strip():
        yield text
