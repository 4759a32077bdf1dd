"""A run's figures for the textfile collector of Prometheus' node_exporter."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from snake_pipe.extract.paths.names import escape_path
from snake_pipe.observe.metrics.family import Family, exposition, series
from snake_pipe.outcome.last_success import last_success
from snake_pipe.outcome.metrics import names
from snake_pipe.outcome.metrics.dataset_figures import dataset_figures
from snake_pipe.schemas import STATUSES, TREE_TABLES

if TYPE_CHECKING:
    from pathlib import Path

    from snake_pipe.outcome.metrics.dataset_figures import DatasetFigures
    from snake_pipe.outcome.summary import RunSummary
    from snake_pipe.storage.storage import Storage

_TABLES = ("files", *TREE_TABLES, "errors")

_MOST_BYTES = 1 << 20
"""More than such a file ever has; what is larger was not written here."""


def metrics_text(summary: RunSummary, dataset: Storage, before: str = "") -> str:
    """The file's text; `before` is what it held, of which a run that failed keeps the last success."""
    ended = round(summary.ended_at or 0.0, 3)
    success = ended if summary.is_success else _success_before(dataset, before)
    label = _label(dataset)
    return exposition(
        [*_of_runs(summary, label, success, ended), *_of_dataset(dataset_figures(dataset), label)]
    )


def text_before(path: Path) -> str:
    """What the file held; empty where there is none, or it cannot be read."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.read(_MOST_BYTES)
    except OSError:
        return ""


def _of_runs(summary: RunSummary, dataset: str, success: float | None, ended: float) -> list[Family]:
    label = {"dataset": dataset}
    by_status = summary.by_status
    counts = {status: by_status.get(status, 0) for status in STATUSES}
    counts |= {"deleted": summary.deleted, "unchanged": summary.unchanged}
    families = [
        names.BUILD.of(1, version=summary.program_version),
        names.RUN_TIME.of(ended, **label),
        names.RUN_DURATION.of(round(summary.duration, 3), **label),
        names.RUN_EXIT_CODE.of(summary.exit_code or 0, **label),
        Family(names.RUN_FILES, [({**label, "status": word}, n) for word, n in counts.items()]),
        names.RUN_FAILURES.of(summary.failures, **label),
        Family(names.RUN_ROWS, [({**label, "table": name}, summary.rows.get(name, 0)) for name in _TABLES]),
        names.RUN_BYTES.of(summary.bytes_read, **label),
        names.RUN_MEMORY.of(summary.memory_peak, **label),
    ]
    if success is not None:
        families.append(names.LAST_SUCCESS.of(success, **label))
        families.append(names.LAG.of(round(max(0.0, ended - success), 3), **label))
    return families


def _of_dataset(figures: DatasetFigures, dataset: str) -> list[Family]:
    repos = sorted(figures.source)
    return [
        Family(
            names.DATASET_FILES,
            [
                ({"dataset": dataset, "repo": repo, "status": status}, figures.files[repo, status])
                for repo in repos
                for status in STATUSES
                if status != "deleted"
            ],
        ),
        Family(
            names.DATASET_ROWS,
            [
                ({"dataset": dataset, "repo": repo, "table": table}, figures.rows[repo, table])
                for repo in repos
                for table in TREE_TABLES
            ],
        ),
        Family(
            names.DATASET_SOURCE,
            [({"dataset": dataset, "repo": repo}, figures.source[repo]) for repo in repos],
        ),
        Family(
            names.DATASET_SIZE,
            [({"dataset": dataset, "table": table}, size) for table, size in sorted(figures.size.items())],
        ),
    ]


def _success_before(dataset: Storage, before: str) -> float | None:
    """When a run last ended well, as the file said, or else as the dataset's jobs do; None if never."""
    name = series(names.LAST_SUCCESS, {"dataset": _label(dataset)})
    found = re.search(rf"^{re.escape(name)} ([0-9.e+]+)$", before, re.MULTILINE)
    return float(found[1]) if found else last_success(dataset)


def _label(dataset: Storage) -> str:
    return escape_path(os.fsencode(dataset.url))
