"""Waiting for a lock in the kernel's own queue: nobody looks again and again, and nobody is overtaken."""

from __future__ import annotations

import fcntl
import os
import time
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING

from snake_pipe.errors import StoppedError

if TYPE_CHECKING:
    from collections.abc import Callable

_TELL_EVERY = 1.0
"""Seconds between two calls of `tell`."""


class LockWait:
    """How long to wait for the lock: `seconds` at most, and until somebody calls `stop`.

    `tell` is called with who holds it and the seconds waited so far, at once and then each second, in the
    thread that waits.
    """

    def __init__(self, seconds: float = 0.0, tell: Callable[[str, float], None] | None = None) -> None:
        self.seconds = seconds
        self.is_waiting = False
        self._tell = tell
        self._began: float | None = None
        self._news: SimpleQueue[OSError | str | None] = SimpleQueue()

    def stop(self, reason: str) -> None:
        """End the waiting, from any thread: whoever waits, or would wait later, gets a StoppedError."""
        self._news.put(reason)

    def take(self, lock: int, holder: Callable[[], str]) -> bool:
        """Lock what is open, as soon as nobody else holds it; False if that takes too long.

        `holder` says who holds it. OSError if there are no locks.
        """
        if not self.seconds:
            return False
        # The thread's own descriptor is of the same open file. If nobody waits any more when its turn comes,
        # it is the last one, and closing it unlocks.
        Thread(target=self._stand_in_line, args=(os.dup(lock),), name="dataset lock", daemon=True).start()
        self.is_waiting = True
        try:
            return self._wait(holder)
        finally:
            self.is_waiting = False

    def _stand_in_line(self, lock: int) -> None:
        news = None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
        except OSError as error:
            news = error
        os.close(lock)
        self._news.put(news)

    def _wait(self, holder: Callable[[], str]) -> bool:
        self._began = self._began or time.monotonic()  # to wait twice does not take twice as long
        while (waited := time.monotonic() - self._began) < self.seconds:
            if self._tell is not None:
                self._tell(holder(), waited)
            try:
                news = self._news.get(timeout=min(_TELL_EVERY, self.seconds - waited))
            except Empty:
                continue
            if isinstance(news, OSError):
                raise news
            if news is not None:
                raise StoppedError(news, holder())
            return True
        return False
