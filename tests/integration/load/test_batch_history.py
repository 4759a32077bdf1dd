"""What earlier jobs left in `batches`, read back for the sizes of the next one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snake_pipe.errors import DatasetError
from snake_pipe.load import batch_history
from snake_pipe.load.batch_history import BatchTotals, read_batch_history
from snake_pipe.load.dataset import Dataset
from snake_pipe.schemas import SCHEMA_VERSION
from snake_pipe.storage.local import LocalStorage

if TYPE_CHECKING:
    from pathlib import Path


def row(language: str = "python", **columns: Any) -> dict[str, Any]:
    return {
        "language": language,
        "file_count": 10,
        "byte_count": 1000,
        "duration_ms": 2000.0,
        "memory_before": 500,
        "memory_peak": 800,
        "io_bytes": 1250,
        "status": "ok",
        **columns,
    }


ONE = BatchTotals(1, 10, 1000, 2.0, 300, 250)


def test_a_new_dataset_has_no_history(dataset: Dataset) -> None:
    assert read_batch_history(dataset) == {}


def test_a_new_dataset_costs_no_part(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_history, "_sums", lambda part: pytest.fail(f"{part} was read"))
    assert read_batch_history(dataset) == {}


def test_batches_are_summed_up_by_queue(dataset: Dataset, job: Any) -> None:
    job.flush(job.write(batches=[row(), row("go", file_count=3)]))
    job.flush(job.write(batches=[row()]))
    assert read_batch_history(dataset) == {
        "python": BatchTotals(2, 20, 2000, 4.0, 600, 500),
        "go": BatchTotals(1, 3, 1000, 2.0, 300, 250),
    }


def test_lost_batches_and_those_without_files_do_not_count(dataset: Dataset, job: Any) -> None:
    job.flush(job.write(batches=[row(status="retried"), row(file_count=0), row("go")]))
    assert read_batch_history(dataset) == {"go": ONE}


def test_figures_that_are_not_there(dataset: Dataset, job: Any) -> None:
    job.flush(job.write(batches=[row(memory_before=None, memory_peak=None, io_bytes=None)]))
    assert read_batch_history(dataset) == {"python": BatchTotals(1, 10, 1000, 2.0, 0, 0)}


def test_only_the_newest_parts_are_read(dataset: Dataset, job: Any) -> None:
    for number in range(20):
        job.flush(job.write(batches=[row(file_count=number + 1)]))
    newest = read_batch_history(dataset)["python"]
    assert newest.batches == batch_history._MOST_PARTS
    assert newest.files == sum(range(21 - newest.batches, 21))


def test_flushes_of_other_tables_do_not_hide_the_newest(dataset: Dataset, job: Any) -> None:
    job.flush(job.write(batches=[row()]))
    for number in range(40):
        job.flush(job.file(number + 1, f"{number}.py"))
    assert read_batch_history(dataset) == {"python": ONE}


def test_the_history_is_there_after_a_checkpoint(dataset: Dataset, job: Any) -> None:
    job.flush(job.write(batches=[row()]))
    dataset.checkpoint()
    assert read_batch_history(dataset) == {"python": ONE}


def test_a_part_that_was_removed_does_not_count(dataset: Dataset, job: Any) -> None:
    (old,) = job.write(batches=[row()])
    job.flush([old])
    job.flush(job.write(batches=[row("go")]))
    entry = dataset.storage.folder / "batches" / "_delta_log" / f"{3:020}.json"
    entry.write_bytes(orjson.dumps({"remove": {"path": old.name, "dataChange": False}}) + b"\n")
    assert read_batch_history(dataset) == {"go": ONE}


def test_what_cannot_be_read_is_passed_over(dataset: Dataset, job: Any) -> None:
    (gone,) = job.write(batches=[row("go")])
    job.flush([gone])
    (damaged,) = job.write(batches=[row("rust")])
    job.flush([damaged])
    job.flush(job.write(batches=[row()]))
    folder = dataset.storage.folder / "batches"
    (folder / gone.name).unlink()
    (folder / damaged.name).write_bytes(b"PAR1 and no more")
    (folder / "_delta_log" / f"{9:020}.json").write_bytes(b'{"add": {"pa')
    (folder / "_delta_log" / f"{8:020}.json").write_bytes(b'[]\n{"add": 7}\n{"add": {"path": "../../x"}}\n{}')
    assert read_batch_history(dataset) == {"python": ONE}


@given(damage=st.binary(max_size=300))
def test_a_log_of_any_bytes_ends_in_no_exception(dataset: Dataset, damage: bytes) -> None:
    (dataset.storage.folder / "batches" / "_delta_log" / f"{1:020}.json").write_bytes(damage)
    assert read_batch_history(dataset) == {}


def test_a_dataset_with_the_columns_of_before_is_refused(tmp_path: Path) -> None:
    # `batches` of version 1 had no estimates: rows of both kinds in one table could not be read back.
    dataset = Dataset.create(LocalStorage(tmp_path / "data"))
    marker = dataset.storage.folder / "dataset.json"
    marker.write_bytes(orjson.dumps(orjson.loads(marker.read_bytes()) | {"schema_version": 1}))
    for way in (Dataset.open, Dataset.create):
        with pytest.raises(DatasetError, match=f"schema_version 1, this program reads {SCHEMA_VERSION}"):
            way(dataset.storage)
