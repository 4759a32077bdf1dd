"""What a dataset holds now and takes on the disk."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from snake_pipe.errors import SnakePipeError
from snake_pipe.schemas import TREE_TABLES

if TYPE_CHECKING:
    from snake_pipe.storage.storage import Storage

_COUNTS = ", ".join(f"coalesce(sum({table.removesuffix('s')}_count), 0)::BIGINT" for table in TREE_TABLES)
_SQL = f"""
    SELECT repo, status, count(*) FILTER (container_id IS NULL),
           coalesce(sum(size_bytes) FILTER (container_id IS NULL), 0)::BIGINT, {_COUNTS}
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


def dataset_figures(dataset: Storage) -> DatasetFigures:
    """The figures of a dataset, as far as it can be read: empty where there is none."""
    from snake_pipe.load.sql.views import connect_tables
    from snake_pipe.load.tidy.space import space_of

    found = DatasetFigures(size=space_of(dataset).bytes)
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
