"""Which parts of a table are to be written anew: those with rows that leave, and many small ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from snake_pipe.load.delta.entries import LoggedPart

_PARTS_WANTED = 128
_LEAST_ROWS, _MOST_ROWS = 50_000, 1_000_000

MOST_SMALL_PARTS = 32
"""Small parts that a table may have before they are merged.

Each costs a reader a quarter of a millisecond, and whoever merges them four: a first run is not to end with
merging, which its workers would wait for.
"""

_SMALL = 4
"""By how many times fewer rows than it should have make a part small: reading the rows of others takes longer
than opening them."""


def rows_per_part(table_rows: int) -> int:
    """How many rows a part that is written anew should have.

    A file that changes has its whole part written anew, so parts are to be small; each costs a reader some
    time, so they are to be few.
    """
    return min(max(table_rows // _PARTS_WANTED, _LEAST_ROWS), _MOST_ROWS)


def small_parts(parts: Sequence[LoggedPart]) -> list[LoggedPart]:
    """The parts that are to be merged: none as long as there are few."""
    limit = rows_per_part(sum(part.rows for part in parts)) // _SMALL
    small = [part for part in parts if part.rows < limit]
    return small if len(small) > MOST_SMALL_PARTS else []


def may_hold(part: LoggedPart, ids: NDArray[np.int64]) -> bool:
    """Whether a part may have rows of files with these ids, which ascend."""
    if part.first_file_id is None or part.last_file_id is None:
        return True
    first, last = np.searchsorted(ids, [part.first_file_id, part.last_file_id + 1])
    return bool(last > first)
