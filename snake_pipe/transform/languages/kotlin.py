"""Kotlin, and its scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.transform.languages.rules import (
    CALL,
    DECORATE,
    INHERIT,
    NONE,
    STOP,
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

_PROPERTY = frozenset({"variable_declaration", "multi_variable_declaration"})


def _import(tree: Subtree, statement: int) -> Iterator[ImportRow]:
    path, alias = -1, None
    for child in tree.children(statement):
        if tree.type(child) == "qualified_identifier":
            path = child
        elif tree.type(child) == "identifier":
            path, alias = (child, alias) if path < 0 else (path, tree.text(child))
    if path < 0:
        return
    full = "".join(tree.text(path).split())
    if tree.text(statement).rstrip("; \t").endswith("*"):
        yield ImportRow(statement, full, is_wildcard=True)
    else:
        module, _, name = full.rpartition(".")
        yield ImportRow(statement, module or None, name, alias)


def _visibility(head: Head) -> str | None:
    if head.kind == "module":
        return None
    return next((word for word in ("private", "protected", "internal") if word in head.words), "public")


RULES = Rules(
    names={"identifier": "read"},
    uses={
        "package_header": {"": Define("module", whole=True, qualified=True, body=())},
        "qualified_identifier": {"": THROUGH},
        "class_declaration": {
            "name": Define(
                "class",
                keywords={"enum class": "enum", "interface": "interface"},
                body=(":class_body|enum_class_body",),
            )
        },
        "object_declaration": {"name": Define("class", body=(":class_body",), modifiers=("object",))},
        "companion_object": {"name": Define("class", body=(":class_body",), modifiers=("object",))},
        "enum_entry": {"": Define("field", body=(":class_body",))},
        "type_alias": {"type": Define("type_alias", body=())},
        "function_declaration": {"name": Define("function", body=(":function_body",))},
        "property_declaration": {
            "": Define("variable", local="write", via=_PROPERTY, body=(":getter", ":function_body")),
        },
        "multi_variable_declaration": {"": THROUGH},
        "variable_declaration": {"^": Use("write", climb=True), "": Use("write", climb=True, direct=True)},
        "class_parameter": {
            "^": Define(None, keywords={"val": "field", "var": "field"}, local="none", direct=True, body=()),
            "": Define(None, keywords={"val": "field", "var": "field"}, direct=True, body=()),
        },
        "parameter": {"^": NONE},
        "lambda_parameters": {"": NONE},
        "setter": {"": Use("none", direct=True)},
        "type_parameter": {"": Use("none", direct=True)},
        "catch_block": {"^": WRITE},
        "assignment": {"left": WRITE},
        "index_expression": {"^": STOP},
        "call_expression": {"^": CALL},
        "navigation_expression": {"^": STOP, "": member("")},
        "user_type": {"": TYPE_PART},
        "nullable_type": {"": THROUGH},
        "constructor_invocation": {"^": THROUGH},
        "delegation_specifier": {"^": INHERIT},
        "explicit_delegation": {"^": INHERIT},
        "annotation": {"": DECORATE},
        "file_annotation": {"": DECORATE},
        "value_argument": {"": STOP},
        "return_expression": {"label": NONE},
        "labeled_expression": {"^": STOP},
        "use_site_target": {"": NONE},
    },
    scopes={
        "class_declaration": "class",
        "object_declaration": "class",
        "companion_object": "class",
        "object_literal": "class",
        "function_declaration": "function",
        "secondary_constructor": "function",
        "anonymous_initializer": "function",
        "anonymous_function": "function",
        "lambda_literal": "function",
        "getter": "function",
        "setter": "function",
    },
    kinds=table(
        module="package_header",
        class_="object_declaration companion_object object_literal",
        method="getter setter secondary_constructor primary_constructor",
        field="enum_entry class_parameter",
        parameter="class_parameters function_value_parameters function_type_parameters parameter_modifiers",
        variable="multi_variable_declaration",
        identifier="this_expression super_expression",
        member="navigation_expression callable_reference",
        call="constructor_invocation constructor_delegation_call property_delegate",
        type_ref="""
            user_type non_nullable_type delegation_specifier delegation_specifiers explicit_delegation
            type_projection type_constraints
        """,
        conditional="when_expression when_entry when_subject range_test type_test",
        loop="do_while_statement",
        try_="catch_block finally_block",
        operator="infix_expression in_expression spread_expression",
        lambda_="lambda_literal annotated_lambda",
        collection="collection_literal",
        string="multiline_string_literal",
        annotation="""
            file_annotation class_modifier function_modifier inheritance_modifier member_modifier
            parameter_modifier platform_modifier property_modifier reification_modifier variance_modifier
            type_modifiers type_parameter_modifiers use_site_target
        """,
        block="enum_class_body function_body anonymous_initializer",
        statement="annotated_expression labeled_expression",
    )
    | tokens("value_argument value_arguments"),
    branches=words("if_expression when_entry for_statement while_statement do_while_statement catch_block"),
    operators=frozenset({"binary_expression"}),
    imports={"import": _import},
    comments=frozenset({"line_comment", "block_comment"}),
    modifiers={
        word: word
        for word in words(
            """
            abstract final open sealed data inner inline value override suspend operator infix tailrec
            external const lateinit companion expect actual annotation val
            """
        )
    },
    literals=frozenset({"true", "false", "null"}),
    unnamed={
        "secondary_constructor": (
            "constructor",
            Define("method", body=(":block",), modifiers=("constructor",)),
        )
    },
    visibility=_visibility,
    exported=lambda head: None if head.kind == "module" else _visibility(head) == "public",
)
