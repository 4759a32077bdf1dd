"""Waiting for what others have: bounded, and ended at once by whoever wants that."""

from __future__ import annotations

import threading
from queue import SimpleQueue

import pytest

from snake_pipe.errors import ExitCode, StoppedError
from snake_pipe.utils.lock_wait import LockWait
from testkit.waiting import NEVER, PATIENCE, wait_for


def holder():
    return "job a"


def never():
    return None


def waiting(wait, attempt):
    """A thread that waits, and what becomes of it."""
    outcome = SimpleQueue()

    def run():
        try:
            outcome.put(wait.until(attempt, holder))
        except StoppedError as error:
            outcome.put(error)

    threading.Thread(target=run, daemon=True).start()
    wait_for(lambda: wait.is_waiting)
    return outcome


def test_nobody_waits_who_has_no_time():
    assert LockWait().until(never, holder) is None
    assert LockWait().until(lambda: "it", holder) == "it"


def test_it_is_taken_when_it_becomes_free():
    free = threading.Event()
    outcome = waiting(LockWait(NEVER), lambda: "it" if free.is_set() else None)
    free.set()
    assert outcome.get(timeout=PATIENCE) == "it"


def test_a_wait_ends_after_its_time_and_tells_how_long_it_was():
    told = []
    wait = LockWait(0.05, lambda *words: told.append(words))
    assert wait.until(never, holder) is None
    assert not wait.is_waiting
    assert [name for name, _ in told] == ["job a"]
    assert wait.until(never, holder) is None, "to wait twice does not take twice as long"
    assert len(told) == 1


@pytest.mark.parametrize(
    ("reason", "code"), [("SIGTERM", ExitCode.TERMINATED), ("SIGINT", ExitCode.INTERRUPTED)]
)
def test_a_stop_ends_it(reason, code):
    wait = LockWait(NEVER)
    outcome = waiting(wait, never)
    wait.stop(reason)
    error = outcome.get(timeout=PATIENCE)
    assert str(error) == f"stopped by {reason} while waiting for job a; nothing was begun"
    assert error.exit_code is code


def test_a_stop_that_comes_first_ends_it_too():
    wait = LockWait(NEVER)
    wait.stop("SIGTERM")
    with pytest.raises(StoppedError, match="stopped by SIGTERM while waiting for job a"):
        wait.until(never, holder)
