"""The nodes of one document → its columns, and what its rules find; all that outlives the decoded tree."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import orjson

from snake_pipe.transform.json_positions import READERS, ClangPositions, PositionReader
from snake_pipe.transform.row_builder import KIND_CODES, Words

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from snake_pipe.transform.dialects.dialect import Definition, Dialect, Import, Memo, Node, Reference
    from snake_pipe.transform.json_walk import Walked
    from snake_pipe.transform.transformer import TransformOptions

_BEYOND_64_BITS = 2.0**63


class InexactNumberError(Exception):
    """A literal is a float that may have been an integer too large for the fast decoder."""


class Handlers(NamedTuple):
    """What is to be done with nodes of one type: the rows of a dialect's tables for it, all optional."""

    value_key: str | None
    named: Any
    prepare: Any
    definition: Any
    reference: Any
    import_: Any
    variant: Any
    weight: Any
    is_member: bool
    is_literal: bool
    is_value_only: bool


class Vocabulary:
    """A dialect's types as codes, with what the table says of each; all dialects of a batch share the words.

    `kind_of` and `is_handled` are indexed by code; codes of other dialects' types have no meaning there.
    """

    def __init__(self, dialect: Dialect, words: Words) -> None:
        self.dialect = dialect
        self.words = words
        self.handlers: dict[int, Handlers] = {}
        self._codes: dict[str, int] = {}
        self._name_keys: dict[str, str] = {}
        self._kinds: list[int] = []
        self._handled: list[bool] = []

    def codes(self, types: list[str]) -> NDArray[np.int32]:
        """The codes of types; new ones are learned."""
        known = self._codes
        try:
            return np.fromiter([known[type_] for type_ in types], np.int32, len(types))
        except KeyError:
            for type_ in dict.fromkeys(types):
                if type_ not in known:
                    self._learn(type_)
        return np.fromiter([known[type_] for type_ in types], np.int32, len(types))

    def names(self, walked: Walked) -> list[Any]:
        """What stands in each node's name field, after `codes`; the caller sorts out what is no string."""
        keys = self._name_keys
        return [node.get(keys[type_]) for node, type_ in zip(walked.nodes, walked.types, strict=True)]

    def code(self, word: str) -> int:
        """The code of one word, which may be one of a variant."""
        if word not in self._codes:
            self._learn(word)
        return self._codes[word]

    def kinds(self, codes: NDArray[np.int32]) -> NDArray[np.int32]:
        """The kinds of types, as codes in `KINDS`."""
        return np.array(self._kinds, np.int32)[codes]

    def handled(self, codes: NDArray[np.int32]) -> list[int]:
        """The positions of types for which there are handlers."""
        found: list[int] = np.flatnonzero(np.array(self._handled, np.bool_)[codes]).tolist()
        return found

    def _learn(self, type_: str) -> None:
        code = self._codes[type_] = self.words.code(type_)
        missing = code + 1 - len(self._kinds)
        self._kinds += [0] * missing
        self._handled += [False] * missing
        table = self.dialect
        kind = table.kinds.get(type_) or table.fallback_kind(type_)
        self._kinds[code] = KIND_CODES[kind]
        self._name_keys[type_] = table.name_keys.get(type_) or table.name_keys.get("", "")
        value_key = table.value_keys.get(type_)
        rules = (
            table.named.get(type_),
            table.prepare.get(type_),
            table.definitions.get(type_) or table.fallback_definition(type_),
            table.references.get(type_),
            table.imports.get(type_),
            table.variants.get(type_),
            table.weights.get(type_),
        )
        is_member = type_ in table.members
        is_value_only = not is_member and all(rule is None for rule in rules)
        if value_key is not None or not is_value_only:
            self.handlers[code] = Handlers(
                value_key, *rules, is_member, type_ in table.literals, is_value_only
            )
            self._handled[code] = True


@dataclass(slots=True)
class DefinedAt:
    """A definition with its row in the document and the places that need the decoded tree."""

    row: int
    definition: Definition
    name_line: int | None
    name_col: int | None
    body_start_line: int | None
    body_end_line: int | None


@dataclass(slots=True)
class Extract:
    """One document's columns, one entry a node, and its findings by row."""

    codes: NDArray[np.int32]
    variants: NDArray[np.int32]
    kinds: NDArray[np.int32]
    depths: NDArray[np.int32]
    fields: NDArray[np.int32]
    spans: tuple[NDArray[np.int64], ...]
    names: list[Any]
    values: dict[int, str]
    attrs: list[str | None] | None
    in_main: NDArray[np.bool_] | None
    main_file: str | None
    definitions: list[DefinedAt] = field(default_factory=list)
    references: list[tuple[int, Reference]] = field(default_factory=list)
    imports: list[tuple[int, Import]] = field(default_factory=list)
    qualifiers: dict[int, str] = field(default_factory=dict)
    weights: dict[int, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.codes)


def extract(walked: Walked, vocabulary: Vocabulary, options: TransformOptions, *, exact: bool) -> Extract:
    """Columns and findings of a walked document.

    InexactNumberError, unless `exact`, where a literal is a number that orjson may have rounded.
    """
    dialect = vocabulary.dialect
    nodes = walked.nodes
    reader = READERS[dialect.positions]()
    spans = reader.spans(nodes)
    codes = vocabulary.codes(walked.types)
    in_main = main_file = None
    if isinstance(reader, ClangPositions):
        in_main, main_file = reader.in_main, reader.main_file
    result = Extract(
        codes=codes,
        variants=codes,
        kinds=vocabulary.kinds(codes),
        depths=walked.depths(),
        fields=walked.fields(),
        spans=spans.columns,
        names=vocabulary.names(walked),
        values={},
        attrs=_attrs(nodes, dialect) if options.attrs else None,
        in_main=in_main,
        main_file=main_file,
    )
    _apply_handlers(result, nodes, vocabulary, reader, options, exact=exact)
    return result


def _apply_handlers(
    result: Extract,
    nodes: list[Node],
    vocabulary: Vocabulary,
    reader: PositionReader,
    options: TransformOptions,
    *,
    exact: bool,
) -> None:
    memo: Memo = {}
    handlers = vocabulary.handlers
    codes = result.codes
    rows = vocabulary.handled(codes)
    in_main = result.in_main
    variants: NDArray[np.int32] | None = None
    names, values, qualifiers, longest = result.names, result.values, result.qualifiers, options.value_length
    find_qualifier = vocabulary.dialect.qualifier
    of_class: dict[type, list[int]] = defaultdict(list)
    for row, code in zip(rows, codes[rows].tolist(), strict=True):
        node = nodes[row]
        (
            value_key,
            named,
            prepare,
            definition,
            reference,
            import_,
            variant,
            weight,
            is_member,
            is_literal,
            is_plain,
        ) = handlers[code]
        if value_key is not None:
            value = node.get(value_key)
            if is_literal:
                of_class[value.__class__].append(row)
            if value.__class__ is not str:
                value = _value(node, value_key, vocabulary.dialect, exact=exact)
            if value is not None:
                values[row] = value[:longest]
            if is_plain:
                continue
        if is_member:
            qualifier = find_qualifier(node)
            if qualifier is not None:
                qualifiers[row] = qualifier
        if variant is not None:
            word = variant(node, memo)
            if word is not None:
                if variants is None:
                    variants = result.variants = codes.copy()
                variants[row] = vocabulary.code(word)
        if named is not None and names[row].__class__ is not str:
            names[row] = named(node)
        if weight is not None:
            result.weights[row] = weight(node)
        if prepare is not None:
            prepare(node, memo)
        if in_main is not None and not in_main[row]:
            continue
        if definition is not None:
            for found in definition(node, memo):
                name_line, name_col = reader.point(found.at)
                body = reader.lines(found.body[0], found.body[-1]) if found.body else (None, None)
                found.at, found.body = _LET_GO, ()
                result.definitions.append(DefinedAt(row, found, name_line, name_col, *body))
        if reference is not None:
            result.references += [(row, found) for found in reference(node, memo)]
        if import_ is not None:
            result.imports += [(row, found) for found in import_(node, memo)]
    for class_, kind in _KIND_OF_VALUE.items():
        if class_ in of_class:
            result.kinds[of_class[class_]] = KIND_CODES[kind]


_KIND_OF_VALUE = {str: "string", int: "number", float: "number"}


def _value(node: Node, key: str, dialect: Dialect, *, exact: bool) -> str | None:
    """The text of a literal: a string as it is, other scalars in the language's own words."""
    value: Any = node.get(key)
    kind = value.__class__
    raw = node.get("raw")
    if raw.__class__ is str:
        return str(raw)
    if kind is int:
        return str(value)
    if kind is float:
        if not exact and abs(value) >= _BEYOND_64_BITS and not math.isinf(value):
            raise InexactNumberError
        return repr(value)
    if value is None or kind is bool:
        return dialect.atoms[value] if key in node else None
    if kind is dict:
        inner = value.get("raw", value.get("value"))
        return inner if inner.__class__ is str else None
    return None


_LET_GO: Node = {}
"""Stands where a definition held on to nodes: what waits for the drain must not keep trees in memory."""

_SCALARS = (str, int, float, bool)


def _attrs(nodes: list[Node], dialect: Dialect) -> list[str | None]:
    """The scalar fields that no column shows, as JSON."""
    shown = {dialect.type_key, "start", "end", "lineno", "col_offset", "end_lineno", "end_col_offset"}
    rows: list[str | None] = []
    for node in nodes:
        rest = {k: v for k, v in node.items() if v.__class__ in _SCALARS and k not in shown}
        if not rest:
            rows.append(None)
            continue
        try:
            rows.append(orjson.dumps(rest).decode())
        except TypeError:  # an integer beyond 64 bits
            big = {k: float(v) if v.__class__ is int and abs(v) >= 2**63 else v for k, v in rest.items()}
            rows.append(orjson.dumps(big).decode())
    return rows
