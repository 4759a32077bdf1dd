"""How a command runs a job: under signals, with a reporter, to an exit code."""

from __future__ import annotations

import gc
import os
import signal
import time
from contextlib import suppress
from dataclasses import replace
from threading import Thread
from typing import TYPE_CHECKING, Protocol

from snake_pipe.cli.output.streams import tell
from snake_pipe.cli.run_end import end_run
from snake_pipe.errors import ExitCode, SnakePipeError
from snake_pipe.executors.dask_address import is_dask
from snake_pipe.extract.worker.modules import WORKER_MODULES

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from snake_pipe.cli.options.outputs import RunOutputs
    from snake_pipe.cli.options.reporting import RunReports
    from snake_pipe.cli.output.jobs.progress import Reporter
    from snake_pipe.extract.batch_models import RepositoryProcessingResult
    from snake_pipe.extract.batch_processor import BatchProcessingEngine
    from snake_pipe.observe.events import Event, Listener
    from snake_pipe.outcome.summary import RunSummary
    from snake_pipe.storage.storage import Storage


_GARBAGE_AT_ONCE = 50_000
"""New objects after which Python looks for garbage while a job runs; at its own 700 it would find none."""

_RECORDED_WITHIN = 0.3
"""Seconds that a second signal waits for the disk to record the stop."""


class JobListener(Protocol):
    """What shows a job: it is closed in any case, and knows the job's id once it has begun."""

    @property
    def job_id(self) -> str:
        """The job's id; empty before it has begun."""

    def __call__(self, event: Event) -> None:
        """Take in one event."""

    def line(self, text: str) -> None:
        """Show a line that stays."""

    def close(self) -> None:
        """Take away what does not stay."""


def prepare_run(executor: str | None) -> None:
    """Begin the workers' start, in a process of its own; what is quickly checked is to be checked before.

    `executor` is the one that the command line names: a cluster's workers start elsewhere. A job that may
    find nothing to read begins it itself, when it has found a file.
    """
    if executor is None or not is_dask(executor):
        from snake_pipe.executors.process_pool import prepare_workers

        prepare_workers(WORKER_MODULES)


def run_job(
    work: Callable[[BatchProcessingEngine], Awaitable[RepositoryProcessingResult]],
    reporter: Reporter,
    outputs: RunOutputs,
    *,
    dataset: Storage,
    max_failures: int,
    reports: RunReports | None = None,
    gates: Sequence[str] = (),
    listener: JobListener | None = None,
    failed_now: Callable[[RepositoryProcessingResult], int] | None = None,
    budget_exit: int = 0,
) -> int:
    """Run a job in an engine of its own, show how it ended, and write what was asked for; what to exit with.

    The outputs are written also when the job failed, or was refused: then its error is raised, and says how
    to resume where there is something to resume. `listener` is told the events in the reporter's place; it
    may have changed the terminal, and is closed whatever happens.

    A run that is done and does not meet one of the `gates` says so, and ends as one whose files failed.

    `budget_exit` is what it exits with if its budget of time ends it while files are left.

    `failed_now` tells for a watch how many of the dataset's files are failed as they are now; of a job all
    count that failed.
    """
    listener = listener or reporter
    run = _Run(outputs, reports, dataset, listener)
    tell = (lambda _: None) if reporter.is_quiet else reporter.line
    with outputs.open_listeners(tell) as others:
        try:
            result = run.to_end(work, others)
        except SnakePipeError as error:
            if listener.job_id and error.exit_code is ExitCode.RUN_FAILED:
                error.add_hint(f"snake-pipe resume {listener.job_id}")
            run.write_failure(error.message, error.exit_code)
            raise
        except Exception as error:
            run.write_failure(f"{type(error).__name__}: {error}", ExitCode.RUN_FAILED)
            raise
        code = end_run(
            result,
            reporter,
            max_failures=max_failures,
            failed_now=None if failed_now is None else failed_now(result),
            budget_exit=budget_exit,
        )
        return run.write(result.status, result.message, code, gates)


class _Run:
    """One run of a job by a command: its engine, when it began, and what is written of it at its end."""

    def __init__(
        self, outputs: RunOutputs, reports: RunReports | None, dataset: Storage, listener: JobListener
    ) -> None:
        self._outputs = outputs
        self._reports = reports
        self._dataset = dataset
        self._listener = listener
        self._started_at = time.time()
        self._began = time.monotonic()
        self._engine: BatchProcessingEngine | None = None

    def to_end(
        self,
        work: Callable[[BatchProcessingEngine], Awaitable[RepositoryProcessingResult]],
        others: Sequence[Listener],
    ) -> RepositoryProcessingResult:
        """Run the engine under signals until the job has ended; others listen, too.

        Then the terminal is as it was, for what is written of the run.
        """
        interrupt = signal.getsignal(signal.SIGINT)
        try:
            import asyncio

            from snake_pipe.extract.batch_processor import BatchProcessingEngine
            from snake_pipe.observe.events import all_of

            gc.freeze()  # what was imported stays: neither the run nor the exit has to look through it
            gc.set_threshold(_GARBAGE_AT_ONCE, 20, 20)
            engine = self._engine = BatchProcessingEngine(listener=all_of(self._listener, *others))

            async def main() -> RepositoryProcessingResult:
                self._stop_on_signals(engine)
                return await work(engine)

            return asyncio.run(main())
        finally:
            signal.signal(signal.SIGINT, interrupt)  # asyncio leaves Python's own in its place
            self._listener.close()

    def write(self, status: str, message: str, code: int, gates: Sequence[str] = ()) -> int:
        """Write how it went, and name the gates that are not met; what to exit with in view of them.

        StorageError if the disk refuses, DatasetError or QueryError if the dataset cannot be asked.
        """
        summary = self._summary(status, message, code)
        try:
            account = None if self._reports is None else self._reports.account_of(summary, gates)
        except SnakePipeError as error:
            self._write_outputs(replace(summary, exit_code=int(error.exit_code)))
            raise
        if account is not None and account.breaches:
            for verdict in account.breaches:
                self._listener.line(f"snake-pipe: {verdict.breach}")
            code = code or int(ExitCode.FILES_FAILED)
            summary = replace(summary, exit_code=code)
        self._write_outputs(summary)
        if account is not None and self._reports is not None:
            self._reports.write(replace(account, summary=summary))
        return code

    def write_failure(self, message: str, code: ExitCode) -> None:
        """Write that it failed; where that cannot be written, the failure itself is more worth telling."""
        try:
            self.write("failed", message, int(code))
        except SnakePipeError as error:
            tell(f"snake-pipe: {error.message}")

    def _summary(self, status: str, message: str, code: int) -> RunSummary:
        from snake_pipe.observe.statistics import BatchStatistics
        from snake_pipe.outcome.summary import summarise

        return summarise(
            BatchStatistics() if self._engine is None else self._engine.status.statistics,
            job_id=self._listener.job_id,
            dataset=self._dataset,
            status=status,
            message=message,
            exit_code=code,
            started_at=self._started_at,
            ended_at=self._started_at + time.monotonic() - self._began,
        )

    def _write_outputs(self, summary: RunSummary) -> None:
        from snake_pipe.outcome.kept_summary import keep_summary

        if self._engine is not None and self._engine.status.statistics.elapsed:  # something ran
            keep_summary(summary, self._dataset)
        self._outputs.write(summary, self._dataset)

    def _stop_on_signals(self, engine: BatchProcessingEngine) -> None:
        """The first SIGINT, SIGTERM or SIGHUP ends the job with a checkpoint, the second one at once.

        A signal that whoever started us had ignored stays so, as nohup wants it. Workers end by themselves
        when this process is gone.
        """
        import asyncio

        loop = asyncio.get_running_loop()
        seen: list[str] = []

        def stop(name: str, code: int) -> None:
            if seen:
                self._end_at_once(engine, name, code)
                os._exit(code)
            seen.append(name)
            engine.stop(name)

        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)):
            if signal.getsignal(number) is not signal.SIG_IGN:
                loop.add_signal_handler(number, stop, number.name, code)

    def _end_at_once(self, engine: BatchProcessingEngine, name: str, code: int) -> None:
        """Leave terminal, checkpoint and outputs as they should be, as far as that takes no time."""
        listener = self._listener
        listener.close()
        if listener.job_id:
            listener.line(f"stopped by {name}; resume with: snake-pipe resume {listener.job_id}")

        def record() -> None:
            engine.end_at_once(name)
            with suppress(SnakePipeError):
                self._write_outputs(self._summary("stopped", name, code))

        recording = Thread(target=record, daemon=True)
        recording.start()
        recording.join(_RECORDED_WITHIN)
