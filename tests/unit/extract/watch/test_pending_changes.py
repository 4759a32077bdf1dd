"""Which changes of a watch can be queried, by the rows that are committed."""

from __future__ import annotations

from snake_pipe.extract.feeds.feed import Chunk
from snake_pipe.extract.watch.pending_changes import PendingChanges
from snake_pipe.observe.events import ChangesVisible


def test_groups_become_visible_in_order_when_their_rows_are_committed():
    pending = PendingChanges()
    assert pending.all_committed
    pending.add(Chunk(files=["a", "b"], deleted=[{}]))
    pending.end_group(2, 1, 10.0)
    pending.add(Chunk(files=["c"]))
    pending.end_group(1, 0, 12.0)
    pending.commit(2)
    assert pending.take_visible(13.0) is None
    pending.commit(3)
    assert pending.take_visible(13.0) == ChangesVisible(2, 1, 3.0)
    assert not pending.all_committed
    pending.commit(4)
    assert pending.all_committed
    assert pending.take_visible(14.0) == ChangesVisible(1, 0, 2.0)
    assert pending.take_visible(15.0) is None


def test_groups_that_one_commit_makes_visible_are_one_event():
    pending = PendingChanges()
    for started in (10.0, 11.0):
        pending.add(Chunk(files=["a"]))
        pending.end_group(1, 0, started)
    pending.commit(2)
    assert pending.take_visible(12.0) == ChangesVisible(2, 0, 2.0)
