"""Python."""

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
    table,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


def _aliased(tree: Subtree, node: int) -> tuple[str, str | None]:
    """Name and alias of a `dotted_name` or an `aliased_import`."""
    if tree.type(node) != "aliased_import":
        return tree.text(node), None
    name, alias = tree.child(node, "name"), tree.child(node, "alias")
    return tree.text(name), tree.text(alias) if alias >= 0 else None


def _import(tree: Subtree, statement: int) -> Iterator[ImportRow]:
    for child in tree.children(statement):
        if tree.type(child) in {"dotted_name", "aliased_import"}:
            module, alias = _aliased(tree, child)
            yield ImportRow(child, module, None, alias)


def _import_from(tree: Subtree, statement: int) -> Iterator[ImportRow]:
    source = tree.child(statement, "module_name")
    module = "__future__" if source < 0 else "".join(tree.text(source).split())
    relative = module.startswith(".")
    for child in tree.children(statement):
        if tree.type(child) == "wildcard_import":
            yield ImportRow(child, module, is_relative=relative, is_wildcard=True)
        elif tree.field(child) == "name":
            name, alias = _aliased(tree, child)
            yield ImportRow(child, module, name, alias, is_relative=relative)


def _visibility(head: Head) -> str:
    name = head.name
    if not name.startswith("_") or name.endswith("__"):
        return "public"
    return (
        "private"
        if name.startswith("__")
        else "protected"
        if head.scope == "class_definition"
        else "internal"
    )


_TARGET = {"*": THROUGH}
_PARAMETER = {"": NONE, "name": NONE}

RULES = Rules(
    names={"identifier": "read"},
    uses={
        "function_definition": {"name": Define("function"), "return_type": TYPE},
        "class_definition": {"name": Define("class"), "superclasses": INHERIT},
        "assignment": {"left": Define("variable", local="write", body=())},
        "type_alias_statement": {"left": THROUGH, "right": TYPE},
        "augmented_assignment": {"left": WRITE},
        "named_expression": {"name": WRITE},
        "for_statement": {"left": WRITE},
        "for_in_clause": {"left": WRITE},
        "as_pattern_target": {"": WRITE},
        "delete_statement": {"": WRITE},
        "expression_list": {"": Use(climb=True)},
        "pattern_list": _TARGET,
        "tuple_pattern": _TARGET,
        "list_pattern": _TARGET,
        "list_splat_pattern": _TARGET,
        "attribute": {"attribute": Use(climb=True, qualifier="object")},
        "call": {"function": CALL},
        "decorator": {"": DECORATE},
        "argument_list": {"": THROUGH},
        "keyword_argument": {"name": NONE},
        "type": {"": Use("type", climb=True)},
        "generic_type": {"": Use("type", climb=True)},
        "member_type": {"": Use("type", climb=True)},
        "union_type": {"": Use("type", climb=True)},
        "constrained_type": {"": Use("type", climb=True)},
        "parameters": _PARAMETER,
        "lambda_parameters": _PARAMETER,
        "typed_parameter": {"": NONE},
        "default_parameter": {"name": NONE},
        "typed_default_parameter": {"name": NONE},
        "dictionary_splat_pattern": {"": NONE},
        "global_statement": {"": NONE},
        "nonlocal_statement": {"": NONE},
        "class_pattern": {"": TYPE},
        "keyword_pattern": {"": NONE},
        "dotted_name": {"": THROUGH},
        "case_pattern": {"": READ},
    },
    scopes={
        "class_definition": "class",
        "function_definition": "function",
        "lambda": "function",
    },
    kinds=table(member="attribute", parameter="typed_parameter"),
    branches=words(
        """
        if_statement elif_clause for_statement while_statement except_clause conditional_expression
        boolean_operator case_clause if_clause for_in_clause assert_statement
        """
    ),
    imports={
        "import_statement": _import,
        "import_from_statement": _import_from,
        "future_import_statement": _import_from,
    },
    wrappers=frozenset({"decorated_definition"}),
    docstring=True,
    modifiers={
        "async": "async",
        "staticmethod": "static",
        "classmethod": "class",
        "property": "getter",
        "cached_property": "getter",
        "setter": "setter",
        "abstractmethod": "abstract",
        "overload": "overload",
        "override": "override",
        "final": "final",
    },
    constructors=frozenset({"__init__", "__new__"}),
    visibility=_visibility,
    hollow=frozenset({"not in", "is not"}),
)
