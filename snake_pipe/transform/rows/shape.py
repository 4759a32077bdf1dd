"""The shape of trees: who is whose child, and where subtrees end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from snake_pipe.transform.native.compiled import ROWS
from snake_pipe.transform.rows.contract import RowError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.integer[Any]]
    Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class TreeShape:
    """The shape of preordered trees, one entry a row.

    `parent` is a row, -1 for roots; `child_index` counts siblings from 0 (0 for roots);
    `end` is the row behind the node's last descendant, so its subtree is `row:end`.
    """

    parent: NDArray[np.int32]
    child_index: NDArray[np.int32]
    end: NDArray[np.int32]


def tree_shape(depth: Ints) -> TreeShape:
    """The shape of the trees whose nodes in preorder have these depths; each depth 0 begins a tree.

    RowError where the depths are no preorder.
    """
    levels: NDArray[np.int32] = np.ascontiguousarray(depth, np.int32)
    if ROWS is None:
        return _by_sorting(levels)
    shape = TreeShape(*(np.empty(len(levels), np.int32) for _ in range(3)))
    try:
        ROWS.shape(levels, shape.parent, shape.child_index, shape.end)
    except ValueError as error:
        raise RowError(str(error)) from None
    return shape


def _by_sorting(depth: NDArray[np.int32]) -> TreeShape:
    """The same in whole-column steps; O(n log n) at worst, whatever the depth.

    Sorted by (depth, row), siblings stand side by side. A node is a first child when the row before it
    is one level above it; any other node has the parent of the node before it in that order.
    """
    n = len(depth)
    if n == 0:
        empty = np.empty(0, np.int32)
        return TreeShape(empty, empty, empty)
    step = np.diff(depth)
    if depth[0] != 0 or (n > 1 and (int(step.max()) > 1 or int(depth.min()) < 0)):
        raise RowError("depths are not those of trees in preorder")
    order = _stable_order(depth)
    place = np.arange(n, dtype=np.int32)
    first = np.zeros(n, np.bool_)
    first[1:] = step == 1
    first_place = np.maximum.accumulate(np.where(first[order], place, 0))
    roots = int(np.count_nonzero(depth == 0))
    parent = np.empty(n, np.int32)
    parent[order] = order[first_place] - 1
    parent[order[:roots]] = -1
    child_index = np.empty(n, np.int32)
    child_index[order] = place - first_place
    child_index[order[:roots]] = 0
    return TreeShape(parent, child_index, _subtree_ends(order, first, parent, roots))


def _stable_order(depth: Ints) -> NDArray[np.int32]:
    """Rows sorted by (depth, row). numpy sorts 16-bit keys by radix, in linear time."""
    narrow = depth.astype(np.uint16) if int(depth.max()) < 2**16 else depth
    return np.argsort(narrow, kind="stable").astype(np.int32)


def _subtree_ends(
    order: NDArray[np.int32], first: Bools, parent: NDArray[np.int32], roots: int
) -> NDArray[np.int32]:
    """Where subtrees end: at the next sibling, or for a last child where its parent's ends.

    Chains of last children are followed by pointer doubling, so depth costs only its logarithm.
    """
    n = len(order)
    sibling = np.full(n, -1, np.int32)
    not_last = ~first[order[1:]]
    if roots < n:
        not_last[roots - 1] = False
    sibling[order[:-1][not_last]] = order[1:][not_last]
    sibling[order[roots - 1]] = n
    end = sibling
    ancestor = parent.copy()
    open_rows = np.flatnonzero(end < 0)
    while len(open_rows):
        above = ancestor[open_rows]
        end_above = end[above]
        further = ancestor[above]
        end[open_rows] = end_above
        ancestor[open_rows] = further
        open_rows = open_rows[end_above < 0]
    return end
