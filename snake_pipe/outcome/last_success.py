"""When a dataset's runs last ended well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.errors import SnakePipeError
from snake_pipe.outcome.kept_summary import kept_summary
from snake_pipe.outcome.summary import WELL
from snake_pipe.utils.checkpoint_manager import CheckpointManager

if TYPE_CHECKING:
    from snake_pipe.storage.storage import Storage


def last_success(dataset: Storage) -> float | None:
    """When the newest job that ended well did so, in seconds since 1970; None if none did.

    Where its process left no exit code, such as a program that uses the library, its failed files decide.
    """
    manager = CheckpointManager(dataset)
    for job_id in reversed(manager.job_ids()):
        try:
            checkpoint = manager.load(job_id)
        except SnakePipeError:
            continue
        if checkpoint.progress.status != "done":
            continue
        kept = kept_summary(dataset, job_id)
        if kept is not None:
            well = kept.get("exit_code") in WELL
        else:
            well = checkpoint.progress.files_failed <= checkpoint.config.get("max_failures", 0)
        if well:
            return checkpoint.updated_at
    return None
