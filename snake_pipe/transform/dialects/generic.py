"""Trees of tools without a table of their own: type key and positions are found in the document.

Kinds are guessed from the words in a type's name. A definition is a node of a defining kind with a name.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from snake_pipe.transform.dialects.dialect import (
    Definition,
    DefinitionRule,
    Dialect,
    Memo,
    Node,
    body_of,
    child,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

TYPE_KEYS = (
    "type",
    "kind",
    "_type",
    "nodeType",
    "node_type",
    "ast_type",
    "class",
    "@type",
    "_class",
    "Kind",
    "Type",
)
"""Keys that tools use for the type of a node, the likelier first."""

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_KIND_OF_WORD = (
    ("comment", "comment"),
    ("import include using require", "import"),
    ("export", "export"),
    ("lambda closure arrow", "lambda"),
    ("call invocation", "call"),
    ("parameter param parameters params argument", "parameter"),
    ("constructor method", "method"),
    ("interface trait protocol", "interface"),
    ("enum", "enum"),
    ("class struct contract record", "class"),
    ("function func subroutine procedure", "function"),
    ("field property", "field"),
    ("variable", "variable"),
    ("identifier ident id symbol name", "identifier"),
    ("member attribute", "member"),
    ("string str", "string"),
    ("number num integer int float double numeric decimal", "number"),
    ("boolean bool null nil literal constant const", "atom"),
    ("if switch case conditional ternary when elsif unless", "conditional"),
    ("for foreach while until loop repeat do", "loop"),
    ("break continue goto next", "jump"),
    ("return", "return"),
    ("try catch except finally rescue", "try"),
    ("throw raise", "throw"),
    ("await yield", "async"),
    ("assign assignment", "assignment"),
    ("binary unary operator op operation", "operator"),
    ("array list tuple map dict object hash", "collection"),
    ("annotation decorator attribute", "annotation"),
    ("directive pragma", "directive"),
    ("block body suite compound", "block"),
    ("program module file source root translation unit package namespace stylesheet", "module"),
    ("typename typeref", "type_ref"),
    ("statement stmt", "statement"),
)
_KINDS = [(kind, frozenset(words_.split())) for words_, kind in _KIND_OF_WORD]
_DEFINED = frozenset({"class", "interface", "enum", "function", "method"})
_DECLARING = frozenset("declaration decl def definition".split())


def words_of(type_: str) -> list[str]:
    """`IfStatement`, `if_statement` and `If.Statement` are the words `if` and `statement`."""
    return [word.lower() for word in _WORD.findall(type_)]


def kind_of(type_: str) -> str:
    """The kind that the words of a type's name speak for, `other` if none does."""
    found = words_of(type_)
    present = set(found)
    if not present.isdisjoint(("type",)) and present.isdisjoint(_DECLARING):
        return "type_ref"
    for kind, known in _KINDS:
        if not present.isdisjoint(known):
            return kind
    return "other"


def _name(node: Node) -> tuple[str, Node] | None:
    """A node's name, written in it or in an object below, and the node that has its place."""
    for key in ("name", "id", "ident", "identifier", "key"):
        name = text(node, key)
        if name is not None:
            return name, node
        below = child(node, key)
        if below is not None:
            name = text(below, "name") or text(below, "value") or text(below, "text")
            if name is not None:
                return name, below
    return None


def definition_rule(type_: str) -> DefinitionRule | None:
    """The rule for a type whose words declare something with a body of its own; None for all others."""
    present = set(words_of(type_))
    kind = kind_of(type_)
    if kind not in _DEFINED or not (present & _DECLARING or len(present) == 1):
        return None

    def rule(node: Node, _memo: Memo) -> Iterable[Definition]:
        named = _name(node)
        return () if named is None else (Definition(named[0], kind, named[1], body_of(node)),)

    return rule


GENERIC = Dialect(
    name="generic",
    written_by="any tool whose nodes tell their type; the key is found in the document",
    language="unknown",
    type_key="type",
    positions="none",
    offset_unit="none",
    leaf_keys=frozenset(),
    kinds={},
    fallback_kind=kind_of,
    name_keys={"": "name"},
    fallback_definition=definition_rule,
)


@cache
def generic(type_key: str, positions: str) -> Dialect:
    """The generic dialect with this type key and this reader of positions."""
    return replace(
        GENERIC,
        type_key=type_key,
        positions=positions,
        leaf_keys=frozenset({"loc", "range"} if positions == "loc" else ()),
        offset_unit="none" if positions == "none" else "char",
    )
