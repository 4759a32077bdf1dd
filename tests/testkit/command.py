"""The command, run in this process or in one of its own, away from this user's settings and state."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from snake_pipe.cli.app import run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_MEASURING = "COVERAGE_PROCESS_CONFIG"
"""The variable that has each new process of Python measure its coverage."""

LIMIT = 240
"""Seconds that a process of its own may take; far more than any needs."""
_NOT_FOR_TESTS = ("SNAKE_PIPE_", "GITHUB_", "CI_PROJECT_DIR")
"""Beginnings of variables that change what the command does, such as those of a workflow that runs tests."""


def unmeasured(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment for processes whose coverage is not asked for."""
    return {key: value for key, value in environment.items() if key != _MEASURING}


@dataclass(frozen=True)
class Done:
    """How a run of the command ended, as `subprocess.CompletedProcess` has it."""

    returncode: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Cli:
    """Runs the command: `run` in this process, which costs no start; `run_alone` and `start` in others.

    A process of its own is for what is about processes: signals, kills, memory, pipes, what is imported.
    """

    home: Path
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith(_NOT_FOR_TESTS)}
        kept.pop("PYTHONUNBUFFERED", None)  # with it, no stream has a rest that nobody reads
        return kept | {"HOME": str(self.home), "XDG_STATE_HOME": str(self.home / "state")}

    def command(self, *arguments: object) -> list[str]:
        return [str(Path(sys.executable).with_name("snake-pipe")), *map(str, arguments)]

    def run(
        self,
        *arguments: object,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        input: str = "",  # noqa: A002 -- as subprocess names it
    ) -> Done:
        """The command as this process does it; an exception that it does not expect fails the test."""
        with _stream() as stdin, _stream() as stdout, _stream() as stderr:
            stdin.write(input)
            stdin.seek(0)
            with _as_process(stdin, stdout, stderr, cwd, env or self.environment):
                code = run([*map(str, arguments)])
            return Done(code, _written(stdout), _written(stderr))

    def run_alone(self, *arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
        """The command in a process of its own."""
        settings = {"capture_output": True, "text": True, "timeout": LIMIT, "env": self.environment} | options
        return subprocess.run(self.command(*arguments), check=False, **settings)  # type: ignore[call-overload, no-any-return]

    def start(
        self, *arguments: object, before: Sequence[str] = (), **options: object
    ) -> subprocess.Popen[str]:
        """The command as a process that runs, `before` it the command of a tracer; coverage is not measured.

        Most of these are killed, and would leave torn figures behind; measured, they take half as long again.
        """
        settings = {
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "text": True,
            "env": self.environment,
            "start_new_session": True,
        } | options
        settings["env"] = unmeasured(settings["env"])  # type: ignore[arg-type]
        process = subprocess.Popen([*before, *self.command(*arguments)], **settings)  # type: ignore[call-overload]
        self.started.append(process)
        return process

    def clean_up(self) -> None:
        """End what a test left running, with all that it started, and close the pipes."""
        for process in self.started:
            with process, suppress(ProcessLookupError, PermissionError):  # macOS: of zombies
                os.killpg(process.pid, signal.SIGKILL)


def _stream() -> TextIO:
    """A stream with a descriptor, as a process has it."""
    return io.TextIOWrapper(tempfile.TemporaryFile("w+b", buffering=0), encoding="utf-8", write_through=True)


def _written(stream: TextIO) -> str:
    stream.flush()
    stream.seek(0)
    return stream.read()


@contextmanager
def _as_process(
    stdin: TextIO, stdout: TextIO, stderr: TextIO, cwd: Path | None, environment: Mapping[str, str]
) -> Iterator[None]:
    streams, variables, folder = (sys.stdin, sys.stdout, sys.stderr), dict(os.environ), Path.cwd()
    sys.stdin, sys.stdout, sys.stderr = stdin, stdout, stderr
    os.environ.clear()
    os.environ.update(environment)
    try:
        if cwd is not None:
            os.chdir(cwd)
        yield
    finally:
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(variables)
        sys.stdin, sys.stdout, sys.stderr = streams
