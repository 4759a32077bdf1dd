"""Waiting for a lock: bounded, in turn, and ended at once by whoever wants that."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from queue import SimpleQueue

import pytest

from snake_pipe.errors import ExitCode, StoppedError
from snake_pipe.storage.file_lock import try_lock
from snake_pipe.utils.lock_wait import LockWait
from testkit.waiting import NEVER, PATIENCE, wait_for


def holder():
    return "job a"


@contextmanager
def opened(path):
    """The lock's file, as each process opens it for itself; closing it unlocks."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "lock"


def waiting(wait, lock):
    """A thread that waits, and what becomes of it."""
    outcome = SimpleQueue()

    def run():
        try:
            outcome.put(wait.take(lock, holder))
        except StoppedError as error:
            outcome.put(error)

    threading.Thread(target=run, daemon=True).start()
    wait_for(lambda: wait.is_waiting)
    return outcome


def test_nobody_waits_who_has_no_time(path):
    with opened(path) as other, opened(path) as own:
        assert try_lock(other)
        assert not LockWait().take(own, holder)


def test_the_lock_is_taken_when_it_becomes_free(path):
    with opened(path) as own, opened(path) as third:
        with opened(path) as other:
            assert try_lock(other)
            outcome = waiting(LockWait(NEVER), own)
        assert outcome.get(timeout=PATIENCE) is True
        assert not try_lock(third), "it is ours now"


def test_who_has_given_up_does_not_keep_it_from_others(path):
    told = []
    with opened(path) as other:
        assert try_lock(other)
        with opened(path) as impatient:
            assert not LockWait(0.05, lambda who, _: told.append(who)).take(impatient, holder)
    with opened(path) as own:
        assert LockWait(NEVER).take(own, holder)
    assert told
    assert set(told) == {"job a"}


def test_two_waits_of_one_command_share_their_time(path):
    """To make a dataset and then to write to it takes the lock twice."""
    with opened(path) as other, opened(path) as own:
        assert try_lock(other)
        wait = LockWait(0.05)
        assert not wait.take(own, holder)
        told = []
        wait._tell = lambda who, waited: told.append(waited)
        assert not wait.take(own, holder)
        assert told == []


def test_a_stop_before_it_begins_ends_it_too(path):
    """A signal that came while the dataset was made was forgotten, and the wait went on to its end."""
    wait = LockWait(NEVER)
    wait.stop("SIGTERM")
    with opened(path) as other, opened(path) as own:
        assert try_lock(other)
        with pytest.raises(StoppedError):
            wait.take(own, holder)


@pytest.mark.parametrize(
    ("reason", "code"), [("SIGTERM", ExitCode.TERMINATED), ("SIGINT", ExitCode.INTERRUPTED)]
)
def test_a_stop_ends_it_at_once(path, reason, code):
    wait = LockWait(NEVER)
    with opened(path) as other, opened(path) as own:
        assert try_lock(other)
        outcome = waiting(wait, own)
        wait.stop(reason)
        stopped = outcome.get(timeout=PATIENCE)
    assert isinstance(stopped, StoppedError)
    assert stopped.exit_code == code
    assert str(stopped) == f"stopped by {reason} while waiting for job a; nothing was begun"
