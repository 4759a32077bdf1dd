"""Jobs that ended before they were done: what becomes of them when another one is to begin."""

from __future__ import annotations

import filecmp
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from snake_pipe.errors import CheckpointError, SnakePipeError, UsageError
from snake_pipe.extract.batch_config import ROW_SETTINGS, BatchConfig, check_settings
from snake_pipe.extract.discovery.request import IngestRequest
from snake_pipe.extract.job.recovery import commit_promised
from snake_pipe.extract.settings.on_unfinished import OnUnfinished
from snake_pipe.observe.events import Notice

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence

    from snake_pipe.load.dataset import Dataset
    from snake_pipe.utils.checkpoint_manager import CheckpointData, CheckpointManager

_REQUESTED = (
    *("roots", "file_list", "list_base", "include", "exclude", "languages"),
    *("use_gitignore", "full", "repo", "changed_since"),
)
_REQUESTED_ROWS = (*ROW_SETTINGS, "dialects")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an ingestion is asked for, to be compared with earlier ones."""

    request: IngestRequest
    config: BatchConfig

    def concerns(self, other: Wanted) -> bool:
        """Whether both are about the same paths, and the same share of them."""
        names = ("roots", "file_list", "list_base", "shard")
        return all(_same(self.request, other.request, name) for name in names)

    def differences(self, other: Wanted) -> list[str]:
        """What of the files and their rows is asked for differently, by its names."""
        asked = [name for name in _REQUESTED if not _same(self.request, other.request, name)]
        rows = [name for name in _REQUESTED_ROWS if getattr(self.config, name) != getattr(other.config, name)]
        return asked + rows


def live_jobs(dataset: Dataset) -> frozenset[str]:
    """The jobs that are running."""
    return frozenset(writer.job_id for writer in dataset.claims.live())


def unfinished(manager: CheckpointManager, live: Container[str]) -> Iterator[CheckpointData]:
    """The jobs that can be resumed, the newest first, without `live` ones; damaged ones are passed over."""
    for job_id in reversed(manager.job_ids()):
        if job_id in live:
            continue
        try:
            checkpoint = manager.load(job_id)
        except SnakePipeError:  # damaged, or killed before its first checkpoint
            continue
        if checkpoint.progress.is_unfinished:
            yield checkpoint


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of earlier jobs: at most one goes on, and some are given up for it or for a new one."""

    resumed: CheckpointData | None = None
    superseded: Sequence[CheckpointData] = ()
    notices: Sequence[Notice] = ()


def decide(
    manager: CheckpointManager, wanted: Wanted, on_unfinished: OnUnfinished, live: Container[str]
) -> Decision:
    """What to do about unfinished jobs of the same paths; UsageError if somebody is to look at one first.

    Jobs that are `live` are none of them.
    """
    if on_unfinished is OnUnfinished.KEEP:
        return Decision()
    earlier = _earlier(manager, wanted, live)
    if not earlier:
        return Decision()
    if on_unfinished is OnUnfinished.FAIL:
        raise _refusal(earlier[0][0])
    if on_unfinished is OnUnfinished.RESTART:
        return Decision(superseded=[checkpoint for checkpoint, _ in earlier])
    alike = [checkpoint for checkpoint, differences in earlier if not differences]
    if not alike:
        return Decision(notices=[_left_alone(*earlier[0])])
    return Decision(resumed=alike[0], superseded=alike[1:])


def supersede(dataset: Dataset, manager: CheckpointManager, checkpoint: CheckpointData, by: str) -> Notice:
    """Give an unfinished job up: its promises are kept, and what else it left is no longer needed.

    The caller has the claim of its files.
    """
    job_id, now = checkpoint.job_id, time.time()
    try:
        with manager.journal(job_id) as journal:
            commit_promised(dataset, job_id, journal)
            journal.append({"type": "end", "status": "superseded", "by": by, "time": now})
    except CheckpointError:
        pass
    progress = replace(checkpoint.progress, status="superseded")
    manager.save(replace(checkpoint, progress=progress, updated_at=now))
    shown = {"status": "superseded", "message": f"job {by} has taken its place"}
    manager.write_status(job_id, manager.read_status(job_id) | shown)
    return Notice("superseded_job", f"job {job_id} was unfinished: {by} takes its place")


def _earlier(
    manager: CheckpointManager, wanted: Wanted, live: Container[str]
) -> list[tuple[CheckpointData, list[str]]]:
    """Unfinished jobs of the same paths, the newest first, and in what each differs from what is wanted."""
    found = []
    for checkpoint in unfinished(manager, live):
        try:
            other = Wanted(
                IngestRequest.from_json(checkpoint.request),
                BatchConfig(**check_settings(checkpoint.config, "the checkpoint")),
            )
        except SnakePipeError:  # of another version of this program
            continue
        if not other.request.submitted and wanted.concerns(other):
            found.append((checkpoint, wanted.differences(other)))
    return found


def _refusal(checkpoint: CheckpointData) -> UsageError:
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(checkpoint.created_at))
    how = {"running": "was killed", "stopped": "was stopped"}.get(checkpoint.progress.status, "failed")
    return UsageError(
        f"job {checkpoint.job_id} of {when} {how} and is unfinished",
        f"snake-pipe resume {checkpoint.job_id}, or --on-unfinished restart to give it up",
    )


def _left_alone(checkpoint: CheckpointData, differences: list[str]) -> Notice:
    return Notice(
        "unfinished_job",
        f"job {checkpoint.job_id} is unfinished, and was asked for other {', '.join(differences)}: a new job"
        f" begins; snake-pipe resume {checkpoint.job_id} goes on with the earlier one",
    )


def _same(one: IngestRequest, other: IngestRequest, name: str) -> bool:
    if name == "list_base" and one.file_list is None and other.file_list is None:
        return True  # nothing counts from there
    mine, theirs = getattr(one, name), getattr(other, name)
    if name == "changed_since" and mine == theirs != "":  # HEAD is another commit today
        return set(one.resolve_since().values()) == set(other.since.values())
    if name == "file_list" and mine is not None and theirs is not None:
        return Path(theirs).exists() and filecmp.cmp(mine, theirs, shallow=False)
    return bool(mine == theirs)
