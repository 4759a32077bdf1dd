"""A TOML table read key by key: each value checked, and what nobody asked for refused.

The keys that are asked for are the keys that are allowed, so there is no second list of them. Every mistake
is a ConfigError of one line: the file, the key, what is wrong with it, and what is allowed there.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, NoReturn

from snake_pipe.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_CLASSES: dict[type, str] = {
    str: "a text",
    bool: "true or false",
    int: "a whole number",
    list: "a list",
    dict: "a table",
}


@dataclass(slots=True)
class CheckedTable:
    """One table of `file`; `at` is its own key with dots, empty for the whole file."""

    file: str
    values: dict[str, Any]
    at: str = ""
    _asked: list[str] = field(default_factory=list)

    @classmethod
    def parse(cls, text: str, file: str) -> CheckedTable:
        """The table of a whole file; ConfigError with line and column where it is no TOML."""
        try:
            return cls(file, tomllib.loads(text))
        except tomllib.TOMLDecodeError as error:
            raise ConfigError(f"{file}: {error}") from None

    def __bool__(self) -> bool:
        return bool(self.values)

    def __contains__(self, key: str) -> bool:
        return key in self.values

    def text(self, key: str, default: str = "", *, choices: Collection[str] = ()) -> str:
        """The text under a key; the default where there is none."""
        value = self._get(key, str)
        if value is None:
            return default
        if choices and value not in choices:
            self.refuse(key, f"{value!r} is not allowed; {_near(value, choices)}")
        if not value:
            self.refuse(key, "is empty")
        return str(value)

    def required(self, key: str, *, choices: Collection[str] = ()) -> str:
        """The text under a key that must be there."""
        if key not in self.values:
            allowed = f", one of {', '.join(choices)}" if choices else ""
            self.refuse(key, f"is missing: a text is needed{allowed}")
        return self.text(key, choices=choices)

    def words(self, key: str, *, choices: Collection[str] = ()) -> tuple[str, ...]:
        """A list of texts; a single text is a list of one."""
        self._asked.append(key)
        value = self.values.get(key, [])
        found = [value] if isinstance(value, str) else value
        if not isinstance(found, list) or not all(isinstance(word, str) and word for word in found):
            self.refuse(key, f"is {value!r}; a text or a list of texts is allowed")
        for word in found:
            if choices and word not in choices:
                self.refuse(key, f"{word!r} is not allowed; {_near(word, choices)}")
        return tuple(found)

    def number(self, key: str, default: int, *, choices: Collection[int]) -> int:
        """One of a few whole numbers."""
        value = self._get(key, int)
        if value is None:
            return default
        if value not in choices:
            self.refuse(key, f"is {value}; {' or '.join(map(str, choices))} is allowed")
        return int(value)

    def flag(self, key: str) -> bool:
        """True or false; false where there is none."""
        return bool(self._get(key, bool))

    def table(self, key: str) -> CheckedTable:
        """The table under a key, empty where there is none."""
        return CheckedTable(self.file, self._get(key, dict) or {}, self._path(key))

    def tables(self, key: str) -> list[CheckedTable]:
        """The tables under a key: one, or several in a list (`[[key]]`)."""
        if not isinstance(self.values.get(key), list):
            return [self.table(key)]
        found = self._get(key, list)
        if not found or not all(isinstance(item, dict) for item in found):
            self.refuse(key, "is a list; of tables it may be one")
        return [
            CheckedTable(self.file, item, f"{self._path(key)}[{index}]") for index, item in enumerate(found)
        ]

    def keys(self) -> Iterator[str]:
        """All keys, where the table's keys are the user's own words."""
        self._asked += self.values
        yield from self.values

    def scalars(self, key: str) -> dict[str, Any]:
        """A table of texts, numbers and flags."""
        table = self.table(key)
        for inner in table.keys():  # noqa: SIM118 - it also notes that they were asked for
            if table.values[inner].__class__ not in (str, int, bool):
                table.refuse(inner, f"is {table.values[inner]!r}; a text, a number, true or false is allowed")
        return dict(table.values)

    def close(self, *more: str) -> None:
        """Refuse keys that nobody asked for; `more` are allowed where another key is given."""
        self._asked += more
        for key in self.values:
            if key not in self._asked:
                self.refuse(key, f"is unknown; {_near(key, sorted(set(self._asked)))}")

    def refuse(self, key: str, why: str) -> NoReturn:
        """Say what is wrong with a key."""
        raise ConfigError(f"{self.file}: {self._path(key)} {why}")

    def _path(self, key: str) -> str:
        return f"{self.at}.{key}" if self.at else key

    def _get(self, key: str, class_: type) -> Any:
        self._asked.append(key)
        value = self.values.get(key)
        if value is not None and value.__class__ is not class_:
            self.refuse(key, f"is {value!r}; {_CLASSES[class_]} is allowed")
        return value


def _near(word: str, allowed: Collection[str]) -> str:
    near = get_close_matches(word, allowed, 1)
    meant = f"did you mean {near[0]}? " if near else ""
    return f"{meant}allowed: {', '.join(allowed)}"
