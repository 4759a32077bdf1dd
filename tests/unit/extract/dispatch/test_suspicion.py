"""When a file that may have ended its worker is given up."""

from __future__ import annotations

from snake_pipe.extract.dispatch.suspicion import Suspicion
from snake_pipe.extract.dispatch.workers import WorkerLost

PROCESS = WorkerLost(has_begun=True, in_hand=0)
MACHINE = WorkerLost(has_begun=True)
LATE = WorkerLost(has_begun=True, in_hand=0, reason="timeout")


def test_a_file_that_ends_its_process_again_and_again_is_given_up() -> None:
    suspicion = Suspicion(3)
    assert [suspicion.add(PROCESS) for _ in range(3)] == [False, False, True]


def test_a_timeout_is_proof() -> None:
    assert Suspicion(3).add(LATE)


def test_whole_machines_lost_are_counted_apart() -> None:
    """A kill of a Dask worker became the reason of a file that was slow, being its last try."""
    suspicion = Suspicion(3)
    losses = (PROCESS, MACHINE, MACHINE, PROCESS)
    assert not any(suspicion.add(lost) for lost in losses)
    assert suspicion.add(LATE)
    assert suspicion.add(MACHINE), "not for ever: it may be the file after all"
