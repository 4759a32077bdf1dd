"""Figures and names as text for people."""

from __future__ import annotations

import re

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def visible(text: str) -> str:
    """Text with control characters shown as escapes, since a file's name may hold anything."""
    return _CONTROL.sub(lambda match: match.group().encode("unicode_escape").decode("ascii"), text)


def size(count: float) -> str:
    """Bytes for people: `12.3 MB`."""
    for unit in ("B", "kB", "MB", "GB"):
        if abs(count) < 1000 or unit == "GB":
            return f"{count:,.0f} {unit}" if unit == "B" else f"{count:,.1f} {unit}"
        count /= 1000
    raise AssertionError


def counted(count: int, one: str, many: str) -> str:
    """A number and what it counts: `1 file`, `1,200 files`."""
    return f"{count:,} {one if count == 1 else many}"


def seconds(count: float) -> str:
    """A duration for people: `4.2 s`, `3 min 20 s`, `1 h 05 min`."""
    if count < 60:
        return f"{count:.1f} s"
    minutes, rest = divmod(round(count), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min"


def stopper(reason: str) -> str:
    """Who stopped a job, in words: a signal by its name, or the command of another terminal."""
    return "snake-pipe control stop" if reason == "control" else reason
