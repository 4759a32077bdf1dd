"""Bash and the POSIX shells close to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.transform.languages.rules import (
    NONE,
    READ,
    THROUGH,
    WRITE,
    Define,
    ImportRow,
    Rules,
    Subtree,
    Use,
    table,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


def _source(tree: Subtree, command: int) -> Iterator[ImportRow]:
    if tree.type(command) != "command":
        return
    path = tree.child(command, "argument")
    if path >= 0:
        text = tree.text(path).strip("'\"")
        yield ImportRow(command, text, is_relative=not text.startswith(("/", "~", "$")))


RULES = Rules(
    names={"variable_name": "read", "command_name": "none", "word": "none"},
    uses={
        "function_definition": {"name": Define("function")},
        "variable_assignment": {"name": Define("variable", local="write", body=())},
        "subscript": {"name": THROUGH},
        "for_statement": {"variable": WRITE},
        "declaration_command": {"": NONE},
        "unset_command": {"": WRITE},
        "command": {"name": Use("call")},
        "command_name": {"": NONE},
        "simple_expansion": {"": READ},
    },
    scopes={"function_definition": "function"},
    kinds=table(string="word", identifier="command_name", conditional="test_command", block="list"),
    branches=words("if_statement elif_clause for_statement c_style_for_statement while_statement case_item"),
    operators=frozenset({"list"}),
    import_calls={"source": _source, ".": _source},
    wrappers=frozenset({"declaration_command"}),
    modifiers={word: word for word in ("local", "readonly", "export", "declare", "typeset")},
    exported=lambda head: True if "export" in head.words else None,
)
