"""A command that is run and watched: the one clock and the one look at memory of the benchmarks. Linux."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from snake_pipe.utils.batch_utils import process_tree_memory

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_BETWEEN_LOOKS = 0.02
"""Seconds between two looks at the memory."""
_MOMENT = 5.0
"""Seconds that processes may take to end after the one that began them."""
_SET_CHILD_SUBREAPER = 36
"""Of prctl."""


@dataclass(frozen=True)
class Watched:
    """What a command took: seconds, and bytes; `own` is what its first process took alone.

    `processor_seconds` are those of all its processes, `read` and `written` what the first one passed through
    calls, cached or not. Memory is that of all processes together, looked at fifty times a second.
    """

    code: int
    seconds: float
    processor_seconds: float
    own_processor_seconds: float
    peak_memory: int
    own_peak_memory: int
    read: int
    written: int
    timed_out: bool


def watch(
    command: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    output: Path | None = None,
    longest: float | None = None,
) -> Watched:
    """Run a command to its end, or for the longest time in seconds, and say what it took.

    `output` is the file that takes what it prints, errors too; without one, all goes where ours goes.
    """
    with ExitStack() as stack:
        into = stack.enter_context(output.open("wb")) if output else None
        started = time.perf_counter()
        process = subprocess.Popen(
            command,
            env=environment,
            stdout=into,
            stderr=subprocess.STDOUT if into else None,
            stdin=subprocess.DEVNULL,
            start_new_session=longest is not None,
        )
        looks = _Looks(process.pid)
        _adopt(orphans=True)
        deadline = threading.Timer(longest, os.killpg, (process.pid, signal.SIGKILL)) if longest else None
        try:
            looks.start()
            if deadline:
                deadline.start()
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # its figures stay until it is reaped
            seconds = time.perf_counter() - started
        except BaseException:
            (os.killpg if longest else os.kill)(process.pid, signal.SIGKILL)
            _adopt(orphans=False)
            raise
        finally:
            looks.end()
            if deadline:
                deadline.cancel()
        own = psutil.Process(process.pid).cpu_times()
        lines = Path(f"/proc/{process.pid}/io").read_text().splitlines()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        orphans = _reaped(looks.seen - {process.pid})
        _adopt(orphans=False)
    passed = {name: int(number) for name, number in (line.split(": ") for line in lines)}
    return Watched(
        process.returncode,
        seconds,
        usage.ru_utime + usage.ru_stime + orphans,
        own.user + own.system,
        looks.peak,
        looks.own_peak,
        passed["rchar"],
        passed["wchar"],
        timed_out=longest is not None and seconds >= longest,
    )


def _adopt(*, orphans: bool) -> None:
    """Whether what a command leaves behind becomes a child of this process, whose figures it then gets."""
    ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, int(orphans))


def _reaped(pids: set[int]) -> float:
    """Processor seconds of those that a command left behind, once they have ended; a moment is waited for."""
    seconds, deadline = 0.0, time.monotonic() + _MOMENT
    while pids and time.monotonic() < deadline:
        for pid in tuple(pids):
            try:
                reaped, _, usage = os.wait4(pid, os.WNOHANG)
            except ChildProcessError:  # its own parent has waited for it
                pids.discard(pid)
                continue
            if reaped:
                seconds += usage.ru_utime + usage.ru_stime
                pids.discard(pid)
        time.sleep(_BETWEEN_LOOKS)
    return seconds


class _Looks(threading.Thread):
    """The most memory that a process and all below it had together, and it alone; who was there."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.peak, self.own_peak = 0, 0
        self.seen: set[int] = set()
        self._pid, self._ended = pid, threading.Event()

    def run(self) -> None:
        try:
            process = psutil.Process(self._pid)
            while not self._ended.wait(_BETWEEN_LOOKS):
                memory = process_tree_memory(process)
                self.peak, self.own_peak = max(self.peak, memory.total), max(self.own_peak, memory.own)
                self.seen.update(memory.children)
        except psutil.Error:
            return  # it has ended

    def end(self) -> None:
        """Look no more."""
        self._ended.set()
        self.join()
