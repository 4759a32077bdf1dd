"""When a watch walks, and looks a second time, by invented times."""

from __future__ import annotations

import pytest

from snake_pipe.extract.watch.options import WatchOptions
from snake_pipe.extract.watch.schedule import Schedule


@pytest.fixture
def schedule():
    made = Schedule(WatchOptions(rescan_seconds=60))
    made.walked(100.0, polls=False)
    return made


def test_walks_come_after_the_time_that_was_asked_for(schedule):
    assert not schedule.is_walk_due(159.0)
    assert schedule.is_walk_due(160.0)
    assert schedule.wait(100.0) == 1.0
    assert schedule.wait(159.5) == 0.5
    assert schedule.wait(161.0) == 0.0


def test_walks_take_a_small_part_of_the_time(schedule):
    schedule.walked(100.0, seconds=2.0, polls=False)
    assert not schedule.is_walk_due(299.0)
    schedule.walked(100.0, seconds=2.0, polls=True)
    assert (schedule.is_walk_due(119.0), schedule.is_walk_due(120.0)) == (False, True)


def test_after_a_burst_the_next_walk_comes_soon(schedule):
    schedule.walked(100.0, seconds=2.0, polls=False, after_burst=True)
    assert schedule.is_walk_due(101.0)


def test_a_new_folder_is_looked_at_once_more(schedule):
    schedule.add_folders(frozenset([b"/r/a"]), 100.0)
    schedule.add_folders(frozenset([b"/r/b"]), 100.5)
    schedule.add_folders(frozenset(), 100.6)
    assert schedule.take_folders(100.9, everything=False) == frozenset()
    assert schedule.wait(100.9) == pytest.approx(0.1)
    assert schedule.take_folders(101.0, everything=False) == {b"/r/a"}
    assert schedule.take_folders(101.0, everything=True) == {b"/r/b"}
    assert schedule.take_folders(200.0, everything=True) == frozenset()


def test_nothing_is_due_while_a_folder_is_missing(schedule):
    schedule.add_folders(frozenset([b"/r/a"]), 100.0)
    schedule.suspend(200.0)
    assert not schedule.is_walk_due(200.0)
    assert schedule.wait(200.0) == 1.0
    assert schedule.take_folders(300.0, everything=True) == frozenset()
