"""TypeScript: the tables of JavaScript and the types."""

from __future__ import annotations

from dataclasses import replace

from snake_pipe.transform.languages import javascript
from snake_pipe.transform.languages.rules import (
    INHERIT,
    NONE,
    READ,
    THROUGH,
    TYPE_PART,
    Define,
    Rules,
    Use,
    Uses,
    member,
)

_JSX = (
    "jsx_opening_element",
    "jsx_self_closing_element",
    "jsx_closing_element",
    "jsx_attribute",
    "jsx_namespace_name",
)
_UNKNOWN = (*_JSX, "field_definition")
_FIELD = Define("field", by=("value", javascript.METHOD_VALUES), body=("value", "body"))

_PROPERTY = Define(
    None, by=(":accessibility_modifier", {"accessibility_modifier": "field"}), local="none", body=()
)
"""`constructor(private x: T)` declares the field x."""

_TYPES: Uses = {
    "abstract_class_declaration": {"name": Define("class")},
    "interface_declaration": {"name": Define("interface")},
    "type_alias_declaration": {"name": Define("type_alias", body=())},
    "enum_declaration": {"name": Define("enum")},
    "enum_body": {"name": Define("field", own=True, body=())},
    "enum_assignment": {"name": Define("field", body=())},
    "internal_module": {"name": Define("module", qualified=True, whole=True)},
    "module": {"name": Define("module", qualified=True, whole=True)},
    "function_signature": {"name": Define("function", modifiers=("declaration",))},
    "method_signature": {"name": Define("method", modifiers=("declaration",))},
    "abstract_method_signature": {"name": Define("method", modifiers=("abstract",))},
    "property_signature": {"name": Define("field", body=())},
    "public_field_definition": {"name": _FIELD},
    "required_parameter": {"pattern": _PROPERTY, "name": NONE},
    "optional_parameter": {"pattern": _PROPERTY, "name": NONE},
    "type_parameter": {"name": NONE},
    "index_signature": {"name": NONE},
    "extends_clause": {"value": INHERIT},
    "implements_clause": {"": INHERIT},
    "extends_type_clause": {"type": INHERIT},
    "generic_type": {"name": TYPE_PART},
    "nested_type_identifier": {"name": Use("type", climb=True, qualifier="module")},
    "nested_identifier": {"property": member("object")},
    "type_query": {"": READ},
    "non_null_expression": {"": THROUGH},
    "type_predicate": {"name": READ},
    "mapped_type_clause": {"name": NONE},
}

_SCOPES = {
    "abstract_class_declaration": "class",
    "interface_declaration": "class",
    "enum_declaration": "class",
    "internal_module": "module",
    "module": "module",
}

TSX_RULES = replace(
    javascript.RULES,
    names={**javascript.RULES.names, "type_identifier": "type"},
    uses={**{type_: use for type_, use in javascript.USES.items() if type_ != "field_definition"}, **_TYPES},
    scopes={**javascript.SCOPES, **_SCOPES},
    wrappers=javascript.RULES.wrappers | {"ambient_declaration"},
    hollow=frozenset({"unique symbol"}),
)

RULES: Rules = replace(
    TSX_RULES, uses={type_: use for type_, use in TSX_RULES.uses.items() if type_ not in _UNKNOWN}
)
