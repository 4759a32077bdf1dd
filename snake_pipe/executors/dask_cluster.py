"""A Dask cluster as a client sees it: one that is there, or one on this machine that ends with the client.

Everything here blocks, with a deadline, and is for threads. Dask's exceptions are translated; what its own
log says is left out, as each of those exceptions says it.
"""

from __future__ import annotations

import logging
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from snake_pipe.errors import WorkerPoolError
from snake_pipe.executors.dask_address import LOCAL, check_dask, scheduler_address
from snake_pipe.executors.process_pool import away_from_the_folder, silent_about_leaks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from distributed import Client, Future, SpecCluster

_CLOSE_SECONDS = 5.0
"""How long a client, and then a cluster of its own, may take to close."""


class TaskLostError(Exception):
    """The worker that had a task is gone, and Dask has given it up."""


@dataclass(frozen=True, slots=True)
class DaskWorker:
    """A Dask worker, as the scheduler knows it; `metrics` are those of its last heartbeat."""

    address: str
    threads: int
    takes_tasks: bool
    metrics: Mapping[str, Any]

    @property
    def host(self) -> str:
        """The address of its machine."""
        return self.address.rpartition("://")[2].rpartition(":")[0].strip("[]")


class DaskCluster:
    """A connection; with it a cluster of its own, if it has one."""

    def __init__(self, client: Client, stack: ExitStack, address: str) -> None:
        self.address = address
        self._client = client
        self._stack = stack

    @classmethod
    def connect(cls, executor: str, *, threads: int, memory: int, timeout: float) -> DaskCluster:
        """Connect to a scheduler within `timeout` seconds; WorkerPoolError where none answers.

        A cluster on this machine is one Dask worker with so many `threads`, that is told to take `memory`
        bytes.
        """
        check_dask()
        with ExitStack() as stack:
            stack.callback(_silence())
            from distributed import Client

            place: Any
            if executor == LOCAL:
                scratch = stack.enter_context(TemporaryDirectory(prefix="snake-pipe-dask-"))
                with away_from_the_folder(), silent_about_leaks():
                    place = _start(threads, memory, timeout, scratch)
                stack.callback(_close_quietly, place)
                address = place.scheduler_address
            else:
                place = address = scheduler_address(executor)
            try:
                client = Client(place, timeout=timeout, set_as_default=False, name="snake-pipe")
            except (OSError, ValueError, RuntimeError) as error:
                raise WorkerPoolError(
                    f"no Dask scheduler answers at {address} within {timeout:g} s: {_line(error)}",
                    "start one (dask scheduler), or name another by --executor",
                ) from error
            stack.callback(_close_quietly, client)
            return cls(client, stack.pop_all(), address)

    def submit(self, key: str, priority: int, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Send a task, which is run by whichever worker Dask chooses."""
        return self._client.submit(function, *arguments, key=key, pure=False, retries=0, priority=priority)

    def result(self, future: Future[Any], timeout: float) -> Any:
        """What a task that is done gave; TaskLostError if its workers died, WorkerPoolError for the rest."""
        from distributed import KilledWorker

        self._check(future)
        try:
            return future.result(timeout=timeout)
        except KilledWorker as error:
            raise TaskLostError(_line(error)) from error
        except TimeoutError as error:
            raise self.gone() from error
        except BaseException as error:  # a cancelled task raises CancelledError, and tasks whatever they like
            self._check(future)
            raise WorkerPoolError(f"a Dask worker cannot run snake-pipe: {_line(error)}") from error

    def _check(self, future: Future[Any]) -> None:
        match future.status:
            case "lost":  # the task was done, and what it gave went with its worker
                raise TaskLostError("the worker died with the result")
            case "cancelled":  # as all are when the scheduler is lost
                raise self.gone()

    def run_everywhere(
        self, function: Callable[..., Any], *arguments: Any, timeout: float
    ) -> dict[str, Any | BaseException]:
        """What a function gives on each worker, or what it raised, by the workers' addresses."""
        import asyncio

        async def run() -> dict[str, Any]:
            work = self._client._run(function, *arguments, on_error="return")  # noqa: SLF001 - with a deadline
            return await asyncio.wait_for(work, timeout)

        try:
            return dict(self._client.sync(run))
        except (OSError, TimeoutError) as error:
            raise self.gone() from error

    def workers(self) -> list[DaskWorker]:
        """The workers that there are now, by their addresses; WorkerPoolError without a scheduler."""
        try:
            known = self._client.scheduler_info(n_workers=-1)["workers"]
        except Exception as error:
            raise self.gone() from error
        return [
            DaskWorker(address, one["nthreads"], one["status"] == "running", one["metrics"] or {})
            for address, one in sorted(known.items())
        ]

    def gone(self) -> WorkerPoolError:
        """The error of a scheduler that is no longer there."""
        return WorkerPoolError(
            f"the Dask scheduler at {self.address} is gone",
            "start one and resume, by --executor with another or none",
        )

    def close(self) -> None:
        """Leave the cluster; one of its own ends."""
        self._stack.close()


def _start(threads: int, memory: int, timeout: float, scratch: str) -> SpecCluster:
    """A scheduler in this process, and a worker in one of its own that needs no main module of ours."""
    from distributed import Scheduler, SpecCluster

    from snake_pipe.executors.dask_local_worker import LocalWorker

    host = "127.0.0.1"
    settings = {
        "host": host,
        "nthreads": threads,
        "memory_limit": memory,
        "local_directory": scratch,
        "death_timeout": timeout,
        "dashboard": False,
        "dashboard_address": f"{host}:0",
        "silence_logs": logging.CRITICAL,
    }
    try:
        return SpecCluster(
            scheduler={
                "cls": Scheduler,
                "options": {"host": host, "port": 0, "dashboard": False, "dashboard_address": f"{host}:0"},
            },
            workers={0: {"cls": LocalWorker, "options": {"worker_kwargs": settings}}},
            silence_logs=logging.CRITICAL,
            name="snake-pipe",
        )
    except (OSError, RuntimeError) as error:
        raise WorkerPoolError(f"a Dask cluster cannot be started here: {_line(error)}") from error


def _silence() -> Callable[[], None]:
    """Say nothing of Dask's log from here on, until what is returned is called."""
    import distributed  # noqa: F401 - which sets its loggers up

    loggers = [
        logging.getLogger(name)
        for name in logging.root.manager.loggerDict
        if name.split(".")[0] in ("distributed", "tornado")
    ]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)

    def restore() -> None:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)

    return restore


def _close_quietly(what: Any) -> None:
    with suppress(Exception):  # a scheduler that is gone answers nobody
        what.close(timeout=_CLOSE_SECONDS)


def _line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
