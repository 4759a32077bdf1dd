"""Another writer of a dataset, as other processes see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.load.dataset import Dataset
from snake_pipe.storage.local import LocalStorage
from snake_pipe.utils.scope import Scope
from snake_pipe.utils.shard import Shard

if TYPE_CHECKING:
    from pathlib import Path

    from snake_pipe.load.claims.claims import Writing


def taken(dataset: Path, *repos: str, job_id: str = "", shard: str = "") -> Writing:
    """The claim of some repositories, or of a shard of each; for a `with` block."""
    of_all = Shard.parse(shard) if shard else None
    scopes = [Scope(repo, of_all) for repo in repos or ("repo",)]
    return Dataset.open(LocalStorage(dataset)).claims.take(lambda: scopes, job_id=job_id)


def leave_note(dataset: Path, job_id: str, *repos: str) -> None:
    """The note that a job leaves which ended without having settled all."""
    writing = taken(dataset, *repos)
    writing.note(job_id=job_id)
    writing.release()
