"""A dataset in a temporary folder, and a stand-in for the job that fills it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from snake_pipe.load.dataset import Dataset, Flush
from snake_pipe.load.part_writer import Part, PartWriter
from snake_pipe.schemas import TABLES, arrow_schema
from snake_pipe.storage.local import LocalStorage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

_FILLERS: dict[str, Any] = {
    "int64": 0,
    "int32": 0,
    "float64": 0.0,
    "bool": False,
    "string": "text",
    "dictionary": "word",
    "timestamp": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
}


class Job:
    """Writes parts and flushes like a job; columns that must have a value get one."""

    def __init__(self, dataset: Dataset, job_id: str = "job1") -> None:
        self.dataset = dataset
        self.job_id = job_id
        self.seq = 0
        self._parts = 0

    def write(self, **tables: Sequence[dict[str, Any]]) -> list[Part]:
        """A part for each table, not committed."""
        self._parts += 1
        writer = PartWriter(self.dataset.storage, f"{self.job_id}-1-{self._parts}-1", tables)
        for table, rows in tables.items():
            required = {c.name: _FILLERS[c.type] for c in TABLES[table] if not c.nullable}
            full = [{**required, **row} for row in rows]
            if any(c.name == "job_id" for c in TABLES[table]):
                full = [{**row, "job_id": self.job_id} for row in full]
            writer.write(table, pa.RecordBatch.from_pylist(full, schema=arrow_schema(table)))
        return writer.close()

    def flush(self, parts: Sequence[Part]) -> Flush:
        """Commit parts as the next flush."""
        self.seq += 1
        flush = Flush(self.job_id, self.seq, parts, series=self.job_id)
        self.dataset.commit(flush)
        return flush

    def file(self, file_id: int, path: str, status: str = "ok", nodes: int = 2, **columns: Any) -> list[Part]:
        """Parts of one file with some nodes, not committed."""
        row = {"file_id": file_id, "repo": "repo", "path": path, "status": status, **columns}
        tree = [{"file_id": file_id, "node_id": number} for number in range(nodes)]
        return self.write(files=[row], nodes=tree)


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return Dataset.create(LocalStorage(tmp_path / "data set"))


@pytest.fixture
def new_job(dataset: Dataset) -> Callable[..., Job]:
    def make(job_id: str = "job1") -> Job:
        return Job(dataset, job_id)

    return make


@pytest.fixture
def job(dataset: Dataset) -> Job:
    return Job(dataset)


@pytest.fixture(scope="session")
def job_type() -> type[Job]:
    return Job
