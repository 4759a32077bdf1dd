"""A flush as a job's journal promises it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.load.dataset import Flush
from snake_pipe.load.part_writer import Part

if TYPE_CHECKING:
    from snake_pipe.utils.journal.record import Record


def flush_in(record: Record, job_id: str) -> Flush:
    """The flush of a record of type `flush` in the journal of a job."""
    parts = tuple(Part(*part) for part in record["parts"])
    return Flush(job_id, record["seq"], parts, record["epoch"], record["series"])
