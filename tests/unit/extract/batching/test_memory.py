from __future__ import annotations

import pytest

from snake_pipe.errors import UsageError
from snake_pipe.extract.batching.memory import MemoryGuard, memory_for_batches, plan_memory
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
    guard = MemoryGuard(1000)
    measures = guard.read(int(share * 1000), 600, 0.0)
    assert guard.is_short == shrinks
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


@pytest.mark.parametrize(("limit", "workers"), [(300, 1), (2_000, 4), (64_000, 16)])
def test_a_batch_of_each_worker_fits_and_not_much_more(limit, workers):
    plan = plan_memory(limit * MIB, workers)
    room = memory_for_batches(plan.limit, plan.workers)
    assert plan.workers == workers
    assert workers * plan.batch_memory <= room < workers * (plan.batch_memory + 1)


def test_pieces_are_small_beside_what_is_read_at_once():
    """Pieces of 1.2 MB took 4.4 times the 26 MB of a document; whole it takes up to eight times its size."""
    for limit in (300, 1_000, 64_000):
        plan = plan_memory(limit * MIB, 1)
        assert 3 * plan.piece_bytes <= plan.largest_at_once <= plan.largest_whole
        assert plan.piece_bytes <= 640_000
        assert plan.largest_at_once <= 16_000_000
