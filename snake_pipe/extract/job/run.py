"""One run of a job: an asyncio loop that joins feed, backlog, dispatcher and delivery.

Sources of events: chunks of files, deadlines of waiting files, finished batches, the commit timer, the
monitor, and whoever controls the job. A background task that fails ends the run with its exception, never
silently.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from itertools import islice
from typing import TYPE_CHECKING, Any

from snake_pipe.errors import EngineStateError
from snake_pipe.extract.dispatch.outcomes import Finished, Lost, Retried
from snake_pipe.extract.feeds.urgent_first import urgent_first
from snake_pipe.extract.job.control.execution import carry_out_commands
from snake_pipe.observe.events import Progress, SettingChanged, Stopping
from snake_pipe.observe.status import BUDGET
from snake_pipe.utils.loop_condition import LoopCondition

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from snake_pipe.extract.batch_config import BatchConfig
    from snake_pipe.extract.batch_models import DiscoveredFile
    from snake_pipe.extract.commit.delivery import Delivery
    from snake_pipe.extract.dispatch.dispatcher import Dispatcher
    from snake_pipe.extract.dispatch.outcomes import Outcome
    from snake_pipe.extract.feeds.feed import Feed
    from snake_pipe.extract.job.admission import Admission
    from snake_pipe.extract.job.backlog import Backlog
    from snake_pipe.extract.job.control.inbox import Inbox
    from snake_pipe.extract.job.monitor import JobMonitor
    from snake_pipe.extract.planning.budget import Budget
    from snake_pipe.observe.events import Listener
    from snake_pipe.observe.status import JobStatus

_DELETED_AT_ONCE = 50_000

_LOOK_AT_BUDGET = 1.0
"""Seconds between two looks at a budget, whose end commits may move."""


class JobRun:
    """Runs once, from the first file to the last flush; `status` can be read at any time."""

    def __init__(
        self,
        config: BatchConfig,
        status: JobStatus,
        *,
        feed: Feed,
        admission: Admission,
        backlog: Backlog,
        dispatcher: Dispatcher,
        delivery: Delivery,
        monitor: JobMonitor,
        controls: Inbox,
        keep_changes: Callable[[Mapping[str, Any]], None],
        listener: Listener,
        budget: Budget | None = None,
    ) -> None:
        """`keep_changes` is given the settings that are changed while it runs, for a resume.

        With a `budget` the run takes the most urgent files first, and is stopped when the time is used.
        """
        self._config = config
        self.status = status
        self._feed = feed
        self._admission = admission
        self._backlog = backlog
        self._dispatcher = dispatcher
        self._delivery = delivery
        self._monitor = monitor
        self._controls = controls
        self._keep_changes = keep_changes
        self._listener = listener
        self._budget = budget
        self._progress = LoopCondition()
        self._has_taken_all = False
        self._stop_reason: str | None = None
        self._is_over = False
        self.end_reason: str | None = None

    async def run(self) -> str | None:
        """Process the whole input; the reason of a stop, or None when everything is committed."""
        tasks = {
            name: asyncio.create_task(work, name=name)
            for name, work in (
                ("monitor", self._monitor.watch(lambda: self._config)),
                ("commit", self._delivery.commit_regularly(lambda: self._config.flush_interval)),
                ("control", carry_out_commands(self, self._controls, self._listener, self._monitor.show)),
                ("due", self._backlog.release_due()),
                ("send", self._send_ready()),
                ("feed", self._take_in()),
                ("outcomes", self._take_outcomes()),
                ("sinks", self._delivery.until_a_sink_fails()),
                ("stop", self._progress.wait_for(lambda: self._stop_reason)),
                *((("budget", self._watch(self._budget)),) if self._budget else ()),
            )
        }
        abandon = True
        self._monitor.read_memory()
        self._monitor.show()
        self._listener(Progress(self.status))
        try:
            done, _ = await asyncio.wait(tasks.values(), return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
            has_sent_all = self._has_sent_all
            await _cancel(tasks["feed"], tasks["due"], tasks["send"])
            is_finished = await self._finish_in_flight()
            await _cancel(tasks["outcomes"])
            self._deliver_outcomes()
            if self._stop_reason == BUDGET and has_sent_all and is_finished:
                self._stop_reason = None  # just in time
            self._delivery.end()
            await tasks["commit"]  # not cancelled: a commit under way is to be counted
            if self._stop_reason is None or (self._stop_reason == BUDGET and self._feed.complete):
                await self._record_deleted()
            await self._delivery.commit()
            await self._finish_sinks()
            if self._stop_reason in (None, BUDGET):  # night after night may end by its budget
                await self._tidy()
            abandon = self._stop_reason is not None
            self._monitor.read_memory()
            await _cancel(*tasks.values())
        finally:
            self._is_over = True
            self._progress.notify_all()
            with contextlib.suppress(Exception):  # what ended the run is on its way
                await _cancel(*tasks.values())
            await self._dispatcher.close(abandon=abandon)
            await self._delivery.close()
            self._monitor.refresh()
        return self._stop_reason

    @property
    def config(self) -> BatchConfig:
        """The settings as they are now."""
        return self._config

    # -- control -------------------------------------------------------------------------------------

    def stop(self, reason: str) -> None:
        """Ask for an end that keeps all work done.

        A feed that can end by itself does so, and all it took in is processed. Otherwise what is in flight
        is finished and the rest is left for a resume, as it is when a second request comes.
        """
        self.status.state = "stopping"
        self._delivery.bear_failures_for(self._config.shutdown_seconds)
        longest: float | None = None
        if self.end_reason is None and self._feed.end():
            self.end_reason = reason
            self._dispatcher.unpause()
        else:
            self._stop_reason = self._stop_reason or reason
            longest = self._config.shutdown_seconds
        self._listener(Stopping(reason, self._dispatcher.in_flight, longest))
        self._monitor.show()
        self._progress.notify_all()

    def pause(self) -> None:
        """Send workers no further batch until `unpause`; what is finished is still made visible."""
        self._refuse_at_the_end()
        self.status.state = "paused"
        self._dispatcher.pause()
        self._progress.notify_all()

    def unpause(self) -> None:
        """Go on after `pause`."""
        self._refuse_at_the_end()
        self.status.state = "running"
        self._dispatcher.unpause()

    def _refuse_at_the_end(self) -> None:
        if self.end_reason is not None or self._stop_reason is not None or self._is_over:
            raise EngineStateError("the job is ending")

    def update_config(self, changes: Mapping[str, Any]) -> list[SettingChanged]:
        """Change settings while the job runs; ConfigError for one that is unknown, fixed or out of range."""
        old, new = self._config, self._config.updated(changes)
        changed = [
            SettingChanged(time.time(), name, old.in_force(name), new.in_force(name))
            for name in changes
            if old.in_force(name) != new.in_force(name)
        ]
        self._config = new
        self._keep_changes(changes)
        self._dispatcher.update(new)
        self._backlog.update(new)
        self._delivery.begin_anew()  # with its new interval
        for change in changed:
            entry = {"time": change.time, "name": change.name, "old": change.old, "new": change.new}
            self.status.add_change(entry)
            self._listener(change)
        return changed

    def cancel(self, matches: Callable[[DiscoveredFile], bool]) -> int:
        """Skip the waiting files that match, and those that come later in this run; how many waited.

        They become rows with the reason `cancelled`. What was handed to the workers is finished.
        """
        count = self._admission.cancel(matches)
        self._progress.notify_all()
        return count

    async def flush_now(self) -> None:
        """Make visible all that was taken in before this call; done when this returns.

        While the job is paused or stopped, only what workers have finished. StorageError if nothing can be
        committed now, EngineStateError if the run ends before it is done.
        """
        mark = self._feed.received
        await self._progress.wait_for(lambda: self._feed.yielded >= mark or self._is_held or self._is_over)
        await self._until_all_done()
        await self._delivery.commit()

    async def _until_all_done(self) -> None:
        """Wait until workers are done with all that was taken in, unless what waits is held."""
        self._backlog.flush()
        awaited = self._unsettled()
        await self._progress.wait_for(
            lambda: not (awaited & self._unsettled()) or self._is_held or self._is_over
        )
        if self._is_over:
            raise EngineStateError("the job ended before everything was flushed")

    async def commit(self) -> None:
        """Make visible what workers have finished so far."""
        await self._delivery.commit()

    @property
    def _is_held(self) -> bool:
        """Whether what waits will wait for longer than anybody should."""
        return self.status.state == "paused" or self._stop_reason is not None

    def _unsettled(self) -> set[int]:
        """The ids of all files that were taken in and are not done."""
        with_workers = {file.file_id for batch in self._dispatcher.unsettled for file in batch.files}
        return with_workers | self._backlog.file_ids()

    # -- from the feed to the workers ----------------------------------------------------------------

    async def _take_in(self) -> None:
        found = self._feed.chunks()
        if self._budget is not None:
            found = urgent_first(found, self._admission.prioritised)
        async with contextlib.aclosing(found) as chunks:
            async for chunk in chunks:
                self._admission.take(chunk)
                self._monitor.count_discovered()  # at no time is more done than was discovered
                self._progress.notify_all()
                await self._backlog.until_at_most(self._config.most_in_flight)
                if chunk.flush:
                    await self._until_all_done()
                    await self._delivery.commit_if_possible()
        self._backlog.close(smallest_first=self._budget is not None)
        self._has_taken_all = True
        await self._backlog.until_at_most(0)
        await self._dispatcher.join()

    async def _send_ready(self) -> None:
        """Hand the most urgent batch to the dispatcher whenever it has room."""
        while True:
            await self._backlog.until_ready()
            await self._dispatcher.until_room()
            batch = self._backlog.take()
            if batch is None:
                continue
            if self._budget is not None:
                now, expected = time.monotonic(), batch.estimated_processing_time
                if not self._budget.fits(expected, now):
                    self._backlog.put_back(batch)
                    self._end_by(self._budget)
                    return
                self._budget.sent(batch.batch_id, expected, now)
            await self._dispatcher.dispatch(batch)

    # -- a budget of time ----------------------------------------------------------------------------

    async def _watch(self, budget: Budget) -> None:
        """End the run when its time is used, whatever it is waiting for."""
        while (left := budget.last_moment - time.monotonic()) > 0:  # noqa: ASYNC110 - of time itself
            await asyncio.sleep(min(left, _LOOK_AT_BUDGET))  # a commit may have moved the end
        self._end_by(budget)

    def _end_by(self, budget: Budget) -> None:
        if self._stop_reason is None:
            self.status.state = "stopping"
            self._stop_reason = BUDGET
            longest = budget.patience(time.monotonic(), self._config.shutdown_seconds)
            self._listener(Stopping(BUDGET, self._dispatcher.in_flight, longest))
            self._progress.notify_all()

    @property
    def _has_sent_all(self) -> bool:
        """Whether all files that there are have gone to the workers."""
        return self._has_taken_all and not self._backlog.file_ids() and not self._dispatcher.is_handed_one

    # -- from the workers to the tables --------------------------------------------------------------

    async def _take_outcomes(self) -> None:
        while True:
            await self._dispatcher.until_outcome()
            self._deliver_outcomes()

    def _deliver_outcomes(self) -> None:
        for outcome in self._dispatcher.take_outcomes():
            self._deliver(outcome)
        self._progress.notify_all()

    def _deliver(self, outcome: Outcome) -> None:
        if self._budget is not None:
            duration = outcome.result.duration if isinstance(outcome, Finished) else 0.0
            self._budget.done(outcome.batch.batch_id, duration, time.monotonic())
        match outcome:
            case Finished(batch, result):
                self._backlog.observe(batch, result)
                self._delivery.take_result(batch, result, self._config.checkpoint_interval)
            case Lost(_, lost):
                self._delivery.take_lost(lost)
            case Retried(batch):
                self._delivery.take_retried(batch)

    async def _finish_in_flight(self) -> bool:
        """After a stop: give what is in flight its time, to keep its work; whether that was enough."""
        if self._stop_reason is None:
            return True
        self._backlog.drain()
        self._dispatcher.unpause()
        longest = self._config.shutdown_seconds
        if self._budget is not None and self._stop_reason == BUDGET:
            longest = self._budget.patience(time.monotonic(), longest)
        try:
            async with asyncio.timeout(longest):
                await self._dispatcher.join()
        except TimeoutError:
            return False
        return True

    async def _finish_sinks(self) -> None:
        if not self._delivery.sinks_have_all and self.status.state == "running":
            self.status.state = "delivering"
            self._monitor.show()
            self._listener(Progress(self.status))
        await self._delivery.finish_sinks()

    async def _tidy(self) -> None:
        self.status.state = "tidying"
        self._monitor.show()
        self._listener(Progress(self.status))
        await self._delivery.tidy()

    async def _record_deleted(self) -> None:
        deleted = self._feed.find_deleted()
        while rows := await asyncio.to_thread(lambda: list(islice(deleted, _DELETED_AT_ONCE))):
            self._delivery.take_unread(rows, ())
            await self._delivery.commit()


async def _cancel(*tasks: asyncio.Task[Any]) -> None:
    """Cancel tasks and wait until they have ended; raises what one of them failed with."""
    for task in tasks:
        task.cancel()
    for ended in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(ended, Exception):
            raise ended
