"""The engine's steps one by one, for a function of your own.

Cut files into batches, run one batch in this process, run many side by side in worker processes.
"""

from __future__ import annotations

import asyncio
import inspect
import pickle
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from snake_pipe.errors import PluginError
from snake_pipe.executors.process_pool import main_has_a_file
from snake_pipe.extract.batch_config import BatchConfig
from snake_pipe.extract.batch_coordinator import BatchCoordinator
from snake_pipe.extract.batch_models import BatchExecutionResult, BatchResult, ProcessingResult
from snake_pipe.extract.dispatch.breakers import open_breakers
from snake_pipe.extract.dispatch.cluster.sight import look_at_files
from snake_pipe.extract.dispatch.dispatcher import Dispatcher
from snake_pipe.extract.dispatch.executor import open_workers
from snake_pipe.extract.dispatch.outcomes import Finished, Lost, Retried
from snake_pipe.extract.worker.setup import WorkerSetup
from snake_pipe.utils.batch_utils import memory_limit

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from snake_pipe.extract.batch_models import DiscoveredFile, FileBatch


async def create_optimal_batches(file_list: Sequence[DiscoveredFile], config: BatchConfig) -> list[FileBatch]:
    """Cut files into batches of one language each, within the sizes of the settings."""
    coordinator = BatchCoordinator(replace(config, max_latency=None))
    batches = [batch for file in file_list for batch in coordinator.offer(file, 0.0)]
    return batches + coordinator.close(0.0)


async def process_batch(
    batch: FileBatch, processor_func: Callable[[Path], Awaitable[Any] | Any], config: BatchConfig
) -> BatchResult:
    """Run a function on each file of a batch, in this process, several at a time.

    A coroutine function runs on this loop, another one in a thread. What it raises, and a file that takes
    longer than its time, becomes a failed result; transient errors (OSError) are tried again.
    """
    started = time.perf_counter()
    room = asyncio.Semaphore(config.workers)

    async def process(file: DiscoveredFile) -> ProcessingResult:
        async with room:
            return await _process_with_retries(Path(file.os_path), processor_func, config)

    results = await asyncio.gather(*(process(file) for file in batch.files))
    result = BatchResult(batch.batch_id, batch.attempt, list(results), byte_count=batch.total_size)
    result.outcomes = dict(
        Counter((outcome.status, file.queue) for file, outcome in zip(batch.files, results, strict=True))
    )
    result.duration = time.perf_counter() - started
    return result


async def _process_with_retries(
    path: Path, processor_func: Callable[[Path], Awaitable[Any] | Any], config: BatchConfig
) -> ProcessingResult:
    import stamina

    started = time.perf_counter()
    try:
        async with asyncio.timeout(config.file_timeout_seconds):
            async for attempt in stamina.retry_context(
                on=OSError, attempts=config.retry_attempts, wait_initial=0.05
            ):
                with attempt:
                    value = (
                        await processor_func(path)
                        if inspect.iscoroutinefunction(processor_func)
                        else await asyncio.to_thread(processor_func, path)
                    )
    except Exception as error:  # noqa: BLE001 - a user's code may raise anything
        name = "timed out" if isinstance(error, TimeoutError) else f"{type(error).__name__}: {error}"
        return ProcessingResult(str(path), "failed", name, (time.perf_counter() - started) * 1000)
    if isinstance(value, ProcessingResult):
        return value
    return ProcessingResult(str(path), "ok", None, (time.perf_counter() - started) * 1000, value)


async def execute_parallel_batches(
    batches: Sequence[FileBatch],
    worker_count: int,
    processor_func: Callable[[Path], Any],
    *,
    config: BatchConfig | None = None,
) -> BatchExecutionResult:
    """Run a function on the files of many batches in worker processes, and gather all results.

    The results come in the order of the files given, whichever is done first.
    The function, sync or async, travels by reference, so it must be importable: PluginError if it is not.
    Workers that die are replaced; a file that ends its worker whenever it is tried comes back quarantined.
    """
    config = replace(config or BatchConfig(), worker_count=worker_count)
    try:
        pickle.dumps(processor_func)
    except Exception as error:
        raise PluginError(
            f"{processor_func!r} cannot travel to workers: {error}", "use a function of a module"
        ) from error
    if getattr(processor_func, "__module__", None) == "__main__" and not main_has_a_file():
        raise PluginError(
            f"{processor_func!r} cannot travel to workers: it stands in no file",
            "write it into a module and import it",
        )
    coordinator = BatchCoordinator(config)
    coordinator.number_from(max((batch.batch_id for batch in batches), default=0) + 1)
    started = time.perf_counter()
    with TemporaryDirectory(prefix="snake-pipe-") as folder:
        slots = folder if config.executor == "process" else None
        setup = WorkerSetup(config, slots=slots, processor=processor_func)
        breakers = open_breakers(config)
        workers = await open_workers(
            setup,
            memory_limit=memory_limit(config.memory_limit_bytes),
            breaker=breakers.pool,
            slots=Path(slots) if slots else None,
            tries=None,  # nothing is written: a file may be given to the function twice
            look=lambda: look_at_files(file.os_path for batch in batches for file in batch.files),
            tell=lambda _: None,
        )
        dispatcher = Dispatcher(
            config,
            workers=workers,
            cut=lambda files, attempt: coordinator.retry(files, attempt, 0.0),
            breaker=breakers.storage,
        )
        watch = asyncio.create_task(_watch(dispatcher))
        abandon = True
        try:
            for batch in batches:
                await dispatcher.dispatch(batch)
            await dispatcher.join()
            abandon = False
        finally:
            watch.cancel()
            await dispatcher.close(abandon=abandon)
    done = [_result(outcome) for outcome in dispatcher.take_outcomes() if not isinstance(outcome, Retried)]
    by_path = {result.path: result for batch_result in done for result in batch_result.results}
    return BatchExecutionResult(
        done,
        [by_path[file.os_path] for batch in batches for file in batch.files],
        elapsed=time.perf_counter() - started,
        cpu_seconds=sum(batch_result.cpu_seconds for batch_result in done),
        worker_count=max(1, workers.count),
    )


def _result(outcome: Finished | Lost) -> BatchResult:
    batch = outcome.batch
    if isinstance(outcome, Finished):
        return outcome.result
    lost = outcome.lost
    failed = ProcessingResult(lost.file.os_path, "quarantined", lost.message)
    outcomes = {("quarantined", lost.file.queue): 1}
    return BatchResult(batch.batch_id, batch.attempt, [failed], outcomes=outcomes)


async def _watch(dispatcher: Dispatcher) -> None:
    while True:
        await asyncio.sleep(0.5)
        dispatcher.end_overdue_workers()
