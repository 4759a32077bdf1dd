"""The processes in which a Dask worker runs batches: each a pool of its own, and kept for the next batch."""

from __future__ import annotations

import multiprocessing
import os
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from snake_pipe.executors.process_pool import open_process_pool, prepare_workers
from snake_pipe.extract.batch_worker import start_pickled_worker
from snake_pipe.extract.worker.modules import WORKER_MODULES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import ProcessPoolExecutor

_TRIMMING = "MALLOC_TRIM_THRESHOLD_"
"""By it Dask has its own processes give freed memory back at once; glibc reads it when a process starts."""

_STARTING = threading.Lock()


class Processes:
    """Started with the pickled `setup`; its methods are for any thread."""

    def __init__(self, setup: bytes) -> None:
        self._setup = setup
        self._lock = threading.Lock()
        self._idle: list[tuple[int, ProcessPoolExecutor]] = []
        self._generation = 0
        with _as_usual():
            prepare_workers(WORKER_MODULES)  # they start while the first batches are cut

    def take(self) -> tuple[int, ProcessPoolExecutor]:
        """A process that has nothing in hand, to be given back; with its generation."""
        with self._lock:
            if self._idle:
                return self._idle.pop()
            generation = self._generation
        with _as_usual():
            return generation, open_process_pool(1, WORKER_MODULES, start_pickled_worker, (self._setup,))

    def give_back(self, generation: int, process: ProcessPoolExecutor) -> None:
        """Keep a process for the next batch, unless its generation is to end."""
        with self._lock:
            if generation == self._generation:
                self._idle.append((generation, process))
                return
        process.shutdown(wait=False)

    def end_idle(self) -> None:
        """End those that have nothing in hand."""
        with self._lock:
            idle, self._idle = self._idle, []
        for _, process in idle:
            process.shutdown(wait=False)

    def recycle(self) -> None:
        """End all that there are, each when it has nothing in hand."""
        with self._lock:
            self._generation += 1
        self.end_idle()


@contextmanager
def _as_usual() -> Iterator[None]:
    """Processes that start meanwhile are as those of a run without a cluster.

    They keep what they freed, which saves a fifth of their time; how much that may be is watched. Dask's
    processes are daemons by default, which may have no children; ours end with theirs.
    """
    with _STARTING:
        multiprocessing.current_process().daemon = False
        trimming = os.environ.pop(_TRIMMING, None)
        try:
            yield
        finally:
            if trimming is not None:
                os.environ[_TRIMMING] = trimming
