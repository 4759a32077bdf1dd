"""`tags.scm`, the query for code navigation that a grammar's authors ship in its wheel.

It is run by tree-sitter's own QueryCursor over the grammar's own tree: definitions and references by the
authors' idea of them.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tree_sitter import Language, Node, Parser, Query, QueryCursor

from benchmarks.agreement import CALLS, DEFINITIONS, Fact, Name
from benchmarks.independent import grammar_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_UNKNOWN_PREDICATES = re.compile(
    r"""\(\#(?:is-not\?|is\?|strip!|select-adjacent!|set-adjacent!)(?:\s+(?:"(?:[^"\\]|\\.)*"|[^\s")]+))*\s*\)"""
)
"""Directives of the tags program that a query cursor knows nothing of."""

_NO_CALL = re.compile(
    r"(let|and)?\W+|(def|defp|defmodule|defmacrop?|defdelegate|defguardp?|defstruct|defimpl|defprotocol|defexception)"
)
"""Operators of OCaml, and words of Elixir that define: no calls here."""


class Captures(NamedTuple):
    """Captures that must be in `symbols` or among the calls in `refs`, and those that may be."""

    definitions: str
    may_define: str = ""
    calls: str = ""
    may_call: str = ""


def facts(language: str, captures: Captures, files: Mapping[str, Path]) -> Iterator[tuple[str, list[Fact]]]:
    """What the query finds in each file."""
    parser, query = _compiled(language)
    said = {f"definition.{word}": (DEFINITIONS, True) for word in captures.definitions.split()}
    said |= {f"definition.{word}": (DEFINITIONS, False) for word in captures.may_define.split()}
    said |= {f"reference.{word}": (CALLS, True) for word in captures.calls.split()}
    said |= {f"reference.{word}": (CALLS, False) for word in captures.may_call.split()}
    for path, file in files.items():
        found = []
        for _, match in QueryCursor(query).matches(parser.parse(file.read_bytes()).root_node):
            for capture, (subject, must) in said.items():
                if capture in match:
                    for node in match.get("name", ()):
                        name = Name(path, _text(node), node.start_point[0] + 1)
                        if subject != CALLS or not _NO_CALL.fullmatch(name.name):
                            found.append(Fact(subject, name, capture, must))
        yield path, found


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")


@cache
def _compiled(language: str) -> tuple[Parser, Query]:
    module, function = grammar_of(language)
    grammar = Language(getattr(import_module(module), function)())
    installed = Path(import_module(module).__file__ or "").parent.parent
    file = next(
        file
        for folder in (module, f"tree_sitter_{language}")
        if (file := installed / folder / "queries" / "tags.scm").is_file()
    )
    return Parser(grammar), Query(grammar, _UNKNOWN_PREDICATES.sub("", file.read_text()))
