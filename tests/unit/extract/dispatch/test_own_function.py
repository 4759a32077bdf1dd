"""A user's function over many batches, with an executor that starts no process."""

from __future__ import annotations

import asyncio
from concurrent.futures import Executor, Future

import pytest

from snake_pipe.extract.batch_models import BatchResult, DiscoveredFile, FileBatch, ProcessingResult, Trigger
from snake_pipe.extract.dispatch import executor as executor_choice
from snake_pipe.extract.dispatch.own_function import execute_parallel_batches

TURNS = 50
"""Turns of the event loop that a batch takes: enough for all that may be in flight beside it."""


class SlowExecutor(Executor):
    """Has every batch in hand for some turns of the event loop, and counts how many there are at once."""

    def __init__(self):
        self.pending = 0
        self.most_pending = 0

    def submit(self, fn, batch):
        future = Future()
        self.pending += 1
        self.most_pending = max(self.most_pending, self.pending)
        self._wait(TURNS, batch, future)
        return future

    def _wait(self, turns, batch, future):
        if turns:
            asyncio.get_running_loop().call_soon(self._wait, turns - 1, batch, future)
            return
        self.pending -= 1
        results = [ProcessingResult(file.os_path, "ok") for file in batch.files]
        future.set_result(BatchResult(batch.batch_id, batch.attempt, results))

    def shutdown(self, wait=True, *, cancel_futures=False):
        assert not self.pending


@pytest.mark.parametrize(("workers", "at_once"), [(1, 2), (8, 9)])
def test_all_workers_have_a_batch_in_hand(monkeypatch, workers, at_once):
    """Eight workers shared four batches once: what is derived from their number was that of no number.

    Each worker has one batch, and one more waits in the executor for the first that is done.
    """
    executor = SlowExecutor()
    monkeypatch.setattr(executor_choice, "open_executor", lambda *_: executor)
    files = [DiscoveredFile("/r", f"{number}.py", 10, 0, "python") for number in range(30)]
    batches = [FileBatch(number, (file,), 10, "python", Trigger.CLOSE) for number, file in enumerate(files)]
    outcome = asyncio.run(execute_parallel_batches(batches, workers, len))
    assert [result.path for result in outcome.results] == [file.os_path for file in files]
    assert executor.most_pending == at_once
