"""What a dataset holds now and takes on the disk."""

from __future__ import annotations

import os
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from snake_pipe.errors import SnakePipeError
from snake_pipe.schemas import TABLES, TREE_TABLES
from snake_pipe.utils.checkpoint_manager import JOBS_FOLDER

_COUNTS = ", ".join(f"coalesce(sum({table.removesuffix('s')}_count), 0)::BIGINT" for table in TREE_TABLES)
_SQL = f"""
    SELECT repo, status, count(*), coalesce(sum(size_bytes), 0)::BIGINT, {_COUNTS}
    FROM files GROUP BY repo, status ORDER BY repo, status
    """  # noqa: S608 - names of our own


@dataclass(slots=True)
class DatasetFigures:
    """`files` counts by repository and status, `rows` by repository and table.

    `source` are bytes on the disk that the files were read from, by repository, `size` those that the dataset
    itself takes, by table, with `jobs` for the folders of jobs.
    """

    files: Counter[tuple[str, str]] = field(default_factory=Counter)
    rows: Counter[tuple[str, str]] = field(default_factory=Counter)
    source: Counter[str] = field(default_factory=Counter)
    size: Counter[str] = field(default_factory=Counter)


def dataset_figures(dataset: Path) -> DatasetFigures:
    """The figures of a dataset, as far as it can be read: empty where there is none."""
    from snake_pipe.load.views import connect_tables

    found = DatasetFigures(size=_size(dataset))
    try:
        with connect_tables(dataset) as connection:
            answer = connection.execute(_SQL).fetchall()
    except SnakePipeError:
        return found
    for repo, status, count, size, *rows in answer:
        found.files[repo, status] += count
        found.source[repo] += size
        for table, number in zip(TREE_TABLES, rows, strict=True):
            found.rows[repo, table] += number
    return found


def _size(dataset: Path) -> Counter[str]:
    """Bytes by table; what goes away meanwhile does not count."""
    sizes: Counter[str] = Counter()
    for table in (*TABLES, JOBS_FOLDER):
        for folder, _, names in os.walk(dataset / table):
            for name in names:
                with suppress(FileNotFoundError):
                    sizes[table if table in TABLES else "jobs"] += Path(folder, name).lstat().st_size
    return sizes
