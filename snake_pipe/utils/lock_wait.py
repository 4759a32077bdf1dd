"""Waiting for what others have: bounded, told of, and ended at once by whoever wants that."""

from __future__ import annotations

import time
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, TypeVar

from snake_pipe.errors import StoppedError

if TYPE_CHECKING:
    from collections.abc import Callable

_T = TypeVar("_T")

_TELL_EVERY = 1.0
"""Seconds between two calls of `tell`."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0
"""Seconds between two looks, which become rarer."""


class LockWait:
    """How long to wait: `seconds` at most, and until somebody calls `stop`.

    `tell` is called with who is in the way and the seconds waited so far, at once and then each second, in
    the thread that waits.
    """

    def __init__(self, seconds: float = 0.0, tell: Callable[[str, float], None] | None = None) -> None:
        self.seconds = seconds
        self.is_waiting = False
        self._tell = tell
        self._began: float | None = None
        self._stops: SimpleQueue[str] = SimpleQueue()

    def stop(self, reason: str) -> None:
        """End the waiting, from any thread: whoever waits, or would wait later, gets a StoppedError."""
        self._stops.put(reason)

    def until(self, attempt: Callable[[], _T | None], holder: Callable[[], str]) -> _T | None:
        """What `attempt()` gives, as soon as that is not None; None if it takes too long.

        `holder` says who is in the way.
        """
        found = attempt()
        if found is not None or not self.seconds:
            return found
        self.is_waiting = True
        try:
            return self._wait(attempt, holder)
        finally:
            self.is_waiting = False

    def _wait(self, attempt: Callable[[], _T | None], holder: Callable[[], str]) -> _T | None:
        self._began = self._began or time.monotonic()  # to wait twice does not take twice as long
        told, pause = -_TELL_EVERY, _FIRST_PAUSE
        while (waited := time.monotonic() - self._began) < self.seconds:
            if self._tell is not None and waited - told >= _TELL_EVERY:
                told = waited
                self._tell(holder(), waited)
            try:
                reason = self._stops.get(timeout=min(pause, self.seconds - waited))
            except Empty:
                pause = min(1.2 * pause, _LONGEST_PAUSE)
            else:
                raise StoppedError(reason, holder())
            if (found := attempt()) is not None:
                return found
        return None
