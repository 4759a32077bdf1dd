"""Who is let in beside whom on one machine of a cluster."""

from __future__ import annotations

import threading

from snake_pipe.extract.dispatch.cluster.room import Room
from testkit.waiting import PATIENCE, wait_for


class Guest:
    """A batch in a thread of its own, that stays until it is told to go."""

    def __init__(self, room: Room, expected: int = 0, *, alone: bool = False) -> None:
        self.is_in, self._may_go = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._stay, args=(room, expected, alone), daemon=True)
        self._thread.start()

    def _stay(self, room: Room, expected: int, alone: bool) -> None:
        with room.taken(expected, alone=alone):
            self.is_in.set()
            self._may_go.wait(PATIENCE)

    def go(self) -> None:
        self._may_go.set()
        self._thread.join(PATIENCE)


def test_as_many_as_there_are_workers_and_memory_for() -> None:
    room = Room(2, memory=100)
    large = Guest(room, 1000)
    assert large.is_in.wait(PATIENCE), "alone it is let in however large"
    small = Guest(room, 1)
    assert not small.is_in.is_set()
    large.go()
    assert small.is_in.wait(PATIENCE)
    other, third = Guest(room, 99), Guest(room, 0)
    wait_for(lambda: other.is_in.is_set() or third.is_in.is_set())
    assert not (other.is_in.is_set() and third.is_in.is_set()), "there are two workers"
    small.go()
    wait_for(lambda: other.is_in.is_set() and third.is_in.is_set())
    other.go()
    third.go()


def test_one_that_is_alone_waits_for_the_others_and_keeps_them_out() -> None:
    room = Room(3, memory=100)
    first = Guest(room)
    assert first.is_in.wait(PATIENCE)
    suspect = Guest(room, alone=True)
    wait_for(lambda: room._is_reserved)
    late = Guest(room)
    assert not suspect.is_in.is_set()
    first.go()
    assert suspect.is_in.wait(PATIENCE)
    assert not late.is_in.is_set()
    suspect.go()
    assert late.is_in.wait(PATIENCE)
    late.go()


def test_one_at_a_time_while_memory_is_short() -> None:
    room = Room(2, memory=100)
    room.one_at_a_time(True)
    first = Guest(room)
    assert first.is_in.wait(PATIENCE)
    second = Guest(room)
    assert not second.is_in.is_set()
    room.one_at_a_time(False)
    assert second.is_in.wait(PATIENCE)
    first.go()
    second.go()
