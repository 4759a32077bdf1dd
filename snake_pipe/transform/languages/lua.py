"""Lua."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.transform.languages.rules import (
    CALL,
    NONE,
    WRITE,
    Define,
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

_FUNCTION = {"function_definition": "function"}


def _require(tree: Subtree, call: int) -> Iterator[ImportRow]:
    """`require "m"`; what is computed is no import that a reader could follow."""
    arguments = tree.child(call, "arguments")
    first = next(tree.children(arguments), -1) if arguments >= 0 else -1
    if first >= 0 and tree.type(first) == "string":
        content = tree.child(first, "content")
        if content >= 0:
            yield ImportRow(call, tree.text(content))


RULES = Rules(
    names={"identifier": "read"},
    uses={
        "function_declaration": {"name": Define("function", qualified=True)},
        "assignment_statement": {
            "": Define(
                None,
                by=(":expression_list/^", _FUNCTION),
                also_by=("..", {"variable_declaration": "variable"}),
                via=frozenset({"variable_list"}),
                local="write",
                qualified=True,
                body=(":expression_list", ":function_definition", "body"),
            )
        },
        "variable_declaration": {"": Define("variable", local="write", body=())},
        "variable_list": {"name": Use("write", climb=True), "": Use("write", climb=True)},
        "implicit_variable_declaration": {"": WRITE},
        "field": {
            "name": Define(
                None, by=("value", {"function_definition": "method"}), direct=True, body=("value", "body")
            )
        },
        "for_numeric_clause": {"name": WRITE},
        "parameters": {"name": NONE},
        "attribute": {"": NONE},
        "goto_statement": {"": NONE},
        "label_statement": {"": NONE},
        "function_call": {"name": CALL},
        "dot_index_expression": {"field": member("table")},
        "method_index_expression": {"method": member("table")},
    },
    scopes={"function_declaration": "function", "function_definition": "function"},
    kinds=table(
        module="chunk",
        field="field",
        variable="implicit_variable_declaration variable_list",
        member="bracket_index_expression dot_index_expression method_index_expression",
        call="function_call",
        conditional="else_statement elseif_statement",
        loop="for_generic_clause for_numeric_clause repeat_statement",
        jump="label_statement",
        lambda_="function_definition",
        collection="table_constructor",
        atom="vararg_expression",
        block="do_statement",
    )
    | tokens("comment_content"),
    branches=words("if_statement elseif_statement for_statement while_statement repeat_statement"),
    operators=frozenset({"binary_expression"}),
    word_operators=True,
    import_calls={"require": _require},
    declarations=frozenset({"variable_declaration"}),
    modifiers={"local": "local", "global": "global"},
    exported=lambda head: "local" not in head.words,
)
