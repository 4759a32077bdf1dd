"""Trees of Python's own parser as JSON, as the usual tools write them."""

from __future__ import annotations

import ast
from typing import Any


def python_tree(source: str | bytes, key: str = "_type") -> Any:
    """The tree of a program; `key` is the name under which a node has its type."""
    return _values(ast.parse(source), key)


def _values(node: Any, key: str) -> Any:
    if isinstance(node, ast.AST):
        places = {name: getattr(node, name) for name in node._attributes if hasattr(node, name)}
        fields = {name: _values(inner, key) for name, inner in ast.iter_fields(node)}
        return {key: type(node).__name__, **fields, **places}
    if isinstance(node, list):
        return [_values(item, key) for item in node]
    return node if node is None or isinstance(node, str | int | float | bool) else repr(node)
