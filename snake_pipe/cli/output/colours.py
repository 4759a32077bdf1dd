"""Colours: on terminals alone, and on none where `NO_COLOR` is set (https://no-color.org)."""

from __future__ import annotations

import os
import sys
from typing import TextIO

BOLD, RED, GREEN, YELLOW, CYAN = "1", "31", "32", "33", "36"


def shows_colours(stream: TextIO | None = None) -> bool:
    """Whether a stream, by default stdout, is a terminal that shows colours, to a person who wants them."""
    return (
        (stream or sys.stdout).isatty()
        and os.environ.get("TERM", "dumb") != "dumb"
        and not os.environ.get("NO_COLOR")
    )


def painted(text: str, colour: str, wanted: bool) -> str:
    """Text in a colour, if that is `wanted`."""
    return f"\x1b[{colour}m{text}\x1b[0m" if wanted else text
