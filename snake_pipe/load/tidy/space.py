"""How much room a dataset takes."""

from __future__ import annotations

import os
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from snake_pipe.schemas import TABLES
from snake_pipe.utils.checkpoint_manager import JOBS_FOLDER

if TYPE_CHECKING:
    from pathlib import Path as Folder


@dataclass(slots=True)
class Space:
    """Bytes by table, with `jobs` for the folders of jobs; files that are parts, and those of logs."""

    bytes: Counter[str] = field(default_factory=Counter)
    parts: int = 0
    log_files: int = 0


def space_of(dataset: Folder) -> Space:
    """What a dataset takes on the disk now; what goes away meanwhile does not count."""
    space = Space()
    for table in (*TABLES, JOBS_FOLDER):
        for folder, _, names in os.walk(dataset / table):
            for name in names:
                with suppress(FileNotFoundError):
                    space.bytes[table if table in TABLES else "jobs"] += Path(folder, name).lstat().st_size
                space.parts += name.startswith("part-")
                space.log_files += folder.endswith("_delta_log")
    return space
