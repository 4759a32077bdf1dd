"""The texts of literals, with integers of any size although the fast decoder makes floats of large ones."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snake_pipe.transform.dialects.dialect import Dialect, Node

_BEYOND_64_BITS = 2.0**63
_LONGEST = 1000
"""Digits of a number from which the text is not searched any more."""
_ANY_DIGIT_AS_ZERO = bytes.maketrans(b"123456789", b"000000000")
_NINETEEN_DIGITS = b"0" * 19
_DIGITS = b"0123456789"
_BEFORE, _BEHIND = b",:[ \t\r\n", b",]} \t\r\n"
"""What stands around numbers; most digits in strings stand between other characters."""
_EXPONENTS = (b"e0", b"e+0", b"E0", b"E+0")
_NUMBER = re.compile(rb"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")


class InexactNumberError(Exception):
    """A literal is a float that may have been an integer, and the text leaves open which it was."""


class Literals:
    """The texts of one document's literals.

    `text` is the document where its decoder may have rounded integers, None where it has not. It is only
    searched when a literal's value is a float beyond 64 bits.
    """

    def __init__(self, dialect: Dialect, text: bytes | None) -> None:
        self._atoms = dialect.atoms
        self._text = text
        self._integers: dict[float, str] = {}
        self._has_infinite = False

    def text_of(self, node: Node, key: str) -> str | None:
        """The text of a literal whose value is no string, in the language's own words.

        None where it has none. InexactNumberError where only an exact decoder can say.
        """
        value: Any = node.get(key)
        kind = value.__class__
        raw = node.get("raw")
        if raw.__class__ is str:
            return str(raw)
        if kind is int:
            return str(value)
        if kind is float:
            return self._number(value)
        if value is None or kind is bool:
            return self._atoms[value] if key in node else None
        if kind is dict:
            inner = value.get("raw", value.get("value"))
            return inner if inner.__class__ is str else None
        return None

    def _number(self, value: float) -> str:
        if abs(value) < _BEYOND_64_BITS:
            return repr(value)
        if self._text is not None:
            if math.isinf(value):
                self._has_infinite = True
            else:
                self._integers = self._find_integers(self._text)
                self._text = None
        return self._integers.get(value) or repr(value)

    def _find_integers(self, text: bytes) -> dict[float, str]:
        """The large integers in the text by what they were rounded to."""
        digits = text.translate(_ANY_DIGIT_AS_ZERO)
        numbers = set(_numbers_around(text, digits, _NINETEEN_DIGITS))
        integers = {float(number): number.decode() for number in numbers if number.lstrip(b"-").isdigit()}
        if not integers:
            return {}
        for exponent in _EXPONENTS:
            numbers.update(_numbers_around(text, digits, exponent))
        if self._has_infinite or len(set(map(float, numbers))) < len(numbers):
            raise InexactNumberError
        return integers


def _numbers_around(text: bytes, digits: bytes, mark: bytes) -> Iterator[bytes]:
    """The numbers that hold the mark, which is looked for in the text with 0 for all digits.

    A regular expression would try each of a tree's many small numbers.
    """
    at = digits.find(mark)
    while at >= 0:
        start = at - _mantissa_size(text[max(0, at - _LONGEST) : at])
        start -= start > 0 and text[start - 1 : start] == b"-"
        number = _NUMBER.match(text, start)
        if number and number.end() > at:
            if number.end() - start >= _LONGEST:
                raise InexactNumberError
            if text[start - 1 : start] in _BEFORE and text[number.end() : number.end() + 1] in _BEHIND:
                yield number.group()
            at = number.end() - 1
        at = digits.find(mark, at + 1)


def _mantissa_size(before: bytes) -> int:
    """How many bytes at the end are digits, with a point among them or none.

    A regular expression with an end would be tried at each byte, for each `e0` in a text of hashes.
    """
    rest = before.rstrip(_DIGITS)
    if rest.endswith(b".") and len(rest) < len(before):
        whole = rest[:-1].rstrip(_DIGITS)
        if len(whole) < len(rest) - 1:
            rest = whole
    return len(before) - len(rest)
