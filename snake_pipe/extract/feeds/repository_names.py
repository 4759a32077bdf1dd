"""The names by which a dataset knows the folders that were ingested into it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from snake_pipe.errors import SinkError, UsageError
from snake_pipe.extract.discovery.roots import repositories
from snake_pipe.utils.atomic_file import write_atomic
from snake_pipe.utils.checkpoint_manager import JOBS_FOLDER

if TYPE_CHECKING:
    from snake_pipe.extract.discovery.request import IngestRequest


def repository_folders(request: IngestRequest) -> dict[str, Path]:
    """The folder of each `repo` name of a request."""
    if request.file_list is not None:
        return repositories([Path(request.list_base)])
    return repositories([Path(root) for root in request.roots])


def claim_repositories(dataset: Path, request: IngestRequest) -> None:
    """Record which folders the dataset's `repo` names stand for; the caller holds the dataset's lock.

    Each of two folders of one name would take the other's files for deleted ones. A folder that is no
    longer there may have been moved (each CI run has its own), so its name may be taken over. UsageError for
    any other conflict.
    """
    path = dataset / JOBS_FOLDER / "repositories.json"
    try:
        known: dict[str, str] = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError):
        known = {}
    names = {folder: name for name, folder in known.items()}
    for name, folder in repository_folders(request).items():
        real = str(folder.resolve())
        for other_name, other in ((name, known.get(name, real)), (names.get(real, name), real)):
            if (other_name, other) != (name, real) and Path(other).exists():
                raise UsageError(
                    f"{real} would be {name!r} in this dataset, which holds {other} as {other_name!r}",
                    "name another dataset with --dataset",
                )
        known[name] = real
    try:
        write_atomic(path, orjson.dumps(known))
    except OSError as error:
        raise SinkError(f"cannot write {path}: {error.strerror or error}") from error
