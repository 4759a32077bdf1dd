"""CSS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.transform.languages.rules import (
    THROUGH,
    Define,
    ImportRow,
    Rules,
    Subtree,
    table,
    tokens,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


def _import(tree: Subtree, statement: int) -> Iterator[ImportRow]:
    """`@import "a.css"` and `@import url(a.css)`."""
    target = next(tree.children(statement), -1)
    if target >= 0 and tree.type(target) == "call_expression":
        arguments = list(tree.children(target))
        inner = list(tree.children(arguments[-1])) if arguments else []
        target = inner[0] if inner else -1
    if target >= 0:
        module = tree.text(target).strip("'\"")
        yield ImportRow(statement, module, is_relative="://" not in module and not module.startswith("/"))


RULES = Rules(
    names={"identifier": "none", "id_name": "none", "keyframes_name": "none", "function_name": "call"},
    uses={
        "class_name": {"": THROUGH},
        "class_selector": {"": Define("class", body=())},
        "id_selector": {"": Define("variable", body=(), modifiers=("id",))},
        "keyframes_statement": {"": Define("function", direct=True, modifiers=("keyframes",), body=())},
    },
    scopes={},
    kinds=table(
        module="stylesheet",
        class_="class_selector",
        function="keyframes_statement",
        field="declaration",
        identifier="""
            class_name id_name tag_name attribute_name property_name feature_name function_name keyframes_name
            namespace_selector unit
        """,
        conditional="media_statement supports_statement scope_statement",
        operator="""
            adjacent_sibling_selector child_selector descendant_selector sibling_selector binary_query
            unary_query
        """,
        string="string_value color_value plain_value grid_value",
        number="integer_value float_value",
        comment="js_comment",
        annotation="important important_value",
        directive="at_rule at_keyword charset_statement namespace_statement postcss_statement",
        block="keyframe_block_list keyframe_block",
        statement="rule_set",
    )
    | tokens(
        """
        selectors attribute_selector id_selector nesting_selector pseudo_class_selector
        pseudo_element_selector universal_selector feature_query parenthesized_query parenthesized_value
        selector_query keyword_query from to
        """
    ),
    branches=frozenset(),
    imports={"import_statement": _import},
    comments=frozenset({"comment", "js_comment"}),
)
