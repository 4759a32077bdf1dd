"""Dart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.transform.languages.rules import (
    DECORATE,
    INHERIT,
    NONE,
    THROUGH,
    WRITE,
    Define,
    Head,
    ImportRow,
    Region,
    Rules,
    Subtree,
    Use,
    table,
    tokens,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_BODY = "function_body"
_FUNCTION = Define("function", followed_by=_BODY, body=(":block",))
_CONSTRUCTOR = Define("method", last=True, followed_by=_BODY, body=(":block",), modifiers=("constructor",))


def _import(tree: Subtree, statement: int) -> Iterator[ImportRow]:
    """`import 'a' as b show C`, `export 'a'`, `part 'a'`: `hide` leaves a wildcard."""
    uri, alias, shown, names = "", None, False, []
    todo = [statement]
    while todo:
        node = todo.pop(0)
        kind = tree.type(node)
        if kind == "uri":
            uri = tree.text(node).strip("'\"")
        elif kind == "combinator":
            if tree.text(node).startswith("show"):
                shown = True
                names = [(child, tree.text(child)) for child in tree.children(node)]
        elif kind == "identifier":
            alias = tree.text(node)
        else:
            todo = [*tree.children(node), *todo]
    if uri:
        relative = ":" not in uri
        for node, name in names:
            yield ImportRow(node, uri, name, alias, relative)
        if not shown:
            yield ImportRow(statement, uri, None, alias, relative, is_wildcard=True)


def _visibility(head: Head) -> str | None:
    return None if head.kind == "module" else "private" if head.name.startswith("_") else "public"


RULES = Rules(
    names={"identifier": "read", "type_identifier": "type"},
    uses={
        "library_name": {"": Define("module", whole=True, body=())},
        "dotted_identifier_list": {"": THROUGH},
        "class_definition": {"name": Define("class")},
        "mixin_declaration": {
            "": Define("class", direct=True, single=True, body=(":class_body",), modifiers=("mixin",))
        },
        "enum_declaration": {"name": Define("enum")},
        "enum_constant": {"name": Define("field", body=())},
        "extension_declaration": {"name": Define("class", modifiers=("extension",))},
        "type_alias": {"^": Define("type_alias", direct=True, body=())},
        "function_signature": {"name": _FUNCTION},
        "getter_signature": {
            "name": Define("function", followed_by=_BODY, body=(":block",), modifiers=("getter",))
        },
        "setter_signature": {
            "name": Define("function", followed_by=_BODY, body=(":block",), modifiers=("setter",))
        },
        "constructor_signature": {"name": _CONSTRUCTOR},
        "factory_constructor_signature": {"": _CONSTRUCTOR},
        "constant_constructor_signature": {"": _CONSTRUCTOR},
        "initialized_identifier": {"^": Define("variable", local="write", body=())},
        "static_final_declaration": {"^": Define("variable", local="write", body=())},
        "initialized_variable_definition": {"name": WRITE},
        "for_loop_parts": {"name": WRITE},
        "catch_parameters": {"": WRITE},
        "constructor_param": {"": NONE},
        "super_formal_parameter": {"": NONE},
        "type_parameter": {"": Use("none", direct=True)},
        "label": {"": NONE},
        "assignable_expression": {"": THROUGH},
        "unconditional_assignable_selector": {"": THROUGH},
        "assignment_expression": {"left": WRITE},
        "field_initializer": {"^": WRITE},
        "constructor_invocation": {"^": Use("call")},
        "new_expression": {"^": Use("call")},
        "const_object_expression": {"": Use("call", direct=True)},
        "superclass": {"": INHERIT},
        "mixins": {"": INHERIT},
        "interfaces": {"": INHERIT},
        "annotation": {"name": DECORATE},
    },
    scopes={
        "class_definition": "class",
        "mixin_declaration": "class",
        "enum_declaration": "class",
        "extension_declaration": "class",
        "function_body": "function",
        "function_expression": "function",
    },
    kinds=table(
        module="library_name",
        class_="mixin_declaration mixin_application_class extension_declaration extension_type_declaration",
        method="""
            getter_signature setter_signature constructor_signature constant_constructor_signature
            factory_constructor_signature operator_signature redirecting_factory_constructor_signature
        """,
        variable="""
            initialized_identifier initialized_identifier_list initialized_variable_definition
            static_final_declaration static_final_declaration_list local_function_declaration identifier_list
            pattern_variable_declaration
        """,
        parameter="""
            formal_parameter_list constructor_param super_formal_parameter optional_formal_parameters
            parameter_type_list normal_parameter_type named_parameter_types typed_identifier catch_parameters
            optional_parameter_types optional_positional_parameter_types named_argument
            representation_declaration
        """,
        identifier="qualified dotted_identifier_list identifier_dollar_escaped base",
        import_="""
            import_or_export import_specification library_import part_directive part_of_directive combinator
            uri configurable_uri configuration_uri
        """,
        export="library_export",
        member="""
            selector unconditional_assignable_selector conditional_assignable_selector index_selector
            nullable_selector cascade_section cascade_selector assignable_expression dot_shorthand
            constructor_tearoff
        """,
        call="constructor_invocation const_object_expression",
        type_ref="""
            interfaces interface mixins mixin_application inferred_type record_type record_type_field
            record_type_named_field type_cast type_test
        """,
        conditional="switch_expression_case switch_statement_case switch_statement_default if_element",
        loop="for_loop_parts for_element",
        return_="yield_each_statement",
        throw="assertion rethrow_expression throw_expression_without_cascade",
        assignment="assignment_expression_without_cascade pattern_assignment",
        operator="""
            additive_expression multiplicative_expression equality_expression relational_expression
            logical_and_expression logical_or_expression bitwise_and_expression bitwise_or_expression
            bitwise_xor_expression shift_expression if_null_expression type_test_expression
            additive_operator as_operator bitwise_operator equality_operator increment_operator is_operator
            logical_and_operator logical_or_operator minus_operator multiplicative_operator
            negation_operator postfix_operator prefix_operator relational_operator shift_operator
            tilde_operator
        """,
        collection="set_or_map_literal record_literal record_field",
        atom="symbol_literal",
        comment="documentation_comment script_tag",
        annotation="""
            abstract mixin sealed const_builtin final_builtin assert_builtin break_builtin case_builtin
            part_of_builtin rethrow_builtin
        """,
        block="extension_body function_body function_expression_body initializers",
    )
    | tokens(
        """
        argument_part assertion_arguments cast_pattern configuration_uri_condition initializer_list_entry
        map_pattern null_assert_pattern null_check_pattern redirection uri_test variable_pattern
        """
    ),
    branches=words(
        """
        if_statement for_statement while_statement do_statement switch_statement_case
        switch_expression_case catch_clause conditional_expression if_null_expression
        logical_and_expression logical_or_expression if_element for_element
        """
    ),
    imports={"import_or_export": _import, "part_directive": _import},
    comments=frozenset({"comment", "documentation_comment"}),
    skipped_before=frozenset({"annotation"}),
    wrappers=frozenset({"method_signature", "declaration"}),
    declarations=frozenset({"initialized_identifier_list", "static_final_declaration_list"}),
    regions=(
        Region(":program", before={"(": "call"}),
        Region(":formal_parameter", {"identifier": "none"}),
        Region(":typed_identifier", {"identifier": "none"}),
    ),
    modifiers={
        word: word
        for word in words("abstract static final const late external factory sealed base covariant mixin")
    },
    visibility=_visibility,
    exported=lambda head: None if head.kind == "module" else not head.name.startswith("_"),
)
