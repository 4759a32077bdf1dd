"""A language's rules, compiled against its grammar into small lookup tables.

Every emitted node type gets a code below 255 (codes follow the sorted types, so they are the same in
every process), so that a node's type fits in a byte and each rule is one indexing of a short array.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from tree_sitter import Language as TreeSitterLanguage

from snake_pipe.schemas import ROLES
from snake_pipe.transform.languages import LANGUAGES
from snake_pipe.transform.languages.kinds import COMMON_KINDS
from snake_pipe.transform.languages.rules import Use
from snake_pipe.transform.rows.builder import KIND_CODES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from snake_pipe.transform.languages.rules import Place, Rules

ERROR_KIND_ID = 65535
LEFT_OUT = 0
"""No code: such a node makes no row, and what is below it neither. Falsy, for the walk."""

HIDDEN = 1
"""The code of nodes that are walked through but make no row."""

ROLE_CODES = {role: code for code, role in enumerate((*ROLES, "none", "define"))}
NO_REFERENCE = ROLE_CODES["none"]
DEFINES = ROLE_CODES["define"]
SCOPES = ("", "module", "class", "function")
_LITERALS = ("string", "number", "atom")


@dataclass(frozen=True, slots=True, eq=False)
class Grammar:
    """Tables of one language, indexed by type code, or by (type code, field id).

    `code_of_kind_id` is what the walk looks up, `LEFT_OUT` for tokens.
    `places[edge[parent code, field]]` says what a name in that place is; edge 0 is nowhere special.
    `first_edge[parent code]`, where it is not 0, says it for the first child.
    `unnamed` is the place of definitions that are named by a word, 0 for the others.
    """

    name: str
    rules: Rules
    language: TreeSitterLanguage
    code_of_kind_id: list[int]
    types: tuple[str, ...]
    type_words: pa.Array
    type_word: NDArray[np.int32]
    kind: NDArray[np.int32]
    fields: tuple[str, ...]
    field_words: pa.Array
    field_ids: dict[str, int]
    name_role: NDArray[np.int8]
    edge: NDArray[np.uint8]
    first_edge: NDArray[np.uint8]
    unnamed: NDArray[np.uint8]
    places: tuple[Place, ...]
    scope: NDArray[np.uint8]
    is_literal: NDArray[np.bool_]
    is_comment: NDArray[np.bool_]
    is_token: NDArray[np.bool_]
    tokens: frozenset[int]

    def flags(self, types: Iterable[str]) -> NDArray[np.bool_]:
        """A table that is true for these types, not to be written to."""
        return _flags(self, frozenset(types))


@lru_cache(maxsize=4096)
def _flags(grammar: Grammar, wanted: frozenset[str]) -> NDArray[np.bool_]:
    return np.array([type_ in wanted for type_ in grammar.types], np.bool_)


def language_pointer(name: str) -> Any:
    """The language as its wheel gives it, in a capsule or as an address; ImportError if there is no wheel."""
    entry = LANGUAGES[name]
    return getattr(import_module(entry.module), entry.function)()


def load_language(name: str) -> TreeSitterLanguage:
    """The language for py-tree-sitter."""
    pointer = language_pointer(name)
    with warnings.catch_warnings():  # some wheels give an address where newer ones give a capsule
        warnings.simplefilter("ignore", DeprecationWarning)
        return TreeSitterLanguage(pointer)


@lru_cache(maxsize=64)
def grammar(name: str, *, anonymous: bool) -> Grammar:
    """The compiled tables; with `anonymous` every visible node gets a row."""
    language = load_language(name)
    rules = LANGUAGES[name].rules()
    kind_ids = range(language.node_kind_count)
    emitted = {
        i: (language.node_kind_for_id(i) or "", language.node_kind_is_named(i))
        for i in kind_ids
        if language.node_kind_is_visible(i) and (anonymous or language.node_kind_is_named(i))
    }
    emitted[ERROR_KIND_ID] = ("ERROR", True)
    # Named types first: their codes do not depend on `anonymous`.
    keys = sorted(set(emitted.values()), key=lambda key: (not key[1], key[0]))
    code_of_key = {key: code for code, key in enumerate(keys, HIDDEN + 1)}
    code_of_kind_id = [LEFT_OUT] * (ERROR_KIND_ID + 1)
    for i, key in emitted.items():
        code_of_kind_id[i] = code_of_key[key]
    if not anonymous:
        for i in kind_ids:
            if not language.node_kind_is_named(i) and language.node_kind_for_id(i) in rules.hollow:
                code_of_kind_id[i] = HIDDEN
    types = ("", "", *(type_ if named else f"\0{type_}" for type_, named in keys))
    words = sorted({type_.lstrip("\0") for type_ in types})
    fields = ("", *(language.field_name_for_id(i) or "" for i in range(1, language.field_count + 1)))
    field_ids = {word: code for code, word in enumerate(fields)}
    edge, first_edge, unnamed, places = _edges(rules, types, field_ids)
    kinds = {**COMMON_KINDS, **rules.kinds}
    kind_words = [_kind_of(type_, kinds, rules.kinds_by_prefix) for type_ in types]
    literal = [
        kind in _LITERALS and not type_.startswith("\0")
        for type_, kind in zip(types, kind_words, strict=True)
    ]
    return Grammar(
        name=name,
        rules=rules,
        language=language,
        code_of_kind_id=code_of_kind_id,
        types=types,
        type_words=pa.array(words, pa.string()),
        type_word=np.array([words.index(type_.lstrip("\0")) for type_ in types], np.int32),
        kind=np.array([KIND_CODES[kind] for kind in kind_words], np.int32),
        fields=fields,
        field_words=pa.array(fields, pa.string()),
        field_ids=field_ids,
        name_role=np.array([ROLE_CODES[rules.names[t]] if t in rules.names else -1 for t in types], np.int8),
        edge=edge,
        first_edge=first_edge,
        unnamed=unnamed,
        places=places,
        scope=np.array([SCOPES.index(rules.scopes.get(type_, "")) for type_ in types], np.uint8),
        is_literal=np.array(literal, np.bool_),
        is_comment=np.array([kind == "comment" for kind in kind_words], np.bool_),
        is_token=np.array([type_.startswith("\0") for type_ in types], np.bool_),
        tokens=frozenset(code for code, type_ in enumerate(types) if type_.startswith("\0")),
    )


def _kind_of(type_: str, kinds: dict[str, str], by_prefix: Mapping[str, str]) -> str:
    if type_.startswith("\0"):
        return "token"
    if type_ in kinds:
        return kinds[type_]
    return next((kind for prefix, kind in by_prefix.items() if type_.startswith(prefix)), "other")


def _edges(
    rules: Rules, types: tuple[str, ...], field_ids: dict[str, int]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8], tuple[Place, ...]]:
    """The tables `edge`, `first_edge`, `unnamed`, and the places; an unknown word raises KeyError."""
    places: list[Place] = [Use()]
    edge = np.zeros((len(types), len(field_ids)), np.uint8)
    first_edge = np.zeros(len(types), np.uint8)
    unnamed = np.zeros(len(types), np.uint8)
    code_of_type = {type_: code for code, type_ in enumerate(types)}

    def index(place: Place) -> int:
        if place not in places:
            places.append(place)
        return places.index(place)

    for type_, by_field in rules.uses.items():
        row = edge[code_of_type[type_]]
        for field, place in sorted(by_field.items(), key=lambda item: item[0] != "*"):
            if field == "*":
                row[:] = index(place)
            elif field == "^":
                first_edge[code_of_type[type_]] = index(place)
            else:
                row[field_ids[field]] = index(place)
    for type_, (_, define) in rules.unnamed.items():
        unnamed[code_of_type[type_]] = index(define)
    if len(places) > np.iinfo(np.uint8).max:
        raise ValueError("more places than fit in a byte")
    return edge, first_edge, unnamed, tuple(places)


def other_types(name: str) -> list[str]:
    """The grammar's named types that no table gives a kind."""
    compiled = grammar(name, anonymous=False)
    other = KIND_CODES["other"]
    return [t for t, kind in zip(compiled.types, compiled.kind.tolist(), strict=True) if t and kind == other]
