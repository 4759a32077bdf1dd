from __future__ import annotations

import pytest

from snake_pipe.errors import UsageError
from snake_pipe.extract.batching.memory import MemoryGuard, plan_memory
from snake_pipe.utils.batch_utils import MIB


@pytest.mark.parametrize(
    ("share", "shrinks", "recycle", "alone", "kill"),
    [
        (0.1, False, False, False, False),
        (0.59, False, False, False, False),
        (0.61, True, False, False, False),
        (0.71, True, True, False, False),
        (0.81, True, True, True, False),
        (0.96, True, True, True, True),
    ],
)
def test_the_ladder(share, shrinks, recycle, alone, kill):
    measures = MemoryGuard(1000).read(int(share * 1000), 600, 0.0)
    assert (measures.pressure < 1, measures.recycle, measures.one_at_a_time, measures.kill) == (
        shrinks,
        recycle,
        alone,
        kill,
    )
    assert measures.pressure > 0


def test_the_pool_is_not_replaced_at_every_reading():
    guard = MemoryGuard(1000)
    assert guard.read(750, 600, 0.0).recycle
    assert not guard.read(750, 600, 0.5).recycle
    assert guard.read(750, 600, 20.0).recycle
    assert guard.peak == 750


def test_a_new_pool_is_of_no_use_where_workers_hold_little():
    assert not MemoryGuard(1000).read(750, 100, 0.0).recycle


def test_the_plan_takes_fewer_workers_rather_than_too_much_memory():
    assert plan_memory(64 * 1024 * MIB, 8).workers == 8
    small = plan_memory(300 * MIB, 8)
    assert small.workers == 1
    assert small.nodes_in_memory < plan_memory(64 * 1024 * MIB, 8).nodes_in_memory
    with pytest.raises(UsageError, match="too little for one worker"):
        plan_memory(200 * MIB, 2)
