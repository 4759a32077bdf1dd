"""The child side: one batch in, Parquet parts and a few figures out.

Everything here runs in a worker process, or in the coordinator's with the serial executor. Nothing that
one file does ends the batch: its failure is a row. What no file is to blame for, such as a full disk, is
reported as the batch's `failure`.
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snake_pipe.executors.parent_watch import end_with_parent
from snake_pipe.executors.process_pool import OURS, SAFE_PATH
from snake_pipe.extract.batch_models import BatchResult, ProcessingResult
from snake_pipe.extract.worker.processor_call import call_processor
from snake_pipe.extract.worker.setup import WorkerSetup
from snake_pipe.extract.worker.slot import WorkerSlot
from snake_pipe.utils.batch_utils import PeakMemory
from snake_pipe.utils.freed_memory import keep_freed_memory

if TYPE_CHECKING:
    from collections.abc import Callable

    from snake_pipe.extract.batch_config import BatchConfig
    from snake_pipe.extract.batch_models import FileBatch


@dataclass(slots=True)
class WorkerStatistics:
    """What one worker has done so far; time in seconds."""

    batches: int = 0
    files: int = 0
    failed: int = 0
    bytes: int = 0
    busy_seconds: float = 0.0


class BatchWorker:
    """Processes batches one after the other."""

    def __init__(self, worker_id: str, config: BatchConfig, setup: WorkerSetup | None = None) -> None:
        self.worker_id = worker_id
        self.config = config
        self.setup = setup or WorkerSetup(config)
        self.stats = WorkerStatistics()
        self._host = self.setup.host or socket.gethostname()
        self._slot = WorkerSlot(Path(self.setup.slots)) if self.setup.slots else None

    async def process_batch(self, batch: FileBatch) -> BatchResult:
        """Process a batch in a thread, so that the caller's loop goes on."""
        import asyncio

        return await asyncio.to_thread(self.run, batch)

    def run(self, batch: FileBatch) -> BatchResult:
        """Process a batch; never raises for what a file contains."""
        started_at, started, cpu = time.time(), time.perf_counter(), time.process_time()
        memory = PeakMemory()
        collecting = gc.isenabled()
        gc.disable()
        try:
            if self.setup.processor is not None:
                result = self._call_processor(batch, self.setup.processor)
            else:
                from snake_pipe.extract.worker.extraction import Extraction  # not for the coordinator

                result = Extraction(self.setup, batch, self.enter_file).run()
        finally:
            self._leave_file()
            if collecting:
                gc.enable()
        result.worker, result.started_at = f"{self._host}:{os.getpid()}", started_at
        result.duration = time.perf_counter() - started
        result.cpu_seconds = time.process_time() - cpu
        result.memory_before, result.memory_after, result.memory_peak = memory.read()
        self.stats.batches += 1
        self.stats.files += result.file_count
        self.stats.failed += result.failure_count
        self.stats.bytes += result.byte_count
        self.stats.busy_seconds += result.duration
        return result

    def enter_file(self, batch: FileBatch, index: int) -> None:
        """Show the file in hand, and see to it that it cannot hold the process for ever.

        Most parsers stop by themselves when the file's time is over. The timer is for all else: its signal
        has its default action, which ends the process even while native code runs that never returns to
        Python. The coordinator then finds the file in the slot.
        """
        if self._slot is not None:
            self._slot.enter(batch.batch_id, index)
            signal.setitimer(signal.ITIMER_REAL, self.config.alarm_seconds)

    def _leave_file(self) -> None:
        if self._slot is not None:
            signal.setitimer(signal.ITIMER_REAL, 0)
            self._slot.leave()

    def _call_processor(self, batch: FileBatch, processor: Callable[[Path], Any]) -> BatchResult:
        result = BatchResult(batch.batch_id, batch.attempt, byte_count=batch.total_size)
        for index, file in enumerate(batch.files):
            self.enter_file(batch, index)
            outcome = call_processor(processor, Path(file.os_path))
            if self._slot is not None:
                outcome = _that_travels(outcome)
            result.results.append(outcome)
            key = (outcome.status, file.queue)
            result.outcomes[key] = result.outcomes.get(key, 0) + 1
        return result


def _that_travels(result: ProcessingResult) -> ProcessingResult:
    """The result, or a failed one where its value does not pickle: that would fail the whole batch."""
    try:
        pickle.dumps(result.value)
    except Exception as error:  # noqa: BLE001 - pickling runs the user's code
        return ProcessingResult(
            result.path, "failed", f"the value returned cannot be pickled: {error}", result.duration_ms
        )
    return result


_worker: BatchWorker | None = None

_PART_KEPT = 4
"""The memory that a batch may take is divided by it for what stays with a worker of what was freed."""


def start_worker(setup: WorkerSetup) -> None:
    """Initializer of a worker process: make it end with its parent, and keep it quiet for the terminal."""
    global _worker
    if setup.slots is not None:
        end_with_parent()  # an orphan would write parts that nobody names
        if os.environ.get(SAFE_PATH) == OURS:
            del os.environ[SAFE_PATH]  # a user's processor may start Python as it likes
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the coordinator decides what Ctrl-C means
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        if setup.config.processors:
            os.dup2(2, 1)  # what they print: stdout is for the data of the command
        import pyarrow as pa

        pa.set_cpu_count(1)  # one process a core already
        if setup.memory is not None:
            keep_freed_memory(setup.memory.batch_memory // _PART_KEPT)
        gc.freeze()
    _worker = BatchWorker(f"{setup.job_id}-{os.getpid()}", setup.config, setup)


def start_pickled_worker(setup: bytes) -> None:
    """The same for a worker of another machine, which is not to need what a user's function came with."""
    start_worker(pickle.loads(setup))  # noqa: S301 - from the process that started this one


def run_batch(batch: FileBatch) -> BatchResult:
    """Process one batch in this worker process; what goes wrong comes back as data, never as an exception."""
    if _worker is None:
        return BatchResult(batch.batch_id, batch.attempt, failure="the worker was not started")
    try:
        return _worker.run(batch)
    except BaseException as error:  # noqa: BLE001 - an exception may not unpickle, SystemExit ends the pool
        return BatchResult(batch.batch_id, batch.attempt, failure=f"{type(error).__name__}: {error}")
