"""The types of a dialect as codes, and what its tables say of each."""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from snake_pipe.transform.native.compiled import LOOPS
from snake_pipe.transform.rows.builder import KIND_CODES, Words

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from snake_pipe.transform.dialects.dialect import Dialect


class Handlers(NamedTuple):
    """The rules for nodes of one type, from a dialect's tables; all are optional.

    Of those with a bit in `BITS` some may be left out for a node (`only`).
    """

    value_key: str | None
    named: Any
    prepare: Any
    definition: Any
    reference: Any
    import_: Any
    variant: Any
    weight: Any
    kind_of: Any
    valued: Any
    is_member: bool
    is_literal: bool
    is_comment: bool
    is_value_only: bool

    def only(self, mask: int) -> Handlers:
        """The same rules, but of those with a bit only the ones in the mask."""
        left_out: dict[str, Any] = {name: None for name, bit in BITS.items() if not mask & bit}
        return self._replace(is_member=bool(mask & MEMBER), **left_out)


BITS = {
    "variant": 1,
    "named": 2,
    "prepare": 8,
    "weight": 16,
    "kind_of": 32,
    "valued": 64,
    "definition": 128,
    "reference": 256,
    "import_": 512,
}
"""Rules that are functions, as bits of a mask; of the first two the compiled walk knows what they are."""
MEMBER = 4
"""The bit for what stands before the name of a member."""


class Vocabulary:
    """A dialect's types as codes, with what the table says of each; all dialects of a batch share the words.

    `handlers` has the codes of types for which there are rules; `name_keys` has, for each type, the field
    with its nodes' names, None where there is none.
    """

    def __init__(self, dialect: Dialect, words: Words) -> None:
        self.dialect = dialect
        self.words = words
        self.handlers: dict[int, Handlers] = {}
        self.name_keys: dict[str, Any] = {}
        self._masked: dict[int, Handlers] = {}
        self._codes: dict[str, int] = {}
        self._kinds: list[int] = []
        self._kind_column = np.empty(0, np.int32)

    def codes(self, types: list[str]) -> NDArray[np.int32]:
        """The codes of types; new ones are learned."""
        codes = self._known_codes(types)
        if len(codes) and codes.min() < 0:
            for type_ in dict.fromkeys(types):
                if type_ not in self._codes:
                    self._learn(type_)
            codes = self._known_codes(types)
        return codes

    def _known_codes(self, types: list[str]) -> NDArray[np.int32]:
        """The same, -1 for a new one."""
        if LOOPS is not None:
            return np.frombuffer(LOOPS.codes(types, self._codes), np.int32)
        return np.fromiter(map(self._codes.get, types, repeat(-1)), np.int32, len(types))

    def code(self, word: str) -> int:
        """The code of one word, which may be one of a variant."""
        if word not in self._codes:
            self._learn(word)
        return self._codes[word]

    def handlers_of(self, type_: str) -> Handlers | None:
        """The rules for nodes of a type, None where there are none."""
        return self.handlers.get(self.code(type_))

    def masked(self, key: int) -> Handlers:
        """The rules of a type that are in a mask: its code, and in the lower 16 bits the mask."""
        known = self._masked.get(key)
        if known is None:
            known = self._masked[key] = self.handlers[key >> 16].only(key & 0xFFFF)
        return known

    def kinds(self, codes: NDArray[np.int32]) -> NDArray[np.int32]:
        """The kinds of types, as codes in `KINDS`."""
        if len(self._kind_column) != len(self._kinds):
            self._kind_column = np.array(self._kinds, np.int32)
        return self._kind_column[codes]

    def kind(self, code: int) -> int:
        """That of one type."""
        return self._kinds[code]

    def _learn(self, type_: str) -> None:
        code = self.words.code(type_)
        missing = code + 1 - len(self._kinds)
        self._kinds += [0] * missing
        table = self.dialect
        kind = table.kinds.get(type_) or table.fallback_kind(type_)
        self._kinds[code] = KIND_CODES[kind]
        self._kind_column = np.empty(0, np.int32)  # made again at the next use
        self.name_keys[type_] = table.name_keys.get(type_, table.name_keys.get("")) or None
        value_key = table.value_keys.get(type_)
        rules = (
            table.named.get(type_),
            table.prepare.get(type_),
            table.definitions.get(type_) or table.fallback_definition(type_),
            table.references.get(type_),
            table.imports.get(type_),
            table.variants.get(type_),
            table.weights.get(type_),
            table.kinds_of.get(type_) or table.fallback_kind_of(type_),
            table.valued.get(type_),
        )
        is_member = type_ in table.members
        is_value_only = not is_member and all(rule is None for rule in rules)
        if value_key is not None or not is_value_only:
            self.handlers[code] = Handlers(
                value_key, *rules, is_member, type_ in table.literals, kind == "comment", is_value_only
            )
        self._codes[type_] = code  # in the end: a type whose table fails is learned again
