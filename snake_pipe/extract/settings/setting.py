"""What a setting declares of itself, and how its value is checked by that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from snake_pipe.errors import ConfigError
from snake_pipe.utils.units import LARGEST

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True, slots=True)
class Derived:
    """What stands for a setting that is 0: `value` of the whole configuration; `origin` says it in a word."""

    value: Callable[[Any], Any]
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A line for `config show`, and what a value must be.

    `read`, of `settings.values`, makes the value of what is given. It is at least `ge`, above `gt`, at most
    `le`, and of the `choices`; `check` looks for whatever else may be wrong, and raises ValueError or
    ConfigError. A `runtime` setting may change while a job runs. Where one `is_path`, a TOML file's are
    relative to it. What is 0 may be `derived`.
    """

    doc: str
    read: Callable[[Any], Any]
    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    choices: tuple[str, ...] = ()
    check: Callable[[Any], object] | None = None
    runtime: bool = False
    is_path: bool = False
    derived: Derived | None = None

    def value(self, name: str, given: Any, origin: str) -> Any:
        """The value; ConfigError with the setting's name, what was given, and its origin."""
        try:
            value = self.read(given)
        except ValueError as error:
            raise ConfigError(f"{name} = {given!r} in {origin}: {error}") from None
        if (beyond := self._beyond(value)) is not None:
            shown, limit = beyond
            raise ConfigError(f"{name} = {shown!r} in {origin}", limit)
        if self.check is not None:
            try:
                self.check(value)
            except ConfigError as error:
                raise ConfigError(f"{name} in {origin}: {error.message}", error.hint) from None
            except ValueError as error:
                raise ConfigError(f"{name} = {value!r} in {origin}: {error}") from None
        return value

    def _beyond(self, value: Any) -> tuple[Any, str] | None:
        """What of a value is not within the limits, and the limit."""
        if isinstance(value, (int, float)):
            if abs(value) > LARGEST:
                return value, f"at most {LARGEST}"
            if self.ge is not None and value < self.ge:
                return value, f"at least {self.ge}"
            if self.gt is not None and value <= self.gt:
                return value, f"above {self.gt}"
            if self.le is not None and value > self.le:
                return value, f"at most {self.le}"
        elif self.choices and value is not None:
            chosen = value if isinstance(value, tuple) else (value,)
            for one in chosen:
                if one not in self.choices:
                    return one, f"one of {', '.join(self.choices)}"
        return None


def check_values(values: Mapping[str, Any], declared: Mapping[str, Setting], origin: str) -> dict[str, Any]:
    """Values of the types that are declared; ConfigError for one that is not so, or an unknown name."""
    for name in values:
        if name not in declared:
            raise _unknown(name, declared, origin)
    return {name: declared[name].value(name, given, origin) for name, given in values.items()}


def _unknown(name: str, declared: Mapping[str, Setting], origin: str) -> ConfigError:
    from difflib import get_close_matches

    near = get_close_matches(name, declared, 1)
    hint = f"did you mean {near[0]}?" if near else "snake-pipe config show lists them all"
    return ConfigError(f"unknown setting {name!r} in {origin}", hint)
