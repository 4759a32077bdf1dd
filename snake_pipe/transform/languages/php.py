"""PHP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.transform.languages.rules import (
    CALL,
    DECORATE,
    INHERIT,
    NONE,
    READ,
    THROUGH,
    TYPE,
    WRITE,
    Define,
    Head,
    ImportRow,
    Rules,
    Subtree,
    Use,
    member,
    table,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_INCLUDES = ("include_expression", "include_once_expression", "require_expression", "require_once_expression")
_STRINGS = {"string", "encapsed_string"}


def _use(tree: Subtree, statement: int) -> Iterator[ImportRow]:
    prefix = ""
    for child in tree.children(statement):
        kind = tree.type(child)
        if kind == "namespace_name":
            prefix = tree.text(child)
        elif kind == "namespace_use_clause":
            yield _clause(tree, child, "")
        elif kind == "namespace_use_group":
            for clause in tree.children(child):
                if tree.type(clause) == "namespace_use_clause":
                    yield _clause(tree, clause, prefix)


def _clause(tree: Subtree, clause: int, prefix: str) -> ImportRow:
    alias = tree.child(clause, "alias")
    path = next(
        (c for c in tree.children(clause) if c != alias and tree.type(c) != "namespace_use_type"), clause
    )
    full = "\\".join(part for part in (prefix, tree.text(path).strip("\\")) if part)
    module, _, name = full.rpartition("\\")
    return ImportRow(clause, module or None, name, tree.text(alias) if alias >= 0 else None)


def _include(tree: Subtree, statement: int) -> Iterator[ImportRow]:
    """A path that is computed is kept as written."""
    path = next(tree.children(statement), -1)
    if path < 0:
        return
    while tree.type(path) == "parenthesized_expression":
        path = next(tree.children(path), path)
    text = tree.text(path)
    if tree.type(path) in _STRINGS:
        text = text[1:-1]
        yield ImportRow(statement, text, is_relative=not text.startswith("/"))
    else:
        yield ImportRow(statement, text, is_relative="__DIR__" in text or "__FILE__" in text)


def _visibility(head: Head) -> str | None:
    for word in ("public", "protected", "private"):
        if word in head.words:
            return word
    return "public" if head.kind in {"method", "field"} else None


RULES = Rules(
    names={"name": "read"},
    uses={
        "namespace_definition": {"name": Define("module", whole=True)},
        "namespace_name": {"": THROUGH},
        "class_declaration": {"name": Define("class")},
        "interface_declaration": {"name": Define("interface")},
        "trait_declaration": {"name": Define("class", modifiers=("trait",))},
        "enum_declaration": {"name": Define("enum")},
        "enum_case": {"name": Define("field", body=())},
        "function_definition": {"name": Define("function")},
        "method_declaration": {"name": Define("method")},
        "property_element": {"name": Define("field", body=())},
        "property_promotion_parameter": {"name": Define("field", body=())},
        "const_element": {"": Define("variable", first=True, body=(), modifiers=("const",))},
        "assignment_expression": {"left": Define("variable", local="write", body=())},
        "list_literal": {"": THROUGH},
        "augmented_assignment_expression": {"left": WRITE},
        "update_expression": {"argument": WRITE},
        "reference_assignment_expression": {"left": WRITE},
        "variable_name": {"": Use("read", climb=True)},
        "simple_parameter": {"name": NONE},
        "variadic_parameter": {"name": NONE},
        "global_declaration": {"": NONE},
        "static_variable_declaration": {"name": WRITE},
        "anonymous_function_use_clause": {"": READ},
        "catch_clause": {"name": WRITE},
        "argument": {"name": NONE},
        "base_clause": {"": INHERIT},
        "class_interface_clause": {"": INHERIT},
        "use_declaration": {"": INHERIT},
        "named_type": {"": TYPE},
        "attribute": {"": DECORATE},
        "qualified_name": {"": Use(climb=True, qualifier="prefix"), "prefix": NONE},
        "object_creation_expression": {"": Use("call")},
        "function_call_expression": {"function": CALL},
        "member_call_expression": {"name": Use("call", qualifier="object")},
        "nullsafe_member_call_expression": {"name": Use("call", qualifier="object")},
        "scoped_call_expression": {"name": Use("call", qualifier="scope"), "scope": TYPE},
        "member_access_expression": {"name": member("object")},
        "nullsafe_member_access_expression": {"name": member("object")},
        "scoped_property_access_expression": {"name": member("scope"), "scope": TYPE},
        "class_constant_access_expression": {"": Use("read", qualifier="")},
        "named_label_statement": {"": NONE},
        "goto_statement": {"": NONE},
        "declare_directive": {"": NONE},
    },
    scopes={
        "class_declaration": "class",
        "interface_declaration": "class",
        "trait_declaration": "class",
        "enum_declaration": "class",
        "anonymous_class": "class",
        "namespace_definition": "module",
        "function_definition": "function",
        "method_declaration": "function",
        "anonymous_function": "function",
        "arrow_function": "function",
    },
    kinds=table(annotation="attribute", import_="namespace_use_clause", class_="trait_declaration"),
    branches=words(
        """
        if_statement else_if_clause for_statement foreach_statement while_statement do_statement
        case_statement match_conditional_expression catch_clause conditional_expression
        """
    ),
    operators=frozenset({"binary_expression"}),
    word_operators=True,
    imports={"namespace_use_declaration": _use, **dict.fromkeys(_INCLUDES, _include)},
    modifiers={word: word for word in ("static", "abstract", "final", "readonly", "const")},
    constructors=frozenset({"__construct"}),
    visibility=_visibility,
)
