"""Batching strategies: what the built-in ones say, and that no answer of any does harm."""

from __future__ import annotations

import threading

import pytest

from snake_pipe.errors import PluginError
from snake_pipe.extract.batch_config import BatchConfig
from snake_pipe.extract.batch_coordinator import BatchCoordinator
from snake_pipe.extract.batch_models import DiscoveredFile
from snake_pipe.extract.batching import strategy as strategy_module
from snake_pipe.extract.batching.strategy import AskedStrategy, open_strategy
from snake_pipe.plugins.batching import BatchTarget

CONFIG = BatchConfig(batch_size=3, batch_bytes=1000, max_batch_size=5, max_latency=None, worker_count=1)
ADAPTED = BatchTarget(3, 1000)


def file(path, size=10):
    return DiscoveredFile("/r", path, size, 0, "python", "r")


def batches(strategy, *paths, config=CONFIG):
    coordinator = BatchCoordinator(config, strategy=strategy)
    ready = coordinator.offer_all([file(path) for path in paths], 0.0) + coordinator.close(1.0)
    return sorted([f.path for f in batch.files] for batch in ready)


def test_by_folder_cuts_where_the_folder_changes():
    paths = ("a/1", "a/2", "b/1", "b/2", "b/3", "c/1")
    assert batches(open_strategy("by-folder"), *paths) == [["a/1", "a/2"], ["b/1", "b/2", "b/3"], ["c/1"]]
    assert batches(open_strategy("adaptive"), *paths) == [["a/1", "a/2", "b/1"], ["b/2", "b/3", "c/1"]]


def test_a_folder_that_no_batch_can_hold_is_cut():
    paths = tuple(f"a/{number}" for number in range(5))
    assert [len(batch) for batch in batches(open_strategy("by-folder"), *paths)] == [3, 2]


def test_fixed_sizes_are_not_learned():
    coordinator = BatchCoordinator(CONFIG, strategy=open_strategy("fixed"))
    (batch,) = coordinator.offer_all([file(f"{number}") for number in range(3)], 0.0)
    coordinator.observe(batch, seconds=1000.0, memory=0)
    assert coordinator.queues(0.0)[0].target_files == 3


class Odd:
    def __init__(self, target=ADAPTED, cut=1):
        self._target, self._cut = target, cut

    def target(self, queue, adapted, settings):
        if isinstance(self._target, Exception):
            raise self._target
        return self._target

    def cut(self, files, following):
        return self._cut


@pytest.mark.parametrize(
    ("odd", "words"),
    [
        (Odd(target=RuntimeError("no")), "RuntimeError: no"),
        (Odd(target=(0, 10)), "its target is 0 files and 10 bytes"),
        (Odd(target=None), "TypeError"),
        (Odd(cut=0), "it cuts 3 files at 0"),
        (Odd(cut=9), "it cuts 3 files at 9"),
    ],
)
def test_a_strategy_that_answers_with_nonsense_is_named_once(odd, words):
    told = []
    asked = AskedStrategy(odd, on_failure=told.append)
    assert batches(asked, *"abcdef") == [["a", "b", "c"], ["d", "e", "f"]]
    assert len(told) == 1
    assert words in told[0]


def test_a_target_above_the_limits_is_cut_to_them():
    greedy = AskedStrategy(Odd(target=(10**9, 10**9), cut=5))
    assert [len(batch) for batch in batches(greedy, *"abcdefg")] == [5, 2]


def test_a_strategy_that_hangs_is_left_alone(monkeypatch):
    monkeypatch.setattr(strategy_module, "_PATIENCE", 0.05)
    never = threading.Event()

    class Hanging(Odd):
        def target(self, queue, adapted, settings):
            never.wait()

    monkeypatch.setattr(strategy_module, "load_strategy", lambda name: Hanging)
    told = []
    assert batches(open_strategy("acme:Hanging", told.append), *"abc") == [["a", "b", "c"]]
    (text,) = told
    assert text.startswith("the batching strategy acme:Hanging is not asked any more: it has given no answer")
    never.set()


def test_what_cannot_be_made_is_refused(monkeypatch):
    def make():
        raise OSError("no model")

    monkeypatch.setattr(strategy_module, "load_strategy", lambda name: make)
    with pytest.raises(PluginError, match="the batching strategy 'acme:x' cannot be made: no model"):
        open_strategy("acme:x")
