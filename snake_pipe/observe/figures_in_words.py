"""What became of a job's files, for people: parts of sentences that the summary and a result's text share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.schemas import WORKER_TABLES

if TYPE_CHECKING:
    from snake_pipe.observe.statistics import BatchStatistics


def files_in_words(statistics: BatchStatistics) -> str:
    """Files by status: `20 ok, 1 skipped, 7 unchanged`; `done before` are those of the job's earlier runs.

    Files with other times and equal content are unchanged: `98 unchanged (40 touched)`.
    """
    by_status: dict[str, int] = {}
    for (status, _), count in statistics.outcomes.items():
        by_status[status] = by_status.get(status, 0) + count
    # What was done before is found unchanged, as other files are.
    before = min(statistics.files_before, statistics.files_unchanged)
    counts = [
        *sorted(by_status.items()),
        ("done before", before),
        ("unchanged", statistics.files_unchanged - before),
        ("deleted", statistics.files_deleted),
    ]
    touched = f" ({statistics.files_touched:,} touched)" if statistics.files_touched else ""
    words = {"unchanged": f"unchanged{touched}"}
    return ", ".join(f"{count:,} {words.get(word, word)}" for word, count in counts if count) or "none"


def rows_in_words(statistics: BatchStatistics) -> str:
    """Rows of the tree tables: `3,227 nodes, 172 symbols`."""
    rows = [(statistics.rows.get(table, 0), table) for table in WORKER_TABLES]
    return ", ".join(f"{count:,} {table}" for count, table in rows if count) or "none"
