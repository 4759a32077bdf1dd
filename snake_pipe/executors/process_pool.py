"""Pools of worker processes that start clean and fast.

The children of a `forkserver` hold no locks and threads of the coordinator, and it imports what workers need
once, so that a pool is replaced in a fraction of a second. `max_tasks_per_child` is not used: it deadlocks on
several Python versions. Pools are replaced whole instead.

Unlike the children of `multiprocessing`, these do not import the user's main module, unless a function of it
is to run in them: a script needs no `if __name__ == "__main__":`, and a notebook or `python -` has no file
that could be imported.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import tempfile
from contextlib import contextmanager
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from threading import Lock, get_ident
from typing import TYPE_CHECKING, Any

from snake_pipe.errors import WorkerPoolError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import ProcessPoolExecutor

SAFE_PATH, OURS = "PYTHONSAFEPATH", "snake-pipe"
"""The variable with which Python leaves the current folder out, and our value of it, which workers remove."""

_LEAKS = "ignore::UserWarning:multiprocessing.resource_tracker"

_STARTING = Lock()
"""Held while a process starts in another way than usual, as what differs is the whole program's."""


def prepare_workers(modules: Sequence[str]) -> None:
    """Start the process that workers are forked from, and don't wait: it imports `modules` meanwhile.

    Saves a third of the time of a small job when called first; does nothing where it runs already.
    WorkerPoolError where nothing temporary can be written, such as its socket.
    """
    try:
        tempfile.gettempdir()
    except FileNotFoundError:
        raise WorkerPoolError(
            "there is no folder for temporary files", "let /tmp be writable, or name another in TMPDIR"
        ) from None
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy's idle threads cost 5 % of a core
    from multiprocessing import forkserver, resource_tracker

    with _STARTING, away_from_the_folder():
        forkserver.set_forkserver_preload(list(modules))
        with silent_about_leaks():
            resource_tracker.ensure_running()  # else the fork server does it, and unblocks SIGINT
        with _deaf_to_interrupts():
            forkserver.ensure_running()


@contextmanager
def silent_about_leaks() -> Iterator[None]:
    """A tracker that starts meanwhile says nothing when it tidies up after a killed process."""
    before = os.environ.get("PYTHONWARNINGS")
    os.environ["PYTHONWARNINGS"] = f"{before},{_LEAKS}" if before else _LEAKS
    try:
        yield
    finally:
        if before is None:
            del os.environ["PYTHONWARNINGS"]
        else:
            os.environ["PYTHONWARNINGS"] = before


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Processes that start meanwhile never hear of Ctrl-C; this one does when it is over."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT,))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def away_from_the_folder() -> Iterator[None]:
    """Python processes that start meanwhile import nothing from the current folder.

    The current folder may be the repository that is read: a `pyarrow.py` or `signal.py` in it is not ours.
    Workers get the coordinator's own `sys.path` afterwards.
    """
    set_here = os.environ.setdefault(SAFE_PATH, OURS) == OURS
    try:
        yield
    finally:
        if set_here:
            del os.environ[SAFE_PATH]


def open_process_pool(
    workers: int,
    modules: Sequence[str],
    initializer: Callable[..., None],
    initargs: tuple[Any, ...],
    *,
    imports_main: bool = False,
) -> ProcessPoolExecutor:
    """A pool whose processes have run `initializer(*initargs)`, and need `modules` for their tasks.

    `imports_main`: tasks or arguments refer to the main module, which then must have a file.
    WorkerPoolError where the system does not allow a pool.
    """
    from concurrent.futures import ProcessPoolExecutor

    prepare_workers(modules)
    context = multiprocessing.get_context("forkserver") if imports_main else _Context()
    try:
        return ProcessPoolExecutor(workers, mp_context=context, initializer=initializer, initargs=initargs)
    except OSError as error:  # its semaphores are files in /dev/shm
        raise WorkerPoolError(
            f"worker processes cannot share semaphores: {error.strerror or error}",
            "let /dev/shm be there and be writable, or do without workers: --set executor=serial",
        ) from error


def start_process(
    target: Callable[..., None], args: tuple[Any, ...], modules: Sequence[str]
) -> ForkServerProcess:
    """A process of its own beside those of the pool, clean as they are; it has ended when this one has.

    `modules` are those of the pool. WorkerPoolError where the system does not allow a process.
    """
    prepare_workers(modules)
    process = _Process(target=target, args=args, daemon=True)
    try:
        process.start()
    except OSError as error:
        raise WorkerPoolError(f"no process can be started: {error.strerror or error}") from error
    return process


def main_has_a_file() -> bool:
    """Whether other processes can import the main module; what is typed in, or piped, has no file."""
    main = sys.modules["__main__"]
    if getattr(main, "__spec__", None) is not None:
        return True
    name = getattr(main, "__file__", None)
    return name is not None and Path(name).is_file()


class _Process(ForkServerProcess):
    """A process that does not import the main module when it starts."""

    def start(self) -> None:
        from multiprocessing import spawn

        with _STARTING:
            usual = spawn.get_preparation_data
            spawn.get_preparation_data = _without_main(usual)  # type: ignore[assignment]
            try:
                super().start()
            finally:
                spawn.get_preparation_data = usual


class _Context(ForkServerContext):
    Process = _Process


def _without_main(describe: Callable[[str], dict[str, Any]]) -> Callable[[str], dict[str, Any]]:
    """What describes a new process, for this thread without what would have it import the main module."""
    ours = get_ident()

    def describe_process(name: str) -> dict[str, Any]:
        found = describe(name)
        if get_ident() != ours:  # somebody else's process, which starts at the same time
            return found
        return {key: value for key, value in found.items() if not key.startswith("init_main_")}

    return describe_process
