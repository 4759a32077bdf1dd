"""The jobs whose word still counts: a later one has taken over nothing of what was theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.errors import SnakePipeError
from snake_pipe.utils.scope import Scope, overlap
from snake_pipe.utils.shard import Shard

if TYPE_CHECKING:
    from collections.abc import Sequence

    from snake_pipe.utils.checkpoint_manager import CheckpointData, CheckpointManager

_LOOKED_AT = 20
"""Jobs; as many more as there are shards, where there are some."""


def scopes_of(checkpoint: CheckpointData) -> tuple[Scope, ...]:
    """What a job writes; nothing where its checkpoint does not tell."""
    repos, shard = checkpoint.request.get("repos"), checkpoint.request.get("shard")
    if not isinstance(repos, dict):
        return ()
    try:
        of_all = Shard.parse(shard) if shard else None
    except (SnakePipeError, TypeError, AttributeError):
        return ()
    return tuple(Scope(str(repo), of_all) for repo in dict.fromkeys(repos.values()))


def newest_jobs(manager: CheckpointManager) -> tuple[str, ...]:
    """The last jobs of each repository and shard, the newest first.

    Ids sort by the second; of the last few, the epoch decides.
    """
    job_ids = manager.job_ids()
    found = _load(manager, job_ids[-_LOOKED_AT:])
    shards = max((s.shard.count for job in found for s in scopes_of(job) if s.shard), default=0)
    if shards:
        found += _load(manager, job_ids[-_LOOKED_AT - shards : -_LOOKED_AT])
    found.sort(key=lambda job: (job.progress.epoch, job.job_id), reverse=True)
    taken: list[Scope] = []
    newest: list[str] = []
    for job in found:
        scopes = scopes_of(job)
        if not newest or (scopes and not overlap(scopes, taken)):
            newest.append(job.job_id)
        taken += scopes
    return tuple(newest)


def _load(manager: CheckpointManager, job_ids: Sequence[str]) -> list[CheckpointData]:
    found = []
    for job_id in job_ids:
        try:
            found.append(manager.load(job_id))
        except SnakePipeError:
            continue
    return found
