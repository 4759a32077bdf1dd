"""Objective-C: what C has, and classes, protocols and messages."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from snake_pipe.transform.languages import c
from snake_pipe.transform.languages.rules import (
    INHERIT,
    NONE,
    WRITE,
    Define,
    ImportRow,
    Subtree,
    Use,
    table,
    tokens,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_METHOD = Define("method", whole=True, direct=True, body=(":compound_statement",))


def _module(tree: Subtree, statement: int) -> Iterator[ImportRow]:
    """`@import A.B;`."""
    yield ImportRow(statement, "".join(tree.text(statement).removeprefix("@import").strip(" ;\t\n").split()))


RULES = replace(
    c.RULES,
    uses={
        **c.USES,
        "class_interface": {"^": Define("class", body=()), "superclass": INHERIT, "category": NONE},
        "class_implementation": {
            "^": Define("class", body=(), modifiers=("implementation",)),
            "superclass": INHERIT,
            "category": NONE,
        },
        "protocol_declaration": {"^": Define("interface", body=())},
        "protocol_reference_list": {"": INHERIT},
        "parameterized_arguments": {"": INHERIT},
        "type_name": {"": Use(climb=True)},
        "method_declaration": {"": _METHOD},
        "method_definition": {"": _METHOD},
        "method_parameter": {"": Use("none", direct=True)},
        "struct_declaration": {"": Define("field", via=frozenset({"struct_declarator"}), body=())},
        "struct_declarator": {"": Use(climb=True)},
        "property_attribute": {"": NONE},
        "message_expression": {"method": Use("call", qualifier="receiver")},
        "for_statement": {"^": WRITE},
    },
    scopes={
        **c.RULES.scopes,
        "class_interface": "class",
        "class_implementation": "class",
        "protocol_declaration": "class",
        "method_definition": "function",
        "block_literal": "function",
    },
    kinds={
        **c.RULES.kinds,
        **table(
            class_="class_implementation class_interface",
            interface="""
                protocol_declaration protocol_forward_declaration qualified_protocol_interface_declaration
            """,
            field="""
                instance_variables struct_declaration struct_declarator atdef_field property_implementation
            """,
            parameter="method_parameter keyword_declarator",
            type_alias="compatibility_alias_declaration",
            identifier="method_identifier",
            import_="module_import",
            call="message_expression",
            type_ref="""
                array_type_specifier generic_arguments generic_specifier method_type parameterized_arguments
                protocol_qualifier protocol_reference_list type_name typedefed_specifier typeof_specifier
            """,
            conditional="available_expression",
            operator="at_expression encode_expression va_arg_expression",
            lambda_="block_literal",
            collection="array_literal dictionary_literal dictionary_pair",
            number="version version_number",
            annotation="""
                availability availability_attribute_specifier objc_bridge platform property_attribute
                property_attributes_declaration visibility_specification atomic_declaration
            """,
            directive="preproc_linemarker",
            block="implementation_definition",
            statement="ms_asm_block",
        ),
        **tokens("abstract_block_pointer_declarator block_pointer_declarator"),
    },
    wrappers=frozenset({"property_declaration"}),
    branches=c.RULES.branches | words("catch_clause"),
    imports={**c.RULES.imports, "module_import": _module},
)
