"""One sink in one run: order, attempts, policies, the end."""

from __future__ import annotations

import asyncio
import threading

import pytest

from snake_pipe.errors import DeliveryError
from snake_pipe.extract.sinks import delivery as delivery_module
from snake_pipe.extract.sinks.delivery import SinkDeliveries, SinkDelivery
from snake_pipe.extract.sinks.process import SinkFailure
from snake_pipe.observe.events import Notice
from snake_pipe.plugins.sinks import Flush, FlushKey
from snake_pipe.utils.loop_condition import LoopCondition
from testkit.engines import within
from testkit.waiting import until


def flush(number):
    return Flush(FlushKey("d", "j", number), "/ds", {})


class Process:
    """Takes flushes, but for the next so many; or is blocked until it is interrupted."""

    def __init__(self, failures=0, *, is_blocked=False):
        self.failures = failures
        self.written, self.attempts = [], 0
        self.is_closed = False
        self._free = threading.Event()
        if not is_blocked:
            self._free.set()

    def write(self, flush, patience):
        self.attempts += 1
        self._free.wait()
        if self.failures:
            self.failures -= 1
            raise SinkFailure("the warehouse is closed")
        self.written.append(flush.key.flush_seq)

    def interrupt(self):
        self.failures = 1
        self._free.set()

    def close(self):
        self.is_closed = True


class Scene:
    """A sink with what it lacked; `noted` is what is durable of what it has."""

    def __init__(self, process, missing=(), **options):
        self.process = process
        self.events, self.noted, self.forgotten, self.settled = [], [], [], []
        changed = LoopCondition()
        settings = {"stop": True, "attempts": 2, "first_pause": 0.0} | options
        self.sink = SinkDelivery(
            "lines",
            process,
            [flush(number) for number in missing],
            note=lambda one: self.noted.append(one.key.flush_seq),
            forget=lambda: self.forgotten.append("lines"),
            patience=1.0,
            listener=self.events.append,
            changed=changed,
            **settings,
        )
        self.all = SinkDeliveries([self.sink], changed, settle=self.settled.append)

    async def take(self, *numbers):
        for number in numbers:
            await self.all.take(lambda number=number: flush(number))

    @property
    def told(self):
        return [event.message for event in self.events if isinstance(event, Notice)]


def test_what_was_missing_comes_first_and_each_is_noted_after_it_is_written():
    async def run():
        scene = Scene(Process(), missing=[1, 2])
        await scene.take(3, 4)
        await scene.all.finish()
        await scene.all.close()
        return scene

    scene = within(run())
    assert scene.process.written == scene.noted == [1, 2, 3, 4]
    assert scene.settled == ["lines"]
    assert scene.process.is_closed
    assert scene.told == []


@pytest.mark.parametrize("stop", [True, False])
def test_a_failure_that_passes_costs_nothing(stop):
    async def run():
        scene = Scene(Process(failures=1), stop=stop)
        await scene.take(1, 2)
        await scene.all.finish()
        await scene.all.close()
        return scene

    scene = within(run())
    assert scene.process.written == scene.noted == [1, 2]
    assert scene.told == ["the sink lines failed: the warehouse is closed; it is tried again"]


def test_a_sink_that_keeps_failing_stops_the_run():
    async def run():
        scene = Scene(Process(failures=99))
        await scene.take(1)
        with pytest.raises(DeliveryError, match="the sink lines failed 2 times: the warehouse is closed"):
            await scene.all.until_failed()
        with pytest.raises(DeliveryError):
            await scene.all.finish()
        await scene.all.close()
        return scene

    scene = within(run())
    assert (scene.process.attempts, scene.noted, scene.settled) == (2, [], [])


def test_a_sink_that_may_fail_is_tried_as_long_as_the_run_lasts():
    async def run():
        scene = Scene(Process(failures=5), stop=False)
        await scene.take(1)
        await until(lambda: scene.noted)
        scene.process.failures = 99
        await scene.take(2, 3)
        await until(lambda: scene.process.attempts > 8)
        await scene.all.finish()
        await scene.all.close()
        return scene

    scene = within(run())
    assert scene.noted == [1]
    assert scene.settled == []
    assert scene.told[-1] == (
        "the sink lines lacks 2 flushes: the warehouse is closed; the next run delivers them first"
    )


def test_the_end_of_a_run_in_a_hurry_does_not_wait_for_a_sink():
    async def run():
        scene = Scene(Process(is_blocked=True))
        await scene.take(1)
        finishing = asyncio.create_task(scene.all.finish())
        await until(lambda: scene.process.attempts)
        scene.all.hurry(0.0)
        await finishing
        scene.all.hurry(0.0)  # a second signal
        await scene.all.close()
        return scene

    scene = within(run())
    assert (scene.noted, scene.process.is_closed) == ([], True)
    assert scene.told == ["the sink lines lacks 1 flush; the next run delivers them first"]


def test_a_sink_that_is_only_slow_is_waited_for(monkeypatch):
    monkeypatch.setattr(delivery_module, "MOST_BEHIND", 2)

    async def run():
        scene = Scene(Process(is_blocked=True))
        taking = asyncio.create_task(scene.take(1, 2, 3))
        await until(lambda: scene.process.attempts)
        assert not taking.done()
        scene.process._free.set()
        await taking
        await scene.all.finish()
        await scene.all.close()
        return scene

    scene = within(run())
    assert scene.noted == [1, 2, 3]
    assert scene.forgotten == []


def test_what_is_kept_for_a_sink_that_fails_is_bounded(monkeypatch):
    monkeypatch.setattr(delivery_module, "MOST_BEHIND", 2)

    async def run():
        scene = Scene(Process(failures=999), stop=False, first_pause=600.0)
        await scene.take(1)
        await until(lambda: scene.process.attempts)
        await scene.take(2, 3, 4)
        await scene.all.finish()
        await scene.all.close()
        return scene

    scene = within(run())
    assert scene.forgotten == ["lines"]
    assert scene.settled == []
    assert "lacks too much to be kept" in scene.told[-1]
    assert "the next run sends a snapshot" in scene.told[-1]
