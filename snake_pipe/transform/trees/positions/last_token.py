"""swiftc: a node's range ends where its last token begins, and nothing says how long that token is.

It is one byte where a bracket closes the node, and the name where a name ends it. Elsewhere, and of implicit
nodes, the end is unknown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from snake_pipe.transform.trees.positions.reader import OFFSET_MAX, PositionReader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from snake_pipe.transform.dialects.dialect import Node
    from snake_pipe.transform.trees.positions.reader import Table

_CLOSED = frozenset(
    "brace_stmt call_expr closure_expr tuple_expr paren_expr array_expr dictionary_expr subscript_expr "
    "argument_list parameter_list class_decl struct_decl enum_decl protocol extension_decl switch_stmt "
    "do_stmt do_catch_stmt for_each_stmt while_stmt if_stmt guard_stmt defer_stmt subscript_decl "
    "destructor_decl".split()
)
"""Types whose last token is a bracket."""
_BODIED = frozenset({"func_decl", "constructor_decl", "accessor_decl"})
"""Those where it is one if they have a body."""
_NAMED = frozenset({"declref_expr", "member_ref_expr", "unresolved_decl_ref_expr", "unresolved_dot_expr"})
"""Those whose last token is their name."""


class LastTokenPositions(PositionReader):
    """swiftc's ranges; there are no lines."""

    def spans(self, nodes: Sequence[Node]) -> Table:
        """See `PositionReader`."""
        table = np.full((6, len(nodes)), -1, np.int64)
        rows: list[int] = []
        starts: list[int] = []
        ends: list[int] = []
        for row, node in enumerate(nodes):
            if "range" not in node:
                continue
            place = node["range"]
            start: Any = place.get("start") if place.__class__ is dict else None
            if start.__class__ is not int or not 0 <= start < OFFSET_MAX:
                continue
            rows.append(row)
            starts.append(start)
            last: Any = place.get("end")
            length = _length(node)
            known = length and last.__class__ is int and start <= last < OFFSET_MAX // 2
            ends.append(last + length if known else -1)
        table[0, rows] = starts
        table[1, rows] = ends
        return table


def _length(node: Node) -> int:
    """The bytes of a node's last token; 0 where they are unknown."""
    kind: Any = node.get("_kind")
    if node.get("implicit") is True:
        return 0
    if kind in _CLOSED:
        return 1
    if kind in _BODIED:
        return int("body" in node)
    if kind in _NAMED:
        decl = node.get("decl")
        name = decl.get("base_name") if decl.__class__ is dict else node.get("name") or node.get("field")
        return len(name.encode("utf-8", "replace")) if name.__class__ is str else 0
    return 0
