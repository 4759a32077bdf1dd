"""PowerShell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.transform.languages.rules import (
    STOP,
    THROUGH,
    WRITE,
    Define,
    Head,
    ImportRow,
    Region,
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

_CHAIN = words(
    """
    logical_expression bitwise_expression comparison_expression additive_expression
    multiplicative_expression format_expression range_expression array_literal_expression
    unary_expression
    """
)


def _command(tree: Subtree, command: int) -> Iterator[ImportRow]:
    """`Import-Module A`, `using module A`: the last plain word is the module."""
    elements = tree.child(command, "command_elements")
    plain = [
        tree.text(child)
        for child in (tree.children(elements) if elements >= 0 else ())
        if tree.type(child) == "generic_token"
    ]
    if plain:
        yield ImportRow(command, plain[-1], is_relative=plain[-1].startswith("."))


def _dot(tree: Subtree, command: int) -> Iterator[ImportRow]:
    """`. ./a.ps1` runs a file as if it stood here; a variable alone may be anything."""
    name = tree.child(command, "command_name")
    if name >= 0 and (path := tree.text(name).strip("'\"")).lower().endswith((".ps1", ".psm1")):
        yield ImportRow(command, path, is_relative=path.lower().startswith((".", "$psscriptroot")))


def _visibility(head: Head) -> str | None:
    if head.scope != "class_statement":
        return None
    return "private" if "hidden" in head.words else "public"


RULES = Rules(
    names={
        "variable": "read",
        "command_name": "call",
        "command_invokation_operator": "none",
        "simple_name": "none",
        "function_name": "none",
        "type_identifier": "type",
    },
    uses={
        "function_statement": {"": Define("function", direct=True, body=(":script_block",))},
        "class_statement": {"": Define("class", direct=True, after="class", body=())},
        "class_property_definition": {"": Define("field", direct=True, body=())},
        "class_method_definition": {"": Define("method", direct=True, body=(":script_block",))},
        "enum_statement": {"": Define("enum", direct=True, body=())},
        "enum_member": {"^": Define("field", direct=True, body=())},
        "left_assignment_expression": {"": THROUGH},
        "assignment_expression": {"^": Define("variable", local="write", body=())},
        **{type_: {"^": THROUGH} for type_ in sorted(_CHAIN)},
        "foreach_statement": {"^": WRITE},
        "script_parameter": {"": Use("none", direct=True)},
        "class_method_parameter": {"": Use("none", direct=True)},
        "member_name": {"": THROUGH},
        "member_access": {"": member("")},
        "invokation_expression": {"": Use("call", climb=True, qualifier=""), "^": STOP},
    },
    scopes={
        "class_statement": "class",
        "enum_statement": "class",
        "function_statement": "function",
        "class_method_definition": "function",
        "script_block_expression": "function",
    },
    kinds=table(
        class_="class_statement",
        enum="enum_statement",
        function="function_statement data_statement",
        method="class_method_definition",
        field="class_property_definition enum_member hash_entry",
        parameter="""
            class_method_parameter class_method_parameter_list function_parameter_declaration param_block
            script_parameter script_parameter_default foreach_parameter switch_parameter switch_parameters
            command_parameter
        """,
        identifier="""
            variable braced_variable simple_name function_name command_name command_name_expr member_name
            path_command_name path_command_name_token block_name attribute_name data_name generic_token
        """,
        member="member_access element_access",
        call="invokation_expression invokation_foreach_expression",
        type_ref="""
            type_literal type_spec type_name array_type_name generic_type_name generic_type_arguments
            catch_type_list dimension
        """,
        conditional="""
            elseif_clause elseif_clauses switch_clause switch_clauses switch_clause_condition switch_condition
        """,
        loop="for_condition for_initializer for_iterator while_condition",
        jump="flow_control_statement label_expression",
        try_="catch_clauses trap_statement",
        assignment="""
            left_assignment_expression assignement_operator post_decrement_expression
            post_increment_expression pre_decrement_expression pre_increment_expression
        """,
        operator="""
            additive_expression additive_argument_expression bitwise_expression bitwise_argument_expression
            comparison_expression comparison_argument_expression logical_expression
            logical_argument_expression multiplicative_expression multiplicative_argument_expression
            format_expression format_argument_expression format_operator range_argument_expression
            expression_with_unary_operator command_invokation_operator file_redirection_operator
            merging_redirection_operator pipeline_chain pipeline_chain_tail redirection redirections
        """,
        lambda_="script_block_expression",
        collection="array_literal_expression hash_literal_body hash_literal_expression",
        string="""
            expandable_string_literal expandable_here_string_literal verbatim_here_string_characters
            verbatim_string_characters
        """,
        number="hexadecimal_integer_literal",
        annotation="class_attribute attribute_arguments",
        block="""
            script_block script_block_body named_block named_block_list sub_expression
            inlinescript_statement parallel_statement sequence_statement
        """,
        statement="data_command data_commands_allowed data_commands_list",
    )
    | tokens(
        """
        argument_expression argument_expression_list command_argument_sep command_elements key_expression
        redirected_file_name stop_parsing switch_filename verbatim_command_argument
        """
    ),
    branches=words(
        """
        if_statement elseif_clause for_statement foreach_statement while_statement do_statement
        switch_clause catch_clause
        """
    ),
    import_calls={
        **dict.fromkeys(("Import-Module", "import-module", "ipmo", "using"), _command),
        ".": _dot,
    },
    regions=(Region(":class_statement", after={":": "inherit"}),),
    named_constructors=True,
    modifiers={"static": "static", "hidden": "hidden", "filter": "filter"},
    visibility=_visibility,
)
