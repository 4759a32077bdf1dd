"""Go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.transform.languages.rules import (
    CALL,
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

_TYPES = ("type", {"struct_type": "class", "interface_type": "interface"})


def _import(tree: Subtree, spec: int) -> Iterator[ImportRow]:
    path, name = tree.child(spec, "path"), tree.child(spec, "name")
    if path < 0:
        return
    module = tree.text(path)[1:-1]
    alias = tree.text(name) if name >= 0 else None
    yield ImportRow(spec, module, None, None if alias == "." else alias, module.startswith("."), alias == ".")


def _exported(head: Head) -> bool | None:
    return None if head.kind == "module" else head.name[:1].isupper()


def _visibility(head: Head) -> str | None:
    return {True: "public", False: "internal", None: None}[_exported(head)]


RULES = Rules(
    names={
        "identifier": "read",
        "field_identifier": "none",
        "type_identifier": "type",
        "package_identifier": "read",
    },
    uses={
        "package_clause": {"": Define("module", body=())},
        "function_declaration": {"name": Define("function")},
        "method_declaration": {"name": Define("method", receiver="receiver")},
        "type_spec": {"name": Define("type_alias", by=_TYPES, body=("type", ":field_declaration_list"))},
        "type_alias": {"name": Define("type_alias", body=())},
        "const_spec": {"name": Define("variable", local="write", body=(), modifiers=("const",))},
        "var_spec": {"name": Define("variable", local="write", body=())},
        "field_declaration": {"name": Define("field", body=())},
        "method_elem": {"name": Define("method", body=())},
        "parameter_declaration": {"name": NONE},
        "variadic_parameter_declaration": {"name": NONE},
        "type_parameter_declaration": {"name": NONE},
        "expression_list": {"": THROUGH},
        "short_var_declaration": {"left": WRITE},
        "assignment_statement": {"left": WRITE},
        "range_clause": {"left": WRITE},
        "receive_statement": {"left": WRITE},
        "inc_statement": {"": WRITE},
        "dec_statement": {"": WRITE},
        "type_switch_statement": {"alias": WRITE},
        "call_expression": {"function": CALL},
        "selector_expression": {"field": member("operand")},
        "qualified_type": {"name": Use("type", climb=True, qualifier="package")},
        "generic_type": {"type": TYPE_PART},
        "type_instantiation_expression": {"type": THROUGH},
        "literal_element": {"": THROUGH},
        "keyed_element": {"key": NONE},
    },
    scopes={
        "function_declaration": "function",
        "method_declaration": "function",
        "func_literal": "function",
    },
    kinds=table(variable="var_spec const_spec", class_="struct_type", type_alias="type_spec"),
    branches=words("if_statement for_statement expression_case type_case communication_case"),
    operators=frozenset({"binary_expression"}),
    imports={"import_spec": _import},
    declarations=frozenset({"type_declaration", "const_declaration", "var_declaration", "var_spec_list"}),
    reserved=frozenset({"_"}),
    visibility=_visibility,
    exported=_exported,
)
