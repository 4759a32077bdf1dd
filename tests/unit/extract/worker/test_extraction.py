"""The order of a batch: what is read how often, and whose rows are written where."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

from snake_pipe.errors import StorageError
from snake_pipe.extract.batch_config import BatchConfig
from snake_pipe.extract.batch_models import BatchResult, DiscoveredFile, FileBatch, Trigger
from snake_pipe.extract.batching.memory import MemoryPlan
from snake_pipe.extract.disk.reader import OpenFile
from snake_pipe.extract.model.lost import lost_file
from snake_pipe.extract.model.rows import error_row, file_row, from_ipc, rows_to_batch
from snake_pipe.extract.worker import extraction, pieces
from snake_pipe.extract.worker.extraction import Extraction
from snake_pipe.extract.worker.parts import DocumentParts
from snake_pipe.extract.worker.setup import WorkerSetup
from snake_pipe.schemas import TABLES
from snake_pipe.transform.native.compiled import SOURCES
from snake_pipe.transform.trees.transformer import JsonTreeTransformer

if TYPE_CHECKING:
    from pathlib import Path

MEMORY = MemoryPlan(1 << 20, 1, batch_memory=1 << 20, nodes_in_memory=100)
"""Documents above 6,000 bytes are read in pieces of 600."""
SMALL = '{"type":"Program","start":0,"end":1,"body":[{"type":"Identifier","start":0,"end":1,"name":"a"}]}'
NAMES = '{"type":"Identifier","start":0,"end":1,"name":"a"}'
GOOD = '{"type":"Program","start":0,"end":1,"body":[' + ",".join([NAMES] * 300) + "]}"
BAD = GOOD[:-1] + ",]"


class Batch:
    """A batch of AST files below a folder, run in this process, and what it was seen to do."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, **texts: str) -> None:
        self.dataset = folder / "dataset"
        self.reads: Counter[str] = Counter()
        self.entered: list[int] = []
        for table in TABLES:
            (self.dataset / table).mkdir(parents=True)
        files = []
        for number, (name, text) in enumerate(texts.items()):
            path = folder / f"{name}.ast.json"
            path.write_text(text)
            files.append(DiscoveredFile(str(folder), path.name, len(text), 0, "ast", file_id=number << 20))
        self.files = tuple(files)
        for module, name in ((extraction, "read_file"), (pieces, "open_file")):
            monkeypatch.setattr(module, name, self._counted(getattr(module, name)))

    def run(self) -> BatchResult:
        result = self.extract()
        assert result.failure is None
        return result

    def extract(self) -> BatchResult:
        setup = WorkerSetup(BatchConfig(), "job", 1, str(self.dataset), memory=MEMORY)
        batch = FileBatch(1, self.files, sum(file.size_bytes for file in self.files), "ast", Trigger.CLOSE)
        return Extraction(setup, batch, lambda _, index: self.entered.append(index)).run()

    def parts(self) -> list[str]:
        """What there is in the table of nodes, unfinished parts too."""
        return sorted(path.name for path in (self.dataset / "nodes").iterdir())

    def nodes(self, result: BatchResult) -> dict[str, int]:
        """Rows of nodes by file, as the parts have them that the result names."""
        named = [self.dataset / part.table / part.name for part in result.parts if part.table == "nodes"]
        ids = Counter(i for path in named for i in pq.read_table(path)["file_id"].to_pylist())
        return {file.path.partition(".")[0]: ids[file.file_id] for file in self.files}

    def _counted(self, read: Any) -> Any:
        def counting(root: str, relative: bytes, *rest: Any) -> Any:
            self.reads[relative.decode().partition(".")[0]] += 1
            return read(root, relative, *rest)

        return counting


def test_a_large_document_has_parts_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = Batch(tmp_path, monkeypatch, a=SMALL, large=GOOD, z=SMALL)
    result = batch.run()
    assert batch.nodes(result) == {"a": 2, "large": 301, "z": 2}
    assert result.rows["nodes"] == 305
    assert batch.parts() == ["part-job-1-1-1-1.parquet", "part-job-1-1-1.parquet"]
    assert batch.reads == {"a": 1, "large": 1, "z": 1}


def test_a_bad_large_document_has_no_other_file_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its rows shared the batch's parts: once it proved bad they were thrown away, and all was read again."""
    batch = Batch(tmp_path, monkeypatch, a=SMALL, bad=BAD, large=GOOD, worse=BAD, z=SMALL)
    result = batch.run()
    assert batch.reads == dict.fromkeys(("a", "bad", "large", "worse", "z"), 1)
    assert batch.nodes(result) == {"a": 2, "bad": 0, "large": 301, "worse": 0, "z": 2}
    assert result.rows["nodes"] == 305
    assert result.reasons == {("failed", "invalid_json"): 2}
    assert {part.name for part in result.parts} == set(batch.parts())
    assert [row["node_count"] for row in from_ipc(result.files).to_pylist()] == [2, 0, 301, 0, 2]


def test_a_large_document_that_changes_is_read_again_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of its tries has the whole of its time; the others are not read for it."""
    batch = Batch(tmp_path, monkeypatch, a=SMALL, large=GOOD, z=SMALL)
    answers = iter((True, False))  # of `a`, and of the first try
    monkeypatch.setattr(OpenFile, "is_unchanged", lambda _: next(answers, True))
    result = batch.run()
    assert batch.reads == {"a": 1, "large": 2, "z": 1}
    assert batch.entered.count(1) > batch.reads["large"]
    assert batch.nodes(result) == {"a": 2, "large": 301, "z": 2}
    assert {part.name for part in result.parts if part.table == "nodes"} == set(batch.parts())


def test_a_batch_that_is_read_again_leaves_nothing_of_the_first_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A defect that one file meets: what a large document wrote before it is written once in the end."""
    batch = Batch(tmp_path, monkeypatch, large=GOOD, z=SMALL, defect=SMALL)
    drain = JsonTreeTransformer.drain

    def drain_or_break(self: JsonTreeTransformer) -> Any:
        drained = drain(self)
        if batch.files[2].file_id in drained.facts:
            raise ZeroDivisionError
        return drained

    monkeypatch.setattr(JsonTreeTransformer, "drain", drain_or_break)
    result = batch.run()
    assert batch.nodes(result) == {"large": 301, "z": 2, "defect": 0}
    assert result.rows["nodes"] == 303
    assert result.reasons == {("failed", "internal_error"): 1}
    assert {part.name for part in result.parts if part.table == "nodes"} == set(batch.parts())


def test_memory_that_runs_short_as_the_last_rows_are_written_is_that_files_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It left the batch, which failed as a whole, and with it the job and each of its resumes."""
    batch = Batch(tmp_path, monkeypatch, a=SMALL, large=GOOD, z=SMALL)
    monkeypatch.setattr(DocumentParts, "keep", _out_of_memory)
    result = batch.run()
    assert batch.nodes(result) == {"a": 2, "large": 0, "z": 2}
    assert result.rows["nodes"] == 4
    assert result.reasons == {("failed", "out_of_memory"): 1}
    assert {part.name for part in result.parts} == set(batch.parts())
    assert batch.reads == {"a": 1, "large": 1, "z": 1}


def test_a_disk_that_refuses_the_last_rows_is_the_batchs_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = Batch(tmp_path, monkeypatch, a=SMALL, large=GOOD)
    monkeypatch.setattr(DocumentParts, "keep", _no_room)
    assert batch.extract().failure == "no room"
    assert batch.parts() == []


def _out_of_memory(*_: object) -> None:
    raise MemoryError


def _no_room(*_: object) -> None:
    raise StorageError("no room")


def test_what_is_too_deep_for_pieces_is_read_as_a_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    levels = 3_000
    deep = '{"type":"Program","start":0,"end":1,"body":['
    deep += '{"type":"UnaryExpression","argument":' * levels + NAMES + "}" * levels + "]}"
    monkeypatch.setattr(MemoryPlan, "largest_whole", property(lambda self: len(deep) + self.nodes_in_memory))
    batch = Batch(tmp_path, monkeypatch, a=SMALL, deep=deep)
    result = batch.run()
    assert batch.reads == {"a": 1, "deep": 2}
    assert batch.nodes(result) == {"a": 2, "deep": levels + 2}
    assert batch.parts() == ["part-job-1-1-1.parquet"]


@pytest.mark.skipif(SOURCES is None, reason="Python alone cannot stop a parse")
def test_a_source_whose_time_is_over_has_the_rows_of_one_that_has_ended_its_worker(tmp_path: Path) -> None:
    for table in TABLES:
        (tmp_path / table).mkdir()
    (tmp_path / "long.py").write_text("a = 1\n" * 5000)
    file = DiscoveredFile(str(tmp_path), "long.py", 30000, 0, "python", file_id=7)
    config = BatchConfig(file_timeout_seconds=1e-9)
    setup = WorkerSetup(config, "job", 1, str(tmp_path), memory=MEMORY)
    batch = FileBatch(1, (file,), file.size_bytes, "python", Trigger.CLOSE)
    result = Extraction(setup, batch, lambda *_: None).run()
    assert result.reasons == {("quarantined", "timeout"): 1}
    assert result.failure_count == 1
    assert result.rows.get("nodes", 0) == 0
    lost = lost_file(file, "timeout", 1, file_timeout=1e-9, memory_limit=0)
    row = file_row(file, "job", status="quarantined", reason=lost.reason, attempts=1, error_count=1)
    assert from_ipc(result.files).to_pylist() == rows_to_batch("files", [row]).to_pylist()
    details = {"phase": "worker", "code": lost.reason, "message": lost.message, "retriable": True}
    error = error_row(file.path, "job", file_id=7, **details)
    assert from_ipc(result.errors).to_pylist() == rows_to_batch("errors", [error]).to_pylist()
