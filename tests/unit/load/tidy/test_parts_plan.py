"""Which parts are written anew."""

from __future__ import annotations

import numpy as np
import pytest

from snake_pipe.load.delta.entries import LoggedPart
from snake_pipe.load.tidy.parts_plan import MOST_SMALL_PARTS, may_hold, rows_per_part, small_parts


def parts(*rows):
    return [LoggedPart(f"part-{number}", 1, count) for number, count in enumerate(rows)]


def test_parts_grow_with_their_table_between_bounds():
    assert [rows_per_part(rows) for rows in (0, 12_800_000, 10**9)] == [50_000, 100_000, 1_000_000]


def test_a_few_small_parts_stay_as_they_are():
    assert small_parts(parts(*[10] * MOST_SMALL_PARTS)) == []
    assert len(small_parts(parts(*[10] * (MOST_SMALL_PARTS + 1), 40_000))) == MOST_SMALL_PARTS + 1


def test_parts_of_batches_that_took_their_time_are_not_small():
    """Those of a first run of ten million nodes: to merge them takes longer than to read them."""
    assert small_parts(parts(*[20_000] * 500)) == []


def test_after_many_runs_a_table_has_few_parts():
    """Each run adds one; parts are merged as the plan says, and the largest are let alone."""
    rows, merged, written = [400_000], 0, 0
    for _ in range(1_000):
        rows.append(2_000)
        all_parts = parts(*rows)
        if small := small_parts(all_parts):
            rows = [part.rows for part in all_parts if part not in small]
            rows.append(sum(part.rows for part in small))
            merged, written = merged + 1, written + rows[-1]
    assert sum(rows) == 2_400_000
    assert len(rows) < 100
    assert written < 10 * 2_000_000


@pytest.mark.parametrize(
    ("first", "last", "holds"), [(1, 4, False), (5, 5, True), (1, 9, True), (6, 8, False), (None, None, True)]
)
def test_a_part_is_read_only_if_its_range_of_ids_allows_it(first, last, holds):
    assert may_hold(LoggedPart("part", 1, 1, first, last), np.array([5, 9], np.int64)) is holds
