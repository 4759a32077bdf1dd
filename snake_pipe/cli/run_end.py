"""How a run has ended: what is shown of it, and what its process exits with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.cli.output.text import counted, visible
from snake_pipe.errors import ExitCode

if TYPE_CHECKING:
    from snake_pipe.cli.output.jobs.progress import Reporter
    from snake_pipe.extract.batch_models import RepositoryProcessingResult


def end_run(
    result: RepositoryProcessingResult,
    reporter: Reporter,
    *,
    max_failures: int,
    failed_now: int | None = None,
    budget_exit: int = 0,
) -> int:
    """Show how a job ended and which files failed; what to exit with. A quiet failure is one line.

    `failed_now` is for a watch the number of the dataset's files that are failed as they are now, and None
    for a job, of which all counts that failed.
    """
    from snake_pipe.cli.output.jobs.failures import failure_lines
    from snake_pipe.cli.output.jobs.summary import stop_line

    failures = result.statistics.failures if failed_now is None else failed_now
    code = _exit_code(result, failures, max_failures, budget_exit)
    job_id = result.job_id if failed_now is None else None
    verdict = f"snake-pipe: {counted(failures, 'file', 'files')} failed, --max-failures {max_failures}"
    nothing = f"snake-pipe: no file to read: {visible(result.found_nothing)}"
    if reporter.is_quiet:
        if code == ExitCode.FILES_FAILED:
            named = failure_lines(result.dataset, job_id, failures, most=1)
            reporter.line("; ".join((verdict, *named)))
        if code == ExitCode.USAGE:
            reporter.line(nothing)
        if code == ExitCode.RUN_FAILED:
            reporter.line(f"snake-pipe: {stop_line(result)}")
        return code
    reporter.summarise(result)
    for text in failure_lines(result.dataset, job_id, failures):
        reporter.line(text)
    if code == ExitCode.FILES_FAILED:
        reporter.line(verdict)
    if code == ExitCode.USAGE:
        reporter.line(nothing)
        reporter.line("  --allow-empty makes that a success")
    return code


def _exit_code(
    result: RepositoryProcessingResult, failures: int, max_failures: int, budget_exit: int = 0
) -> int:
    """What a run exits with: a signal that ended it counts more than files that failed.

    Who was stopped by `snake-pipe control stop` before it was done ends as after Ctrl-C; who was by a budget,
    with `budget_exit`, since that is an end in order.
    """
    from snake_pipe.observe.status import BUDGET

    if result.message in _SIGNALS:
        return int(_SIGNALS[result.message])
    if result.status == "stopped" and result.message != BUDGET:
        return int(ExitCode.INTERRUPTED)
    if failures > max_failures:
        return int(ExitCode.FILES_FAILED)
    if result.message == BUDGET:
        return budget_exit
    is_empty = result.found_nothing and not result.settings.get("allow_empty")
    return int(ExitCode.USAGE if is_empty else ExitCode.DONE)


_SIGNALS = {
    "SIGINT": ExitCode.INTERRUPTED,
    "SIGHUP": ExitCode.INTERRUPTED,
    "SIGTERM": ExitCode.TERMINATED,
}
