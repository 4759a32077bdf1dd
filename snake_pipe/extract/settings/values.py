"""Values of settings: text with units turned into numbers, types and limits checked.

What a setting is declares `BatchConfig`; here is only how its value is read.
"""

from __future__ import annotations

import math
import operator
from functools import cache
from typing import TYPE_CHECKING, Any

from snake_pipe.errors import ConfigError
from snake_pipe.utils.batch_utils import MIB
from snake_pipe.utils.units import LARGEST, parse_bytes, parse_count, parse_seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from dataclasses import Field

    from pydantic import TypeAdapter

_UNSET = frozenset({"", "none", "off"})
"""Words for no value, where a setting may have none."""


def _parse_mebibytes(text: str) -> int:
    return int(text) if text.strip().isdigit() else math.ceil(parse_bytes(text) / MIB)


_PARSERS: dict[str, Callable[[str], float]] = {
    "count": parse_count,
    "seconds": parse_seconds,
    "bytes": parse_bytes,
    "MiB": _parse_mebibytes,
}

_TYPES: dict[str, Any] = {
    "int": int,
    "float": float,
    "float | None": float | None,
    "bool": bool,
    "str": str,
    "tuple[str, ...]": tuple[str, ...],
}

_BOUNDS: dict[str, tuple[Callable[[Any, Any], bool], str]] = {
    "ge": (operator.ge, "at least"),
    "gt": (operator.gt, "above"),
    "le": (operator.le, "at most"),
}


def check_values(
    values: Mapping[str, Any], declared: Mapping[str, Field[Any]], origin: str
) -> dict[str, Any]:
    """Values of the types that the fields declare; text, as from the environment, is converted.

    ConfigError for a name that is not declared, or a value of another type or out of range; it names the
    setting, its value and its origin.
    """
    checked: dict[str, Any] = {}
    for name, value in values.items():
        if name not in declared:
            raise _unknown(name, declared, origin)
        spec = declared[name]
        try:
            checked[name] = _typed(_converted(value, spec), str(spec.type))
        except ValueError as error:
            raise ConfigError(f"{name} = {value!r} in {origin}: {error}") from None
        _check_limits(name, checked[name], spec.metadata, origin)
    return checked


def _unknown(name: str, declared: Mapping[str, Any], origin: str) -> ConfigError:
    from difflib import get_close_matches

    near = get_close_matches(name, declared, 1)
    hint = f"did you mean {near[0]}?" if near else "snake-pipe config show lists them all"
    return ConfigError(f"unknown setting {name!r} in {origin}", hint)


def _converted(value: Any, spec: Field[Any]) -> Any:
    """Text as what it stands for; anything else as it is."""
    kind = str(spec.type)
    if not isinstance(value, str):
        return value
    if kind.startswith("tuple"):
        return [word.strip() for word in value.split(",") if word.strip()]
    if "None" in kind and value.strip().lower() in _UNSET:
        return None
    if kind.startswith(("int", "float")):
        return _PARSERS[spec.metadata["unit"]](value)
    return value


def _typed(value: Any, kind: str) -> Any:
    from pydantic import ValidationError

    try:
        typed = _adapter(kind).validate_python(value)
    except ValidationError as error:
        raise ValueError(error.errors()[0]["msg"]) from None
    if isinstance(typed, float) and not math.isfinite(typed):
        raise ValueError("a finite number is wanted")
    return typed


@cache
def _adapter(kind: str) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    return TypeAdapter(_TYPES[kind])


def _check_limits(name: str, value: Any, limits: Mapping[str, Any], origin: str) -> None:
    if value is None:
        return
    if isinstance(value, int | float) and abs(value) > LARGEST:
        raise ConfigError(f"{name} = {value!r} in {origin}", f"at most {LARGEST}")
    if choices := limits.get("choices"):
        wrong = [v for v in (value if isinstance(value, tuple) else (value,)) if v not in choices]
        if wrong:
            raise ConfigError(f"{name} = {wrong[0]!r} in {origin}", f"one of {', '.join(choices)}")
    for key, (holds, word) in _BOUNDS.items():
        if key in limits and not holds(value, limits[key]):
            raise ConfigError(f"{name} = {value!r} in {origin}", f"{word} {limits[key]}")
    if check := limits.get("check"):
        try:
            check(value)
        except ConfigError as error:
            raise ConfigError(f"{name} in {origin}: {error.message}", error.hint) from None
        except ValueError as error:
            raise ConfigError(f"{name} = {value!r} in {origin}: {error}") from None
