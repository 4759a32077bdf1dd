"""Each flush that is committed goes to each sink, in order, while the run goes on."""

from __future__ import annotations

import asyncio
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from snake_pipe.errors import DeliveryError, SnakePipeError
from snake_pipe.extract.sinks.ledger import MOST_BEHIND
from snake_pipe.extract.sinks.process import SinkLacking
from snake_pipe.observe.events import Notice
from snake_pipe.utils.loop_condition import LoopCondition

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from snake_pipe.observe.events import Listener
    from snake_pipe.plugins.sinks import Flush

_LONGEST_PAUSE = 60.0
"""Seconds between two attempts at most; the first pause is a second, each further one twice as long."""


class Writes(Protocol):
    """A sink's process, as a delivery needs it."""

    def write(self, flush: Flush, patience: float) -> None:
        """Give the sink a flush; SinkFailure if it does not take it."""

    def close(self) -> str | None:
        """Let the sink close; why it did not, where it did not."""

    def interrupt(self) -> None:
        """End a `write` under way, from another thread."""


class SinkDelivery:
    """One sink in one run.

    A sink that fails is tried again: `attempts` times where failures are to `stop` the run, for as long as
    the run lasts otherwise, and at the run's end.
    """

    def __init__(
        self,
        name: str,
        process: Writes,
        missing: Sequence[Flush],
        *,
        note: Callable[[Flush], None],
        forget: Callable[[], None],
        patience: float,
        attempts: int,
        stop: bool,
        listener: Listener,
        changed: LoopCondition,
        first_pause: float = 1.0,
    ) -> None:
        """`missing` is what the sink lacks of earlier runs; `patience` is in seconds, as `write` takes it.

        `note` makes durable that it has a flush, `forget` that it lacks too many to be kept. `changed` is
        notified of whatever happens.
        """
        self.name = name
        self._process = process
        self._due = deque(missing)
        self._note = note
        self._forget = forget
        self._patience = patience
        self._attempts = attempts
        self._stop = stop
        self._listener = listener
        self._first_pause = self._pause = first_pause
        self._failures = 0
        self._words = ""
        self._is_ending = False
        self._longest: float | None = None
        self._limit: asyncio.Timeout | None = None
        self._has_given_up = False
        self._has_lost = False
        self._changed = changed
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"sink-{name}")
        self._task = asyncio.create_task(self._carry(), name=f"sink {name}")

    @property
    def is_complete(self) -> bool:
        """Whether the sink has all that was handed over."""
        return not self._due and not self._has_lost

    async def take(self, flush: Flush) -> None:
        """Hand a flush over; waits while a sink that is well has much to do still."""
        await self._changed.wait_for(
            lambda: len(self._due) < MOST_BEHIND or self._failures or self._has_given_up
        )
        if self._has_lost:
            return
        if len(self._due) >= MOST_BEHIND:
            self._lose()
            return
        self._due.append(flush)
        self._changed.notify_all()

    @property
    def failure(self) -> DeliveryError | None:
        """Why the run is to be stopped, if it is."""
        if not (self._stop and self._has_given_up):
            return None
        return DeliveryError(
            f"the sink {self.name} failed{_times(self._failures)}: {self._words}",
            "the rows are in the tables; mend it, then resume the job, which delivers what the sink lacks",
        )

    async def finish(self) -> None:
        """Deliver what is left; what is not delivered is told of, or DeliveryError."""
        self._is_ending = True
        self._changed.notify_all()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._longest) as self._limit:
                await asyncio.shield(self._task)
        self._limit = None
        if self.is_complete:
            return
        if (failure := self.failure) is not None:
            raise failure
        self._listener(Notice("sink", self._lack()))

    def hurry(self, seconds: float) -> None:
        """Let `finish`, now or when it comes, take no longer than this."""
        self._longest = seconds
        if self._limit is not None and not self._limit.expired():
            self._limit.reschedule(asyncio.get_running_loop().time() + seconds)

    async def close(self) -> None:
        """End the sink and its process, whatever is under way."""
        if not self._task.done():
            self._process.interrupt()
            self._task.cancel()
        with suppress(asyncio.CancelledError, SnakePipeError):
            await self._task
        words = await asyncio.get_running_loop().run_in_executor(self._thread, self._process.close)
        self._thread.shutdown(wait=True)
        if words is not None and not self._words:
            self._listener(Notice("sink", f"the sink {self.name} was not closed well: {words}"))

    async def _carry(self) -> None:
        while True:
            await self._changed.wait_for(lambda: self._due or self._is_ending)
            if not self._due:
                return
            if await self._deliver(self._due[0]):
                continue
            if self._has_lost or (self._failures >= self._attempts and (self._stop or self._is_ending)):
                self._has_given_up = True
                self._changed.notify_all()
                return
            await self._rest(self._pause)
            self._pause = min(2 * self._pause, _LONGEST_PAUSE)

    async def _rest(self, seconds: float) -> None:
        """Wait before the next attempt; as the end comes, it is made at once."""
        if self._is_ending:
            await asyncio.sleep(seconds)
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait_for(lambda: self._is_ending)

    async def _deliver(self, flush: Flush) -> bool:
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._write, flush)
        except SinkLacking as error:
            self._failures = self._attempts
            self._words = error.message
            self._lose()
            return False
        except SnakePipeError as error:
            self._failures += 1
            self._words = error.message
            if self._failures == 1 and self._attempts > 1:
                text = f"the sink {self.name} failed: {self._words}; it is tried again"
                self._listener(Notice("sink", text))
            return False
        finally:
            self._changed.notify_all()
        self._failures, self._words, self._pause = 0, "", self._first_pause
        if self._due and self._due[0] is flush:  # else it was given up meanwhile
            self._due.popleft()
        self._changed.notify_all()
        return True

    def _lose(self) -> None:
        """Keep nothing more for the sink: the next run sends it a snapshot."""
        self._due.clear()
        self._has_lost = True
        self._forget()

    def _write(self, flush: Flush) -> None:
        self._process.write(flush, self._patience)
        self._note(flush)

    def _lack(self) -> str:
        because = f": {self._words}" if self._words else ""
        if self._has_lost:
            return f"the sink {self.name} lacks too much to be kept{because}; the next run sends a snapshot"
        count = f"{len(self._due)} flush{'es' if len(self._due) != 1 else ''}"
        return f"the sink {self.name} lacks {count}{because}; the next run delivers them first"


def _times(count: int) -> str:
    return f" {count} times" if count > 1 else ""


class SinkDeliveries:
    """The sinks of a run; mostly none."""

    def __init__(
        self,
        sinks: Sequence[SinkDelivery] = (),
        changed: LoopCondition | None = None,
        *,
        settle: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`changed` is what the sinks notify; `settle(name)` notes at the end that one has all there is."""
        self._sinks = sinks
        self._changed = changed or LoopCondition()
        self._settle = settle

    @property
    def are_complete(self) -> bool:
        """Whether each has all that was handed over."""
        return all(sink.is_complete for sink in self._sinks)

    async def take(self, flush: Callable[[], Flush]) -> None:
        """Hand a flush that is committed to each; it is made only if there is one."""
        for sink in self._sinks:
            await sink.take(flush())

    async def until_failed(self) -> None:
        """Wait until one is given up that must not be, and then DeliveryError."""
        await self._changed.wait_for(lambda: any(sink.failure for sink in self._sinks))
        raise next(failure for sink in self._sinks if (failure := sink.failure))

    def hurry(self, seconds: float) -> None:
        """Let `finish`, now or when it comes, take no longer than this."""
        for sink in self._sinks:
            sink.hurry(seconds)

    async def finish(self) -> None:
        """Deliver what is left to each; DeliveryError for the first that must not, and does, fail."""
        ends = await asyncio.gather(*(sink.finish() for sink in self._sinks), return_exceptions=True)
        for sink in self._sinks:
            if sink.is_complete:
                await asyncio.to_thread(self._settle, sink.name)
        for end in ends:
            if isinstance(end, BaseException):
                raise end

    async def close(self) -> None:
        """End all of them."""
        await asyncio.gather(*(sink.close() for sink in self._sinks))
