"""A statement in a thread of its own, so that Ctrl-C ends it.

DuckDB looks for signals only when a statement is done.
"""

from __future__ import annotations

from concurrent.futures import Future, wait
from threading import Event, Thread
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    import duckdb

Result = TypeVar("Result")

_INTERRUPT_EVERY = 0.05
"""Seconds: an interruption that comes before the statement has begun is lost."""

_LOOK_EVERY = 0.2
"""Seconds: a signal that comes just before a thread begins to wait does not end the wait."""


class StatementThread(Generic[Result]):
    """Does `work`, which uses the connection. Ctrl-C may come at any moment, also as the thread starts."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, work: Callable[[], Result]) -> None:
        self._connection = connection
        self._work = work
        self._outcome: Future[Result] = Future()
        self._is_given_up = Event()
        self._thread = Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Begin; `end` has to follow, whatever comes, also out of this."""
        self._thread.start()

    def result(self) -> Result:
        """What `work` gives or raises."""
        while wait([self._outcome], _LOOK_EVERY).not_done:
            pass
        return self._outcome.result()

    def end(self) -> None:
        """Have the work end if it has not, and wait for it; if it has not begun it never does."""
        self._is_given_up.set()
        while self._thread.is_alive() and not self._outcome.done():
            self._connection.interrupt()
            wait([self._outcome], _INTERRUPT_EVERY)

    def _run(self) -> None:
        if self._is_given_up.is_set():
            return
        try:
            result = self._work()
        except BaseException as error:  # noqa: BLE001 - raised where the result is asked for
            self._outcome.set_exception(error)
        else:
            self._outcome.set_result(result)
