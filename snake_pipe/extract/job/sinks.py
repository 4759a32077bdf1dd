"""The sinks of a job's run, each with what it lacks of earlier runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.extract.sinks.delivery import SinkDeliveries, SinkDelivery
from snake_pipe.extract.sinks.ledger import SinkLedger, make_flush
from snake_pipe.extract.sinks.process import SinkProcess
from snake_pipe.extract.worker.modules import WORKER_MODULES
from snake_pipe.load.claims.of_jobs import newest_jobs
from snake_pipe.plugins.sinks import sink_id, split_sink
from snake_pipe.utils.loop_condition import LoopCondition

if TYPE_CHECKING:
    from collections.abc import Callable

    from snake_pipe.extract.commit.flush_writer import FlushInfo
    from snake_pipe.extract.job.job import Job
    from snake_pipe.observe.events import Listener
    from snake_pipe.plugins.sinks import Flush


def open_sinks(job: Job, listener: Listener) -> SinkDeliveries:
    """The sinks that the settings name, at work on what they lack; the run has committed nothing yet."""
    changed = LoopCondition()
    held = _HeldParts(job)
    sinks = [_open(job, text, held, listener, changed) for text in job.config.sinks]
    ledgers = {sink.name: _ledger(job, text) for sink, text in zip(sinks, job.config.sinks, strict=True)}
    return SinkDeliveries(sinks, changed, settle=lambda name: ledgers[name].settle(job.epoch))


def flush_of(job: Job) -> Callable[[FlushInfo], Flush]:
    """What makes the flushes that sinks get of what the run commits."""
    telling_jobs = newest_jobs(job.manager) if job.config.sinks else ()
    return lambda info: make_flush(
        job.dataset,
        job.job_id,
        info.flush_seq,
        [(part.table, part.name) for part in info.parts],
        telling_jobs,
    )


def _ledger(job: Job, text: str) -> SinkLedger:
    return SinkLedger(job.dataset, job.manager, sink_id(text))


def _open(job: Job, text: str, held: _HeldParts, listener: Listener, changed: LoopCondition) -> SinkDelivery:
    ledger = _ledger(job, text)
    missing = ledger.missing(job.epoch)
    held.hold(missing)

    def note(flush: Flush) -> None:
        ledger.note(flush, job.epoch, job.journal, job.job_id)
        held.release(flush)

    return SinkDelivery(
        _name(job, text),
        SinkProcess(text, WORKER_MODULES),
        missing,
        note=note,
        forget=ledger.forget,
        patience=job.config.sink_timeout_seconds,
        attempts=job.config.sink_attempts,
        stop=job.config.sink_failures == "stop",
        listener=listener,
        changed=changed,
    )


def _name(job: Job, text: str) -> str:
    """What a sink is called where people read it: without its argument, which may be a secret."""
    name = split_sink(text)[0]
    alike = [other for other in job.config.sinks if split_sink(other)[0] == name]
    return name if len(alike) == 1 else f"{name} ({alike.index(text) + 1} of {len(alike)})"


class _HeldParts:
    """The parts of snapshots that sinks are reading: tidying may take them out of the tables meanwhile."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._snapshots: list[Flush] = []

    def hold(self, missing: list[Flush]) -> None:
        self._snapshots += (flush for flush in missing if flush.is_snapshot)
        self._tell()

    def release(self, flush: Flush) -> None:
        if flush.is_snapshot:
            self._snapshots = [held for held in self._snapshots if held is not flush]
            self._tell()

    def _tell(self) -> None:
        self._job.hold_parts(
            {name for flush in self._snapshots for names in flush.parts.values() for name in names}
        )
