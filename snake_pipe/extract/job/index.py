"""Where the datasets of this user's jobs are, so that a job id is enough to resume from anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from snake_pipe.storage.atomic_file import replace_atomic

if TYPE_CHECKING:
    from pathlib import Path

_MOST_JOBS = 1000


def _folder() -> Path:
    from platformdirs import user_state_path

    return user_state_path("snake-pipe", appauthor=False) / "jobs"


def remember(job_id: str, dataset: str) -> None:
    """Note where a job's dataset is; an index that cannot be written is no reason to fail a job."""
    try:
        folder = _folder()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        replace_atomic(folder / f"{job_id}.json", orjson.dumps({"dataset": dataset}))
        for old in sorted(path.name for path in folder.glob("*.json"))[:-_MOST_JOBS]:
            (folder / old).unlink(missing_ok=True)
    except OSError:
        return


def find(job_id: str) -> str | None:
    """Where the dataset of a job is; None if this user's index does not know it."""
    try:
        document = orjson.loads((_folder() / f"{job_id}.json").read_bytes())
        return str(document["dataset"])
    except (OSError, orjson.JSONDecodeError, KeyError, TypeError):
        return None
