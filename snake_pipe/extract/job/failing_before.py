"""Which files of its repositories failed before a job began: what its failures are new against.

The job notes them before its first flush, because the tables hold the current state alone. A resume leaves
the note as it is, so that it compares with the same as an undisturbed run would.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from snake_pipe.errors import SnakePipeError
from snake_pipe.utils.atomic_file import replace_atomic
from snake_pipe.utils.checkpoint_manager import CheckpointManager

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_NAME = "failing_before.json"


def note_failing_before(job_folder: Path, failing: Iterable[tuple[str, str]]) -> None:
    """Note repo and path of each; a note that cannot be written is dropped, since a job is worth more."""
    try:
        replace_atomic(job_folder / _NAME, orjson.dumps(sorted(failing)) + b"\n")
    except OSError:
        return


def read_failing_before(dataset: Path, job_id: str) -> list[tuple[str, str]] | None:
    """Repo and path of each file that failed; None where no such job has noted it."""
    try:
        folder = CheckpointManager(dataset).job_folder(job_id)
        return [(str(repo), str(path)) for repo, path in orjson.loads((folder / _NAME).read_bytes())]
    except (SnakePipeError, OSError, ValueError, TypeError):
        return None
