"""Julia."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.transform.languages.rules import (
    CALL,
    NONE,
    THROUGH,
    WRITE,
    Define,
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

_SIGNATURE, _TYPE_HEAD = frozenset({"signature"}), frozenset({"type_head"})
_CALLED = ":call_expression|where_expression"
_ASSIGNED = {
    "identifier": "variable",
    "parametrized_type_expression": "type_alias",
    "open_tuple": "variable",
    "tuple_expression": "variable",
    "typed_expression": "variable",
    "call_expression": "function",
    "where_expression": "function",
    "binary_expression": "function",
}
_IN_HEAD = Use(climb=True, hint="none")


def _import(tree: Subtree, statement: int) -> Iterator[ImportRow]:
    """`using A, B.C`, `import A: f as g`: `using` alone brings in all that is exported."""
    using = tree.type(statement) == "using_statement"
    for child in tree.children(statement):
        kind = tree.type(child)
        if kind == "selected_import":
            first, *names = tree.children(child)
            module, relative = _module(tree, first)
            for name in names:
                if not tree.type(name).endswith("comment"):
                    yield _named(tree, name, module, relative)
        elif kind == "import_alias":
            path, *alias = tree.children(child)
            module, relative = _module(tree, path)
            yield ImportRow(child, module, None, tree.text(alias[0]) if alias else None, relative)
        elif kind in {"identifier", "scoped_identifier", "import_path"}:
            module, relative = _module(tree, child)
            yield ImportRow(child, module, None, None, relative, is_wildcard=using)


def _module(tree: Subtree, node: int) -> tuple[str, bool]:
    text = "".join(tree.text(node).split())
    return text, text.startswith(".")


def _named(tree: Subtree, node: int, module: str, relative: bool) -> ImportRow:
    if tree.type(node) == "import_alias":
        name, *alias = tree.children(node)
        return ImportRow(node, module, tree.text(name), tree.text(alias[0]) if alias else None, relative)
    return ImportRow(node, module, tree.text(node), None, relative)


def _include(tree: Subtree, call: int) -> Iterator[ImportRow]:
    arguments = next((child for child in tree.children(call) if tree.type(child) == "argument_list"), -1)
    first = next(tree.children(arguments), -1) if arguments >= 0 else -1
    if tree.type(call) == "call_expression" and first >= 0 and tree.type(first) == "string_literal":
        path = tree.text(first).strip('"')
        yield ImportRow(call, path, is_relative=not path.startswith("/"))


RULES = Rules(
    names={"identifier": "read"},
    uses={
        "module_definition": {"name": Define("module", body=(), head="name")},
        "function_definition": {
            "": Define("function", via=_SIGNATURE, qualified=True, body=(), head=":signature"),
        },
        "macro_definition": {"": Define("macro", via=_SIGNATURE, body=(), head=":signature")},
        "signature": {"^": THROUGH},
        "export_statement": {"": NONE},
        "public_statement": {"": NONE},
        "struct_definition": {
            "^": Define("class", via=_TYPE_HEAD, body=(), head=":type_head", modifiers=("struct",)),
            "": Define("field", via=frozenset({"identifier", "typed_expression"}), body=()),
        },
        "abstract_definition": {"^": Define("class", body=(), modifiers=("abstract",))},
        "primitive_definition": {"^": Define("class", body=(), modifiers=("primitive",))},
        "type_head": {"^": THROUGH},
        "binary_expression": {"^": THROUGH},
        "where_expression": {"^": THROUGH},
        "typed_expression": {"^": THROUGH, "": Use("type")},
        "unary_typed_expression": {"": Use("type")},
        "parametrized_type_expression": {"^": THROUGH},
        "curly_expression": {"": Use("type")},
        "assignment": {
            "^": Define(None, by=("^", _ASSIGNED), local="write", qualified=True, body=(), head=_CALLED),
        },
        "open_tuple": {"": THROUGH},
        "tuple_expression": {"": THROUGH},
        "compound_assignment_expression": {"^": WRITE},
        "for_binding": {"^": WRITE},
        "let_binding": {"^": WRITE},
        "catch_clause": {"^": WRITE},
        "arrow_function_expression": {"^": NONE},
        "do_clause": {"^": NONE},
        "named_argument": {"^": Use("none", climb=True)},
        "named_field": {"^": NONE},
        "splat_expression": {"^": THROUGH},
        "argument_list": {"": THROUGH},
        "call_expression": {"^": CALL, "": _IN_HEAD},
        "broadcast_call_expression": {"^": CALL},
        "macro_identifier": {"": THROUGH},
        "macrocall_expression": {"^": CALL},
        "field_expression": {"": member("value")},
    },
    scopes={
        "module_definition": "module",
        "struct_definition": "class",
        "function_definition": "function",
        "macro_definition": "function",
        "arrow_function_expression": "function",
        "do_clause": "function",
        "let_statement": "function",
        "for_statement": "function",
        "while_statement": "function",
        "try_statement": "function",
        "macro_argument_list": "function",
        "comprehension_expression": "function",
    },
    kinds=table(
        module="module_definition",
        class_="struct_definition abstract_definition primitive_definition",
        variable="const_statement local_statement",
        parameter="named_argument",
        identifier="macro_identifier import_path",
        import_="using_statement selected_import",
        export="public_statement",
        call="broadcast_call_expression macrocall_expression",
        type_ref="""
            type_head parametrized_type_expression curly_expression where_expression typed_expression
            unary_typed_expression
        """,
        conditional="elseif_clause",
        loop="for_binding",
        assignment="compound_assignment_expression let_binding",
        operator="adjoint_expression juxtaposition_expression splat_expression interpolation_expression",
        lambda_="arrow_function_expression do_clause",
        collection="""
            vector_expression matrix_expression matrix_row comprehension_expression named_field open_tuple
        """,
        string="command_literal prefixed_command_literal prefixed_string_literal",
        macro="quote_expression quote_statement",
        block="let_statement compound_statement",
    )
    | tokens("content macro_argument_list signature"),
    branches=words(
        """
        if_statement elseif_clause for_statement while_statement for_clause if_clause catch_clause
        ternary_expression
        """
    ),
    operators=frozenset({"binary_expression"}),
    imports={"using_statement": _import, "import_statement": _import},
    import_calls={"include": _include},
    comments=frozenset({"line_comment", "block_comment", "string_literal"}),
    declarations=frozenset({"const_statement", "global_statement"}),
    regions=(Region(":type_head", {"identifier": "type"}, after={"<:": "inherit"}),),
    modifiers={"const": "const", "mutable": "mutable", "global": "global"},
)
