"""Babel: ESTree with literals by kind, members of classes by kind, and a `File` around the program."""

from __future__ import annotations

from dataclasses import replace

from snake_pipe.transform.dialects import ecmascript
from snake_pipe.transform.dialects.dialect import Node, rooted
from snake_pipe.transform.dialects.estree import ESTREE
from snake_pipe.transform.languages.rules import words

_BABEL_ONLY = words(
    "File StringLiteral NumericLiteral BooleanLiteral NullLiteral ObjectProperty ObjectMethod ClassMethod "
    "ClassProperty Directive DirectiveLiteral RegExpLiteral OptionalMemberExpression ClassPrivateMethod"
)
_is_file = rooted("File", program=dict)


def _is_root(node: Node, type_key: str) -> bool:
    """A file, or a program with a list of directives, which only Babel's has."""
    if _is_file(node, type_key):
        return True
    return ("directives" in node or "interpreter" in node) and ecmascript.is_program(node, type_key)


BABEL = replace(
    ESTREE,
    name="babel",
    written_by="@babel/parser",
    leaf_keys=ecmascript.LEAF_KEYS | {"extra", "errors"},
    is_root=_is_root,
    is_part=lambda sample: not _BABEL_ONLY.isdisjoint(sample.types),
)
