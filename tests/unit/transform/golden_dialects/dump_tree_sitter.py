"""python dump_tree_sitter.py SOURCE: prints py-tree-sitter's tree of a Python source, one object a node."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import tree_sitter_python
from tree_sitter import Language, Node, Parser


def show(node: Node, field: str | None = None) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "type": node.type,
        "is_named": node.is_named,
        "field_name": field,
        "start_point": tuple(node.start_point),
        "end_point": tuple(node.end_point),
        "start_byte": node.start_byte,
        "end_byte": node.end_byte,
    }
    if node.children:
        below = enumerate(node.children)
        return {**shown, "children": [show(child, node.field_name_for_child(at)) for at, child in below]}
    return {**shown, "text": (node.text or b"").decode()}


parser = Parser(Language(tree_sitter_python.language()))
print(json.dumps(show(parser.parse(Path(sys.argv[1]).read_bytes()).root_node)))
