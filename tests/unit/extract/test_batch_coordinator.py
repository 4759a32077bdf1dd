from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from snake_pipe.extract.batch_config import BatchConfig
from snake_pipe.extract.batch_coordinator import BatchCoordinator
from snake_pipe.extract.batch_models import DiscoveredFile, FileBatch, Trigger
from snake_pipe.extract.batching.memory import BATCH_MEMORY
from snake_pipe.extract.batching.queue import QueueFigures
from snake_pipe.extract.batching.ready import ReadyBatches
from snake_pipe.extract.batching.strategy import AskedStrategy
from snake_pipe.extract.settings.queue_sizes import QueueSize, parse_queue_sizes
from snake_pipe.load.batch_history import BatchTotals
from snake_pipe.plugins.batching import Adaptive, ByFolder, Fixed


def file(name: str, *, size: int = 100, queue: str = "python", priority: int = 5) -> DiscoveredFile:
    return DiscoveredFile("/r", name, size, 0, queue, "r", priority)


CONFIG = BatchConfig(batch_size=3, batch_bytes=1000, max_batch_size=4, max_latency=2.0, worker_count=1)


def names(batches):
    return [[f.path for f in batch.files] for batch in batches]


def test_a_batch_leaves_when_the_count_is_reached():
    coordinator = BatchCoordinator(CONFIG)
    assert coordinator.offer(file("a"), 0.0) == []
    assert coordinator.offer(file("b"), 0.1) == []
    (batch,) = coordinator.offer(file("c"), 0.5)
    assert names([batch]) == [["a", "b", "c"]]
    assert (batch.trigger, batch.total_size, batch.waited, batch.queue) == (Trigger.SIZE, 300, 0.5, "python")
    assert coordinator.queued_files == 0
    assert coordinator.next_deadline() is None or coordinator.due(10.0) == []


def test_a_batch_never_holds_more_bytes_than_the_budget():
    coordinator = BatchCoordinator(replace(CONFIG, batch_size=100))
    coordinator.offer(file("a", size=600), 0.0)
    (batch,) = coordinator.offer(file("b", size=600), 0.0)
    assert names([batch]) == [["a"]]
    assert batch.trigger is Trigger.BYTES


def test_a_file_above_the_budget_travels_alone_and_at_once():
    coordinator = BatchCoordinator(CONFIG)
    coordinator.offer(file("a"), 0.0)
    batches = coordinator.offer(file("huge", size=5000), 0.0)
    assert names(batches) == [["a"], ["huge"]]


def test_languages_never_mix():
    coordinator = BatchCoordinator(CONFIG)
    for index in range(2):
        coordinator.offer(file(f"{index}.py"), 0.0)
        coordinator.offer(file(f"{index}.go", queue="go"), 0.0)
    batches = coordinator.close(0.0)
    assert sorted(batch.queue for batch in batches) == ["go", "python"]
    assert all({f.queue for f in batch.files} == {batch.queue} for batch in batches)


def test_a_file_that_arrives_at_the_deadline_does_not_delay_the_batch():
    # Requirement 002-1: an input ready at the very moment of the deadline used to win over the timer.
    coordinator = BatchCoordinator(CONFIG)
    coordinator.offer(file("old"), 0.0)
    assert coordinator.next_deadline() == 2.0
    (batch,) = coordinator.offer(file("new"), 2.0)
    assert names([batch]) == [["old"]]
    assert batch.trigger is Trigger.TIMER
    assert coordinator.next_deadline() == 4.0


def test_the_timer_releases_only_what_is_overdue():
    coordinator = BatchCoordinator(CONFIG)
    coordinator.offer(file("a"), 0.0)
    coordinator.offer(file("b", queue="go"), 1.5)
    assert coordinator.due(1.9) == []
    assert names(coordinator.due(2.0)) == [["a"]]
    assert coordinator.next_deadline() == 3.5


def test_without_a_latency_there_is_no_timer():
    coordinator = BatchCoordinator(replace(CONFIG, max_latency=None))
    coordinator.offer(file("a"), 0.0)
    assert coordinator.next_deadline() is None
    assert coordinator.due(1e9) == []


def test_an_urgent_file_takes_what_waits_with_it_and_goes_first():
    coordinator = BatchCoordinator(CONFIG)
    coordinator.offer(file("a"), 0.0)
    (batch,) = coordinator.offer(file("urgent", priority=8), 0.0)
    assert names([batch]) == [["urgent", "a"]]
    assert (batch.trigger, batch.priority) == (Trigger.PRIORITY, 8)


def test_higher_priority_first_then_first_come():
    coordinator = BatchCoordinator(CONFIG)
    coordinator.offer(file("low", priority=2), 0.0)
    coordinator.offer(file("b", priority=5), 0.0)
    (batch,) = coordinator.offer(file("c", priority=5), 0.0)
    assert names([batch]) == [["b", "c", "low"]]


def test_close_shares_the_rest_among_the_workers():
    coordinator = BatchCoordinator(replace(BatchConfig(), worker_count=4, batch_size=1000))
    for index in range(64):
        coordinator.offer(file(str(index), size=15_000), 0.0)
    batches = coordinator.close(1.0)
    assert len(batches) >= 4
    assert sum(map(len, batches)) == 64


@pytest.mark.parametrize(
    ("smallest_first", "order"), [(False, ["py", "go", "js"]), (True, ["js", "go", "py"])]
)
def test_close_releases_the_largest_first_unless_not_all_may_be_done(smallest_first, order):
    coordinator = BatchCoordinator(CONFIG)
    for name, sizes in {"go": (200, 210), "py": (450, 460), "js": (100,)}.items():
        for number, size in enumerate(sizes):
            coordinator.offer(file(f"{name}{number}", size=size, queue=name), 0.0)
    batches = coordinator.close(1.0, smallest_first=smallest_first)
    assert [batch.queue for batch in batches] == order


def test_measured_batches_change_the_size():
    coordinator = BatchCoordinator(replace(CONFIG, batch_size=2, max_batch_size=100, batch_bytes=10**9))
    coordinator.offer(file("a"), 0.0)
    (batch,) = coordinator.offer(file("b"), 0.0)
    coordinator.observe(batch, seconds=0.1, memory=4000)  # 0.05 s a file: 40 of them take 2 s
    sizes = []
    for index in range(80):
        sizes += [len(b) for b in coordinator.offer(file(str(index)), 0.0)]
    assert sizes == [40, 40]


def test_the_estimates_come_from_what_was_measured():
    coordinator = BatchCoordinator(CONFIG)
    for name in "ab":
        coordinator.offer(file(name), 0.0)
    (batch,) = coordinator.offer(file("c"), 0.0)
    coordinator.observe(batch, seconds=3.0, memory=BATCH_MEMORY + 6000)
    coordinator.offer(file("d"), 0.0)
    (following,) = coordinator.flush(0.0)
    assert following.estimated_processing_time == pytest.approx(1.0)
    assert following.estimated_memory == BATCH_MEMORY + 2000


def test_memory_pressure_shrinks_batches():
    coordinator = BatchCoordinator(replace(CONFIG, batch_size=4))
    coordinator.press(0.5)
    coordinator.offer(file("a"), 0.0)
    (batch,) = coordinator.offer(file("b"), 0.0)
    assert names([batch]) == [["a", "b"]]
    assert batch.trigger is Trigger.MEMORY


def test_update_releases_what_is_too_much_by_the_new_settings():
    coordinator = BatchCoordinator(replace(CONFIG, batch_size=10, max_batch_size=10))
    for name in "abcd":
        coordinator.offer(file(name), 0.0)
    batches = coordinator.update(replace(CONFIG, batch_size=2, max_batch_size=2), 0.5)
    assert names(batches) == [["a", "b"], ["c", "d"]]


def test_update_with_a_shorter_latency_releases_what_has_waited_longer():
    coordinator = BatchCoordinator(CONFIG)
    coordinator.offer(file("a"), 0.0)
    assert names(coordinator.update(replace(CONFIG, max_latency=0.5), 1.0)) == [["a"]]


def test_drain_gives_everything_up():
    coordinator = BatchCoordinator(CONFIG)
    coordinator.offer(file("a"), 0.0)
    assert [f.path for f in coordinator.cancel(lambda _: True)] == ["a"]
    assert coordinator.close(0.0) == []


# -- deadlines ---------------------------------------------------------------------------------------------


def test_a_chunk_that_arrives_at_the_deadline_does_not_delay_the_batch_either():
    coordinator = BatchCoordinator(CONFIG)
    coordinator.offer(file("old"), 0.0)
    assert names(coordinator.offer_all([file("new"), file("newer")], 2.0)) == [["old"]]
    assert coordinator.next_deadline() == 4.0


@given(times=st.lists(st.integers(0, 64).map(lambda n: n / 16), max_size=40).map(sorted))
def test_inputs_at_any_moment_never_delay_a_batch(times):
    # Requirement 002-1, with inputs on the very deadlines: all times are multiples of 1/16, the wait is 1/2.
    coordinator = BatchCoordinator(replace(BatchConfig(), max_latency=0.5))
    waiting: dict[str, float] = {}
    for index, now in enumerate(times):
        ready = coordinator.offer(file(str(index)), now)
        waiting[str(index)] = now
        for path in (f.path for batch in ready for f in batch.files):
            del waiting[path]
        assert all(since + 0.5 > now for since in waiting.values())


def test_a_deadline_after_the_queue_was_emptied_is_only_early():
    coordinator = BatchCoordinator(CONFIG)
    for name in "abc":  # leaves by size
        coordinator.offer(file(name), 0.0)
    coordinator.offer(file("d"), 1.0)
    assert coordinator.next_deadline() == 2.0
    assert coordinator.due(2.0) == []
    assert coordinator.next_deadline() == 3.0


# -- files that come together ------------------------------------------------------------------------------


def test_urgent_files_that_come_together_make_one_batch():
    coordinator = BatchCoordinator(CONFIG)
    coordinator.offer(file("a"), 0.0)
    (batch,) = coordinator.offer_all([file("x", priority=9), file("y", priority=10)], 0.0)
    assert names([batch]) == [["y", "x", "a"]]
    assert batch.trigger is Trigger.PRIORITY


def test_of_files_that_come_together_the_urgent_lead():
    coordinator = BatchCoordinator(CONFIG)
    files = [file(str(index)) for index in range(5)]
    batches = coordinator.offer_all([*files, file("last", priority=9)], 0.0)
    assert names(batches) == [["last", "0", "1"], ["2", "3", "4"]]


def test_each_batch_says_which_target_it_reached():
    # All batches of a call used to be called after the target that the whole queue had reached.
    coordinator = BatchCoordinator(CONFIG)
    sizes = [100, 100, 100, 600, 600, 100]
    batches = coordinator.offer_all([file(str(i), size=size) for i, size in enumerate(sizes)], 0.0)
    assert names(batches) == [["0", "1", "2"], ["3"]]
    assert [batch.trigger for batch in batches] == [Trigger.SIZE, Trigger.BYTES]
    assert coordinator.queued_files == 2


def test_of_files_that_come_together_a_rest_waits():
    coordinator = BatchCoordinator(CONFIG)
    batches = coordinator.offer_all([file(str(index)) for index in range(7)], 0.0)
    assert names(batches) == [["0", "1", "2"], ["3", "4", "5"]]
    assert coordinator.queued_files == 1
    assert coordinator.next_deadline() == 2.0


def test_no_file_is_passed_over_twice_even_without_a_timer():
    # A low file used to stay in the rest of every chunk for as long as better ones came.
    coordinator = BatchCoordinator(replace(CONFIG, max_latency=None))
    coordinator.offer_all([file("low", priority=0), *(file(f"a{i}") for i in range(3))], 0.0)
    assert coordinator.queued_files == 1
    batches = coordinator.offer_all([file(f"b{i}") for i in range(3)], 1.0)
    assert names(batches) == [["b0", "b1", "b2"], ["low"]]


KIB = 1024
MANY = [file(str(index), size=64 * KIB) for index in range(160)]
GUIDED = BatchConfig(batch_size=1000, batch_bytes=4096 * KIB, worker_count=2)
FAST = FileBatch(1, tuple(MANY), 1024**3, "python", Trigger.SIZE)
"""With a batch that took so little time for its bytes, the budget alone bounds those that follow."""
SLOW = FileBatch(1, tuple(MANY), 160 * 64 * KIB, "python", Trigger.SIZE)


def test_batches_get_smaller_towards_an_end_that_is_known():
    # One worker used to have the last batch of 16 MiB while the others had nothing left.
    coordinator = BatchCoordinator(replace(GUIDED, target_seconds=100.0))
    coordinator.observe(SLOW, 16.0, 0)
    sizes = [batch.total_size // KIB for batch in coordinator.offer_all(MANY, 0.0, 0)]
    assert sizes == [2560, 1920, 1408, 1088]
    sizes = [batch.total_size // KIB for batch in coordinator.close(0.0)]
    assert sizes == [768, 576, 448, 320, 256, 192, 128, 128, 128, 128, 128, 64]


def test_they_do_not_get_so_small_that_their_parts_take_longer_than_their_files():
    coordinator = BatchCoordinator(GUIDED)
    coordinator.observe(SLOW, 5.0, 0)  # 2 MiB a second, of which a batch gets a fifth at least
    coordinator.offer_all(MANY[:16], 0.0, 0)
    assert [batch.total_size // KIB for batch in coordinator.close(0.0)] == [384, 384, 256]


def test_later_batches_are_cut_by_what_was_learned_meanwhile():
    coordinator = BatchCoordinator(replace(GUIDED, batch_size=20, target_seconds=1.0))
    (first,) = coordinator.offer_all(MANY, 0.0, most=1)
    assert len(first) == 16, "a mebibyte"
    assert coordinator.has_to_cut
    coordinator.observe(first, 0.5, 0)
    (second,) = coordinator.cut(1.0, most=1)
    assert len(second) == 32
    others = coordinator.cut(1.0)
    assert [len(batch) for batch in others] == [32, 32, 32]
    assert not coordinator.has_to_cut
    assert coordinator.queued_files == 16, "a rest waits for others"


def test_of_full_queues_the_most_urgent_is_cut_first_and_then_the_oldest():
    coordinator = BatchCoordinator(CONFIG)
    for now, (queue, priority) in enumerate((("go", 3), ("python", 5), ("c", 5)), 1):
        files = [file(f"{queue}{number}", queue=queue, priority=priority) for number in range(3)]
        assert coordinator.offer_all(files, now / 10, most=0) == []
    assert [batch.queue for batch in coordinator.cut(0.5)] == ["python", "c", "go"]


def test_what_waits_to_be_cut_is_not_later_than_its_time():
    coordinator = BatchCoordinator(CONFIG)
    coordinator.offer_all([file(str(number)) for number in range(4)], 0.0, most=0)
    assert coordinator.next_deadline() == 2.0
    batches = coordinator.due(2.0)
    assert names(batches) == [["0", "1", "2"], ["3"]]
    assert batches[0].trigger == Trigger.SIZE


def test_at_the_end_nothing_is_late_any_more():
    """Timers would have all that is left cut at once, knowing nothing of what is done meanwhile."""
    coordinator = BatchCoordinator(CONFIG)
    coordinator.offer_all([file(str(number)) for number in range(2)], 0.0)
    coordinator.end()
    assert coordinator.next_deadline() is None
    assert coordinator.due(100.0) == []
    assert names(coordinator.cut(100.0)) == [["0", "1"]]


def test_other_settings_do_not_have_all_that_is_left_cut_at_once():
    coordinator = BatchCoordinator(CONFIG)
    coordinator.offer_all([file(str(number)) for number in range(7)], 0.0, most=0)
    coordinator.end()
    assert coordinator.update(replace(CONFIG, max_latency=9.0), 1.0) == []
    (batch,) = coordinator.cut(1.0, most=1)
    assert batch.trigger == Trigger.CLOSE


def test_at_the_end_the_most_urgent_is_cut_first_and_then_the_fullest_queue():
    coordinator = BatchCoordinator(BatchConfig())
    for queue, priority, size in (("go", 5, 3000), ("python", 7, 1000), ("c", 7, 2000)):
        coordinator.offer(file(queue, queue=queue, priority=priority, size=size), 0.0)
    coordinator.end()
    assert [batch.queue for batch in coordinator.cut(0.0)] == ["c", "python", "go"]


def test_what_is_late_towards_the_end_is_shared_out_too():
    coordinator = BatchCoordinator(replace(GUIDED, target_seconds=100.0, max_latency=2.0))
    coordinator.observe(SLOW, 16.0, 0)
    assert coordinator.offer_all(MANY, 0.0, coming=0, most=0) == []
    sizes = [batch.total_size // KIB for batch in coordinator.due(2.0)]
    assert sizes[:4] == [2560, 1920, 1408, 1088]


def test_at_the_end_files_lead_that_would_keep_one_worker_busy():
    coordinator = BatchCoordinator(replace(BatchConfig(), worker_count=2))
    sizes = [100 * KIB] * 5 + [900 * KIB, 100 * KIB]
    coordinator.offer_all([file(str(number), size=size) for number, size in enumerate(sizes)], 0.0, most=0)
    coordinator.end()
    batches = [batch for _ in range(4) for batch in coordinator.cut(0.0, most=1)]
    assert names(batches) == [["5"], ["0"], ["1"], ["2"]]


def test_the_age_of_what_waits_is_that_of_the_oldest_also_where_large_files_lead():
    coordinator = BatchCoordinator(replace(BatchConfig(), worker_count=2, batch_bytes=200 * KIB))
    coordinator.offer_all([file("old", size=KIB)], 0.0)
    coordinator.offer_all([file("large", size=900 * KIB)], 4.0, most=0)
    coordinator.end()
    assert coordinator.oldest_age(5.0) == 5.0
    assert [queue.oldest_age for queue in coordinator.queues(5.0)] == [5.0]


def test_so_do_files_that_are_more_than_a_batch_holds_however_much_is_left():
    coordinator = BatchCoordinator(replace(BatchConfig(), worker_count=2, batch_bytes=200 * KIB))
    sizes = [100 * KIB] * 20 + [300 * KIB]
    coordinator.offer_all([file(str(number), size=size) for number, size in enumerate(sizes)], 0.0, most=0)
    coordinator.end()
    assert names(coordinator.cut(0.0, most=2)) == [["20"], ["0", "1"]]


@pytest.mark.parametrize(
    ("config", "coming"),
    [
        (GUIDED, None),  # nobody knows how much will come
        (GUIDED, 50 * 4096 * KIB),  # the end is far
        (replace(GUIDED, queue_sizes=("python=4MiB",)), 0),  # who fixed the size gets it
    ],
)
def test_before_the_end_batches_are_full(config, coming):
    coordinator = BatchCoordinator(config)
    coordinator.observe(FAST, 1.0, 0)
    batches = coordinator.offer_all(MANY, 0.0, coming)
    assert [batch.total_size // KIB for batch in batches] == [4096, 4096]


# -- queues ------------------------------------------------------------------------------------------------


def test_one_queue_for_all_languages_where_that_is_wanted():
    coordinator = BatchCoordinator(replace(CONFIG, smart_batching=False))
    coordinator.offer(file("a.py"), 0.0)
    coordinator.offer(file("b.go", queue="go"), 0.0)
    (batch,) = coordinator.offer(file("c.rs", queue="rust"), 0.0)
    assert (batch.queue, names([batch])) == ("mixed", [["a.py", "b.go", "c.rs"]])
    (again,) = coordinator.retry(batch.files, 2, 1.0)
    assert (again.queue, again.attempt, len(again)) == ("mixed", 2, 3)


def test_queues_with_sizes_of_their_own():
    coordinator = BatchCoordinator(replace(CONFIG, queue_sizes=("python=2", "go=3kB", "go=4")))
    coordinator.offer(file("a"), 0.0)
    (batch,) = coordinator.offer(file("b"), 0.0)
    assert batch.trigger is Trigger.SIZE
    coordinator.observe(batch, seconds=0.001, memory=10)  # teaches nothing about a size that was fixed
    figures = {queue.name: queue for queue in coordinator.queues(0.0)}
    assert figures["python"].target_files == 2
    for index in range(2):  # 2800 bytes: above batch_bytes, within the queue's own
        assert coordinator.offer(file(str(index), queue="go", size=1400), 0.0) == []
    (batch,) = coordinator.offer(file("last", queue="go", size=201), 0.0)
    assert (batch.trigger, names([batch])) == (Trigger.BYTES, [["0", "1"]])


def test_the_hard_maximum_holds_for_own_sizes_too():
    coordinator = BatchCoordinator(replace(CONFIG, queue_sizes=("python=100",)))
    batches = coordinator.offer_all([file(str(index), size=1) for index in range(9)], 0.0)
    assert [len(batch) for batch in batches] == [4, 4]


def test_the_queues_at_a_glance():
    coordinator = BatchCoordinator(CONFIG)
    coordinator.offer(file("a", size=10), 1.0)
    coordinator.offer(file("b", size=20, queue="go"), 1.5)
    assert coordinator.queues(2.0) == [
        QueueFigures("go", 1, 20, 0.5, 3, 1000),
        QueueFigures("python", 1, 10, 1.0, 3, 1000),
    ]


def test_waiting_files_can_be_cancelled():
    coordinator = BatchCoordinator(CONFIG)
    for name, queue in (("src/a", "python"), ("lib/b", "python"), ("src/c", "go")):
        coordinator.offer(file(name, queue=queue), 0.0)
    gone = coordinator.cancel(lambda f: f.path.startswith("src/"))
    assert sorted(f.path for f in gone) == ["src/a", "src/c"]
    assert (coordinator.queued_files, coordinator.queued_bytes) == (1, 100)
    assert names(coordinator.close(0.0)) == [["lib/b"]]


def test_nothing_is_due_for_what_was_cancelled():
    coordinator = BatchCoordinator(CONFIG)
    coordinator.offer(file("a"), 0.0)
    coordinator.cancel(lambda _: True)
    assert coordinator.next_deadline() is None
    assert coordinator.due(10.0) == []


# -- sizes -------------------------------------------------------------------------------------------------


def test_sizes_start_from_the_history():
    coordinator = BatchCoordinator(replace(CONFIG, max_batch_size=100, batch_bytes=10**9))
    coordinator.seed(
        {"python": BatchTotals(10, 400, 40_000, 20.0, 10 * (BATCH_MEMORY + 8000), 80_000)}
    )  # 0.05 s a file
    batches = coordinator.offer_all([file(str(index)) for index in range(100)], 0.0)
    assert [len(batch) for batch in batches] == [40, 40]
    batch = batches[0]
    assert batch.estimated_processing_time == pytest.approx(2.0)
    assert (batch.estimated_memory, batch.estimated_io) == (BATCH_MEMORY + 8000, 12_000)


def test_a_large_source_is_expected_to_take_what_its_tree_does():
    """Two headers of 24 MB at once took a job beyond its limit: small ones had told of 2 bytes for one."""
    coordinator = BatchCoordinator(replace(CONFIG, batch_bytes=10**8))
    small = BatchTotals(9, 900, 90_000, 9.0, 9 * (BATCH_MEMORY + 20_000), 0)
    coordinator.seed({"c": small, "ast": small})
    batches = coordinator.offer_all([file("a", size=10**7, queue=name) for name in ("c", "ast")], 0.0)
    memory = {batch.queue: batch.estimated_memory for batch in batches}
    assert memory == {"c": 25 * 10**7, "ast": BATCH_MEMORY + 2 * 10**7}


def test_the_history_of_one_queue_tells_nothing_of_another():
    coordinator = BatchCoordinator(CONFIG)
    coordinator.seed({"go": BatchTotals(10, 10, 1000, 100.0, 0, 0)})
    coordinator.offer(file("a"), 0.0)
    (batch,) = coordinator.flush(0.0)
    assert batch.estimated_processing_time == 0.0


def test_a_queue_that_is_too_full_when_memory_gets_short_leaves_in_small_batches():
    # All that had been let in before used to leave as one batch: the large one that there was no memory for.
    coordinator = BatchCoordinator(replace(CONFIG, batch_size=4, max_latency=None))
    for index in range(3):
        coordinator.offer(file(str(index)), 0.0)
    coordinator.press(0.25)
    batches = coordinator.offer(file("3"), 0.0)
    assert [len(batch) for batch in batches] == [1, 1, 1, 1]
    assert {batch.trigger for batch in batches} == {Trigger.MEMORY}


def test_retried_batches_keep_the_limits():
    # Files of a batch that was cut under older settings used to come back as one batch of the old size.
    coordinator = BatchCoordinator(CONFIG)
    coordinator.update(replace(CONFIG, max_batch_size=2), 0.0)
    batches = coordinator.retry([file(name) for name in "abc"], 2, 0.0)
    assert names(batches) == [["a", "b"], ["c"]]
    assert {(batch.attempt, batch.trigger) for batch in batches} == {(2, Trigger.RETRY)}


def test_a_queue_that_only_retries_have_used_learns_too():
    coordinator = BatchCoordinator(CONFIG)
    (batch,) = coordinator.retry([file("a")], 1, 0.0)
    coordinator.observe(batch, seconds=1.0, memory=BATCH_MEMORY + 100, output=300)
    (batch,) = coordinator.retry([file("a")], 2, 0.0)
    assert batch.estimated_processing_time == pytest.approx(1.0)
    assert (batch.estimated_memory, batch.estimated_io) == (BATCH_MEMORY + 100, 400)


# -- everything in any order -------------------------------------------------------------------------------


class AnyStrategy:
    """Says what chance says: within reason, unless it is `mad`."""

    def __init__(self, chance, *, mad):
        self.chance = chance
        self.mad = mad

    def answer(self, most):
        if self.mad and self.chance.random() < 0.3:
            return self.chance.choice([0, -1, most + 1, None, "1", 1.5, True, [1], ValueError, "raise"])
        return self.chance.randint(1, most)

    def target(self, queue, adapted, settings):
        files = self.answer(2 * settings.max_batch_size)
        if files == "raise":
            raise RuntimeError("no")
        return files, self.answer(2 * settings.batch_bytes)

    def cut(self, files, following):
        return self.answer(len(files))


STRATEGIES = st.one_of(
    st.sampled_from([Adaptive, Fixed, ByFolder]).map(lambda strategy: strategy()),
    st.builds(AnyStrategy, st.randoms(use_true_random=False), mad=st.booleans()),
)


class CoordinatorMachine(RuleBasedStateMachine):
    """Files, time, settings, workers, strategies in any order: nothing is lost, doubled, late or too large.

    Each file is in one place: waiting in a queue, ready in a batch, or gone (taken or cancelled).
    """

    @initialize(
        batch_size=st.integers(1, 6),
        hard=st.integers(1, 8),
        budget=st.integers(1, 500),
        latency=st.one_of(st.none(), st.integers(1, 40).map(lambda n: n / 8)),
        typed=st.booleans(),
        own=st.sampled_from([(), ("python=2",), ("go=400B", "python=7"), ("mixed=3",)]),
        ageing=st.sampled_from([None, 0.5, 2.0]),
        strategy=STRATEGIES,
    )
    def start(self, batch_size, hard, budget, latency, typed, own, ageing, strategy):
        self.config = BatchConfig(
            batch_size=batch_size,
            max_batch_size=hard,
            batch_bytes=budget,
            max_latency=latency,
            smart_batching=typed,
            queue_sizes=own,
            worker_count=2,
        )
        self.coordinator = BatchCoordinator(self.config, strategy=AskedStrategy(strategy))
        self.ready = ReadyBatches(ageing)
        self.now = 0.0
        self.count = 0
        self.waiting: dict[str, tuple[float, DiscoveredFile]] = {}
        self.in_ready: dict[str, DiscoveredFile] = {}
        self.ids: set[int] = set()

    def most_bytes(self, queue: str) -> int:
        return parse_queue_sizes(self.config.queue_sizes).get(queue, QueueSize()).bytes or (
            self.config.batch_bytes
        )

    def check(self, batch):
        assert batch.batch_id not in self.ids
        self.ids.add(batch.batch_id)
        assert 1 <= len(batch) <= self.config.max_batch_size
        assert batch.total_size == sum(f.size_bytes for f in batch.files)
        assert batch.total_size <= self.most_bytes(batch.queue) or len(batch) == 1
        queues = {f.queue for f in batch.files}
        assert queues == {batch.queue} if self.config.smart_batching else batch.queue == "mixed"
        assert batch.created_at == self.now
        assert batch.priority == max(f.priority for f in batch.files)
        priorities = [f.priority for f in batch.files]
        assert priorities == sorted(priorities, reverse=True)

    def take_in(self, batches):
        """What left the queues is ready now; a queue's files of one priority leave in the order they came."""
        last: dict[tuple[str, int], int] = {}
        for batch in sorted(batches, key=lambda batch: batch.batch_id):
            self.check(batch)
            oldest = self.now
            for f in batch.files:
                since, known = self.waiting.pop(f.path)  # KeyError: lost before, or twice
                assert known is f
                oldest = min(oldest, since)
                number = int(f.path)
                assert last.get((batch.queue, f.priority), -1) < number
                last[batch.queue, f.priority] = number
                self.in_ready[f.path] = f
            assert batch.waited == self.now - oldest
        for (queue, priority), number in last.items():  # nothing older of the same kind stayed behind
            assert not any(
                f.priority == priority and int(path) < number
                for path, (_, f) in self.waiting.items()
                if queue in (f.queue, "mixed")
            )
        self.ready.put(batches)

    def new_file(self, queue, size, priority):
        item = file(str(self.count), size=size, queue=queue, priority=priority)
        self.count += 1
        self.waiting[item.path] = (self.now, item)
        return item

    files = st.tuples(st.sampled_from(["python", "go"]), st.integers(0, 300), st.integers(0, 10))

    @rule(facts=files)
    def offer(self, facts):
        item = self.new_file(*facts)
        self.take_in(self.coordinator.offer(item, self.now))
        if item.priority >= 8:
            assert item.path not in self.waiting

    @rule(
        several=st.lists(files, max_size=15),
        coming=st.none() | st.integers(0, 10**6),
        most=st.sampled_from([None, None, 0, 1]),
    )
    def offer_all(self, several, coming, most):
        before = set(self.waiting)
        items = [self.new_file(*facts) for facts in several]
        ready = self.coordinator.offer_all(items, self.now, coming, most)
        self.take_in(ready)
        assert not [item for item in items if item.priority >= 8 and item.path in self.waiting]
        if most is not None:
            return
        for batch in ready:  # no file is passed over twice
            if batch.trigger in (Trigger.SIZE, Trigger.BYTES, Trigger.MEMORY):
                old = {p for p in before & self.waiting.keys() if self.waiting[p][0] < self.now}
                assert not {p for p in old if batch.queue in (self.waiting[p][1].queue, "mixed")}

    @rule(most=st.sampled_from([None, 1, 2]))
    def cut(self, most):
        """Somebody has room for more."""
        ready = self.coordinator.cut(self.now, most)
        assert most is None or len(ready) <= most
        self.take_in(ready)
        assert self.coordinator.has_to_cut <= (len(ready) == most)

    @rule(step=st.integers(0, 24).map(lambda n: n / 8))
    def wait(self, step):
        self.now += step
        self.take_in(self.coordinator.due(self.now))

    @rule()
    def wait_for_the_deadline(self):
        """Just then an input comes."""
        deadline = self.coordinator.next_deadline()
        if deadline is not None:
            self.now = max(self.now, deadline)
            self.offer(("python", 1, 5))

    @rule()
    def flush(self):
        self.take_in(self.coordinator.flush(self.now))
        assert not self.waiting

    @rule(pressure=st.sampled_from([0.1, 0.5, 1.0]))
    def press(self, pressure):
        self.coordinator.press(pressure)

    @rule(batch_size=st.integers(1, 6), hard=st.integers(1, 8), latency=st.sampled_from([None, 0.5, 3.0]))
    def update(self, batch_size, hard, latency):
        self.config = replace(self.config, batch_size=batch_size, max_batch_size=hard, max_latency=latency)
        self.take_in(self.coordinator.update(self.config, self.now))

    @rule(digit=st.integers(0, 9))
    def cancel(self, digit):
        def matches(f):
            return f.path.endswith(str(digit))

        for place, removed in (
            (self.waiting, self.coordinator.cancel(matches)),
            (self.in_ready, self.ready.cancel(matches)),
        ):
            for f in removed:
                del place[f.path]
            assert not [path for path in place if path.endswith(str(digit))]

    @rule(fate=st.sampled_from(["done", "lost"]), seconds=st.floats(0.01, 10), memory=st.integers(0, 10**6))
    def work(self, fate, seconds, memory):
        """A worker takes a batch and finishes it, or dies, and its files come back as other batches."""
        batch = self.ready.take(self.now)
        assert (batch is None) == (not self.in_ready)
        if batch is None:
            return
        for f in batch.files:
            assert self.in_ready.pop(f.path) is f  # KeyError: taken twice
        if fate == "done":
            self.coordinator.observe(batch, seconds, memory, 2 * batch.total_size)
            return
        again = self.coordinator.retry(batch.files, batch.attempt + 1, self.now)
        for other in again:
            self.check(other)
        assert sorted(f.path for other in again for f in other.files) == sorted(f.path for f in batch.files)

    @invariant()
    def nothing_is_overdue(self):
        if hasattr(self, "coordinator") and self.config.max_latency is not None:
            overdue = [
                p for p, (since, _) in self.waiting.items() if since + self.config.max_latency <= self.now
            ]
            assert not overdue

    @invariant()
    def counts_agree(self):
        if hasattr(self, "coordinator"):
            assert self.coordinator.queued_files == len(self.waiting)
            assert self.coordinator.queued_bytes == sum(f.size_bytes for _, f in self.waiting.values())
            assert sum(queue.files for queue in self.coordinator.queues(self.now)) == len(self.waiting)
            assert self.ready.files == len(self.in_ready)
            deadline = self.coordinator.next_deadline()
            if self.waiting and self.config.max_latency is not None:
                oldest = min(since for since, _ in self.waiting.values())
                assert deadline is not None
                assert deadline <= oldest + self.config.max_latency

    def teardown(self):
        if hasattr(self, "coordinator"):
            self.take_in(self.coordinator.close(self.now))
            assert not self.waiting
            while (batch := self.ready.take(self.now)) is not None:
                for f in batch.files:
                    del self.in_ready[f.path]
            assert not self.in_ready
            assert len(self.ready) == 0


TestCoordinatorMachine = CoordinatorMachine.TestCase
