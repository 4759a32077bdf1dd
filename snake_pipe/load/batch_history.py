"""What earlier jobs left in `batches`: how long the files of each queue took, and what they needed.

Read when a job starts, so it has to be cheap on a dataset of any age: the newest few parts only, found in
the newest entries of the table's log. It is a hint, so what cannot be read is passed over.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

from snake_pipe.load.stored_part import StoredPart

if TYPE_CHECKING:
    from snake_pipe.load.dataset import Dataset

_TABLE = "batches"

_MOST_PARTS = 6
"""Parts that are read, one a flush: about a millisecond each."""

_MOST_ROWS = 500
"""Batches of one part that are looked at, the last ones."""

_MOST_BYTES = 4 << 20
"""Size above which a part is none that a flush wrote."""

_COLUMNS = [
    "language",
    "file_count",
    "row_count",
    "byte_count",
    "duration_ms",
    "memory_before",
    "memory_peak",
    "io_bytes",
    "status",
]


@dataclass(frozen=True, slots=True)
class BatchTotals:
    """Sums over batches of one queue; `memory` is what the workers' peaks rose, `output` bytes of parts.

    `rows` are those of all tables.
    """

    batches: int = 0
    files: int = 0
    bytes: int = 0
    seconds: float = 0.0
    memory: int = 0
    output: int = 0
    rows: int = 0

    def __add__(self, other: BatchTotals) -> BatchTotals:
        return BatchTotals(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))


def read_batch_history(dataset: Dataset) -> dict[str, BatchTotals]:
    """The newest batches that ran to their end, summed up by queue; empty on a new dataset."""
    history: dict[str, BatchTotals] = {}
    for name in dataset.log(_TABLE).newest_parts(_MOST_PARTS):
        for queue, totals in _sums(StoredPart(f"{_TABLE}/{name}", dataset.storage)):
            history[queue] = history.get(queue, BatchTotals()) + totals
    return history


def _sums(part: StoredPart) -> list[tuple[str, BatchTotals]]:
    import pyarrow as pa

    try:
        if part.dataset.info(part.name).size_bytes > _MOST_BYTES:
            return []
        table = part.open().read(_COLUMNS)
    except (OSError, pa.ArrowException):
        return []
    return [
        (
            row["language"],
            BatchTotals(
                1,
                row["file_count"],
                row["byte_count"],
                row["duration_ms"] / 1000,
                max(0, (row["memory_peak"] or 0) - (row["memory_before"] or 0)),
                max(0, (row["io_bytes"] or row["byte_count"]) - row["byte_count"]),
                row["row_count"],
            ),
        )
        for row in table.slice(max(0, table.num_rows - _MOST_ROWS)).to_pylist()
        if row["status"] == "ok" and row["file_count"]
    ]
