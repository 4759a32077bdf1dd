"""Standard streams, whose reader may have gone, as after `| head`, and whose disk may be full."""

from __future__ import annotations

import os
import re
import sys
from typing import TextIO

_COMMAND = re.compile(r"^([^\S\n]*)(?=::)|(?<=#)(?=#\[)", re.MULTILINE)
"""Before what GitHub's runner takes for a command: `::` at the beginning of a line, `##[` anywhere in it."""


def tell(text: str, end: str = "\n") -> None:
    """Write to stderr; where that cannot be, nobody is told from here on, and the work goes on.

    In a workflow of GitHub what looks like a command to its runner is shown so that it is none.
    """
    if os.environ.get("GITHUB_ACTIONS") == "true":
        text = _COMMAND.sub(r"\1\\", text)
    write_to_stderr(text + end)


def write_to_stderr(text: str) -> None:
    """As `tell`, the text as it is."""
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except BlockingIOError:  # a pipe that is full and does not wait: this one is not read, a later one may be
        pass
    except OSError:
        discard(sys.stderr)


def line_break(stream: TextIO) -> str:
    """What leaves the line in which a terminal has shown `^C`."""
    return "\n" if stream.isatty() else ""


def discard(stream: TextIO) -> None:
    """Send the rest of a stream nowhere: what is left in its buffer would let the process end with 120."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nothing, stream.fileno())
    finally:
        os.close(nothing)
