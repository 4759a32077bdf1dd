"""How a command runs a job: under signals, with a reporter, to an exit code."""

from __future__ import annotations

import gc
import os
import signal
from threading import Thread
from typing import TYPE_CHECKING, Protocol

from snake_pipe.cli.output.text import counted
from snake_pipe.errors import ExitCode, SnakePipeError
from snake_pipe.executors.process_pool import prepare_workers
from snake_pipe.extract.worker.modules import WORKER_MODULES

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from snake_pipe.cli.output.jobs.progress import Reporter
    from snake_pipe.extract.batch_models import RepositoryProcessingResult
    from snake_pipe.extract.batch_processor import BatchProcessingEngine
    from snake_pipe.observe.events import Event


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


def prepare_run() -> None:
    """Begin the workers' start, in a process of its own; what is quickly checked is to be checked before."""
    prepare_workers(WORKER_MODULES)


def run_job(
    work: Callable[[BatchProcessingEngine], Awaitable[RepositoryProcessingResult]], listener: JobListener
) -> RepositoryProcessingResult:
    """Run a job in an engine of its own; an error that leaves something to resume says how.

    The listener, which may have changed the terminal, is closed whatever happens.
    """
    try:
        return _run_engine(work, listener)
    except SnakePipeError as error:
        if listener.job_id and error.exit_code is ExitCode.RUN_FAILED:
            error.add_hint(f"snake-pipe resume {listener.job_id}")
        raise
    finally:
        listener.close()


def _run_engine(
    work: Callable[[BatchProcessingEngine], Awaitable[RepositoryProcessingResult]], listener: JobListener
) -> RepositoryProcessingResult:
    import asyncio

    from snake_pipe.extract.batch_processor import BatchProcessingEngine

    gc.freeze()  # what was imported stays: neither the run nor the exit has to look through it for garbage

    async def main() -> RepositoryProcessingResult:
        engine = BatchProcessingEngine(listener=listener)
        _stop_on_signals(engine, listener)
        return await work(engine)

    interrupt = signal.getsignal(signal.SIGINT)
    try:
        return asyncio.run(main())
    finally:
        signal.signal(signal.SIGINT, interrupt)  # asyncio leaves Python's own in its place


def _stop_on_signals(engine: BatchProcessingEngine, listener: JobListener) -> None:
    """The first SIGINT, SIGTERM or SIGHUP ends the job with a checkpoint, the second one at once.

    A signal that whoever started us had ignored stays so, as nohup wants it. Workers end by themselves when
    this process is gone.
    """
    import asyncio

    loop = asyncio.get_running_loop()
    seen: list[str] = []

    def stop(name: str, code: int) -> None:
        if seen:
            _end_at_once(engine, listener, name)
            os._exit(code)
        seen.append(name)
        engine.stop(name)

    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)):
        if signal.getsignal(number) is not signal.SIG_IGN:
            loop.add_signal_handler(number, stop, number.name, code)


def _end_at_once(engine: BatchProcessingEngine, listener: JobListener, name: str) -> None:
    """Leave terminal and checkpoint as they should be, as far as that takes no time."""
    listener.close()
    if listener.job_id:
        listener.line(f"stopped by {name}; resume with: snake-pipe resume {listener.job_id}")
    record = Thread(target=engine.end_at_once, args=(name,), daemon=True)
    record.start()
    record.join(_RECORDED_WITHIN)


def end_run(
    result: RepositoryProcessingResult,
    reporter: Reporter,
    *,
    max_failures: int,
    failed_now: int | None = None,
) -> int:
    """Show how a job ended and which files failed; what to exit with.

    `failed_now` is for a watch the number of the dataset's files that are failed as they are now, and None
    for a job, of which all counts that failed.
    """
    from snake_pipe.cli.output.jobs.failures import failure_lines

    failures = result.statistics.failures if failed_now is None else failed_now
    code = exit_code(result, failures, max_failures)
    reporter.summarise(result)
    if code == ExitCode.FILES_FAILED or (failures and not reporter.is_quiet):
        job_id = result.job_id if failed_now is None else None
        for text in failure_lines(result.dataset, job_id, failures):
            reporter.line(text)
    if code == ExitCode.FILES_FAILED:
        files = counted(failures, "file", "files")
        reporter.line(f"snake-pipe: {files} failed, --max-failures {max_failures}")
    return code


def exit_code(result: RepositoryProcessingResult, failures: int, max_failures: int) -> int:
    """What a run exits with: a signal that ended it counts more than files that failed.

    Who was stopped by `snake-pipe control stop` before it was done ends as after Ctrl-C.
    """
    if result.message in _SIGNALS:
        return int(_SIGNALS[result.message])
    if result.status == "stopped":
        return int(ExitCode.INTERRUPTED)
    return int(ExitCode.FILES_FAILED if failures > max_failures else ExitCode.DONE)


_SIGNALS = {
    "SIGINT": ExitCode.INTERRUPTED,
    "SIGHUP": ExitCode.INTERRUPTED,
    "SIGTERM": ExitCode.TERMINATED,
}
