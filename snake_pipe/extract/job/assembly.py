"""Puts the parts of a run together: what each gets, and what of it comes from the job on disk."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from snake_pipe.extract.batching.memory import plan_memory
from snake_pipe.extract.batching.strategy import open_strategy
from snake_pipe.extract.commit.delivery import Delivery
from snake_pipe.extract.commit.flush_writer import FlushWriter
from snake_pipe.extract.dispatch.breakers import open_breakers
from snake_pipe.extract.dispatch.cluster.sight import look_at
from snake_pipe.extract.dispatch.dispatcher import Dispatcher
from snake_pipe.extract.dispatch.executor import open_workers
from snake_pipe.extract.job.admission import Admission
from snake_pipe.extract.job.backlog import Backlog
from snake_pipe.extract.job.monitor import JobMonitor
from snake_pipe.extract.job.run import JobRun
from snake_pipe.extract.job.sinks import flush_of, open_sinks
from snake_pipe.extract.job.warnings import TIMER_SHARE, WARNINGS
from snake_pipe.extract.planning.costs import CostModel
from snake_pipe.extract.planning.stretch import read_stretch
from snake_pipe.extract.worker.setup import WorkerSetup
from snake_pipe.extract.worker.slot import clear_slots
from snake_pipe.load.batch_history import read_batch_history
from snake_pipe.observe.events import Flushed, Notice
from snake_pipe.utils.batch_utils import memory_limit

if TYPE_CHECKING:
    from pathlib import Path

    from snake_pipe.extract.batching.memory import MemoryPlan
    from snake_pipe.extract.feeds.feed import Feed
    from snake_pipe.extract.job.job import Job
    from snake_pipe.extract.planning.budget import Budget
    from snake_pipe.observe.events import Event, Listener
    from snake_pipe.observe.status import JobStatus

_TIDY_EVERY = 60.0
"""Seconds; a watch supersedes rows for as long as it runs."""


async def make_run(
    job: Job, feed: Feed, status: JobStatus, slots: Path, listener: Listener, budget: Budget | None = None
) -> JobRun:
    """A run of an open job, which keeps its `status`; the workers of a cluster have answered.

    `slots` is the folder where workers show what they have in hand. WorkerPoolError without a cluster that
    answers, UsageError with one whose workers must not take part. A live feed's run waits where others
    give up, since nobody would resume it.
    """
    job.save("running", None)
    clear_slots(slots)
    plan = _plan(job, listener)
    config = replace(job.config, worker_count=plan.workers)
    if budget is not None:
        config = replace(config, ageing_seconds=None)  # the most urgent first, whoever waits
    worker_slots = slots if config.executor == "process" else None
    setup = WorkerSetup(
        config,
        job.job_id,
        job.epoch,
        job.dataset.url,
        str(worker_slots) if worker_slots else None,
        memory=plan,
    )
    breakers = open_breakers(
        config,
        patience=config.timeout_seconds if feed.is_live else 0.0,
        on_change=lambda name, state: listener(Notice("breaker", f"the {name}'s circuit breaker is {state}")),
    )
    history = read_batch_history(job.dataset)
    costs = CostModel(history, stretch=read_stretch(job.manager), target_seconds=config.target_seconds)
    folders = [str(root.folder) for root in job.request.plan()]
    workers = await open_workers(
        setup,
        memory_limit=plan.limit,
        breaker=breakers.pool,
        slots=worker_slots,
        tries=job.folder.at("tries"),
        look=lambda: look_at(folders),
        tell=lambda text: listener(Notice("cluster", text)),
    )
    count = max(1, workers.count)  # a cluster whose workers have just come, or pause, has none to count yet
    config = replace(config, worker_count=count)
    status.workers, status.memory_limit = count, plan.limit
    if budget is not None:
        budget.workers = count
    backlog = Backlog(
        config,
        batch_memory=workers.batch_memory,
        history=history,
        strategy=open_strategy(config.batching, lambda text: listener(Notice("batching", text))),
    )
    dispatcher = Dispatcher(config, workers=workers, cut=backlog.cut_again, breaker=breakers.storage)
    delivery = Delivery(
        _make_writer(job, feed),
        job_id=job.job_id,
        statistics=status.statistics,
        listener=listener if budget is None else _noting_commits(budget, listener),
        breaker=breakers.storage,
        on_flush=job.after_flush,
        on_rows=feed.settle,
        on_commit=feed.committed,
        tidy_every=_TIDY_EVERY if feed.is_live else None,
        sinks=open_sinks(job, listener),
        to_flush=flush_of(job),
    )
    return JobRun(
        config,
        status,
        feed=feed,
        admission=Admission(
            feed,
            backlog,
            delivery,
            priorities=config.priority,
            statistics=status.statistics,
            listener=listener,
        ),
        backlog=backlog,
        dispatcher=dispatcher,
        delivery=delivery,
        monitor=JobMonitor(
            status,
            feed=feed,
            backlog=backlog,
            dispatcher=dispatcher,
            delivery=delivery,
            breakers=breakers,
            listener=listener,
            # A bulk run has more to do than it can at any time: its files wait by design.
            warnings=WARNINGS if feed.is_live else (TIMER_SHARE,),
            expect=lambda work: costs.estimate(work, workers.count),
            write_status=lambda status: job.write_status(status.to_json()),
            show_every=job.folder.look_seconds,
        ),
        controls=job.controls,
        keep_changes=job.change_settings,
        listener=listener,
        budget=budget,
    )


def _noting_commits(budget: Budget, listener: Listener) -> Listener:
    """The listener, and the budget is told how long commits take."""

    def tell(event: Event) -> None:
        if isinstance(event, Flushed):
            budget.committed(event.seconds)
        listener(event)

    return tell


def _plan(job: Job, listener: Listener) -> MemoryPlan:
    plan = plan_memory(memory_limit(job.config.memory_limit_bytes), job.config.workers)
    if plan.workers < job.config.workers:
        have = f"{plan.limit >> 20} MiB of memory"
        listener(
            Notice("memory", f"{have} is enough for only {plan.workers} of {job.config.workers} workers")
        )
    return plan


def _make_writer(job: Job, feed: Feed) -> FlushWriter:
    return FlushWriter(
        job_id=job.job_id,
        epoch=job.epoch,
        series=job.request.series,
        last_flush_seq=max((r["seq"] for r in job.journal.records if r.get("type") == "flush"), default=0),
        journal=job.journal,
        check=job.check_claim,
        commit=job.commit,
        open_writer=job.open_writer,
        read_with=job.config.read_with,
        tidy=lambda is_last: job.tidy(feed, is_last=is_last),
    )
