"""Documents of JSON → others that are still JSON: keys, values and branches that change places.

What bytes alone make of a document is hardly ever one again, and no further than the parser.
"""

from __future__ import annotations

import json
from itertools import starmap
from random import Random
from typing import Any

_ODD = (
    *("null", "true", "false", "0", "-0", "-1", "7", "1.5", "-2.5e3", "1e400", "-1e400", "1.0e25"),
    *("2147483647", "2147483648", "9223372036854775807", "9223372036854775808", "18446744073709551616"),
    *("123456789012345678901234567890", '""', '"a"', '"a.b"', '"\\u0000"', '"\\ud800"', '"\\ud83d\\ude00"'),
    *("9" * 3999, "9" * 4000, "-" + "9" * 4001, "1" + "0" * 4100 + ".5"),
    *("NaN", "-Infinity", "[]", "{}", '"Program"', '"Identifier"', '"é"', "[[]]", '{"type":"Identifier"}'),
)
_MOST_LEVELS = 60
_MOST_PLACES = 3000
"""Values of a document above which it is changed no further: copies of copies have no end."""


class Raw(str):
    """A value that has no parts, as it is written."""

    __slots__ = ()


class Members(list[list[Any]]):
    """An object: keys, which may be there several times, each with its value."""

    __slots__ = ()


def parsed(text: str) -> Any:
    """A document; ValueError for what is none, RecursionError for one that is too deep."""
    return json.loads(
        text,
        object_pairs_hook=lambda pairs: Members([[json.dumps(key), value] for key, value in pairs]),
        parse_float=Raw,
        parse_int=Raw,
        parse_constant=Raw,
    )


def written(value: Any) -> str:
    """The text of a document."""
    if isinstance(value, Members):
        return "{" + ",".join(f"{key}:{written(inner)}" for key, inner in value) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(written, value)) + "]"
    return value if isinstance(value, Raw) else json.dumps(value)


def shortened(document: bytes, most: int) -> bytes:
    """A document of at most so many bytes, whose lists have lost their ends; as it is where that fails."""
    try:
        content = parsed(document.decode())
    except (ValueError, RecursionError):
        return document[:most]
    while len(text := written(content).encode()) > most:
        lists = [value for value in starmap(_value, _places([content])) if isinstance(value, list)]
        longest = max(lists, key=lambda value: 0 if isinstance(value, Members) else len(value), default=[])
        if len(longest) < 2 or isinstance(longest, Members):
            return document[:most]
        del longest[len(longest) // 2 :]
    return text


class Mutation:
    """Changes documents, with branches of others; the same seed makes the same of the same."""

    def __init__(self, documents: list[bytes]) -> None:
        self._branches: list[Any] = []
        self._keys: list[str] = []
        for document in documents:
            try:
                content = parsed(document.decode())
            except (ValueError, RecursionError):
                continue
            for place, index in _places(content):
                self._branches.append(_value(place, index))
                if isinstance(place, Members):
                    self._keys.append(place[index][0])
        self._keys = sorted(set(self._keys)) or ['"type"']
        self._branches = [branch for branch in self._branches if len(written(branch)) < 2000] or [Raw("0")]

    def __call__(self, data: bytes, seed: int, most: int) -> bytes:
        """Another document of at most so many bytes; empty where libFuzzer is to change the bytes."""
        random = Random(seed)
        if random.random() < 0.25:
            return b""
        try:
            content = [parsed(data.decode())]
        except (ValueError, RecursionError):
            return b""
        for _ in range(random.choice((1, 1, 1, 2, 3, 8))):
            places = _places(content)
            if len(places) > _MOST_PLACES:
                break
            self._change(random, *random.choice(places), content)
        try:
            text = written(content[0] if content else Raw("0")).encode()
        except (UnicodeEncodeError, RecursionError):
            return b""
        return text if len(text) <= most else b""

    def _branch(self, random: Random) -> Any:
        """A copy of a branch of some document."""
        return parsed(written(random.choice(self._branches)))

    def _change(self, random: Random, place: Any, index: int, content: list[Any]) -> None:
        what = random.randrange(9)
        if what == 0:
            _set(place, index, Raw(random.choice(_ODD)))
        elif what == 1:
            _set(place, index, self._branch(random))
        elif what == 2 and place is not content:
            del place[index]
        elif what == 3 and isinstance(place, Members):
            place[index][0] = random.choice(self._keys)
        elif what == 4 and isinstance(place, Members):
            place.insert(random.randint(0, len(place)), [place[index][0], self._branch(random)])
        elif what == 5 and isinstance(place, Members):
            place.append([random.choice(self._keys), Raw(random.choice(_ODD))])
        elif what == 6:
            inner = _value(place, index)
            for _ in range(random.choice((1, 2, _MOST_LEVELS))):
                inner = [inner] if random.random() < 0.5 else Members([[random.choice(self._keys), inner]])
            _set(place, index, inner)
        elif what == 7:
            other = random.choice(_places(content))
            _set(place, index, parsed(written(_value(*other))))
        elif isinstance(place, list) and not isinstance(place, Members) and place is not content:
            place.extend([_value(place, index)] * random.choice((1, 2, 40)))


def _places(value: Any) -> list[tuple[Any, int]]:
    """Each value below another one, as the container and the index in it."""
    found: list[tuple[Any, int]] = []
    stack = [value]
    while stack:
        container = stack.pop()
        if isinstance(container, list):
            for index in range(len(container)):
                found.append((container, index))
                stack.append(_value(container, index))
    return found


def _value(place: Any, index: int) -> Any:
    return place[index][1] if isinstance(place, Members) else place[index]


def _set(place: Any, index: int, value: Any) -> None:
    if isinstance(place, Members):
        place[index][1] = value
    else:
        place[index] = value
