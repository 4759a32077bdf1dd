"""Which executor the settings name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.executors.process_pool import main_has_a_file, open_process_pool
from snake_pipe.executors.serial import SerialExecutor
from snake_pipe.extract.batch_worker import start_worker
from snake_pipe.extract.worker.modules import WORKER_MODULES

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from snake_pipe.extract.worker.setup import WorkerSetup


def open_executor(setup: WorkerSetup, workers: int) -> Executor:
    """The executor that the settings name, its workers started with `setup`."""
    if setup.config.executor == "serial":
        return SerialExecutor(start_worker, (setup,))
    has_own = setup.processor is not None and main_has_a_file()
    return open_process_pool(workers, WORKER_MODULES, start_worker, (setup,), imports_main=has_own)
