"""Work on a loop of its own: who calls it may have a loop, gets its events, and may lose interest."""

from __future__ import annotations

import asyncio
import signal
import threading

import pytest

from snake_pipe.utils.own_loop import OwnLoop


class Work:
    """Tells of three events, and then goes on until it is asked to stop."""

    def __init__(self, listener, *, last=3):
        self.loop = OwnLoop(listener)
        self.last = last
        self.stopped = asyncio.Event()
        self.cleaned_up = False

    async def go(self):
        for number in range(1, self.last + 1):
            self.loop.tell(number)
        await self.stopped.wait()
        self.cleaned_up = True
        return "done"

    def run(self):
        return self.loop.run(self.go(), stop=self.stopped.set)


def test_it_runs_inside_a_running_loop():
    """`asyncio.run` in a notebook: "cannot be called from a running event loop"."""
    seen = []

    async def answer():
        loop.tell("event")
        return threading.current_thread()

    async def outer():
        return loop.run(answer(), stop=lambda: None)

    loop = OwnLoop(lambda event: seen.append((event, threading.current_thread())))
    assert asyncio.run(outer()) is not threading.current_thread()
    assert seen == [("event", threading.current_thread())]


def test_what_the_work_raises_is_raised():
    async def fail():
        raise LookupError("gone")

    loop = OwnLoop(print)
    with pytest.raises(LookupError, match="gone"):
        loop.run(fail(), stop=lambda: None)


def test_an_interrupt_has_the_work_end_in_its_own_way():
    seen = []

    def listen(event):
        seen.append(event)
        if event == 2:
            signal.raise_signal(signal.SIGINT)

    work = Work(listen)
    with pytest.raises(KeyboardInterrupt):
        work.run()
    assert work.cleaned_up
    assert seen == [1, 2, 3]


def test_a_listener_that_fails_ends_the_work_and_is_not_called_again():
    seen = []

    def listen(event):
        seen.append(event)
        raise ValueError(event)

    work = Work(listen)
    with pytest.raises(ValueError, match="1"):
        work.run()
    assert work.cleaned_up
    assert seen == [1]


def test_an_interrupt_before_anybody_listens_has_the_work_end(monkeypatch):
    """The job went on in its thread, unseen, and kept the lock of the dataset."""
    ended = threading.Event()

    def start(thread):
        began(thread)
        raise KeyboardInterrupt

    async def go():
        try:
            await work.stopped.wait()
        finally:
            ended.set()

    work = Work(print)
    began = threading.Thread.start
    monkeypatch.setattr(threading.Thread, "start", start)
    with pytest.raises(KeyboardInterrupt):
        work.loop.run(go(), stop=work.stopped.set)
    assert ended.wait(60)


def test_the_second_interrupt_does_not_wait():
    release = threading.Event()
    ended = threading.Event()

    def listen(event):
        raise KeyboardInterrupt(event)

    async def go():
        loop.tell(1)
        loop.tell(2)
        release.wait()
        ended.set()

    loop = OwnLoop(listen)
    with pytest.raises(KeyboardInterrupt, match="2"):
        loop.run(go(), stop=lambda: None)
    assert not ended.is_set()
    release.set()
    assert ended.wait(60)
