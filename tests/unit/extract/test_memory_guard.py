from __future__ import annotations

import pytest

from snake_pipe.extract.memory_guard import MemoryGuard


@pytest.mark.parametrize(
    ("share", "shrinks", "recycle", "pause", "kill"),
    [
        (0.1, False, False, False, False),
        (0.59, False, False, False, False),
        (0.61, True, False, False, False),
        (0.71, True, True, False, False),
        (0.81, True, True, True, False),
        (0.96, True, True, True, True),
    ],
)
def test_the_ladder(share, shrinks, recycle, pause, kill):
    measures = MemoryGuard(1000).read(int(share * 1000), 0.0)
    assert (measures.pressure < 1, measures.recycle, measures.pause, measures.kill) == (
        shrinks,
        recycle,
        pause,
        kill,
    )
    assert measures.pressure > 0


def test_the_pool_is_not_replaced_at_every_reading():
    guard = MemoryGuard(1000)
    assert guard.read(750, 0.0).recycle
    assert not guard.read(750, 0.5).recycle
    assert guard.read(750, 20.0).recycle
    assert guard.peak == 750
