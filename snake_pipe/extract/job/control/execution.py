"""Carries out the commands that come to a running job, and answers them in its status."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Protocol

from snake_pipe.errors import SnakePipeError, UsageError
from snake_pipe.extract.paths.patterns import PathPatterns
from snake_pipe.extract.settings.priority_rules import check_queue_name
from snake_pipe.observe.events import Commanded, Notice

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from snake_pipe.extract.batch_models import DiscoveredFile
    from snake_pipe.extract.job.control.command import Command
    from snake_pipe.extract.job.control.inbox import Inbox
    from snake_pipe.observe.events import Listener, SettingChanged
    from snake_pipe.observe.status import JobStatus

_READ_EVERY = 0.2
"""Seconds; a look into an empty folder costs some 20 µs."""
_ANSWER_WITHIN = 0.4
"""Seconds that a flush may take before it is answered on the way."""


class Controllable(Protocol):
    """What a job's commands need of its run."""

    @property
    def status(self) -> JobStatus:
        """How the job stands."""
        ...

    async def flush_now(self) -> None:
        """Make visible all that was taken in before this call."""

    async def commit(self) -> None:
        """Make visible what workers have finished so far."""

    def pause(self) -> None:
        """Send workers no further batch; running batches finish."""

    def unpause(self) -> None:
        """Go on."""

    def stop(self, reason: str) -> None:
        """End, with all work kept that is done."""

    def cancel(self, matches: Callable[[DiscoveredFile], bool]) -> int:
        """Skip waiting files, now and later; how many waited."""
        ...

    def update_config(self, changes: Mapping[str, Any]) -> list[SettingChanged]:
        """Change settings; those that are others now."""
        ...


async def carry_out_commands(
    run: Controllable, inbox: Inbox, listener: Listener, show: Callable[[], None]
) -> None:
    """Carry out commands as they come, without end; `show` writes the status with the answers.

    A flush may take its time; what comes after it does not wait for that.
    """
    flushes: set[asyncio.Task[None]] = set()

    async def answer(command: Command) -> None:
        try:
            message, is_done = await _carry_out(run, command), True
        except SnakePipeError as error:
            message, is_done = str(error), False
        except Exception as error:  # noqa: BLE001 - a command that goes wrong must not end the job
            message, is_done = f"{type(error).__name__}: {error}", False
        listener(Commanded(command.action, is_done, message))
        run.status.add_answer(
            {
                "id": command.id,
                "action": command.action,
                "ok": is_done,
                "message": message,
                "time": time.time(),
            }
        )
        show()

    try:
        while True:
            await asyncio.sleep(max(_READ_EVERY, inbox.look_seconds))
            for task in [task for task in flushes if task.done()]:
                flushes.discard(task)
                task.result()
            commands = await asyncio.to_thread(inbox.read)
            for message in inbox.refused():
                listener(Notice("control", message))
            for command in commands:
                if command.action == "flush":
                    flushes.add(asyncio.create_task(answer(command)))
                else:
                    await answer(command)
    finally:
        for task in flushes:
            task.cancel()
        await asyncio.gather(*flushes, return_exceptions=True)


async def _carry_out(run: Controllable, command: Command) -> str:
    arguments = command.arguments
    match command.action:
        case "flush":
            return await _flush(run)
        case "pause":
            run.pause()
            return "paused; running batches finish"
        case "unpause":
            run.unpause()
            return "running again"
        case "stop":
            run.stop("control")
            return "stopping; batches in flight finish first"
        case "cancel":
            count = run.cancel(_matcher(arguments))
            return f"{count:,} waiting files skipped; so are those that come later in this run"
        case "set":
            changes = run.update_config(arguments)
            return ", ".join(f"{change.name} = {change.new}" for change in changes) or "nothing changed"
    raise SnakePipeError(f"unknown action {command.action!r}")


async def _flush(run: Controllable) -> str:
    statistics = run.status.statistics
    committed = statistics.files_committed
    flush = asyncio.ensure_future(run.flush_now())
    flush.add_done_callback(lambda done: done.cancelled() or done.exception())
    await asyncio.wait((flush,), timeout=_ANSWER_WITHIN)
    if flush.done():
        flush.result()
        return f"{statistics.files_committed - committed:,} files made visible"
    await run.commit()
    visible = f"{statistics.files_committed - committed:,} files made visible"
    return f"{visible}, the others follow when their batches are done"


def _matcher(arguments: dict[str, str]) -> Callable[[DiscoveredFile], bool]:
    """Which files a `cancel` means: those of a queue, or with a path that matches as in gitignore."""
    try:
        if "queue" in arguments:
            check_queue_name(arguments["queue"])
            return lambda file: file.queue == arguments["queue"]
        patterns = PathPatterns([arguments["path"]])
    except ValueError as error:
        raise UsageError(str(error)) from None
    return lambda file: patterns.match_file(file.path)
