"""ESTree's locations, taken out of a document's text before it is decoded.

They are half of the text and two thirds of its objects, and nothing but numbers that go into columns. So the
rows are the same with this and without; it is done where the loops are compiled.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import orjson

from snake_pipe.transform.native.compiled import LOOPS
from snake_pipe.transform.trees.find import find_trees

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from snake_pipe.transform.dialects.dialect import Node
    from snake_pipe.transform.trees.find import Tree

_ROOT = re.compile(rb'\s*\{"type":"(?:Program|File)"')
SMALLEST = 4096
"""Bytes of a text below which nothing is gained."""
_NEXT_DOCUMENT = b"\n{"
_ESCAPED_LETTERS = b"\\u006"
"""With these a key may be `loc` that is not written so; no tool writes letters in this way."""


class LocatedTree(NamedTuple):
    """A tree whose nodes have a number as `loc`: a row of `locations`, line and column of start and end."""

    tree: Tree
    locations: NDArray[np.int32]


def read_located(text: bytes) -> LocatedTree | None:
    """The tree of a document that is one of ESTree's; None for everything else, and where nothing was cut."""
    if LOOPS is None or len(text) < SMALLEST or not _ROOT.match(text):
        return None
    if _NEXT_DOCUMENT in text or _ESCAPED_LETTERS in text:
        return None
    cut = LOOPS.cut_locations(text)
    if cut is None:
        return None
    rest, numbers = cut
    locations = np.frombuffer(numbers, np.int32).reshape(-1, 4)
    try:
        root = orjson.loads(rest)
    except orjson.JSONDecodeError:
        return None
    if root.get("loc").__class__ is int:
        root["loc"] = _as_written(*locations[root["loc"]].tolist())  # dialects are recognised by it
    trees = find_trees(root, ())
    if len(trees.found) != 1:
        return None
    tree = trees.found[0]
    dialect = tree.dialect
    if tree.pointer or dialect.positions != "loc" or not dialect.is_root(tree.root, dialect.type_key):
        return None
    return LocatedTree(tree, locations)


def _as_written(line: int, column: int, end_line: int, end_column: int) -> Node:
    return {"start": {"line": line, "column": column}, "end": {"line": end_line, "column": end_column}}
