from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from snake_pipe.extract.batch_models import DiscoveredFile, FileBatch, Trigger
from snake_pipe.extract.batching.ready import ReadyBatches


def batch(number: int, priority: int = 5, *, at: float = 0.0, sizes: tuple[int, ...] = (10,)) -> FileBatch:
    files = tuple(DiscoveredFile("/r", f"{number}/{i}", size, 0, "python") for i, size in enumerate(sizes))
    return FileBatch(number, files, sum(sizes), "python", Trigger.SIZE, priority, created_at=at)


def taken(ready: ReadyBatches, now: float = 0.0) -> list[int]:
    order = []
    while (found := ready.take(now)) is not None:
        order.append(found.batch_id)
    return order


def test_the_highest_priority_first_then_first_come():
    ready = ReadyBatches()
    ready.put([batch(1, 5), batch(2, 9), batch(3, 5), batch(4, 0), batch(5, 9)])
    assert (len(ready), ready.files) == (5, 5)
    assert taken(ready) == [2, 5, 1, 3, 4]
    assert (len(ready), ready.files) == (0, 0)


def test_waiting_counts_like_priority():
    ready = ReadyBatches(10.0)
    ready.put([batch(1, 3, at=0.0), batch(2, 5, at=19.0), batch(3, 5, at=21.0)])
    assert taken(ready, 30.0) == [2, 1, 3]  # 19 s are less than two steps, 21 s are more


def test_equal_ranks_go_first_come_first_served():
    ready = ReadyBatches(10.0)
    ready.put([batch(1, 4, at=0.0), batch(2, 5, at=10.0)])
    assert taken(ready, 20.0) == [1, 2]


def test_ageing_may_be_changed_while_batches_wait():
    ready = ReadyBatches(None)
    ready.put([batch(1, 2, at=0.0), batch(2, 5, at=8.0)])
    ready.ageing_seconds = 1.0
    assert taken(ready, 10.0) == [1, 2]


def test_the_oldest_age():
    ready = ReadyBatches()
    assert ready.oldest_age(5.0) == 0.0
    ready.put([batch(1, 2, at=1.0), batch(2, 9, at=3.0)])
    assert ready.oldest_age(5.0) == 4.0


def test_cancelled_files_leave_their_batches():
    ready = ReadyBatches()
    whole = FileBatch(
        3,
        batch(3, sizes=(30, 10)).files,
        40,
        "python",
        Trigger.SIZE,
        estimated_processing_time=4.0,
        estimated_memory=400,
        estimated_io=80,
    )
    ready.put([batch(1), whole, batch(2)])
    gone = ready.cancel(lambda file: file.path in ("1/0", "3/0"))
    assert [file.path for file in gone] == ["1/0", "3/0"]
    assert (len(ready), ready.files) == (2, 2)
    rest = ready.take(0.0)
    assert rest is not None
    assert [file.path for file in rest.files] == ["3/1"]
    assert (rest.batch_id, rest.total_size, rest.estimated_processing_time) == (3, 10, 1.0)
    assert (rest.estimated_memory, rest.estimated_io) == (100, 20)
    assert taken(ready) == [2]


def test_drain_gives_everything_up():
    ready = ReadyBatches()
    ready.put([batch(1), batch(2, 9)])
    assert len(ready.cancel(lambda _: True)) == 2
    assert ready.take(0.0) is None


AGEING = 4.0
steps = st.lists(
    st.tuples(st.integers(0, 16).map(lambda n: n / 4), st.lists(st.integers(0, 10), max_size=4)),
    min_size=1,
    max_size=40,
)


@given(arrivals=steps)
def test_a_batch_is_passed_only_by_what_came_soon_after_it(arrivals):
    """Of two batches the better one goes first only if it came within a step of waiting a priority."""
    ready = ReadyBatches(AGEING)
    now = 0.0
    waiting: dict[int, FileBatch] = {}
    number = 0
    for pause, priorities in arrivals:
        now += pause
        for priority in priorities:
            waiting[number] = batch(number, priority, at=now)
            ready.put([waiting[number]])
            number += 1
        first = ready.take(now)
        assert (first is None) == (not waiting)
        if first is None:
            continue
        del waiting[first.batch_id]
        for passed in waiting.values():
            later = first.created_at - passed.created_at
            better = first.priority - passed.priority
            assert later <= 0 or later < better * AGEING or (later == 0 and better == 0)
            if better == 0:
                assert passed.batch_id > first.batch_id


@given(
    priority=st.integers(0, 9),
    backlog=st.integers(0, 30),
    per_take=st.integers(1, 3),
    every=st.sampled_from([0.25, 1.0, 2.0]),
)
def test_a_low_batch_is_taken_in_bounded_time_under_a_stream_of_urgent_ones(
    priority, backlog, per_take, every
):
    """An adversary adds up to three urgent batches whenever one is taken: for ever, without ageing."""
    ready = ReadyBatches(AGEING)
    ready.put(batch(index, 10) for index in range(backlog))
    low = batch(-1, priority)
    ready.put([low])
    ahead = backlog + per_take * ((10 - priority) * AGEING / every + 1)  # all that may pass it
    now, number = 0.0, backlog
    for _ in range(int(ahead) + 1):
        ready.put(batch(number + index, 10, at=now) for index in range(per_take))
        number += per_take
        if ready.take(now) is low:
            return
        now += every
    raise AssertionError(f"still waiting after {ahead} others")


def test_without_ageing_a_stream_of_urgent_batches_starves_the_others():
    # What ageing is for: without it the test above would never end.
    ready = ReadyBatches(None)
    ready.put([batch(-1, 0)])
    for number in range(1_000):
        ready.put([batch(number, 10, at=float(number))])
        first = ready.take(float(number))
        assert first is not None
        assert first.batch_id == number
