"""A Dask worker's side: the batches that it gets are run in processes of its own, one a batch.

So everything that protects a run on one machine is there: a file's timer ends a process even while native
code holds Python's lock, the process is found dead by its parent with the file in its slot, and the Dask
worker itself, with whatever else it holds, never dies of a file. Each process is a pool of its own, so that
a death concerns one batch.
"""

from __future__ import annotations

import pickle
import tempfile
import threading
import time
from concurrent.futures import BrokenExecutor
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from snake_pipe.errors import SnakePipeError
from snake_pipe.extract.batch_worker import run_batch
from snake_pipe.extract.batching.memory import Measures, MemoryGuard, memory_for_batches, plan_memory
from snake_pipe.extract.dispatch.cluster.processes import Processes
from snake_pipe.extract.dispatch.cluster.room import Room
from snake_pipe.extract.dispatch.cluster.sight import cannot_write, unseen
from snake_pipe.extract.dispatch.cluster.terms import Accepted, Refusal
from snake_pipe.extract.dispatch.cluster.tries import begin_try
from snake_pipe.extract.dispatch.cluster.versions import first_difference, versions_here
from snake_pipe.extract.dispatch.worker_watch import WorkerWatch
from snake_pipe.extract.dispatch.workers import WorkerLost
from snake_pipe.extract.worker.slot import read_slots
from snake_pipe.observe.status import HostFigures
from snake_pipe.storage.open import open_storage
from snake_pipe.utils.batch_utils import available_cpus, memory_limit, process_tree_memory

if TYPE_CHECKING:
    from distributed import Worker

    from snake_pipe.extract.batch_models import BatchResult, FileBatch
    from snake_pipe.extract.dispatch.cluster.terms import Terms
    from snake_pipe.extract.worker.setup import WorkerSetup

_LOOK_EVERY = 0.5
"""Seconds between two looks at processes and memory."""

_IDLE_SECONDS = 60.0
"""How long processes stay without a batch; a run whose coordinator was killed says no good-bye."""

_START_SECONDS = 60.0
"""How long a process may take to begin, beyond what its batch may."""


def metric_of(run_id: str) -> str:
    """Under which name a Dask worker's heartbeats have the figures of a run."""
    return f"snake-pipe {run_id}"


class Host:
    """What a Dask worker has of one run; its methods are for the Dask worker's threads."""

    def __init__(self, terms: Terms, worker: Worker) -> None:
        """SnakePipeError if its memory is too little."""
        limit = _memory_limit(worker, terms.memory_limit)
        self.plan = plan_memory(limit, worker.state.nthreads)
        self.address = worker.address
        self._tries = open_storage(terms.tries) if terms.tries else None
        self._slots = Path(tempfile.mkdtemp(prefix="snake-pipe-", dir=worker.local_directory))
        setup: WorkerSetup = pickle.loads(terms.setup)  # noqa: S301 - Dask has unpickled it from the same sender
        self._config = setup.config
        self._name = self.address.rpartition("://")[2].rpartition(":")[0].strip("[]")
        self._processes = Processes(
            _pickled(
                replace(
                    setup,
                    slots=str(self._slots),
                    memory=None if setup.processor else self.plan,
                    host=self._name,
                )
            )
        )
        self._room = Room(self.plan.workers, memory_for_batches(limit, self.plan.workers))
        self._guard = MemoryGuard(limit)
        self._watch = WorkerWatch(self._slots)
        self._lock = threading.Lock()
        self._in_flight: dict[int, FileBatch] = {}
        self._pressure = 1.0
        self._used_at = time.monotonic()
        self._is_watched = False

    def run(self, batch: FileBatch, *, alone: bool) -> BatchResult | WorkerLost:
        """Run a batch in a process, when there is room for it; what ends the process is a value."""
        with self._room.taken(batch.estimated_memory, alone=alone):
            if self._tries is not None and not begin_try(self._tries, batch, self._name):
                return WorkerLost(has_begun=True)
            generation, process = self._processes.take()
            self._begin(batch)
            try:
                result = process.submit(run_batch, batch).result(self._longest)
            except (BrokenExecutor, OSError, EOFError):  # TimeoutError is an OSError
                process.shutdown(wait=False, cancel_futures=True)
                return self._lost(batch)
            except BaseException:
                process.shutdown(wait=False, cancel_futures=True)
                raise
            else:
                self._processes.give_back(generation, process)
                return result
            finally:
                with self._lock:
                    self._in_flight.pop(batch.batch_id, None)
                    self._used_at = time.monotonic()
                self._watch.note_sign(batch.batch_id)

    @property
    def _longest(self) -> float:
        """Seconds after which whoever watches has failed."""
        return self._config.timeout_seconds + 2 * self._config.file_timeout_seconds + _START_SECONDS

    def _begin(self, batch: FileBatch) -> None:
        with self._lock:
            self._in_flight[batch.batch_id] = batch
            self._used_at = time.monotonic()
            self._watch.note_sign()
            if not self._is_watched:
                self._is_watched = True
                threading.Thread(target=self._look_after, name="snake-pipe-host", daemon=True).start()

    def _lost(self, batch: FileBatch) -> WorkerLost:
        """What its process had in hand, and why it may have ended; its slot is done with."""
        ended = time.monotonic()
        slots = [slot for slot in read_slots(self._slots) if slot.batch_id == batch.batch_id]
        for slot in slots:
            with suppress(OSError):
                (self._slots / f"{slot.pid}.slot").unlink()
        if not slots:
            return WorkerLost(has_begun=False)
        slot = max(slots, key=lambda one: one.since)
        if self._watch.was_too_large(batch.batch_id):
            reason = "out_of_memory"
        else:
            is_late = ended - slot.since >= self._config.file_timeout_seconds
            reason = "timeout" if is_late else "worker_died"
        return WorkerLost(True, min(slot.index, len(batch) - 1), reason)

    # -- watching over the processes -----------------------------------------------------------------

    def _look_after(self) -> None:
        """Until nothing was to be done for a while; then the processes end."""
        process = psutil.Process()
        while True:
            time.sleep(_LOOK_EVERY)
            with self._lock:
                in_flight = dict(self._in_flight)
                if not in_flight and time.monotonic() - self._used_at > _IDLE_SECONDS:
                    self._is_watched = False
                    self._processes.end_idle()
                    return
            with suppress(psutil.Error, OSError):
                self._watch.end_overdue(in_flight, self._config)
                self._take_measures(process, in_flight)

    def _take_measures(self, process: psutil.Process, in_flight: dict[int, FileBatch]) -> None:
        memory = process_tree_memory(process)
        if self._guard.is_close(memory.total):
            memory = process_tree_memory(process, exact=True)
        measures: Measures = self._guard.read(memory.total, memory.total - memory.own, time.monotonic())
        self._pressure = measures.pressure
        self._room.one_at_a_time(measures.one_at_a_time)
        if measures.recycle:
            self._processes.recycle()
        if measures.kill:
            self._watch.end_largest(in_flight, memory.children)

    def figures(self) -> dict[str, Any]:
        """For the heartbeats: plain data."""
        with self._lock:
            in_flight = dict(self._in_flight)
        figures = HostFigures(
            self._name,
            self.plan.workers,
            self._watch.busy(in_flight),
            self._guard.now,
            self.plan.limit,
        )
        return {**asdict(figures), "pressure": self._pressure}

    def end(self) -> None:
        """End its processes, and with them what they have in hand."""
        self._processes.recycle()
        self._watch.end_all()


_hosts: dict[str, Host] = {}
_opening = threading.Lock()


def accept_terms(terms: Terms, dask_worker: Worker) -> Accepted | Refusal:
    """Take part in a run, or say why not. Dask gives its worker by that keyword."""
    found = _host_of(terms, dask_worker)
    if isinstance(found, Refusal):
        return found
    return Accepted(found.plan.workers, found.plan.limit, found.plan.batch_memory)


def run_on_host(terms: Terms, batch: FileBatch, alone: bool) -> BatchResult | WorkerLost | Refusal:
    """A task: run a batch on the Dask worker that has it."""
    from distributed import get_worker

    host = _host_of(terms, get_worker())
    if isinstance(host, Refusal):
        return host
    return host.run(batch, alone=alone)


def leave(run_id: str, dask_worker: Worker) -> None:
    """End what a Dask worker has of a run."""
    dask_worker.metrics.pop(metric_of(run_id), None)
    with _opening:
        host = _hosts.pop(run_id, None)
    if host is not None:
        host.end()


def _host_of(terms: Terms, worker: Worker) -> Host | Refusal:
    """What this Dask worker has of the run; made, and all that it depends on checked, at the first call."""
    with _opening:
        host = _hosts.get(terms.run_id)
        if host is None:
            refusal = _reason_against(terms, worker.address)
            if refusal is not None:
                return refusal
            try:
                host = Host(terms, worker)
            except SnakePipeError as error:
                return Refusal(worker.address, error.message, error.hint)
            _hosts[terms.run_id] = host
            worker.metrics[metric_of(terms.run_id)] = lambda _: host.figures()
    return host


def _reason_against(terms: Terms, address: str) -> Refusal | None:
    difference = first_difference(terms.versions, versions_here())
    if difference is not None:
        return Refusal(address, difference, "install the same versions on all machines")
    if terms.tries is not None and (reason := _why_not_written(terms.tries, terms.token)) is not None:
        return Refusal(
            address,
            f"cannot write to the dataset, {terms.tries}: {reason}",
            "put the dataset into a folder that all machines share, or into a bucket, by -d",
        )
    if (path := unseen(terms.sample)) is not None:
        return Refusal(
            address,
            f"does not see {path} as it is here",
            "read from a folder that all machines share under the same path",
        )
    return None


def _why_not_written(tries: str, token: str) -> str | None:
    try:
        return cannot_write(open_storage(tries), token)
    except SnakePipeError as error:  # what the storage needs is not installed there
        return error.message


def _memory_limit(worker: Worker, requested: int | None) -> int:
    """Bytes for a Dask worker with its processes: what Dask grants it, else its share of the machine."""
    granted: int | None = worker.memory_manager.memory_limit
    if granted is None:
        granted = int(memory_limit() * min(1.0, worker.state.nthreads / available_cpus()))
    return min(granted, requested or granted, memory_limit())


def _pickled(setup: WorkerSetup) -> bytes:
    """For the processes: a function that came by value goes on by value."""
    from cloudpickle import dumps

    data: bytes = dumps(setup)
    return data
