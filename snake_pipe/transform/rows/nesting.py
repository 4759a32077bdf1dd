"""Subtrees inside of one another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from snake_pipe.transform.rows.shape import tree_shape

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True)
class Nesting:
    """Some rows' subtrees inside of one another.

    `outer[i]` is the position of the item around item i, -1 for none.
    `around(n)[row]` is the innermost item strictly around each row.
    """

    rows: NDArray[np.int32]
    ends: NDArray[np.int32]
    outer: NDArray[np.int32]

    @classmethod
    def of(cls, rows: Ints, ends: Ints) -> Nesting:
        """The nesting of subtrees `row:end`, sorted by row, no row twice. O(n log n), no recursion."""
        closed = np.searchsorted(np.sort(ends), rows, side="right")
        level = np.arange(len(rows), dtype=np.int32) - closed.astype(np.int32)
        return cls(rows.astype(np.int32), ends.astype(np.int32), tree_shape(level).parent)

    def around(self, length: int) -> NDArray[np.int32]:
        """For each of `length` rows the innermost item around it, -1 for none; O(length)."""
        items = np.arange(len(self.rows), dtype=np.int32)
        # Opens come before closes at the same row, inner closes before outer ones: the last one counts.
        at = np.concatenate([self.rows + 1, self.ends[::-1]]).astype(np.int64)
        value = np.concatenate([items, self.outer[::-1]])
        closing = np.concatenate([np.zeros(len(items), np.int64), np.ones(len(items), np.int64)])
        order = np.argsort(at * 2 + closing, kind="stable")
        at = at[order]
        spans = np.diff(at, prepend=0, append=length)
        return np.repeat(np.concatenate([np.array([-1], np.int32), value[order]]), spans)

    def holders(self, length: int) -> NDArray[np.int64]:
        """For each of `length` rows the row of the innermost item strictly around it, -1 for none."""
        rows = np.append(self.rows, -1).astype(np.int64)
        holders: NDArray[np.int64] = rows[self.around(length)]
        return holders
