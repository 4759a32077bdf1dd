"""Which workers the settings name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.executors.dask_address import is_dask
from snake_pipe.executors.process_pool import main_has_a_file, open_process_pool
from snake_pipe.executors.serial import SerialExecutor
from snake_pipe.extract.batch_worker import start_worker
from snake_pipe.extract.dispatch.local_workers import LocalWorkers
from snake_pipe.extract.worker.modules import WORKER_MODULES

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor
    from pathlib import Path

    from snake_pipe.extract.dispatch.cluster.sight import Seen
    from snake_pipe.extract.dispatch.workers import Workers
    from snake_pipe.extract.worker.setup import WorkerSetup
    from snake_pipe.storage.storage import Storage
    from snake_pipe.utils.circuit_breaker import Breaker


def open_executor(setup: WorkerSetup, workers: int) -> Executor:
    """The executor of this machine that the settings name, its workers started with `setup`."""
    if setup.config.executor == "serial":
        return SerialExecutor(start_worker, (setup,))
    has_own = setup.processor is not None and main_has_a_file()
    return open_process_pool(workers, WORKER_MODULES, start_worker, (setup,), imports_main=has_own)


async def open_workers(
    setup: WorkerSetup,
    *,
    memory_limit: int,
    breaker: Breaker,
    slots: Path | None,
    tries: Storage | None,
    look: Callable[[], tuple[Seen, ...]],
    tell: Callable[[str], None],
) -> Workers:
    """The workers that the settings name: of this machine at once, of a cluster when it has answered.

    `slots` and `breaker` are for those of this machine, see `LocalWorkers`; `tries`, `look` and `tell` for
    those of a cluster, see `DaskWorkers.open`.
    """
    if is_dask(setup.config.executor):
        from snake_pipe.extract.dispatch.cluster.dask_workers import DaskWorkers

        return await DaskWorkers.open(setup, tries=tries, memory_limit=memory_limit, look=look, tell=tell)
    return LocalWorkers(
        setup.config,
        open_executor=lambda workers: open_executor(setup, workers),
        slots=slots,
        memory_limit=memory_limit,
        batch_memory=None if setup.memory is None else setup.memory.batch_memory,
        breaker=breaker,
    )
