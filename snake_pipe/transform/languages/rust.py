"""Rust."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from snake_pipe.transform.languages.rules import (
    CALL,
    DECORATE,
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
    member,
    table,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_BINDING = Use("write", climb=True)
_PATH = re.compile(r"""#\s*\[\s*path\s*=\s*r?#*"([^"]+)"#*\s*\]""")


def _use(tree: Subtree, statement: int) -> Iterator[ImportRow]:
    """Every leaf of a `use` tree; its braces may nest, so the parts to read are kept in a list."""
    argument = tree.child(statement, "argument")
    todo = [(argument, "")] if argument >= 0 else []
    while todo:
        node, prefix = todo.pop(0)
        kind = tree.type(node)
        if kind in {"scoped_use_list", "use_list"}:
            path = tree.child(node, "path")
            inner = _join(prefix, tree.text(path)) if path >= 0 else prefix
            listed = tree.child(node, "list") if kind == "scoped_use_list" else node
            if listed >= 0:
                parts = tree.children(listed)
                todo[:0] = [(part, inner) for part in parts if not tree.type(part).endswith("comment")]
        elif kind == "use_wildcard":
            path = next(tree.children(node), -1)
            module = _join(prefix, tree.text(path)) if path >= 0 else prefix
            yield ImportRow(node, module or None, is_relative=_is_relative(module), is_wildcard=True)
        elif kind == "use_as_clause":
            path, alias = tree.child(node, "path"), tree.child(node, "alias")
            yield _leaf(node, _join(prefix, tree.text(path)), tree.text(alias))
        else:
            yield _leaf(node, _join(prefix, tree.text(node)), None)


def _join(prefix: str, path: str) -> str:
    path = "".join(path.split())
    return f"{prefix}::{path}" if prefix else path


def _leaf(node: int, full: str, alias: str | None) -> ImportRow:
    module, _, name = full.rpartition("::")
    if name == "self":
        return ImportRow(node, module, None, alias, _is_relative(module))
    return ImportRow(node, module or None, name, alias, _is_relative(full))


def _is_relative(path: str) -> bool:
    return path.split("::", 1)[0] in {"self", "super", "crate"}


def _extern_crate(tree: Subtree, statement: int) -> Iterator[ImportRow]:
    name, alias = tree.child(statement, "name"), tree.child(statement, "alias")
    if name >= 0:
        yield ImportRow(statement, tree.text(name), None, tree.text(alias) if alias >= 0 else None)


def _module(tree: Subtree, statement: int) -> Iterator[ImportRow]:
    """`mod x;`, whose body is another file; where `#[path = "y.rs"]` says which, that is the module."""
    name = tree.child(statement, "name")
    if name >= 0:
        word = tree.text(name)
        path = next(filter(None, map(_PATH.fullmatch, tree.above("attribute_item"))), None)
        if path is None:
            yield ImportRow(statement, word, is_relative=True)
        else:
            yield ImportRow(statement, path[1], alias=word, is_relative=True)


def _include(tree: Subtree, call: int) -> Iterator[ImportRow]:
    """`include!("x.rs")`; a path that is computed is no import that a reader could follow."""
    arguments = next((child for child in tree.children(call) if tree.type(child) == "token_tree"), -1)
    first = next(tree.children(arguments), -1) if arguments >= 0 else -1
    if tree.type(call) == "macro_invocation" and first >= 0 and tree.type(first) == "string_literal":
        yield ImportRow(call, tree.text(first).strip('"'), is_relative=True)


def _visibility(head: Head) -> str | None:
    if "pub" in head.words:
        return "internal" if head.words & {"crate", "super", "self", "in"} else "public"
    return None if head.type == "enum_variant" or head.scope == "trait_item" else "private"


RULES = Rules(
    names={
        "identifier": "read",
        "field_identifier": "none",
        "type_identifier": "type",
        "shorthand_field_identifier": "write",
    },
    uses={
        "function_item": {"name": Define("function")},
        "function_signature_item": {"name": Define("function", body=(), modifiers=("declaration",))},
        "struct_item": {"name": Define("class")},
        "union_item": {"name": Define("class", modifiers=("union",))},
        "enum_item": {"name": Define("enum")},
        "enum_variant": {"name": Define("field")},
        "trait_item": {"name": Define("interface"), "bounds": INHERIT},
        "mod_item": {"name": Define("module")},
        "const_item": {"name": Define("variable", local="write", body=())},
        "static_item": {"name": Define("variable", local="write", body=())},
        "type_item": {"name": Define("type_alias", body=())},
        "associated_type": {"name": Define("type_alias", body=())},
        "macro_definition": {"name": Define("macro", body=())},
        "field_declaration": {"name": Define("field", body=())},
        "impl_item": {"trait": INHERIT},
        "generic_type": {"type": TYPE_PART},
        "scoped_type_identifier": {"name": Use("type", climb=True, qualifier="path")},
        "trait_bounds": {"": TYPE_PART},
        "type_parameter": {"name": NONE},
        "const_parameter": {"name": NONE},
        "type_binding": {"name": NONE},
        "lifetime": {"": NONE},
        "label": {"": NONE},
        "parameter": {"pattern": NONE},
        "closure_parameters": {"": NONE},
        "let_declaration": {"pattern": WRITE},
        "let_condition": {"pattern": WRITE},
        "for_expression": {"pattern": WRITE},
        "tuple_pattern": {"": _BINDING},
        "tuple_struct_pattern": {"": _BINDING, "type": Use("type")},
        "field_pattern": {"pattern": _BINDING, "name": Use(climb=True)},
        "struct_pattern": {"": THROUGH},
        "slice_pattern": {"": _BINDING},
        "ref_pattern": {"": _BINDING},
        "mut_pattern": {"": _BINDING},
        "reference_pattern": {"": _BINDING},
        "captured_pattern": {"": _BINDING},
        "or_pattern": {"": THROUGH},
        "assignment_expression": {"left": WRITE},
        "compound_assignment_expr": {"left": WRITE},
        "call_expression": {"function": CALL},
        "generic_function": {"function": THROUGH},
        "macro_invocation": {"macro": CALL},
        "field_expression": {"field": member("value")},
        "scoped_identifier": {"name": member("path")},
        "attribute": {"": DECORATE, "arguments": DECORATE},
        "token_tree": {"": THROUGH},
        "token_tree_pattern": {"": NONE},
        "token_binding_pattern": {"*": NONE},
    },
    scopes={
        "struct_item": "class",
        "union_item": "class",
        "enum_item": "class",
        "trait_item": "class",
        "impl_item": "class",
        "mod_item": "module",
        "function_item": "function",
        "closure_expression": "function",
    },
    qualifiers={"impl_item": "type"},
    kinds=table(annotation="attribute", class_="impl_item"),
    branches=words("if_expression match_arm while_expression for_expression loop_expression let_condition"),
    operators=frozenset({"binary_expression"}),
    imports={"use_declaration": _use, "extern_crate_declaration": _extern_crate, "mod_item": _module},
    import_fields={"mod_item": "!body"},
    import_calls={"include": _include},
    comments=frozenset({"line_comment", "block_comment"}),
    skipped_before=frozenset({"attribute_item"}),
    modifiers={word: word for word in ("async", "const", "unsafe", "static", "extern", "default", "mut")},
    visibility=_visibility,
    exported=lambda head: "pub" in head.words,
)
