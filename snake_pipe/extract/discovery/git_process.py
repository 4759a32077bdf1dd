"""Git as a process, with nothing executed that the repository names.

The git folder is given explicitly, so git's check of the owner, which refuses checkouts of another user in
containers and cron jobs, does not apply; in its place everything is off that could run a command for a
repository: fsmonitor, hooks, and fetching missing objects of a partial clone over any protocol. Listing runs
no filter, no textconv and no pager; what compares contents has to turn the filters off (`without_filters`).
`core.worktree` of the repository is overruled as well.
"""

from __future__ import annotations

import os
import select
import subprocess
import tempfile
from typing import IO, TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

STALL_SECONDS = 300.0
"""Git is ended when it has said nothing for so long, such as one that reads its excludes from a FIFO."""

_SAFE_OPTIONS = (
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "core.untrackedCache=false",
)
_SAFE_ENVIRONMENT = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
_PIPE_READ = 1 << 16
_LONGEST_COMPLAINT = 1 << 20


class GitError(Exception):
    """Git is not there, failed or stalled; what it said before stands."""


def ask_git(
    work_tree: Path,
    *arguments: bytes,
    patience: float | None = None,
    settings: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[bytes]:
    """A question with a short answer; GitError if git cannot be started or does not answer.

    `patience` in seconds is that of a listing by default; `settings` are settings of git for this question.
    """
    seconds = STALL_SECONDS if patience is None else patience
    try:
        return subprocess.run(
            git_command(work_tree, *arguments), cwd=work_tree, env=git_environment(settings or {}),
            stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds, check=False,
        )  # fmt: skip
    except OSError as error:
        raise GitError(f"git cannot be started: {error.strerror or error}") from error
    except subprocess.TimeoutExpired as error:
        raise GitError(f"git said nothing for {seconds:.0f} s") from error


def complaint_of(done: subprocess.CompletedProcess[bytes]) -> str:
    """The last line that git said on stderr, or its status."""
    said = done.stderr.decode("utf-8", "replace").strip().splitlines()
    return said[-1] if said else f"status {done.returncode}"


def without_filters(work_tree: Path) -> dict[str, str]:
    """Settings that turn off every filter that a setting names: git would run them to compare contents."""
    done = ask_git(work_tree, b"config", b"-z", b"--name-only", b"--get-regexp", rb"^filter\..*\.[a-z]+$")
    names = {os.fsdecode(name).rpartition(".")[0] for name in done.stdout.split(b"\0") if name}
    off = {"clean": "", "smudge": "", "process": "", "required": "false"}
    return {f"{name}.{key}": value for name in sorted(names) for key, value in off.items()}


class GitRecords:
    """One git process whose output is records that end with NUL; it is ended with the block."""

    def __init__(
        self, folder: Path, work_tree: Path, *arguments: bytes, settings: Mapping[str, str] | None = None
    ) -> None:
        self._command = git_command(work_tree, *arguments)
        self._environment = git_environment(settings or {})
        self._folder = folder
        self._complaints: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed in __exit__
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self._process = subprocess.Popen(
                self._command, cwd=self._folder, env=self._environment, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=self._complaints, bufsize=0,
                process_group=0,  # Ctrl-C is for us; git ends when its listing is closed
            )  # fmt: skip
        except OSError as error:
            self._complaints.close()
            raise GitError(f"git cannot be started: {error.strerror or error}") from error
        return self

    def __exit__(self, *_: object) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()
            if self._process.stdout:
                self._process.stdout.close()
        self._complaints.close()

    def records(self) -> Iterator[bytes]:
        """The records as they come from the pipe, at most one pipe's read held here."""
        rest = b""
        while chunk := self._read():
            *records, rest = (rest + chunk).split(b"\0")
            yield from records
        self._check_end()
        if rest:
            raise GitError("git ended in the middle of a name")

    def said(self) -> bytes:
        """What it has said on stderr so far."""
        return os.pread(self._complaints.fileno(), _LONGEST_COMPLAINT, 0)

    def _read(self) -> bytes:
        assert self._process
        assert self._process.stdout
        pipe = self._process.stdout.fileno()
        poll = select.poll()
        poll.register(pipe, select.POLLIN)
        if not poll.poll(STALL_SECONDS * 1000):
            raise GitError(f"git said nothing for {STALL_SECONDS:.0f} s")
        return os.read(pipe, _PIPE_READ)

    def _check_end(self) -> None:
        assert self._process
        try:
            status = self._process.wait(STALL_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise GitError("git closed its output but does not end") from error
        if status:
            said = self.said().decode("utf-8", "replace").strip().splitlines()
            raise GitError(f"git ended with status {status}: {said[-1] if said else 'it said nothing'}")


def git_command(work_tree: Path, *arguments: bytes) -> list[bytes]:
    """A command about a work tree, whose `.git` it is told."""
    top = os.fsencode(work_tree)
    return [
        b"git", b"--no-pager", b"--git-dir=" + os.path.join(top, b".git"),  # noqa: PTH118
        b"--work-tree=" + top, *map(os.fsencode, _SAFE_OPTIONS), *arguments,
    ]  # fmt: skip


def git_environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Ours without `GIT_*`: in a hook they name another index or folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    given = {"GIT_CONFIG_COUNT": str(len(settings))} if settings else {}
    for number, (name, value) in enumerate(settings.items()):
        given |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    return kept | _SAFE_ENVIRONMENT | given
