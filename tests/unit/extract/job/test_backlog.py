"""What waits between the feed and the workers, on a clock that the test turns."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from snake_pipe.extract.batch_config import BatchConfig
from snake_pipe.extract.batch_models import BatchResult, DiscoveredFile, Trigger
from snake_pipe.extract.job.backlog import Backlog
from snake_pipe.observe.status import JobStatus
from testkit.engines import within


def files(*numbers, size=10, queue="python"):
    return [DiscoveredFile("/r", f"{n}.py", size, 0, queue, file_id=n) for n in numbers]


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def test_a_batch_is_ready_when_it_is_full_and_is_taken_once():
    async def go():
        backlog = Backlog(BatchConfig(batch_size=2), clock=Clock())
        backlog.offer(files(1), None)
        ready = asyncio.create_task(backlog.until_ready())
        await asyncio.sleep(0)
        assert not ready.done()
        backlog.offer(files(2), None)
        await ready
        batch = backlog.take()
        assert [file.file_id for file in batch.files] == [1, 2]
        assert backlog.take() is None

    within(go())


def test_who_brings_files_waits_until_few_batches_are_left():
    async def go():
        backlog = Backlog(BatchConfig(batch_size=1), clock=Clock())
        backlog.offer(files(1, 2, 3), None)
        waiting = asyncio.create_task(backlog.until_at_most(1))
        await asyncio.sleep(0)
        backlog.take()
        await asyncio.sleep(0)
        assert not waiting.done()
        backlog.take()
        await waiting

    within(go())


def test_a_batch_is_cut_when_there_is_room_for_it_by_what_was_learned_until_then():
    backlog = Backlog(BatchConfig(batch_size=2, target_seconds=1.0), clock=Clock())
    backlog.offer(files(*range(40)), None)
    first = backlog.take()
    second = backlog.take()  # cut as the first one left
    backlog.observe(first, BatchResult(1, duration=0.2, memory_before=10, memory_peak=20))
    assert [len(batch) for batch in (first, second, backlog.take(), backlog.take())] == [2, 2, 2, 10]


def test_at_the_end_all_that_is_left_leaves_in_ever_smaller_batches():
    async def go():
        backlog = Backlog(BatchConfig(worker_count=2, batch_size=100), clock=Clock())
        backlog.offer(files(*range(10), size=100_000), None)
        backlog.close()
        at_end = asyncio.create_task(backlog.until_at_most(0))
        taken = []
        while (batch := backlog.take()) is not None:
            assert not at_end.done()
            taken.append(batch)
            await asyncio.sleep(0)
        await at_end
        sizes = [len(batch) for batch in taken]
        assert sum(sizes) == 10
        assert sizes == sorted(sizes, reverse=True)
        assert {batch.trigger for batch in taken} == {Trigger.CLOSE}

    within(go())


def test_a_file_leaves_when_its_time_has_come_though_nothing_comes_in():
    async def go():
        clock = Clock()
        backlog = Backlog(BatchConfig(max_latency=5.0), clock=clock)
        due = asyncio.create_task(backlog.release_due())
        backlog.offer(files(1), None)
        clock.now += 5.0
        await backlog.until_ready()
        batch = backlog.take()
        assert (batch.trigger, batch.waited) == (Trigger.TIMER, 5.0)
        due.cancel()

    within(go())


def test_what_is_cancelled_or_dropped_is_gone_from_both_sides():
    backlog = Backlog(BatchConfig(batch_size=2), clock=Clock())
    backlog.offer(files(1, 2, 3), None)
    assert backlog.file_ids() == {1, 2, 3}
    assert sorted(file.file_id for file in backlog.cancel(lambda file: file.file_id != 2)) == [1, 3]
    assert backlog.file_ids() == {2}
    backlog.drain()
    assert backlog.file_ids() == set()
    assert backlog.take() is None


def test_where_all_that_was_ready_is_cancelled_the_rest_goes_on():
    """At the end no timer comes to its help."""
    backlog = Backlog(BatchConfig(), clock=Clock())
    backlog.offer([*files(1, 2, queue="python"), *files(3, queue="go")], 0)
    backlog.close()
    assert [file.file_id for file in backlog.cancel(lambda file: file.queue == "python")] == [1, 2]
    assert [file.file_id for file in backlog.take().files] == [3]


def test_what_is_too_much_by_what_was_learned_is_cut_though_nothing_comes_in():
    """Whoever brings files waits for it to go out, and a timer need not be set."""
    backlog = Backlog(BatchConfig(batch_size=2, target_seconds=1.0, max_latency=None), clock=Clock())
    backlog.offer(files(1, 2), None)
    first = backlog.take()
    backlog.offer(files(3), None)
    assert backlog.take() is None
    backlog.observe(first, BatchResult(1, duration=2.0, memory_before=10, memory_peak=20))
    assert [file.file_id for file in backlog.take().files] == [3]


def test_so_is_what_is_too_much_because_memory_is_short():
    backlog = Backlog(BatchConfig(batch_size=4, max_latency=None), clock=Clock())
    backlog.offer(files(1, 2), None)
    assert backlog.take() is None
    backlog.press(0.5)
    assert [file.file_id for file in backlog.take().files] == [1, 2]


def test_new_settings_hold_at_once():
    backlog = Backlog(BatchConfig(batch_size=100), clock=Clock())
    backlog.offer(files(*range(10)), None)
    assert backlog.take() is None
    backlog.update(BatchConfig(batch_size=3))
    assert len(backlog.take()) == 3


def test_its_figures_are_those_of_files_and_batches_that_wait():
    clock = Clock()
    backlog = Backlog(BatchConfig(batch_size=2), clock=clock)
    backlog.offer(files(1, 2), None)
    clock.now += 3
    backlog.offer(files(3), None)
    clock.now += 2
    status = JobStatus()
    backlog.describe(status)
    statistics = status.statistics
    assert (statistics.files_queued, statistics.bytes_queued, statistics.batches_waiting) == (3, 30, 1)
    assert (statistics.oldest_age, statistics.oldest_wait) == (5.0, 5.0)
    assert [(queue["name"], queue["files"]) for queue in status.queues] == [("python", 1)]


def test_it_learns_from_what_batches_took():
    backlog = Backlog(BatchConfig(batch_size=2, target_seconds=1.0), clock=Clock())
    backlog.offer(files(1, 2), None)
    batch = backlog.take()
    backlog.observe(batch, BatchResult(1, duration=0.2, memory_before=10, memory_peak=20))
    backlog.offer(files(*range(10, 30)), None)
    backlog.flush()
    assert len(backlog.take()) == 10, "a tenth of a second a file, one second a batch"


LANGUAGES = ("go", "python")
STEPS = st.one_of(
    st.tuples(st.just("offer"), st.sampled_from(LANGUAGES), st.integers(1, 5)),
    st.tuples(st.just("take")),
    st.tuples(st.just("observe"), st.floats(0.001, 20.0)),
    st.tuples(st.just("press"), st.sampled_from([0.1, 0.5, 1.0])),
    st.tuples(st.just("cancel"), st.sampled_from(LANGUAGES)),
    st.tuples(st.just("update"), st.integers(1, 5)),
    st.tuples(st.just("flush")),
)


@given(steps=st.lists(STEPS, max_size=30), last_steps=st.lists(STEPS.filter(lambda step: step[0] != "offer")))
def test_whatever_happens_a_batch_is_ready_where_one_is_to_be_cut(steps, last_steps):
    """Whoever brings files waits until none is to be cut, and whoever takes batches for a ready one."""

    async def go():
        backlog = Backlog(BatchConfig(batch_size=2, max_latency=None), clock=Clock())
        taken, brought = [], 0

        def carry_out(what, *given):
            nonlocal brought
            if what == "offer":
                queue, count = given
                backlog.offer(files(*range(brought, brought + count), queue=queue), None)
                brought += count
            elif what == "take":
                taken.extend(filter(None, [backlog.take()]))
            elif what == "observe" and taken:
                backlog.observe(taken[-1], BatchResult(1, duration=given[0], memory_before=1, memory_peak=2))
            elif what == "press":
                backlog.press(given[0])
            elif what == "cancel":
                backlog.cancel(lambda file: file.queue == given[0])
            elif what == "update":
                backlog.update(BatchConfig(batch_size=given[0], max_latency=None))
            elif what == "flush":
                backlog.flush()

        async def look():
            status = JobStatus()
            backlog.describe(status)
            if not status.statistics.batches_waiting:
                waiting = asyncio.create_task(backlog.until_at_most(0))
                await asyncio.sleep(0)
                assert waiting.done(), "one is to be cut, and nobody will"

        for step in steps:
            carry_out(*step)
            await look()
        backlog.close()
        for step in last_steps:
            carry_out(*step)
            await look()
        while backlog.take() is not None:
            await look()
        assert backlog.file_ids() == set()

    asyncio.run(go())
