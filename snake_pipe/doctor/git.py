"""Whether git can list the files of the folder that the command runs in."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from typing import TYPE_CHECKING

from snake_pipe.doctor.finding import Finding, Place, note, ok, warning
from snake_pipe.extract.discovery.git_files import find_work_tree, why_git_fails

if TYPE_CHECKING:
    from collections.abc import Iterator

_PATIENCE = 3.0
"""Seconds for each question to git."""


def check_git(place: Place) -> Iterator[Finding]:
    """Git's version, and what keeps it from this work tree."""
    git = shutil.which("git")
    if git is None:
        found = "not there: folders are walked, and what is tracked but ignored is left out"
        yield note("git", found, "install git, with apt install git for instance")
        return
    version = _ask(git, "--version").stdout.strip().removeprefix("git version ")
    if not version:
        yield warning("git", f"{git} does not run", f"{git} --version")
        return
    work_tree = find_work_tree(place.folder.resolve())
    if work_tree is None:
        yield ok("git", f"{version}; {place.folder} is in no work tree, so folders are walked")
        return
    if (why := why_git_fails(work_tree, _PATIENCE)) is not None:
        fix = f"git -C {shlex.quote(str(work_tree))} fsck; until then folders are walked"
        yield warning("git", f"{version} cannot list {work_tree}: {why}", fix)
        return
    yield ok("git", f"{version} lists {work_tree}")
    refused = _ask(git, "-C", str(work_tree), "rev-parse", "--git-dir").stderr
    if "dubious ownership" in refused:
        found = f"{work_tree} is another user's: git refuses it elsewhere, ingest does not"
        yield note("git", found, f"git config --global --add safe.directory {shlex.quote(str(work_tree))}")


def _ask(*command: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
            timeout=_PATIENCE, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return subprocess.CompletedProcess(command, 1, "", "")


CHECKS = (check_git,)
