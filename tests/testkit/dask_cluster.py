"""A Dask scheduler and workers, as processes that `dask scheduler` and `dask worker` start."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from testkit.command import unmeasured
from testkit.waiting import wait_for

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        return int(taken.getsockname()[1])


@dataclass
class RealCluster:
    """Started piece by piece, and ended with all that it started; `prefixes` are commands before a piece's.

    Each piece writes what it has to say into a file of `folder`.
    """

    folder: Path
    host: str = LOOPBACK
    port: int = field(default_factory=free_port)
    scheme: str = "tcp"
    environment: Mapping[str, str] = field(default_factory=lambda: unmeasured(os.environ))
    scheduler: subprocess.Popen[bytes] | None = None
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def address(self) -> str:
        """The executor that it is."""
        return f"{self.scheme.replace('tcp', 'dask')}://{self.host}:{self.port}"

    def start_scheduler(self, *, before: Sequence[str] = ()) -> None:
        place = f"{self.scheme}://{self.host}"
        self.scheduler = self._start(
            "scheduler", before, "--host", place, "--port", str(self.port), "--no-dashboard"
        )
        wait_for(lambda: "Scheduler at:" in self.said("scheduler"))

    def start_worker(
        self,
        *options: str,
        threads: int = 1,
        before: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
    ) -> subprocess.Popen[bytes]:
        """A worker, when the scheduler knows it."""
        name = f"worker-{len(self.workers)}"
        worker = self._start(
            "worker",
            before,
            f"{self.scheme}://{self.host}:{self.port}",
            "--nthreads",
            str(threads),
            "--no-dashboard",
            "--local-directory",
            str(self.folder),
            *options,
            name=name,
            env=env,
        )
        self.workers.append(worker)
        wait_for(lambda: "Registered to" in self.said(name))
        return worker

    def said(self, name: str) -> str:
        """What a piece has written so far."""
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def kill_scheduler(self) -> None:
        assert self.scheduler is not None
        kill_all_of(self.scheduler)

    def end(self) -> None:
        for process in (*self.workers, *([self.scheduler] if self.scheduler else [])):
            kill_all_of(process)

    def _start(
        self,
        command: str,
        before: Sequence[str],
        *options: str,
        name: str = "",
        env: Mapping[str, str] | None = None,
    ) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name or command}.log").open("wb") as log:
            return subprocess.Popen(
                [*before, sys.executable, "-m", "dask", command, *options],
                stdout=log,
                stderr=log,
                env={**self.environment, **(env or {})},
                cwd=self.folder,
                start_new_session=True,
            )


def kill_all_of(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL a process with its session, and wait for it."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
