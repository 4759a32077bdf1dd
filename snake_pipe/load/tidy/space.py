"""How much room a dataset takes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from snake_pipe.schemas import TABLES
from snake_pipe.utils.checkpoint_manager import JOBS_FOLDER

if TYPE_CHECKING:
    from snake_pipe.storage.storage import Storage


@dataclass(slots=True)
class Space:
    """Bytes by table, with `jobs` for the folders of jobs; files that are parts, and those of logs."""

    bytes: Counter[str] = field(default_factory=Counter)
    parts: int = 0
    log_files: int = 0


def space_of(dataset: Storage) -> Space:
    """What a dataset takes now, without what goes away meanwhile; OSError where it cannot be listed."""
    space = Space()
    for table in (*TABLES, JOBS_FOLDER):
        for file in dataset.all_files(table):
            space.bytes[table if table in TABLES else "jobs"] += file.size_bytes
            space.parts += file.name.startswith("part-")
            space.log_files += file.name.startswith("_delta_log/")
    return space
