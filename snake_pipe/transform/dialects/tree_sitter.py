"""Trees of tree-sitter as JSON, one object a node, in the names of web-tree-sitter or py-tree-sitter.

The tools write no JSON themselves, so this is the shape that is read: `type`; `children`; `startPosition`
and `endPosition` as `{row, column}`, or `start_point` and `end_point` as such objects or pairs, from 0;
`startIndex` and `endIndex`, or `start_byte` and `end_byte`; optional `isNamed`, `text` of leaves, and
`fieldName`. web-tree-sitter counts UTF-16 units, py-tree-sitter bytes, so the two are dialects of their own.

Kinds are those of the source languages. A grammar's fields and words differ from language to language, so
definitions are those that plainly name themselves, and there are no references: the source itself tells more.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from snake_pipe.transform.dialects.dialect import (
    Definition,
    DefinitionRule,
    Dialect,
    KindRule,
    Memo,
    Node,
    RootTest,
    children,
    text,
)
from snake_pipe.transform.dialects.generic import kind_of, words_of
from snake_pipe.transform.dialects.places import Places
from snake_pipe.transform.languages.kinds import COMMON_KINDS
from snake_pipe.transform.languages.rules import words

if TYPE_CHECKING:
    from collections.abc import Iterable

_NAMES = words(
    "identifier property_identifier type_identifier field_identifier shorthand_property_identifier "
    "shorthand_property_identifier_pattern private_property_identifier package_identifier simple_identifier "
    "namespace_identifier statement_identifier name constant word variable_name global_variable "
    "instance_variable class_variable"
)
_VALUES = words(
    "string_fragment string_content escape_sequence number integer float true false null none nil comment "
    "line_comment block_comment decimal_integer_literal int_literal float_literal integer_literal "
    "number_literal character_literal boolean_literal true_literal false_literal"
)
_FUNCTIONS = words(
    "function_definition function_declaration function_item method_definition method_declaration method "
    "arrow_function function_expression lambda func_literal closure_expression lambda_expression"
)
_CLASSES = words(
    "class_definition class_declaration class_specifier struct_specifier struct_item impl_item trait_item "
    "interface_declaration enum_declaration record_declaration class"
)
_DEFINED = frozenset({"class", "interface", "enum", "function", "method", "module"})
_DECLARING = frozenset(
    "declaration definition specifier item class method function struct enum trait interface impl".split()
)
_BODIES = words("block body class_body statement_block declaration_list field_declaration_list")


def _kind(type_: str) -> str:
    """The kind of a type in any of the languages; punctuation and the like are tokens."""
    known = COMMON_KINDS.get(type_)
    if known is not None:
        return known
    if not type_.replace("_", "").isalnum():
        return "token"
    guessed = kind_of(type_)
    return "statement" if guessed == "other" and type_.endswith(("_clause", "_list")) else guessed


def _anonymous(node: Node) -> str | None:
    return "token" if node.get("isNamed", node.get("is_named")) is False else None


def _word_rule(type_: str) -> KindRule | None:
    """A keyword's type may be a rule's name as well: what is not named is a token."""
    return _anonymous if type_.isalpha() else None


def _definition(type_: str) -> DefinitionRule | None:
    """The rule for types that declare what has a body; the name is a child of theirs."""
    kind = _kind(type_)
    if kind not in _DEFINED or "_" not in type_ or _DECLARING.isdisjoint(words_of(type_)):
        return None

    def rule(node: Node, _memo: Memo) -> Iterable[Definition]:
        below = children(node, "children")
        at = next((one for one in below if _field(one) == "name"), None) or next(
            (one for one in below if text(one, "type") in _NAMES), None
        )
        name = text(at, "text")
        if at is not None and name is not None:
            body = tuple(one for one in below if _field(one) == "body" or text(one, "type") in _BODIES)[-1:]
            yield Definition(name, kind, at, body)

    return rule


def _field(node: Node) -> str | None:
    return text(node, "fieldName") or text(node, "field_name") or text(node, "field")


def _rooted(key: str) -> RootTest:
    """The test of a node with a place in rows, and children if any in a list."""

    def is_root(node: Node, type_key: str) -> bool:
        start = node.get(key)
        placed = (start.__class__ is dict and "row" in start) or (
            start.__class__ is list and [item.__class__ for item in start] == [int, int]
        )
        return placed and text(node, type_key) is not None and node.get("children", []).__class__ is list

    return is_root


def _point(start: str, end: str, row: str, column: str) -> Places:
    return Places(
        start_line=f"{start}.{row}",
        start_col=f"{start}.{column}",
        end_line=f"{end}.{row}",
        end_col=f"{end}.{column}",
        first_line=0,
    )


TREE_SITTER = Dialect(
    name="tree-sitter",
    written_by="programs that walk a tree of web-tree-sitter",
    language="unknown",
    type_key="type",
    positions=(
        _point("startPosition", "endPosition", "row", "column"),
        Places(start_offset="startIndex", end_offset="endIndex"),
    ),
    offset_unit="utf16",
    leaf_keys=words(
        "type startPosition endPosition start_point end_point startIndex endIndex start_byte end_byte text "
        "isNamed is_named id grammarType fieldName field_name field hasError has_error isError isMissing"
    ),
    kinds={"ERROR": "error", "attribute": "member"},
    fallback_kind=_kind,
    fallback_kind_of=_word_rule,
    is_root=_rooted("startPosition"),
    functions=_FUNCTIONS,
    classes=_CLASSES,
    name_keys={"": "", **dict.fromkeys(_NAMES, "text")},
    value_keys=dict.fromkeys(_VALUES, "text"),
    fallback_definition=_definition,
)
PY_TREE_SITTER = replace(
    TREE_SITTER,
    name="py-tree-sitter",
    written_by="programs that walk a tree of py-tree-sitter",
    positions=(
        _point("start_point", "end_point", "0", "1"),
        _point("start_point", "end_point", "row", "column"),
        Places(start_offset="start_byte", end_offset="end_byte"),
    ),
    offset_unit="byte",
    is_root=_rooted("start_point"),
)
