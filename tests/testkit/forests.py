"""Invented trees by the depths of their nodes, and their shape by the plain computation."""

from __future__ import annotations

from hypothesis import strategies as st


@st.composite
def forests(draw):
    """Depths of some trees in preorder, and the size of each."""
    depths: list[int] = []
    sizes: list[int] = []
    for _ in range(draw(st.integers(0, 4))):
        tree = [0]
        for step in draw(st.lists(st.integers(0, 6), max_size=40)):
            tree.append(max(1, tree[-1] + 1 - step))
        depths += tree
        sizes.append(len(tree))
    return depths, sizes


def plain_shape(depths):
    """(parent, child_index, end) by a stack, one node at a time."""
    parents, indexes, ends, stack, counts = [], [], [0] * len(depths), [], {}
    for row, depth in enumerate(depths):
        del stack[depth:]
        parent = stack[-1] if stack else -1
        parents.append(parent)
        indexes.append(counts.get(parent, 0) if parent >= 0 else 0)
        counts[parent] = counts.get(parent, 0) + 1
        stack.append(row)
        for ancestor in stack:
            ends[ancestor] = row + 1
    return parents, indexes, ends
