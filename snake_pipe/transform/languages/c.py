"""C; C++ builds on these tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.transform.languages.rules import (
    CALL,
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
    Uses,
    member,
    table,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


def read_include(tree: Subtree, statement: int) -> Iterator[ImportRow]:
    """`#include`: quotes look beside the including file first."""
    path = tree.child(statement, "path")
    if path < 0:
        return
    text, kind = tree.text(path), tree.type(path)
    quoted = kind == "string_literal"
    bare = text[1:-1] if quoted or kind == "system_lib_string" else text
    yield ImportRow(statement, bare, is_relative=quoted)


def read_directive(tree: Subtree, statement: int) -> Iterator[ImportRow]:
    """`#include_next` and `#import`, which the grammar has no node for."""
    directive, argument = tree.child(statement, "directive"), tree.child(statement, "argument")
    if argument >= 0 and "".join(tree.text(directive).split()) in {"#include_next", "#import"}:
        text = tree.text(argument).strip()
        yield ImportRow(statement, text.strip('<>"'), is_relative=text.startswith('"'))


def _visibility(head: Head) -> str | None:
    return (
        "internal" if "static" in head.words else "public" if head.kind in {"function", "variable"} else None
    )


def _exported(head: Head) -> bool | None:
    return "static" not in head.words if head.kind in {"function", "variable"} else None


TYPE_WITH_BODY = Define(None, by=("body", {"field_declaration_list": "class"}), local="type", qualified=True)
UNION_WITH_BODY = Define(
    None, by=("body", {"field_declaration_list": "class"}), local="type", qualified=True, modifiers=("union",)
)
_VALUE = Use(hint="variable", climb=True)

USES: Uses = {
    "function_definition": {"declarator": Define("function", qualified=True)},
    "declaration": {
        "declarator": Define("variable", hinted=True, qualified=True, local="write", body=()),
    },
    "field_declaration": {"declarator": Define("field", hinted=True, body=())},
    "type_definition": {"declarator": Define("type_alias", body=())},
    "struct_specifier": {"name": TYPE_WITH_BODY},
    "union_specifier": {"name": UNION_WITH_BODY},
    "enum_specifier": {
        "name": Define(None, by=("body", {"enumerator_list": "enum"}), local="type", qualified=True)
    },
    "enumerator": {"name": Define("field", body=())},
    "preproc_def": {"name": Define("macro", body=("value",), after="define")},
    "ERROR": {"*": Define("macro", own=True, body=(), after="define")},
    "preproc_function_def": {"name": Define("macro", body=("value",))},
    "preproc_params": {"": NONE},
    "pointer_declarator": {"declarator": _VALUE},
    "array_declarator": {"declarator": _VALUE},
    "function_declarator": {"declarator": Use(hint="function", climb=True)},
    "parenthesized_declarator": {"": THROUGH},
    "attributed_declarator": {"": THROUGH},
    "init_declarator": {"declarator": THROUGH},
    "parameter_declaration": {"declarator": NONE},
    "assignment_expression": {"left": WRITE},
    "update_expression": {"argument": WRITE},
    "call_expression": {"function": CALL},
    "field_expression": {"field": member("argument")},
    "field_designator": {"": NONE},
    "attribute": {"name": NONE},
}

RULES = Rules(
    names={
        "identifier": "read",
        "field_identifier": "none",
        "type_identifier": "type",
        "primitive_type": "none",  # `typedef ... uint8_t`: the grammar knows that name as a type already
    },
    uses=USES,
    scopes={"struct_specifier": "class", "union_specifier": "class", "function_definition": "function"},
    kinds=table(annotation="attribute"),
    branches=words(
        "if_statement for_statement while_statement do_statement case_statement conditional_expression"
    ),
    operators=frozenset({"binary_expression"}),
    imports={"preproc_include": read_include, "preproc_call": read_directive},
    declarations=frozenset({"type_definition", "declaration"}),
    modifiers={
        word: word for word in ("static", "extern", "inline", "const", "volatile", "register", "_Noreturn")
    },
    reserved=words(
        """
        void int char long short float double signed unsigned const static extern typedef struct
        return if else for while do switch
        """
    ),
    regions=(Region(":attribute_specifier", {"identifier": "none"}),),
    visibility=_visibility,
    exported=_exported,
)
