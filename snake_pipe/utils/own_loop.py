"""Asynchronous work for callers that do not await: it runs on an event loop in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from concurrent.futures import Future
from queue import Empty, Full, Queue
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

E = TypeVar("E")
T = TypeVar("T")

_MOST_WAITING = 1_000
"""Events that the calling thread may be behind; then the loop waits for it."""

_LOOK_EVERY = 1.0
"""Seconds between two looks at whether the other side is still there."""


class OwnLoop(Generic[E]):
    """A loop in a thread of its own, whose work tells the calling thread of its events.

    The calling thread may have a running loop, as that of a notebook has, which waits meanwhile.
    """

    def __init__(self, listener: Callable[[E], None]) -> None:
        """`listener` gets the events, in the thread that calls `run`."""
        self._listener = listener
        self._events: Queue[E | None] = Queue(_MOST_WAITING)
        self._is_left = threading.Event()

    def tell(self, event: E | None) -> None:
        """Hand an event over, from the loop; None is the last one."""
        while not self._is_left.is_set():
            with contextlib.suppress(Full):
                self._events.put(event, timeout=_LOOK_EVERY)
                return

    def run(self, work: Coroutine[Any, Any, T], stop: Callable[[], object]) -> T:
        """What the work gives, once.

        What is raised in this thread, by Ctrl-C or by the listener, has the work asked to `stop`, on its
        loop, and is raised when it has ended, unless it fails itself. Who interrupts again does not wait.
        """
        done: Future[T] = Future()
        runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        loop = runner.get_loop()

        def run() -> None:
            try:
                with runner:
                    done.set_result(runner.run(work))
            except BaseException as error:  # noqa: BLE001 - raised in the calling thread
                done.set_exception(error)
            self.tell(None)

        def ask_to_stop() -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: the work has just ended
                loop.call_soon_threadsafe(stop)

        try:
            threading.Thread(target=run, name="event loop", daemon=True).start()
            raised = self._listen(done, ask_to_stop)
        except BaseException:
            ask_to_stop()  # also where the first Ctrl-C comes before anybody listens
            raise
        finally:
            self._is_left.set()
        result = done.result()
        if raised is not None:
            raise raised
        return result

    def _listen(self, done: Future[Any], stop: Callable[[], None]) -> BaseException | None:
        """Pass events on until the last one; what ended the interest in them."""
        raised: BaseException | None = None
        while True:
            try:
                event = self._next(done)
                if event is None:
                    return raised
                if raised is None or isinstance(raised, KeyboardInterrupt):
                    self._listener(event)
            except BaseException as error:
                if raised is not None:
                    raise
                raised = error
                stop()

    def _next(self, done: Future[Any]) -> E | None:
        """The next event; None after the last one, also if Ctrl-C came just as that was taken."""
        while True:
            try:
                return self._events.get(timeout=_LOOK_EVERY)
            except Empty:
                if done.done():
                    return None
