"""Zig."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.transform.languages.rules import (
    CALL,
    NONE,
    TYPE,
    TYPE_PART,
    WRITE,
    Define,
    ImportRow,
    Rules,
    Subtree,
    member,
    table,
    tokens,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_TYPES = {
    "struct_declaration": "class",
    "union_declaration": "class",
    "opaque_declaration": "class",
    "enum_declaration": "enum",
    "error_set_declaration": "enum",
}
_CONTAINER = ":" + "|".join(_TYPES)


def _import(tree: Subtree, call: int) -> Iterator[ImportRow]:
    arguments = next((child for child in tree.children(call) if tree.type(child) == "arguments"), -1)
    first = next(tree.children(arguments), -1) if arguments >= 0 else -1
    if first >= 0 and tree.type(first) == "string":
        module = tree.text(first)[1:-1]
        yield ImportRow(call, module, is_relative=module.endswith(".zig"))


def _include(tree: Subtree, call: int) -> Iterator[ImportRow]:
    """`@cInclude("x.h")`: a C header, looked for in the folders that the build names."""
    for row in _import(tree, call):
        yield row._replace(is_relative=False)


RULES = Rules(
    names={"identifier": "read", "builtin_identifier": "call"},
    uses={
        "variable_declaration": {
            "^": Define("variable", by=(_CONTAINER, _TYPES), direct=True, local="write", body=(_CONTAINER,)),
            "type": TYPE,
        },
        "function_declaration": {"name": Define("function"), "type": TYPE},
        "container_field": {"name": Define("field", body=()), "type": TYPE},
        "parameter": {"name": NONE, "type": TYPE},
        "payload": {"": WRITE},
        "assignment_expression": {"left": WRITE},
        "call_expression": {"function": CALL},
        "field_expression": {"member": member("object")},
        "error_union_type": {"ok": TYPE_PART, "error": TYPE_PART},
        "nullable_type": {"": TYPE_PART},
        "pointer_type": {"": TYPE_PART},
        "slice_type": {"": TYPE_PART},
        "block_label": {"": NONE},
        "break_label": {"": NONE},
    },
    scopes={
        "struct_declaration": "class",
        "union_declaration": "class",
        "opaque_declaration": "class",
        "enum_declaration": "class",
        "function_declaration": "function",
        "test_declaration": "function",
        "block": "function",
    },
    kinds=table(
        class_="union_declaration opaque_declaration",
        enum="error_set_declaration",
        function="test_declaration",
        field="container_field",
        parameter="payload",
        identifier="builtin_identifier block_label break_label",
        import_="using_namespace_declaration",
        member="dereference_expression null_coercion_expression",
        call="builtin_function",
        type_ref="""
            anyframe_type builtin_type error_type error_union_type if_type_expression
            labeled_type_expression comptime_type_expression
        """,
        try_="catch_expression errdefer_statement",
        async_="""
            async_expression resume_expression suspend_statement nosuspend_expression nosuspend_statement
        """,
        collection="anonymous_struct_initializer struct_initializer",
        string="multiline_string",
        annotation="address_space byte_alignment link_section",
        block="block_expression comptime_declaration comptime_expression comptime_statement",
        statement="""
            asm_expression asm_clobbers asm_input asm_input_item asm_output asm_output_item
        """,
    )
    | tokens("character_content"),
    branches=words(
        "if_statement if_expression switch_case for_statement while_statement for_expression while_expression"
    ),
    operators=frozenset({"binary_expression"}),
    word_operators=True,
    import_calls={"@import": _import, "@cInclude": _include},
    modifiers={word: word for word in words("const var comptime extern export inline threadlocal noinline")},
    visibility=lambda head: None if head.kind == "field" else "public" if "pub" in head.words else "private",
    exported=lambda head: None if head.kind == "field" else "pub" in head.words,
)
