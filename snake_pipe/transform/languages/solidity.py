"""Solidity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.transform.languages.rules import (
    CALL,
    INHERIT,
    NONE,
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
    tokens,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_VISIBILITIES = ("public", "private", "internal", "external")


def _import(tree: Subtree, statement: int) -> Iterator[ImportRow]:
    """Names and their aliases stand side by side; an alias alone is that of the whole file."""
    source = tree.child(statement, "source")
    if source < 0:
        return
    module = tree.text(source).strip("'\"")
    relative = module.startswith(".")
    pairs: list[tuple[int, str, str | None]] = []
    whole: str | None = None
    for child in tree.children(statement):
        if tree.field(child) == "import_name":
            pairs.append((child, tree.text(child), None))
        elif tree.field(child) == "alias":
            if pairs:
                pairs[-1] = (*pairs[-1][:2], tree.text(child))
            else:
                whole = tree.text(child)
    for node, name, alias in pairs:
        yield ImportRow(node, module, name, alias, relative)
    if not pairs:
        yield ImportRow(statement, module, None, whole, relative, is_wildcard=True)


def _visibility(head: Head) -> str | None:
    visibility = next((word for word in _VISIBILITIES if word in head.words), None)
    if visibility is None and head.kind == "field" and head.type == "state_variable_declaration":
        visibility = "internal"
    return "public" if visibility == "external" else visibility


RULES = Rules(
    names={"identifier": "read", "enum_value": "none", "yul_evm_builtin": "none"},
    uses={
        "contract_declaration": {"name": Define("class")},
        "interface_declaration": {"name": Define("interface")},
        "library_declaration": {"name": Define("class", modifiers=("library",))},
        "struct_declaration": {"name": Define("class", modifiers=("struct",))},
        "struct_member": {"name": Define("field", body=())},
        "enum_declaration": {"name": Define("enum")},
        "enum_body": {"": Define("field", own=True, direct=True, body=())},
        "event_definition": {"name": Define("type_alias", body=(), modifiers=("event",))},
        "error_declaration": {"name": Define("type_alias", body=(), modifiers=("error",))},
        "user_defined_type_definition": {"name": Define("type_alias", body=())},
        "modifier_definition": {"name": Define("function", modifiers=("modifier",))},
        "function_definition": {"name": Define("function")},
        "state_variable_declaration": {"name": Define("field", body=())},
        "constant_variable_declaration": {"name": Define("variable", body=(), modifiers=("constant",))},
        "yul_function_definition": {"": Define("function", direct=True, body=())},
        "variable_declaration": {"name": WRITE},
        "parameter": {"name": NONE},
        "event_parameter": {"name": NONE},
        "error_parameter": {"name": NONE},
        "return_parameter": {"name": NONE},
        "struct_field_assignment": {"name": NONE},
        "call_struct_argument": {"name": NONE},
        "type_name": {"key_identifier": NONE, "value_identifier": NONE, "": THROUGH},
        "expression": {"": THROUGH},
        "assignment_expression": {"left": WRITE},
        "augmented_assignment_expression": {"left": WRITE},
        "update_expression": {"argument": WRITE},
        "array_access": {"base": THROUGH},
        "member_expression": {"property": member("object")},
        "call_expression": {"function": CALL},
        "new_expression": {"name": Use("call", climb=True)},
        "struct_expression": {"type": Use("call", climb=True)},
        "emit_statement": {"name": Use("call")},
        "revert_statement": {"error": Use("call")},
        "modifier_invocation": {"": Use("decorate", direct=True)},
        "user_defined_type": {"": Use("type", climb=True, qualifier="")},
        "type_alias": {"": TYPE},
        "inheritance_specifier": {"ancestor": INHERIT},
        "yul_identifier": {"": THROUGH},
        "yul_path": {"": THROUGH},
        "yul_variable_declaration": {"left": WRITE},
        "yul_assignment": {"^": WRITE},
        "yul_function_call": {"function": CALL},
    },
    scopes={
        "contract_declaration": "class",
        "interface_declaration": "class",
        "library_declaration": "class",
        "struct_declaration": "class",
        "enum_declaration": "class",
        "function_definition": "function",
        "modifier_definition": "function",
        "constructor_definition": "function",
        "fallback_receive_definition": "function",
        "yul_function_definition": "function",
    },
    kinds=table(
        class_="contract_declaration library_declaration struct_declaration",
        method="constructor_definition fallback_receive_definition",
        function="modifier_definition yul_function_definition",
        field="enum_value state_variable_declaration struct_member",
        variable="constant_variable_declaration variable_declaration_statement variable_declaration_tuple",
        parameter="error_parameter event_parameter return_parameter return_type_definition",
        type_alias="error_declaration event_definition user_defined_type_definition",
        identifier="yul_identifier yul_path yul_evm_builtin yul_label",
        import_="import_directive",
        member="slice_access",
        call="""
            emit_statement revert_statement modifier_invocation yul_function_call type_cast_expression
            payable_conversion_expression
        """,
        type_ref="""
            type_name user_defined_type inheritance_specifier meta_type_expression type_alias any_source_type
            using_alias
        """,
        conditional="yul_if_statement yul_switch_statement",
        loop="do_while_statement yul_for_statement",
        jump="yul_break yul_continue yul_leave",
        assignment="yul_assignment yul_variable_declaration struct_field_assignment",
        operator="user_definable_operator",
        collection="inline_array_expression struct_expression",
        string="hex_string_literal unicode_string_literal yul_string_literal yul_hex_string_literal",
        number="yul_decimal_number yul_hex_number number_unit",
        atom="yul_boolean",
        annotation="""
            immutable override_specifier state_location state_mutability virtual visibility
            layout_specifier
        """,
        directive="""
            using_directive pragma_directive pragma_value any_pragma_token solidity_pragma_token
            solidity_version solidity_version_comparison_operator assembly_flags
        """,
        block="contract_body function_body struct_body block_statement yul_block unchecked",
        statement="statement expression assembly_statement",
    )
    | tokens("call_argument call_struct_argument revert_arguments"),
    branches=words(
        """
        if_statement for_statement while_statement do_while_statement ternary_expression catch_clause
        yul_if_statement yul_for_statement
        """
    ),
    operators=frozenset({"binary_expression"}),
    imports={"import_directive": _import},
    modifiers={
        word: word
        for word in words("abstract virtual override constant immutable view pure payable anonymous")
    },
    unnamed={
        "constructor_definition": ("constructor", Define("method", modifiers=("constructor",))),
        "fallback_receive_definition": ("receive|fallback", Define("method")),
    },
    literals=frozenset({"_"}),
    late_modifiers=True,
    visibility=_visibility,
    exported=lambda head: None if _visibility(head) is None else _visibility(head) == "public",
)
