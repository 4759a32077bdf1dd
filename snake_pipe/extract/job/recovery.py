"""What runs that were killed left behind: their promises are kept, and the rest is removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.errors import SnakePipeError
from snake_pipe.load.dataset import Flush
from snake_pipe.load.part_writer import Part
from snake_pipe.utils.journal import read_journal

if TYPE_CHECKING:
    from snake_pipe.load.dataset import Dataset
    from snake_pipe.utils.checkpoint_manager import CheckpointManager
    from snake_pipe.utils.journal import Journal


def roll_forward(dataset: Dataset, job_id: str, journal: Journal) -> None:
    """Commit what the journal promises, and remove the parts that it does not name."""
    committed = {record["seq"] for record in journal.records if record.get("type") == "committed"}
    named: set[str] = set()
    for record in journal.records:
        if record.get("type") != "flush":
            continue
        parts = [Part(*part) for part in record["parts"]]
        named |= {part.name for part in parts}
        if record["seq"] not in committed:
            dataset.commit(Flush(job_id, record["seq"], parts))
            journal.append({"type": "committed", "seq": record["seq"]})
    dataset.remove_orphans(job_id, named)


def remove_orphans(dataset: Dataset, manager: CheckpointManager) -> None:
    """Remove what jobs left behind that were killed and never resumed; their promises are kept."""
    for job_id in manager.job_ids():
        try:
            if manager.load(job_id).progress.status != "done":
                records, _ = read_journal(manager.job_folder(job_id) / "journal.jsonl")
                named = {part[1] for record in records for part in record.get("parts", ())}
                dataset.remove_orphans(job_id, named)
        except SnakePipeError:  # a damaged job; what it left may be needed to mend it
            continue
