"""Figures and names as text for people."""

from __future__ import annotations

from snake_pipe.utils.visible import visible

__all__ = ["counted", "seconds", "size", "visible"]


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
