"""Swift."""

from __future__ import annotations

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
    tokens,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_NO_NAME = Use("none", direct=True)


def _import(tree: Subtree, statement: int) -> Iterator[ImportRow]:
    for child in tree.children(statement):
        if tree.type(child) == "identifier":
            yield ImportRow(statement, "".join(tree.text(child).split()))


def _visibility(head: Head) -> str | None:
    words_ = head.words
    found = next((w for w in ("open", "public", "package", "fileprivate", "private") if w in words_), None)
    if found == "private" and "set" in words_:
        return "internal"  # `private(set)` restricts the setter alone
    return {"open": "public", "fileprivate": "private", "package": "internal"}.get(
        found or "", found or "internal"
    )


RULES = Rules(
    names={"simple_identifier": "read", "type_identifier": "type"},
    uses={
        "class_declaration": {"name": Define("class", whole=True, qualified=True, keywords={"enum": "enum"})},
        "protocol_declaration": {"name": Define("interface")},
        "enum_entry": {"name": Define("field", direct=True, body=())},
        "associatedtype_declaration": {"name": Define("type_alias", direct=True, body=())},
        "typealias_declaration": {"name": Define("type_alias", direct=True, body=())},
        "function_declaration": {"name": Define("function", direct=True)},
        "protocol_function_declaration": {
            "name": Define("function", direct=True, body=(), modifiers=("declaration",))
        },
        "property_declaration": {
            "name": Define("variable", local="write", body=("computed_value",)),
        },
        "protocol_property_declaration": {"name": Define("field", body=(), modifiers=("declaration",))},
        "macro_declaration": {"": Define("macro", direct=True, body=())},
        "pattern": {"bound_identifier": Use("write", climb=True), "": THROUGH},
        "if_statement": {"bound_identifier": WRITE},
        "guard_statement": {"bound_identifier": WRITE},
        "while_statement": {"bound_identifier": WRITE},
        "parameter": {"name": _NO_NAME, "external_name": NONE},
        "lambda_parameter": {"name": _NO_NAME, "external_name": NONE},
        "type_parameter": {"": _NO_NAME},
        "tuple_type_item": {"name": _NO_NAME, "": _NO_NAME},
        "enum_type_parameters": {"": _NO_NAME},
        "tuple_expression": {"name": NONE},
        "value_argument_label": {"": NONE},
        "call_suffix": {"name": NONE},
        "statement_label": {"": NONE},
        "assignment": {"target": WRITE},
        "directly_assignable_expression": {"": THROUGH},
        "call_expression": {"^": CALL},
        "constructor_expression": {"constructed_type": Use("call")},
        "macro_invocation": {"^": CALL},
        "prefix_expression": {"target": THROUGH},
        "navigation_suffix": {"suffix": THROUGH},
        "navigation_expression": {"suffix": member("target")},
        "user_type": {"": TYPE_PART},
        "inheritance_specifier": {"inherits_from": INHERIT},
        "attribute": {"^": DECORATE},
    },
    scopes={
        "class_declaration": "class",
        "protocol_declaration": "class",
        "function_declaration": "function",
        "init_declaration": "function",
        "deinit_declaration": "function",
        "subscript_declaration": "function",
        "computed_property": "function",
        "lambda_literal": "function",
    },
    kinds=table(
        interface="protocol_declaration",
        method="""
            init_declaration deinit_declaration subscript_declaration protocol_function_declaration
            computed_getter computed_setter computed_modify didset_clause willset_clause
        """,
        field="enum_entry protocol_property_declaration",
        type_alias="typealias_declaration associatedtype_declaration",
        macro="macro_declaration external_macro_definition",
        parameter="lambda_parameter lambda_function_type_parameters enum_type_parameters type_parameter_pack",
        identifier="simple_identifier self_expression super_expression value_argument_label statement_label",
        member="navigation_expression navigation_suffix key_path_expression selector_expression",
        call="constructor_expression",
        type_ref="""
            user_type dictionary_type lambda_function_type tuple_type_item inheritance_specifier
            inheritance_constraint equality_constraint type_constraints opaque_type metatype
            protocol_composition_type bracket_qualified_type suppressed_constraint type_pack_expansion
            throws_clause
        """,
        conditional="""
            guard_statement switch_entry switch_pattern availability_condition default_keyword where_keyword
        """,
        loop="repeat_while_statement",
        jump="control_transfer_statement discard_statement",
        throw="throw_keyword",
        try_="catch_block catch_keyword try_operator",
        assignment="directly_assignable_expression",
        operator="""
            additive_expression multiplicative_expression comparison_expression conjunction_expression
            disjunction_expression equality_expression bitwise_operation infix_expression
            nil_coalescing_expression prefix_expression check_expression consume_expression as_operator
            custom_operator bang open_end_range_expression open_start_range_expression fully_open_range
            value_pack_expansion value_parameter_pack unsafe_expression operator_declaration
            precedence_group_declaration precedence_group_attributes precedence_group_attribute
            deprecated_operator_declaration_body
        """,
        lambda_="lambda_literal capture_list capture_list_item",
        collection="array_literal dictionary_literal",
        string="""
            line_string_literal multi_line_string_literal regex_literal key_path_string_expression
            playground_literal
        """,
        number="hex_literal oct_literal bin_literal",
        atom="nil_literal special_literal",
        comment="multiline_comment shebang_line",
        annotation="""
            function_modifier inheritance_modifier member_modifier mutation_modifier ownership_modifier
            parameter_modifier parameter_modifiers property_behavior_modifier property_modifier
            type_modifiers type_parameter_modifiers getter_specifier setter_specifier modify_specifier
            value_binding_pattern
        """,
        directive="directive diagnostic",
        block="""
            enum_class_body protocol_body function_body statements computed_property
            protocol_property_requirements willset_didset_block
        """,
    )
    | tokens("""
            value_argument value_arguments call_suffix constructor_suffix line_str_text multi_line_str_text
            str_escaped_char interpolated_expression raw_str_part raw_str_end_part raw_str_interpolation
            raw_str_interpolation_start raw_str_continuing_indicator wildcard_pattern _expression
        """),
    branches=words(
        """
        if_statement guard_statement switch_entry for_statement while_statement repeat_while_statement
        catch_block ternary_expression conjunction_expression disjunction_expression
        nil_coalescing_expression
        """
    ),
    imports={"import_declaration": _import},
    comments=frozenset({"comment", "multiline_comment"}),
    modifiers={
        word: word
        for word in words(
            """
            struct extension actor static final open override mutating nonmutating lazy weak unowned
            indirect convenience required dynamic optional nonisolated async let
            """
        )
    },
    unnamed={
        "init_declaration": ("init", Define("method", modifiers=("constructor",))),
        "deinit_declaration": ("deinit", Define("method", modifiers=("destructor",))),
        "subscript_declaration": ("subscript", Define("method", body=(":computed_property",))),
    },
    visibility=_visibility,
    exported=lambda head: _visibility(head) == "public",
)
