from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from snake_pipe.extract.batch_config import BatchConfig
from snake_pipe.extract.batch_coordinator import BatchCoordinator
from snake_pipe.extract.batch_models import DiscoveredFile, Trigger


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
    coordinator.observe(batch, seconds=3.0, memory=6000)
    coordinator.offer(file("d"), 0.0)
    (following,) = coordinator.flush(0.0)
    assert following.estimated_processing_time == pytest.approx(1.0)
    assert following.estimated_memory == 2000


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
    assert [f.path for f in coordinator.drain()] == ["a"]
    assert coordinator.close(0.0) == []


class CoordinatorMachine(RuleBasedStateMachine):
    """Files, time and settings in any order: nothing is lost, doubled, late or too large."""

    @initialize(
        batch_size=st.integers(1, 6),
        hard=st.integers(1, 8),
        budget=st.integers(1, 500),
        latency=st.one_of(st.none(), st.floats(0.1, 5)),
    )
    def start(self, batch_size, hard, budget, latency):
        self.config = BatchConfig(
            batch_size=batch_size,
            max_batch_size=hard,
            batch_bytes=budget,
            max_latency=latency,
            worker_count=2,
        )
        self.coordinator = BatchCoordinator(self.config)
        self.now = 0.0
        self.count = 0
        self.waiting: dict[str, tuple[float, DiscoveredFile]] = {}
        self.ids: set[int] = set()

    def take(self, batches):
        for batch in batches:
            assert batch.batch_id not in self.ids
            self.ids.add(batch.batch_id)
            assert 1 <= len(batch) <= self.config.max_batch_size
            assert batch.total_size == sum(f.size_bytes for f in batch.files)
            assert batch.total_size <= self.config.batch_bytes or len(batch) == 1
            assert {f.queue for f in batch.files} == {batch.queue}
            last: dict[int, float] = {}
            for f in batch.files:
                since, known = self.waiting.pop(f.path)  # KeyError: lost before, or twice
                assert known is f
                assert last.get(f.priority, -1.0) <= since  # order inside a priority
                last[f.priority] = since
            assert [f.priority for f in batch.files] == sorted(
                (f.priority for f in batch.files), reverse=True
            )

    @rule(queue=st.sampled_from(["python", "go"]), size=st.integers(0, 300), priority=st.integers(0, 10))
    def offer(self, queue, size, priority):
        item = file(str(self.count), size=size, queue=queue, priority=priority)
        self.count += 1
        overdue = self.overdue()
        ready = self.coordinator.offer(item, self.now)
        self.waiting[item.path] = (self.now, item)
        self.take(ready)
        assert not overdue & self.waiting.keys()
        if priority >= 8:
            assert item.path not in self.waiting

    @rule(step=st.floats(0, 3))
    def wait(self, step):
        self.now += step
        self.take(self.coordinator.due(self.now))
        assert not self.overdue()

    @rule()
    def flush(self):
        self.take(self.coordinator.flush(self.now))
        assert not self.waiting

    @rule(pressure=st.floats(0.1, 1))
    def press(self, pressure):
        self.coordinator.press(pressure)

    @rule(batch_size=st.integers(1, 6), hard=st.integers(1, 8))
    def update(self, batch_size, hard):
        self.config = replace(self.config, batch_size=batch_size, max_batch_size=hard)
        self.take(self.coordinator.update(self.config, self.now))

    def overdue(self) -> set[str]:
        if self.config.max_latency is None:
            return set()
        return {
            path for path, (since, _) in self.waiting.items() if since + self.config.max_latency <= self.now
        }

    @invariant()
    def counts_agree(self):
        if hasattr(self, "coordinator"):
            assert self.coordinator.queued_files == len(self.waiting)
            assert self.coordinator.queued_bytes == sum(f.size_bytes for _, f in self.waiting.values())
            deadline = self.coordinator.next_deadline()
            if self.waiting and self.config.max_latency is not None:
                oldest = min(since for since, _ in self.waiting.values())
                assert deadline is not None
                assert deadline <= oldest + self.config.max_latency

    def teardown(self):
        if hasattr(self, "coordinator"):
            self.take(self.coordinator.close(self.now))
            assert not self.waiting


TestCoordinatorMachine = CoordinatorMachine.TestCase
