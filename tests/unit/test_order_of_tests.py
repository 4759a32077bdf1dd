"""Tests that take long are begun early by each of several workers."""

from __future__ import annotations

from testkit.order import long_ones_first


def test_each_worker_begins_with_its_share_of_the_long_ones():
    tests = ["a", "b", "c", "LONG 1", "LONG 2", "d", "LONG 3", "LONG 4"]
    ordered = long_ones_first(tests, is_short=str.islower, workers=2)
    assert ordered == ["LONG 1", "LONG 2", "a", "b", "LONG 3", "LONG 4", "c", "d"]


def test_none_is_lost_whatever_the_numbers():
    tests = [*"abcdefg", *"ABCDE"]
    for workers in range(1, 20):
        assert sorted(long_ones_first(tests, str.islower, workers)) == sorted(tests)
