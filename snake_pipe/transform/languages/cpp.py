"""C++: the tables of C, and classes, namespaces, templates."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from snake_pipe.transform.languages import c
from snake_pipe.transform.languages.rules import (
    INHERIT,
    NONE,
    THROUGH,
    TYPE_PART,
    WRITE,
    Define,
    Head,
    ImportRow,
    Rules,
    Subtree,
    Use,
    table,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_CLASSES = {"class_specifier": "private", "struct_specifier": "public", "union_specifier": "public"}


def _using(tree: Subtree, statement: int) -> Iterator[ImportRow]:
    path = next(tree.children(statement), -1)
    if path < 0:
        return
    full = "".join(tree.text(path).split())
    if "namespace" in tree.words(path):
        yield ImportRow(statement, full, is_wildcard=True)
    else:
        module, _, name = full.rpartition("::")
        yield ImportRow(statement, module or None, name)


def _visibility(head: Head) -> str | None:
    if head.scope in _CLASSES:
        return head.section or _CLASSES[head.scope]
    return (
        "internal" if "static" in head.words else "public" if head.kind in {"function", "variable"} else None
    )


def _exported(head: Head) -> bool | None:
    return "static" not in head.words if head.kind in {"function", "variable"} and not head.scope else None


RULES: Rules = replace(
    c.RULES,
    names={
        **c.RULES.names,
        "namespace_identifier": "read",
        "operator_name": "none",
        "destructor_name": "none",
    },
    uses={
        **c.USES,
        "class_specifier": {"name": c.TYPE_WITH_BODY},
        "namespace_definition": {"name": Define("module", whole=True)},
        "nested_namespace_specifier": {"": THROUGH},
        "namespace_alias_definition": {"name": Define("type_alias", body=())},
        "alias_declaration": {"name": Define("type_alias", body=())},
        "concept_definition": {"name": Define("interface", body=())},
        "base_class_clause": {"": INHERIT},
        "qualified_identifier": {"name": Use(climb=True, qualifier="scope")},
        "template_type": {"name": TYPE_PART},
        "template_function": {"name": THROUGH},
        "template_method": {"name": THROUGH},
        "dependent_name": {"": THROUGH},
        "destructor_name": {"": NONE},
        "reference_declarator": {"": Use(hint="variable", climb=True)},
        "variadic_declarator": {"": NONE},
        "optional_parameter_declaration": {"declarator": NONE},
        "variadic_parameter_declaration": {"declarator": NONE},
        "type_parameter_declaration": {"": NONE},
        "variadic_type_parameter_declaration": {"": NONE},
        "optional_type_parameter_declaration": {"name": NONE},
        "structured_binding_declarator": {"": WRITE},
        "for_range_loop": {"declarator": WRITE},
        "lambda_capture_initializer": {"left": WRITE},
        "field_initializer": {"": WRITE},
        "new_expression": {"type": Use("call")},
    },
    scopes={
        **c.RULES.scopes,
        "class_specifier": "class",
        "namespace_definition": "module",
        "lambda_expression": "function",
    },
    kinds=table(annotation="attribute"),
    branches=c.RULES.branches | words("for_range_loop catch_clause"),
    imports={**c.RULES.imports, "using_declaration": _using},
    wrappers=frozenset({"template_declaration"}),
    modifiers={
        **c.RULES.modifiers,
        **{word: word for word in ("virtual", "explicit", "constexpr", "friend", "mutable", "template")},
    },
    named_constructors=True,
    sections={"access_specifier": ("public", "protected", "private")},
    visibility=_visibility,
    exported=_exported,
)
