"""Perl 5."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.transform.languages.rules import (
    NONE,
    THROUGH,
    WRITE,
    Define,
    ImportRow,
    Rules,
    Subtree,
    Use,
    table,
    tokens,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_VARIABLE = Define("variable", local="write", body=())


def _use(tree: Subtree, statement: int) -> Iterator[ImportRow]:
    """`use M qw(f g)`: the listed words are imported, a bare `use` brings in what the module chooses."""
    path = tree.child(statement, "module")
    if path < 0:
        return
    module = tree.text(path)
    if module[:1].islower() and module in _PRAGMAS:
        return
    listed = [child for child in tree.children(statement) if tree.type(child) == "quoted_word_list"]
    for words_ in listed:
        content = tree.child(words_, "content")
        for name in tree.text(content).split() if content >= 0 else ():
            yield ImportRow(statement, module, name)
    if not listed:
        yield ImportRow(statement, module, is_wildcard=True)


def _require(tree: Subtree, statement: int) -> Iterator[ImportRow]:
    target = next(tree.children(statement), -1)
    if target >= 0:
        module = tree.text(target).strip("'\"")
        yield ImportRow(statement, module, is_relative=module.endswith((".pl", ".pm")))


_PRAGMAS = words("strict warnings utf8 vars feature integer bytes lib constant overload experimental")

RULES = Rules(
    names={
        "varname": "read",
        "function": "call",
        "method": "call",
        "bareword": "read",
        "package": "read",
        "autoquoted_bareword": "none",
    },
    uses={
        "package_statement": {"name": Define("module", body=())},
        "class_statement": {"name": Define("class", body=())},
        "role_statement": {"name": Define("interface", body=())},
        "use_statement": {"": Define(None, keywords={"use constant": "variable"}, local="none", body=())},
        "list_expression": {"^": THROUGH},
        "subroutine_declaration_statement": {"name": Define("function")},
        "method_declaration_statement": {"name": Define("method")},
        "variable_declaration": {"variable": _VARIABLE, "variables": _VARIABLE},
        "scalar": {"": THROUGH},
        "array": {"": THROUGH},
        "hash": {"": THROUGH},
        "container_variable": {"": THROUGH},
        "hash_element_expression": {"hash": THROUGH},
        "array_element_expression": {"array": THROUGH},
        "assignment_expression": {"left": WRITE},
        "for_statement": {"variable": WRITE},
        "method_call_expression": {"method": Use("call", qualifier="invocant")},
        "mandatory_parameter": {"": NONE},
        "optional_parameter": {"": NONE},
        "slurpy_parameter": {"": NONE},
    },
    scopes={
        "subroutine_declaration_statement": "function",
        "method_declaration_statement": "function",
        "anonymous_subroutine_expression": "function",
        "block": "function",
    },
    kinds=table(
        module="package_statement",
        class_="class_statement",
        interface="role_statement",
        function="subroutine_declaration_statement format_statement",
        method="method_declaration_statement",
        variable="localization_expression variable_group refalias_variable",
        parameter="signature mandatory_parameter named_parameter slurpy_parameter prototype",
        identifier="""
            scalar array hash varname function method bareword package container_variable
            keyval_container_variable slice_container_variable filehandle indirect_object statement_label
            glob
        """,
        import_="use_statement use_version_statement require_version_expression",
        member="""
            array_element_expression hash_element_expression anonymous_slice_expression arraylen
            arraylen_deref_expression array_deref_expression hash_deref_expression scalar_deref_expression
            glob_deref_expression glob_slot_expression keyval_expression code_deref_expression
            amper_deref_expression
        """,
        call="""
            ambiguous_function_call_expression method_call_expression coderef_call_expression
            func0op_call_expression func1op_call_expression map_grep_expression sort_expression
        """,
        conditional="conditional_statement postfix_conditional_expression",
        loop="loop_statement cstyle_for_statement postfix_for_expression postfix_loop_expression",
        jump="loopex_expression goto_expression",
        try_="eval_expression",
        async_="async_block_expression",
        assignment="postinc_expression preinc_expression undef_expression",
        operator="""
            equality_expression relational_expression lowprec_logical_expression logical_not_expression
            refgen_expression readline_expression fileglob_expression transliteration_expression
        """,
        lambda_="anonymous_subroutine_expression",
        collection="""
            anonymous_array_expression anonymous_hash_expression list_expression quoted_word_list
        """,
        string="""
            interpolated_string_literal quoted_regexp match_regexp substitution_regexp command_string
            heredoc_token command_heredoc_token autoquoted_bareword
        """,
        number="version",
        comment="pod data_section eof_marker",
        annotation="attrlist attribute_name attribute_value",
        block="block_statement do_expression phaser_statement class_phaser_statement",
        statement="stub_expression yadayada",
    )
    | tokens(
        """
        escaped_delimiter filename format_content match_regexp_modifiers quoted_regexp_modifiers
        regexp_content replacement substitution_regexp_modifiers transliteration_content
        transliteration_modifiers
        """
    ),
    branches=words(
        """
        conditional_statement elsif loop_statement for_statement cstyle_for_statement
        postfix_conditional_expression postfix_for_expression postfix_loop_expression
        conditional_expression
        """
    ),
    operators=frozenset({"binary_expression", "lowprec_logical_expression"}),
    word_operators=True,
    imports={"use_statement": _use, "require_expression": _require},
    comments=frozenset({"comment", "pod"}),
    modifiers={word: word for word in words("my our local state constant")},
)
