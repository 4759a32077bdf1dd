"""Java."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.transform.languages.rules import (
    DECORATE,
    INHERIT,
    NONE,
    THROUGH,
    TYPE,
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

_INTERFACES = {"interface_declaration", "annotation_type_declaration"}


def _import(tree: Subtree, statement: int) -> Iterator[ImportRow]:
    children = list(tree.children(statement))
    path = next((child for child in children if tree.type(child) in {"scoped_identifier", "identifier"}), -1)
    if path < 0:
        return
    full = "".join(tree.text(path).split())
    if any(tree.type(child) == "asterisk" for child in children):
        yield ImportRow(statement, full, is_wildcard=True)
    else:
        module, _, name = full.rpartition(".")
        yield ImportRow(statement, module or None, name)


def _requires(tree: Subtree, directive: int) -> Iterator[ImportRow]:
    module = tree.child(directive, "module")
    if module >= 0:
        yield ImportRow(directive, "".join(tree.text(module).split()))


def _visibility(head: Head) -> str | None:
    if head.kind == "module":
        return None
    for word in ("public", "protected", "private"):
        if word in head.words:
            return word
    return "public" if head.scope in _INTERFACES or head.type == "enum_constant" else "internal"


RULES = Rules(
    names={"identifier": "read", "type_identifier": "type"},
    uses={
        "package_declaration": {"": Define("module", whole=True, qualified=True, body=())},
        "module_declaration": {"name": Define("module", whole=True, qualified=True)},
        "class_declaration": {"name": Define("class")},
        "record_declaration": {"name": Define("class", modifiers=("record",))},
        "interface_declaration": {"name": Define("interface")},
        "annotation_type_declaration": {"name": Define("interface", modifiers=("annotation",))},
        "enum_declaration": {"name": Define("enum")},
        "enum_constant": {"name": Define("field")},
        "method_declaration": {"name": Define("method")},
        "annotation_type_element_declaration": {"name": Define("method", body=())},
        "constructor_declaration": {"name": Define("method", modifiers=("constructor",))},
        "compact_constructor_declaration": {"name": Define("method", modifiers=("constructor",))},
        "field_declaration": {"declarator": Define("field", body=())},
        "constant_declaration": {"declarator": Define("field", body=(), modifiers=("const",))},
        "local_variable_declaration": {"declarator": WRITE},
        "variable_declarator": {"name": Use("none", climb=True)},
        "formal_parameter": {"name": NONE},
        "catch_formal_parameter": {"name": NONE},
        "lambda_expression": {"parameters": NONE},
        "inferred_parameters": {"": NONE},
        "type_parameter": {"": NONE},
        "resource": {"name": WRITE},
        "enhanced_for_statement": {"name": WRITE},
        "instanceof_expression": {"name": WRITE},
        "type_pattern": {"": Use("write")},
        "record_pattern_component": {"": Use("write")},
        "assignment_expression": {"left": WRITE},
        "update_expression": {"": WRITE},
        "labeled_statement": {"": NONE},
        "break_statement": {"": NONE},
        "continue_statement": {"": NONE},
        "element_value_pair": {"key": NONE},
        "method_invocation": {"name": Use("call", qualifier="object")},
        "method_reference": {"": Use("read", qualifier="")},
        "field_access": {"field": member("object")},
        "scoped_identifier": {"name": member("scope")},
        "scoped_type_identifier": {"": Use("type", climb=True, qualifier="")},
        "generic_type": {"": TYPE_PART},
        "annotated_type": {"": THROUGH},
        "object_creation_expression": {"type": Use("call")},
        "annotation": {"name": DECORATE},
        "marker_annotation": {"name": DECORATE},
        "superclass": {"": INHERIT},
        "type_list": {"": THROUGH},
        "super_interfaces": {"": INHERIT},
        "extends_interfaces": {"": INHERIT},
        "throws": {"": TYPE},
    },
    scopes={
        "class_declaration": "class",
        "record_declaration": "class",
        "interface_declaration": "class",
        "annotation_type_declaration": "class",
        "enum_declaration": "class",
        "method_declaration": "function",
        "constructor_declaration": "function",
        "compact_constructor_declaration": "function",
        "static_initializer": "function",
        "lambda_expression": "function",
    },
    kinds=table(identifier="scoped_identifier"),
    branches=words(
        """
        if_statement for_statement enhanced_for_statement while_statement do_statement switch_label
        catch_clause ternary_expression
        """
    ),
    operators=frozenset({"binary_expression"}),
    imports={"import_declaration": _import, "requires_module_directive": _requires},
    comments=frozenset({"line_comment", "block_comment"}),
    modifiers={
        word: word
        for word in words(
            "static final abstract synchronized native transient volatile default strictfp sealed"
        )
    },
    visibility=_visibility,
    exported=lambda head: None if head.kind == "module" else _visibility(head) == "public",
)
