"""typescript-estree: ESTree with `TS*` nodes, offsets as `range`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from snake_pipe.transform.dialects import ecmascript
from snake_pipe.transform.dialects.estree import ESTREE

if TYPE_CHECKING:
    from snake_pipe.transform.dialects.dialect import Node


def _is_root(node: Node, type_key: str) -> bool:
    """A program with `range` and no `start`, as esprima's too.

    But here `range` comes right behind the type, and the end of a `loc` before its start.
    """
    if "range" not in node or "start" in node or not ecmascript.is_program(node, type_key):
        return False
    loc = node.get("loc")
    first = next(iter(loc), None) if loc.__class__ is dict else "end" * (list(node)[1] == "range")
    return first == "end"


TYPESCRIPT_ESTREE = replace(
    ESTREE,
    name="typescript-estree",
    written_by="@typescript-eslint/typescript-estree",
    language="typescript",
    is_root=_is_root,
    is_part=lambda sample: any(type_.startswith("TS") for type_ in sample.types),
)
