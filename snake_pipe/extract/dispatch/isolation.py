"""Files that may have ended their worker: tried alone in a pool of one process, else given up."""

from __future__ import annotations

import asyncio
import contextlib
import time
from concurrent.futures import BrokenExecutor, Executor, Future
from typing import TYPE_CHECKING

from snake_pipe.extract.batch_worker import run_batch

if TYPE_CHECKING:
    from collections.abc import Callable

    from snake_pipe.extract.batch_models import BatchResult, FileBatch


class Isolation:
    """A pool of one process, in which one suspect is tried at a time; it is there while there are any."""

    def __init__(self, open_executor: Callable[[], Executor]) -> None:
        self._open_executor = open_executor
        self._executor: Executor | None = None
        self._lock = asyncio.Lock()
        self._suspects = 0

    def enter(self) -> None:
        """A suspect will be tried, perhaps more than once."""
        self._suspects += 1

    async def try_alone(self, batch: FileBatch) -> tuple[BatchResult | None, float]:
        """The batch's result, None if it ended the process; and the seconds that took, without the wait."""
        async with self._lock:
            executor = self._executor = self._executor or self._open_executor()
            started = time.monotonic()
            try:
                result = await run_in(executor, batch)
            except BrokenExecutor:
                self._executor = None
                await asyncio.to_thread(executor.shutdown, False)
                return None, time.monotonic() - started
            return result, time.monotonic() - started

    async def leave(self) -> None:
        """A suspect is done with; after the last one the process ends, idle it is memory for nothing."""
        self._suspects -= 1
        if self._executor is not None and not self._suspects:
            idle, self._executor = self._executor, None
            await asyncio.to_thread(idle.shutdown, True)

    async def close(self) -> None:
        """End the process; what it has in hand is finished, unless somebody ends it."""
        if self._executor is not None:
            await asyncio.to_thread(self._executor.shutdown, True, cancel_futures=True)


async def run_in(executor: Executor, batch: FileBatch) -> BatchResult:
    """Run a batch; BrokenExecutor also where no process can be started for it.

    The process that workers are forked from may have been killed: Python then raises EOFError, from which a
    command line makes the silent end of a dialogue.
    """
    try:
        future = executor.submit(run_batch, batch)
    except (OSError, EOFError) as error:
        raise BrokenExecutor(f"no worker process can be started: {error}") from error
    return await result_of(future)


async def result_of(future: Future[BatchResult]) -> BatchResult:
    """Wait for an executor's future without ever cancelling it.

    `asyncio.wrap_future` hands a cancellation down; a pool that breaks afterwards then trips over the
    cancelled future, and its thread dies with InvalidStateError and a traceback (Python 3.11, 3.12).
    """
    loop = asyncio.get_running_loop()
    done = asyncio.Event()

    def wake(_: Future[BatchResult]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop may be closed by now
            loop.call_soon_threadsafe(done.set)

    future.add_done_callback(wake)
    await done.wait()
    return future.result()
