"""Where the datasets of this user's jobs are, so that a job id is enough to resume from anywhere."""

from __future__ import annotations

from pathlib import Path

import orjson

from snake_pipe.storage.atomic_file import replace_atomic

_MOST_JOBS = 1000


def _folder() -> Path:
    from platformdirs import user_state_path

    return user_state_path("snake-pipe", appauthor=False) / "jobs"


def remember(job_id: str, dataset: Path) -> None:
    """Note a job's dataset; an index that cannot be written is no reason to fail a job."""
    try:
        folder = _folder()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        replace_atomic(folder / f"{job_id}.json", orjson.dumps({"dataset": str(dataset)}))
        for old in sorted(path.name for path in folder.glob("*.json"))[:-_MOST_JOBS]:
            (folder / old).unlink(missing_ok=True)
    except OSError:
        return


def find(job_id: str) -> Path | None:
    """The dataset of a job; None if this user's index does not know it."""
    try:
        document = orjson.loads((_folder() / f"{job_id}.json").read_bytes())
        return Path(document["dataset"])
    except (OSError, orjson.JSONDecodeError, KeyError, TypeError):
        return None
