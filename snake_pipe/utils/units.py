"""Times, sizes and counts as people write them: `2s`, `500ms`, `16MiB`, `100k`."""

from __future__ import annotations

import math
import re

_SECONDS = {"": 1.0, "us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_BYTES = {"": 1, "b": 1} | {
    ending: base**power
    for power, letter in enumerate("kmgt", start=1)
    for ending, base in ((letter, 1024), (f"{letter}ib", 1024), (f"{letter}b", 1000))
}
_COUNTS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9}
_NUMBER = re.compile(r"(?P<number>[+-]?(?:\d+(?:_\d+)*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(?P<unit>[A-Za-z]*)")


LARGEST = 2**53
"""Largest number of anything: exact as a float, and within what JSON files of other tools hold."""


def parse_seconds(text: str) -> float:
    """Seconds: `2`, `2s`, `500ms`, `1m` or `1min`, `1.5h`, `1d`. ValueError for anything else."""
    return _parse(text, _SECONDS, "a time such as 2s, 500ms or 1m")


def parse_bytes(text: str) -> int:
    """Bytes: `512`, `100k` or `100KiB` (of 1024), `100kB` (of 1000). ValueError for anything else."""
    return _whole(_parse(text, _BYTES, "a size such as 100k, 16MiB or 1GB"), text)


def parse_count(text: str) -> int:
    """A number of things: `200`, `100k` (of 1000), `1M`. ValueError for anything else."""
    return _whole(_parse(text, _COUNTS, "a number such as 200 or 100k"), text)


def _parse(text: str, units: dict[str, float] | dict[str, int], expected: str) -> float:
    found = _NUMBER.fullmatch(text.strip())
    factor = units.get(found["unit"].lower()) if found else None
    if found is None or factor is None:
        raise ValueError(f"expected {expected}")
    value = float(found["number"]) * factor
    if not math.isfinite(value):
        raise ValueError(f"expected {expected}")
    return round(value, 9)


def _whole(value: float, text: str) -> int:
    if value != int(value):
        raise ValueError(f"{text.strip()} is not a whole number")
    if value > LARGEST:
        raise ValueError(f"{text.strip()} is above {LARGEST}")
    return int(value)
