"""What a running command has started, and the end of all of it."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import psutil

from testkit.waiting import wait_gone

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator, Sequence


def below(pid: int) -> list[psutil.Process]:
    """All processes that it started, and those that these did; none if it is gone."""
    try:
        return list(psutil.Process(pid).children(recursive=True))
    except psutil.NoSuchProcess:
        return []


def workers_of(pid: int) -> list[psutil.Process]:
    """Processes below the fork server, which itself is the coordinator's child."""
    found = []
    for process in below(pid):
        with suppress(psutil.NoSuchProcess):  # one that ended by itself since
            if process.ppid() != pid:
                found.append(process)
    return found


@contextmanager
def suspended(processes: Sequence[psutil.Process]) -> Iterator[None]:
    """Those that are still there stand still."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.suspend()
    try:
        yield
    finally:
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.resume()


def kill_with_workers(process: subprocess.Popen[str]) -> None:
    """SIGKILL the coordinator alone; its workers have to see that for themselves."""
    started = [child.pid for child in below(process.pid)]
    process.kill()
    process.wait()
    wait_gone(started)
