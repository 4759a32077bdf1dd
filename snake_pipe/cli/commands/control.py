"""`control`: a command for a job that runs in another terminal."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from snake_pipe.cli.completers import control_words, queues
from snake_pipe.cli.job_view import find_job, running_jobs, view_job
from snake_pipe.cli.options.common import JobDataset
from snake_pipe.cli.output.text import visible
from snake_pipe.errors import SnakePipeError, UsageError

if TYPE_CHECKING:
    from snake_pipe.cli.job_view import JobView
    from snake_pipe.utils.checkpoint_manager import CheckpointData, CheckpointManager

_ANSWER_WITHIN = 5.0
"""Seconds to wait; a job answers in a fifth of one, if its machine is not overloaded."""
_LOOK_EVERY = 0.05


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("control", epilog=_CONTROL_EXAMPLES)(control)


_CONTROL_EXAMPLES = """
\b
Actions:
  flush                  commit what is finished, so that queries see it
  pause                  start no new batches; running batches finish
  unpause                start batches again
  stop                   finish the batches in flight, commit, end; resume it later
  cancel PATTERN         skip waiting files that match, as in .gitignore
  cancel --queue NAME    skip waiting files of a language
  set NAME=VALUE...      change settings of this run

\b
Examples:
  snake-pipe control pause                    the running job
  snake-pipe control 20261122-101530-4f9a1c stop
  snake-pipe control set max_latency=2s batch_size=50
  snake-pipe control cancel 'vendor/**'
  snake-pipe control cancel --queue javascript
"""


def control(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="[JOB_ID] ACTION [ARGS]",
            help="An action of those below; without JOB_ID for the running job.",
            autocompletion=control_words,
        ),
    ],
    queue: Annotated[
        str | None,
        typer.Option(
            "--queue",
            metavar="NAME",
            help="With cancel: all files of this language.",
            autocompletion=queues,
        ),
    ] = None,
    last: Annotated[
        bool, typer.Option("--last", help="The running job, else the newest; same as giving no JOB_ID.")
    ] = False,
    dataset: JobDataset = None,
) -> None:
    """Send a command to a running job, and print its answer."""
    from snake_pipe.extract.job.control.sender import send, wait_for_answer, withdraw

    job_id, action, rest = _split(words, last)
    given = _arguments(action, rest, queue)
    manager, job_id = _find(job_id, last, dataset)
    view = view_job(manager, job_id)
    if action == "set":
        given = _checked_settings(given, view.checkpoint)
    _check_runs(view)
    _wait_until_started(manager, view)
    folder = manager.job_folder(job_id)
    command_id = send(folder, action, given)
    answer = wait_for_answer(
        lambda: manager.read_status(job_id),
        command_id,
        _ANSWER_WITHIN,
        every=max(_LOOK_EVERY, folder.look_seconds / 4),
    )
    if answer is None:
        taken_back = withdraw(folder, command_id)
        _check_runs(view_job(manager, job_id))
        if taken_back:
            raise SnakePipeError(
                f"job {job_id} does not answer; the command was taken back",
                f"is its process suspended? snake-pipe status {job_id}",
            )
        raise SnakePipeError(
            f"job {job_id} took the command and has not answered yet", f"snake-pipe status {job_id}"
        )
    message = visible(str(answer.get("message") or action))
    if not answer.get("ok"):
        raise UsageError(f"job {job_id} refuses: {message}")
    typer.echo(message)


def _find(job_id: str | None, last: bool, dataset: str | None) -> tuple[CheckpointManager, str]:
    """The job to be commanded; UsageError where several run and none is named."""
    manager, chosen = find_job(job_id, last, dataset)
    running = running_jobs(manager.dataset) if job_id is None else []
    if len(running) > 1:
        raise UsageError(f"{len(running)} jobs are running: {', '.join(running)}", "name one of them")
    return manager, chosen


def _split(words: list[str], last: bool) -> tuple[str | None, str, list[str]]:
    """Job, action and what follows; no job's id is an action's name."""
    from snake_pipe.extract.job.control.command import ACTIONS, check_command

    if len(words) == 1 and words[0][:1].isdigit():
        raise UsageError(f"no action for job {words[0]}", f"one of {', '.join(ACTIONS)}")
    if last or words[0] in ACTIONS or len(words) == 1:
        job_id, action, rest = None, words[0], words[1:]
    else:
        job_id, action, rest = words[0], words[1], words[2:]
    if action not in ACTIONS:
        check_command(action, {})
    return job_id, action, rest


def _arguments(action: str, rest: list[str], queue: str | None) -> dict[str, Any]:
    """The action's arguments, as they go into the command file."""
    from snake_pipe.extract.job.control.command import check_command

    if queue is not None and action != "cancel":
        raise UsageError("--queue goes with cancel")
    arguments: dict[str, Any]
    if action == "set":
        arguments = dict(_setting(pair) for pair in rest)
    elif action == "cancel":
        if len(rest) + (queue is not None) != 1:
            raise UsageError("cancel takes one PATTERN or --queue NAME", "quote the pattern: 'vendor/**'")
        arguments = {"queue": queue} if queue is not None else {"path": rest[0]}
    else:
        arguments = dict.fromkeys(rest)
    check_command(action, arguments)
    return arguments


def _setting(pair: str) -> tuple[str, str]:
    name, separator, value = pair.partition("=")
    if not separator:
        raise UsageError(f"set {pair}: not NAME=VALUE", "for instance max_latency=2s")
    return name.strip().replace("-", "_"), value.strip()


def _checked_settings(pairs: dict[str, str], checkpoint: CheckpointData) -> dict[str, Any]:
    """Settings with values of their types, tried on the job's own; ConfigError before anything is sent."""
    from snake_pipe.extract.batch_config import BatchConfig, check_settings

    checked = check_settings(pairs, "the command")
    BatchConfig(**check_settings(checkpoint.config, "the checkpoint")).updated(checked)
    return checked


def _check_runs(view: JobView) -> None:
    from snake_pipe.observe.status import LIVE

    if view.runs and view.state in LIVE:
        return
    if not view.checkpoint.progress.is_unfinished:
        raise UsageError(f"job {view.job_id} is {view.state}", "there is nothing to control")
    raise UsageError(
        f"job {view.job_id} is not running: {view.state}", f"resume with: snake-pipe resume {view.job_id}"
    )


def _wait_until_started(manager: CheckpointManager, view: JobView) -> None:
    """A run that is just beginning drops what was sent before; one that writes its status no longer does."""
    deadline = time.monotonic() + _ANSWER_WITHIN
    while view.is_starting and time.monotonic() < deadline:
        time.sleep(_LOOK_EVERY)
        view = view_job(manager, view.job_id)
