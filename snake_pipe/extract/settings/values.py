"""What settings are read from: text, as in the environment, or values, as in TOML and in a program.

Each function gives the value of its type for either, and ValueError for what is none.
"""

from __future__ import annotations

import math
from typing import Any

from snake_pipe.utils.batch_utils import MIB
from snake_pipe.utils.units import parse_bytes, parse_count, parse_seconds

_DAY = 86_400

_UNSET = frozenset({"", "none", "off"})
_ON = frozenset({"1", "on", "t", "true", "y", "yes"})
_OFF = frozenset({"0", "off", "f", "false", "n", "no"})


def count(given: Any) -> int:
    """A number of things: `200`, `"100k"`."""
    return parse_count(given) if isinstance(given, str) else _whole(given, "a number such as 200 or 100k")


def seconds(given: Any) -> float:
    """A time: `2.0`, `"500ms"`."""
    return parse_seconds(given) if isinstance(given, str) else float(_number(given, "a time in seconds"))


def seconds_or_unset(given: Any) -> float | None:
    """The same, or None: `"none"`, `"off"` and empty text too."""
    is_unset = given is None or (isinstance(given, str) and given.strip().lower() in _UNSET)
    return None if is_unset else seconds(given)


def days(given: Any) -> float:
    """A number of days: `2`, `"36h"`, `"2"`."""
    if isinstance(given, str) and not given.strip()[-1:].isdigit():
        return parse_seconds(given) / _DAY
    return float(given) if isinstance(given, str) else float(_number(given, "a number of days"))


def size(given: Any) -> int:
    """Bytes: `4096`, `"16MiB"`."""
    return parse_bytes(given) if isinstance(given, str) else _whole(given, "a number of bytes")


def mebibytes(given: Any) -> int:
    """Mebibytes: `512`, `"2GiB"`; part of one counts as one, since 0 often means that there is no limit."""
    if not isinstance(given, str):
        return _whole(given, "a number of MiB")
    return int(given) if given.strip().isdigit() else math.ceil(parse_bytes(given) / MIB)


def switch(given: Any) -> bool:
    """Whether something is on: `true`, `"off"`, `1`."""
    word = str(given).strip().lower() if isinstance(given, (str, int)) else ""
    if word not in _ON | _OFF:
        raise ValueError("expected true or false")
    return word in _ON


def word(given: Any) -> str:
    """A word."""
    if not isinstance(given, str):
        raise ValueError("expected a word")  # noqa: TRY004 - what is given is a user's
    return given


def words(given: Any) -> tuple[str, ...]:
    """Words: `["a", "b"]`, `"a, b"`."""
    if isinstance(given, str):
        return tuple(text for part in given.split(",") if (text := part.strip()))
    if isinstance(given, (list, tuple, set, frozenset)) and all(isinstance(part, str) for part in given):
        return tuple(given)
    raise ValueError("expected a list of words")


def _number(given: Any, expected: str) -> int | float:
    if isinstance(given, bool) or not isinstance(given, (int, float)):
        raise ValueError(f"expected {expected}")  # noqa: TRY004 - what is given is a user's
    if not math.isfinite(given):
        raise ValueError("expected a finite number")
    return given


def _whole(given: Any, expected: str) -> int:
    number = _number(given, expected)
    if number != int(number):
        raise ValueError(f"{given} is not a whole number")
    return int(number)
