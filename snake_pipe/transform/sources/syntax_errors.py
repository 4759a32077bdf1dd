"""What the parser could not read: the problems of a file, and the definitions whose bounds it lost.

Most errors stay where they are: a macro before a return type, a statement that the grammar does not know. The
definition around them begins and ends where it should, and the longer it is the more likely it has one. What
moves the bounds of definitions are braces without their partner, by which one swallows what follows it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from snake_pipe.transform.rows.contract import Problem
from snake_pipe.transform.sources.grammar import ERROR_KIND_ID

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from tree_sitter import Node, Tree

    from snake_pipe.transform.sources.rows import Rows, SourceRows
    from snake_pipe.transform.sources.walk import WalkedTree

MAX_PROBLEMS = 20

BRACES = frozenset("{ } end fi done esac endif endfor endforeach endwhile endswitch endef END".split())
"""Tokens that begin or end bodies; what else is missing, such as a semicolon, moves no bounds."""


class SyntaxErrors(NamedTuple):
    """The first problems of a tree, and the rows of the nodes in which a brace is missing."""

    problems: list[Problem]
    unclosed: NDArray[np.int32]


def syntax_errors(tree: Tree, walked: WalkedTree, code_of_kind_id: list[int]) -> SyntaxErrors:
    """The ERROR and MISSING nodes of a tree; enters only what holds errors, without recursion."""
    problems: list[Problem] = []
    unclosed: list[int] = []
    around: list[Node] = []
    cursor = tree.walk()
    while True:
        node = cursor.node
        assert node is not None
        if node.is_error or node.is_missing:
            if len(problems) < MAX_PROBLEMS:
                row, column = node.start_point
                problems.append(problem(node.type if node.is_missing else None, row, column))
            if node.is_missing and node.type in BRACES:
                unclosed.append(_row_of(around, walked, code_of_kind_id))
        if not node.is_error and node.has_error and cursor.goto_first_child():
            around.append(node)
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return SyntaxErrors(problems, np.unique(np.array(unclosed, np.int32)))
            around.pop()


def _row_of(around: list[Node], walked: WalkedTree, code_of_kind_id: list[int]) -> int:
    """The row of the innermost of some nodes that has one."""
    for node in reversed(around):
        code = code_of_kind_id[node.kind_id]
        row = int(np.searchsorted(walked.start, node.start_byte))
        while row < len(walked) and walked.start[row] == node.start_byte:
            if walked.end[row] == node.end_byte and walked.code[row] == code:
                return row
            row += 1
    return 0


def problem(missing: str | None, row: int, column: int) -> Problem:
    """A token that is missing at a place, counted from 0, or something that cannot be parsed there."""
    if missing is not None:
        return Problem("parse", "missing_token", f"missing {missing}", row + 1, column + 1)
    return Problem("parse", "syntax_error", "cannot be parsed", row + 1, column + 1)


def in_error(rows: SourceRows, first: Rows, last: Rows) -> NDArray[np.bool_]:
    """Whether bounds are in doubt, of definitions from each first row to the end of its last row's subtree.

    They are if the definition stands within an ERROR node, which took it out of what is around it, or if
    somewhere in it a brace is missing or an ERROR node has one too many.
    """
    error = np.flatnonzero(rows.code == rows.grammar.code_of_kind_id[ERROR_KIND_ID])
    if len(error) == len(rows.unclosed) == 0:
        return np.zeros(len(first), np.bool_)
    reach = np.maximum.accumulate(np.concatenate([[0], rows.shape.end[error]]))
    before = np.searchsorted(error, first, side="right")
    within: NDArray[np.bool_] = reach[before] > first
    outermost = error[reach[:-1] <= error]
    uneven = [
        row for row in outermost.tolist() if _is_uneven(rows.data, int(rows.start[row]), int(rows.end[row]))
    ]
    lost = np.sort(np.concatenate([rows.unclosed, np.array(uneven, np.int32)]))
    around = np.searchsorted(lost, rows.shape.end[last]) > np.searchsorted(lost, first)
    return within | around


def _is_uneven(data: bytes, start: int, end: int) -> bool:
    return data.count(b"{", start, end) != data.count(b"}", start, end)
