"""Which files of its repositories failed before a job began: what its failures are new against.

The job notes them before its first flush, because the tables hold the current state alone. A resume leaves
the note as it is, so that it compares with the same as an undisturbed run would. So does a job that begins
after one that never came to its end: nobody was told what failed newly in that one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from snake_pipe.errors import SnakePipeError
from snake_pipe.utils.checkpoint_manager import CheckpointManager

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from snake_pipe.storage.storage import Storage
    from snake_pipe.utils.checkpoint_manager import CheckpointData

_NAME = "failing_before.json"
_MOST_JOBS = 20
"""Earlier jobs that are looked at."""

_Failing = dict[str, list[str]]
"""Paths by repository; one without any is there, too."""


def note_failing_before(
    manager: CheckpointManager, job_id: str, repos: Collection[str], failing: Iterable[tuple[str, str]]
) -> None:
    """Note what fails now, as (repo, path), or what failed before the last job if that is not done.

    A note that cannot be written is dropped, since a job is worth more.
    """
    note: _Failing = {repo: [] for repo in repos}
    for repo, path in failing:
        if repo in note:
            note[repo].append(path)
    note |= _handed_on(manager, job_id, repos)
    try:
        manager.job_folder(job_id).show(_NAME, orjson.dumps(note) + b"\n")
    except OSError:
        return


def read_failing_before(dataset: Storage, job_id: str) -> list[tuple[str, str]] | None:
    """Repo and path of each file that failed; None where no such job has noted it."""
    note = _read(CheckpointManager(dataset), job_id)
    return None if note is None else [(repo, path) for repo, paths in note.items() for path in paths]


def _handed_on(manager: CheckpointManager, job_id: str, repos: Collection[str]) -> _Failing:
    """What failed before the last job of each repository, of those where it did not come to its end."""
    open_repos = set(repos)
    found: _Failing = {}
    for checkpoint in _earlier(manager, job_id):
        note = _read(manager, checkpoint.job_id) or {}
        if checkpoint.progress.status != "done":
            found.update((repo, note[repo]) for repo in open_repos & set(note))
        open_repos -= set(note)
        if not open_repos:
            break
    return found


def _earlier(manager: CheckpointManager, job_id: str) -> Iterator[CheckpointData]:
    """The last jobs before one, the newest first: ids sort by the second, within it the epoch decides."""
    found = []
    for earlier in manager.job_ids()[-_MOST_JOBS - 1 :]:
        try:
            checkpoint = manager.load(earlier)
        except SnakePipeError:
            continue
        if earlier != job_id:
            found.append(checkpoint)
    return iter(sorted(found, key=lambda one: one.progress.epoch, reverse=True))


def _read(manager: CheckpointManager, job_id: str) -> _Failing | None:
    try:
        note = orjson.loads(manager.job_folder(job_id).read(_NAME))
        return {str(repo): [str(path) for path in paths] for repo, paths in note.items()}
    except (SnakePipeError, OSError, ValueError, TypeError, AttributeError):
        return None
