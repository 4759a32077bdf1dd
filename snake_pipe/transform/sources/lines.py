"""Offsets of joined sources → lines and columns in their files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from snake_pipe.transform.native.compiled import ROWS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Offsets = NDArray[np.integer[Any]]
    Numbers = NDArray[np.int32]


class LineIndex:
    """Lines and columns, both from 1, in sources of which each begins a line of the joined text.

    `base` is, for each offset, where its file begins.
    """

    def __init__(self, source: NDArray[np.uint8]) -> None:
        if ROWS is not None:
            self._starts = np.frombuffer(ROWS.line_starts(source), np.int32)
            return
        newlines = source == 10
        self._before = np.zeros(len(source) + 1, np.int32)
        np.cumsum(newlines, out=self._before[1:])
        self._starts = np.concatenate([[0], np.flatnonzero(newlines) + 1]).astype(np.int32)

    def locate(self, offset: Offsets, base: Offsets, near: Numbers | None = None) -> tuple[Numbers, Numbers]:
        """Lines and columns of offsets; `near` are lines that are not far from theirs, if such are known."""
        if ROWS is not None:
            line, column = np.empty(len(offset), np.int32), np.empty(len(offset), np.int32)
            columns = np.ascontiguousarray(offset, np.int32), np.ascontiguousarray(base, np.int32)
            ROWS.locate(self._starts, *columns, near, line, column)
            return line, column
        of_all = self._before[offset]
        column = (offset - self._starts[of_all] + 1).astype(np.int32, copy=False)
        return of_all - self._before[base] + 1, column

    def lines(self, offset: Offsets, base: Offsets) -> Numbers:
        """The lines alone."""
        return self.locate(offset, base)[0]
