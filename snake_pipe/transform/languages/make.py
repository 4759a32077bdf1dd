"""Make: variables and the targets of rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.transform.languages.rules import (
    READ,
    THROUGH,
    Define,
    ImportRow,
    Rules,
    Subtree,
    table,
    tokens,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


def _include(tree: Subtree, statement: int) -> Iterator[ImportRow]:
    names = tree.child(statement, "filenames")
    for name in tree.children(names) if names >= 0 else ():
        text = tree.text(name)
        yield ImportRow(statement, text, is_relative=not text.startswith(("/", "$")))


RULES = Rules(
    names={"word": "none"},
    uses={
        "targets": {"": THROUGH},
        "rule": {"": Define("function", via=frozenset({"targets"}), body=(":recipe",))},
        "prerequisites": {"": READ},
        "variable_assignment": {"name": Define("variable", body=())},
        "shell_assignment": {"name": Define("variable", body=())},
        "define_directive": {"name": Define("macro", body=())},
        "variable_reference": {"": READ},
        "substitution_reference": {"text": READ},
    },
    scopes={},
    kinds=table(
        module="makefile",
        function="rule",
        variable="""
            shell_assignment RECIPEPREFIX_assignment VPATH_assignment undefine_directive
        """,
        macro="define_directive",
        identifier="variable_reference automatic_variable substitution_reference",
        import_="include_directive",
        export="export_directive unexport_directive",
        call="function_call shell_function",
        conditional="""
            ifdef_directive ifeq_directive ifndef_directive ifneq_directive else_directive elsif_directive
        """,
        string="raw_text shell_command",
        annotation="override_directive private_directive",
        directive="vpath_directive",
        block="recipe",
        statement="recipe_line",
        collection="archive",
    )
    | tokens("escape paths prerequisites shell_text targets"),
    name_marks="?+:!",
    branches=words("conditional elsif_directive"),
    imports={"include_directive": _include},
    wrappers=frozenset({"export_directive", "override_directive"}),
    modifiers={word: word for word in ("export", "override", "private")},
    reserved=words(".PHONY .SUFFIXES .DEFAULT .PRECIOUS .INTERMEDIATE .SECONDARY .SILENT .ONESHELL"),
)
