"""Sixteen writers at once on a real server: one makes each object, one holds each lease.

`LONG_ROUNDS=200` says how often; SeaweedFS lets the others of a race wait for seconds.
"""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from snake_pipe.storage.bucket import Bucket
from snake_pipe.storage.object_store import ObjectStorage
from testkit.object_servers import BUCKET

ROUNDS = int(os.environ.get("LONG_ROUNDS", "20"))
WRITERS = 16


@pytest.fixture
def storages(bucket: str) -> list[ObjectStorage]:
    """One for each writer, with connections of its own."""
    prefix = bucket.rpartition("/")[2]
    return [ObjectStorage(Bucket("s3", BUCKET), prefix, ttl=60.0) for _ in range(WRITERS)]


@pytest.mark.timeout(3600)
def test_one_of_sixteen_makes_an_object(storages: list[ObjectStorage]) -> None:
    start = threading.Barrier(WRITERS)

    def make(writer: int, number: int) -> bool:
        start.wait(timeout=600)
        try:
            storages[writer].create(f"log/{number:020}.json", b"%d" % writer)
        except FileExistsError:
            return False
        return True

    with ThreadPoolExecutor(WRITERS) as threads:
        for number in range(ROUNDS):
            made = list(threads.map(make, range(WRITERS), [number] * WRITERS))
            assert made.count(True) == 1
            assert storages[0].read(f"log/{number:020}.json") == b"%d" % made.index(True)


@pytest.mark.timeout(3600)
def test_each_of_sixteen_appends_under_the_next_number(storages: list[ObjectStorage]) -> None:
    """As commits do: whoever finds a number taken tries the next one."""
    appends = max(1, ROUNDS // 10)

    def append(writer: int) -> list[int]:
        numbers, number = [], 0
        while len(numbers) < appends:
            try:
                storages[writer].create(f"appended/{number:020}.json", b"%d" % writer)
                numbers.append(number)
            except FileExistsError:
                pass
            number += 1
        return numbers

    with ThreadPoolExecutor(WRITERS) as threads:
        taken = [number for numbers in threads.map(append, range(WRITERS)) for number in numbers]
    assert sorted(taken) == list(range(WRITERS * appends))
    assert len(storages[0].files("appended")) == len(taken)


@pytest.mark.timeout(3600)
def test_one_of_sixteen_holds_a_lease(storages: list[ObjectStorage]) -> None:
    """Also where it was released before: all swap the same state then."""
    start = threading.Barrier(WRITERS)

    def claim(writer: int, number: int) -> bool:
        start.wait(timeout=600)
        held = storages[writer].claim(f"leases/{number % 2}")
        start.wait(timeout=600)  # nobody gives it back before all have asked
        if held is not None:
            held.check()
            held.release()
        return held is not None

    with ThreadPoolExecutor(WRITERS) as threads:
        for number in range(ROUNDS):
            assert list(threads.map(claim, range(WRITERS), [number] * WRITERS)).count(True) == 1
