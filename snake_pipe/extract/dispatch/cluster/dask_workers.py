"""The coordinator's side: each batch is a task of Dask, which chooses the worker.

Dask workers come and go; what they had in hand comes back as lost, and is tried elsewhere. The scheduler's
end is the run's: what its tasks have become is not known to anybody then, and a resume does the rest.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from snake_pipe.errors import UsageError, WorkerPoolError
from snake_pipe.executors.dask_address import LOCAL
from snake_pipe.executors.dask_cluster import DaskCluster, TaskLostError
from snake_pipe.extract.batching.memory import COORDINATOR_MEMORY
from snake_pipe.extract.dispatch.cluster.host import accept_terms, leave, metric_of, run_on_host
from snake_pipe.extract.dispatch.cluster.sight import write_token
from snake_pipe.extract.dispatch.cluster.terms import Accepted, Refusal, Terms
from snake_pipe.extract.dispatch.cluster.tries import forget_try
from snake_pipe.extract.dispatch.cluster.versions import versions_here
from snake_pipe.extract.dispatch.workers import WorkerLost
from snake_pipe.observe.status import HostFigures
from snake_pipe.storage.open import open_storage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping

    from distributed import Future

    from snake_pipe.executors.dask_cluster import DaskWorker
    from snake_pipe.extract.batch_config import BatchConfig
    from snake_pipe.extract.batch_models import BatchResult, FileBatch
    from snake_pipe.extract.dispatch.cluster.sight import Seen
    from snake_pipe.extract.worker.setup import WorkerSetup
    from snake_pipe.storage.storage import Storage

_LOOK_EVERY = 1.0
"""Seconds between two looks at the cluster."""

_LEAVE_SECONDS = 5.0
"""How long workers may take to end what they have of a run that is over."""

_MOST_LOSSES_IN_A_ROW = 20
"""Batches that may be lost without one getting through between, beside one for each worker process."""

_TURNS = 3
"""How many batches' time one may take from being sent: that of those before it on its thread, and its own."""


class DaskWorkers:
    """The processes of all Dask workers of a cluster that take part."""

    pressure = 1.0

    def __init__(
        self,
        cluster: DaskCluster,
        config: BatchConfig,
        terms: Terms,
        look: Callable[[], tuple[Seen, ...]],
        tell: Callable[[str], None],
    ) -> None:
        self.losses = 0
        self.memory_limit = 0
        self.batch_memory = 0
        self._cluster = cluster
        self._config = config
        self._terms = terms
        self._look = look
        self._tell = tell
        self._known: dict[str, DaskWorker] = {}
        self._sent: set[asyncio.Future[None]] = set()
        self._failure: Exception | None = None
        self._losses_in_a_row = 0
        self._seen_at = self._sign_at = time.monotonic()
        self._one_suspect = asyncio.Lock()
        self._watching: asyncio.Task[None] | None = None
        self._changed: Callable[[], None] = lambda: None
        self._failed: Callable[[Exception], None] = lambda _: None

    @classmethod
    async def open(
        cls,
        setup: WorkerSetup,
        *,
        tries: Storage | None,
        memory_limit: int,
        look: Callable[[], tuple[Seen, ...]],
        tell: Callable[[str], None],
    ) -> DaskWorkers:
        """Connect, and ask all workers that are there whether they can take part.

        `tries` is a storage below the dataset's for notes of tries, None where nothing is written.
        `memory_limit` bytes are for all processes of a cluster on this machine, otherwise the most for those
        of a Dask worker. `look` gives what is seen here of what is to be read, `tell` is told who comes and
        goes.
        WorkerPoolError where nobody answers in time, UsageError naming a worker that must not take part.
        """
        config = setup.config
        share = memory_limit - COORDINATOR_MEMORY if config.executor == LOCAL else memory_limit
        terms = Terms(
            f"{setup.job_id or 'functions'}-{setup.epoch}-{secrets.token_hex(4)}",
            await asyncio.to_thread(_pickled, setup),
            await asyncio.to_thread(versions_here),
            None if tries is None else tries.url,
            secrets.token_hex(16),
            await asyncio.to_thread(look),
            share if config.executor == LOCAL else config.memory_limit_bytes,
        )
        if tries is not None:
            await asyncio.to_thread(_prepare, tries, terms.token)
        connecting = asyncio.to_thread(
            DaskCluster.connect,
            config.executor,
            threads=config.workers,
            memory=share,
            timeout=config.cluster_timeout_seconds,
        )
        workers = cls(await connecting, config, terms, look, tell)
        try:
            await workers._ask_all()
        except BaseException:
            await workers.close(abandon=True)
            raise
        workers._watching = asyncio.create_task(workers._watch(), name="cluster")
        return workers

    async def _ask_all(self) -> None:
        """Ask those that there are, or come in time; an adaptive cluster has none before there is a task."""
        deadline = time.monotonic() + self._config.cluster_timeout_seconds
        call: Future[Any] | None = None
        try:
            while not (accepted := await self._ask()):
                if time.monotonic() >= deadline:
                    raise self._nobody()
                call = call or self._cluster.submit(f"{metric_of(self._terms.run_id)} call", 0, int)
                await asyncio.sleep(_LOOK_EVERY / 5)
        finally:
            if call is not None:
                call.release()
        self.memory_limit = min(one.memory_limit for one in accepted)
        self.batch_memory = min(one.batch_memory for one in accepted)

    async def _ask(self) -> list[Accepted]:
        known = await asyncio.to_thread(self._cluster.workers)
        self._known = {worker.address: worker for worker in known}
        if not known:
            return []
        answers = await asyncio.to_thread(
            self._cluster.run_everywhere,
            accept_terms,
            self._terms,
            timeout=self._config.cluster_timeout_seconds,
        )
        return [_taking_part(address, answer) for address, answer in answers.items()]

    def _nobody(self) -> WorkerPoolError:
        return WorkerPoolError(
            f"the Dask scheduler at {self._cluster.address} has no worker"
            f" since {self._config.cluster_timeout_seconds:g} s",
            f"start some: dask worker {self._cluster.address}",
        )

    # -- how many there are --------------------------------------------------------------------------

    @property
    def count(self) -> int:
        """Processes of the Dask workers that take tasks now."""
        return sum(host.workers for host in self.hosts() if not host.paused)

    @property
    def most_sent(self) -> int:
        """One in hand for each and one to be next; where there is none yet, one that calls for a worker."""
        return self._config.max_concurrent_batches or max(1, 2 * self.count)

    def attach(self, changed: Callable[[], None], failed: Callable[[Exception], None]) -> None:
        """Call `changed` when there are more or fewer of them, `failed` when they cannot go on."""
        self._changed, self._failed = changed, failed

    def admits(self, batch: FileBatch, in_flight: Collection[FileBatch]) -> bool:  # noqa: ARG002
        """Each Dask worker lets in what it has the memory for."""
        return True

    def hosts(self) -> list[HostFigures]:
        """The Dask workers, those of one machine together."""
        hosts: dict[str, HostFigures] = {}
        for worker in self._known.values():
            here = self._figures(worker)
            so_far = hosts.get(worker.host, HostFigures(worker.host, paused=True))
            hosts[worker.host] = HostFigures(
                worker.host,
                so_far.workers + (0 if here.paused else here.workers),
                so_far.busy + here.busy,
                so_far.memory + here.memory,
                so_far.memory_limit + here.memory_limit,
                so_far.paused and here.paused,
            )
        return sorted(hosts.values(), key=lambda host: host.host)

    def _figures(self, worker: DaskWorker) -> HostFigures:
        told = worker.metrics.get(metric_of(self._terms.run_id))
        figures = HostFigures(worker.host, worker.threads)
        if told is not None:
            figures = HostFigures(**{name: value for name, value in told.items() if name != "pressure"})
        return replace(figures, paused=not worker.takes_tasks)

    async def _watch(self) -> None:
        """See who comes and goes; a cluster without anybody is given up after a while."""
        try:
            while True:
                await asyncio.sleep(_LOOK_EVERY)
                self._note_workers(await asyncio.to_thread(self._cluster.workers))
                self._terms = replace(self._terms, sample=await asyncio.to_thread(self._look))
        except WorkerPoolError as error:
            self._fail(error)

    def _note_workers(self, workers: list[DaskWorker]) -> None:
        now, before = time.monotonic(), self._known
        self._known = {worker.address: worker for worker in workers}
        for address in self._known.keys() - before.keys():
            self._tell(f"Dask worker {address} has come, with {self._known[address].threads} threads")
        for address in before.keys() - self._known.keys():
            self.losses += 1
            self._tell(f"Dask worker {address} is gone; what it had in hand is tried elsewhere")
        metric = metric_of(self._terms.run_id)
        told = [worker.metrics[metric]["pressure"] for worker in workers if metric in worker.metrics]
        self.pressure = min(told, default=1.0)
        if workers:
            self._seen_at = now
        elif now - self._seen_at > self._config.cluster_timeout_seconds:
            raise self._nobody()
        self._changed()

    def _fail(self, error: Exception) -> None:
        """Nothing comes any more: end all waits with this error."""
        if self._failure is None:
            self._failure = error
            for waiter in self._sent:
                if not waiter.done():
                    waiter.set_exception(error)
            self._failed(error)

    # -- running batches -----------------------------------------------------------------------------

    async def run(self, batch: FileBatch) -> BatchResult | WorkerLost:
        """Run a batch on whichever worker Dask chooses."""
        return await self._run(batch, alone=False)

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[Callable[[FileBatch], Awaitable[BatchResult | WorkerLost]]]:
        """One suspect at a time, with nothing beside it on its Dask worker."""

        async def try_alone(batch: FileBatch) -> BatchResult | WorkerLost:
            async with self._one_suspect:
                return await self._run(batch, alone=True)

        yield try_alone

    async def _run(self, batch: FileBatch, *, alone: bool) -> BatchResult | WorkerLost:
        if self._failure is not None:
            raise self._failure
        key = f"{metric_of(self._terms.run_id)} {batch.batch_id}-{batch.attempt}"
        future = self._cluster.submit(key, batch.priority, run_on_host, self._terms, batch, alone)
        try:
            async with asyncio.timeout(self._longest):
                await self._until_done(future)
            result = await asyncio.to_thread(self._take, future, batch)
        except (TimeoutError, TaskLostError):
            result = WorkerLost(has_begun=True)
        except WorkerPoolError as error:
            self._fail(error)
            raise
        finally:
            future.release()
        if isinstance(result, Refusal):
            raise UsageError(*_refused(result))
        if isinstance(result, WorkerLost):
            self._note_loss(result)
        elif result.failure is None:
            self._losses_in_a_row = 0
        return result

    @property
    def _longest(self) -> float:
        """Seconds from sending a batch to its outcome, were each before it on its thread to take its time."""
        config = self._config
        one = config.timeout_seconds + 2 * config.file_timeout_seconds
        return _TURNS * one + config.cluster_timeout_seconds

    async def _until_done(self, future: Future[Any]) -> None:
        loop = asyncio.get_running_loop()
        waiter = loop.create_future()
        self._sent.add(waiter)

        def wake() -> None:
            if not waiter.done():
                waiter.set_result(None)

        def done(_: Future[Any]) -> None:
            with suppress(RuntimeError):  # the loop may be closed by now
                loop.call_soon_threadsafe(wake)

        future.add_done_callback(done)
        try:
            await waiter
        finally:
            self._sent.discard(waiter)

    def _take(self, future: Future[Any], batch: FileBatch) -> BatchResult | WorkerLost | Refusal:
        result = self._cluster.result(future, self._config.cluster_timeout_seconds)
        if self._terms.tries is not None:
            with suppress(OSError):  # it goes with its folder
                forget_try(open_storage(self._terms.tries), batch)
        return result  # type: ignore[no-any-return]

    def _note_loss(self, lost: WorkerLost) -> None:
        if lost.in_hand is not None:
            self.losses += 1  # of a process; those of Dask workers are counted as they go
        self._losses_in_a_row += 1
        if self._losses_in_a_row > _MOST_LOSSES_IN_A_ROW + self.count:
            raise WorkerPoolError(
                f"{self._losses_in_a_row} batches were lost with their workers, one after the other",
                "see the logs of the Dask workers, and their memory",
            )

    # -- watching over them, which is done where they are ---------------------------------------------

    def busy(self, in_flight: Mapping[int, FileBatch]) -> int:  # noqa: ARG002
        """Processes that have a file in hand, by the last heartbeats."""
        return sum(host.busy for host in self.hosts())

    def note_sign(self, batch_id: int | None = None) -> None:
        """Nothing to note: each batch has a deadline of its own."""

    def end_overdue(self, in_flight: Mapping[int, FileBatch]) -> None:
        """Each Dask worker does it."""

    def end_largest(self, in_flight: Mapping[int, FileBatch], memory: Mapping[int, int]) -> None:
        """Each Dask worker does it."""

    def end_all(self) -> None:
        """Those that run end in `close`."""

    async def recycle(self) -> None:
        """Each Dask worker does it."""

    async def close(self, *, abandon: bool) -> None:  # noqa: ARG002 - nothing stays in either case
        """Leave the cluster, with nothing of the run left on it."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)
        with suppress(WorkerPoolError):
            if self._failure is None:
                await asyncio.to_thread(
                    self._cluster.run_everywhere, leave, self._terms.run_id, timeout=_LEAVE_SECONDS
                )
        await asyncio.to_thread(self._cluster.close)
        if self._terms.tries is not None:
            await asyncio.to_thread(open_storage(self._terms.tries).remove_folder)


def _taking_part(address: str, answer: Any) -> Accepted:
    """What a worker accepted; UsageError with its name if it did not."""
    if isinstance(answer, Accepted):
        return answer
    if isinstance(answer, Refusal):
        raise UsageError(*_refused(answer))
    if isinstance(answer, ImportError):
        raise UsageError(
            f"Dask worker {address} cannot import snake-pipe: {answer}",
            "pip install 'snake-pipe[dask]' on all machines",
        )
    raise UsageError(f"Dask worker {address} cannot take part: {type(answer).__name__}: {answer}")


def _refused(refusal: Refusal) -> tuple[str, str]:
    return f"Dask worker {refusal.worker} cannot take part: {refusal.message}", refusal.hint


def _pickled(setup: WorkerSetup) -> bytes:
    """A function of a main module goes by value: other machines have another one."""
    from cloudpickle import dumps

    data: bytes = dumps(setup)
    return data


def _prepare(tries: Storage, token: str) -> None:
    tries.remove_folder()
    write_token(tries, token)
