"""What a future of Dask's says of the worker and of the scheduler."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from snake_pipe.errors import WorkerPoolError
from snake_pipe.executors.dask_cluster import DaskCluster, TaskLostError

pytest.importorskip("distributed")


class Future:
    def __init__(self, status, then):
        self.status = status
        self._then = then

    def result(self, timeout):
        self.status = self._then
        raise RuntimeError(self._then)


@pytest.mark.parametrize(
    ("status", "then", "error"),
    [
        ("lost", "lost", TaskLostError),
        ("finished", "lost", TaskLostError),
        ("cancelled", "cancelled", WorkerPoolError),
        ("finished", "cancelled", WorkerPoolError),
    ],
)
def test_a_result_that_went_with_its_worker_is_no_lost_scheduler(status, then, error):
    """A worker that was killed with results nobody had fetched ended the run, as if by the scheduler."""
    cluster = DaskCluster(None, ExitStack(), "tcp://127.0.0.1:1")  # type: ignore[arg-type]
    with pytest.raises(error):
        cluster.result(Future(status, then), 1.0)  # type: ignore[arg-type]
