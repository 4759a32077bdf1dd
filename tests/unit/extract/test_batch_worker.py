"""A worker, here in this process: one batch after the other."""

from __future__ import annotations

import pytest

import snake_pipe
from snake_pipe.extract.batch_models import DiscoveredFile, FileBatch, Trigger
from snake_pipe.extract.batch_worker import BatchWorker
from snake_pipe.extract.batching.memory import plan_memory
from snake_pipe.extract.model.rows import from_ipc
from snake_pipe.extract.worker.setup import WorkerSetup
from snake_pipe.load.dataset import Dataset
from snake_pipe.storage.local import LocalStorage
from snake_pipe.transform.sources import transformer


@pytest.mark.parametrize(("error", "code"), [(KeyError, "internal_error"), (MemoryError, "out_of_memory")])
def test_a_defect_in_a_drain_costs_one_file(tmp_path, monkeypatch, error, code):
    """It used to fail the whole batch as if the disk were full, on each resume again.

    The fault is planted: no input is known that brings one out.
    """
    original = transformer.SourceTreeTransformer.drain

    def drain(self):
        result = original(self)
        if any(facts.traits == ["test"] for facts in result.facts.values()):
            raise error("planted")
        return result

    monkeypatch.setattr(transformer.SourceTreeTransformer, "drain", drain)
    dataset = Dataset.create(LocalStorage(tmp_path / "ds"))
    files = []
    for index, name in enumerate(["a.py", "test_poison.py", "b.py"]):
        (tmp_path / name).write_text(f"def f{index}(): pass\n")
        found = DiscoveredFile.from_path(tmp_path / name, queue="python")
        files.append(DiscoveredFile(found.root, found.path, found.size_bytes, 0, "python", file_id=index))
    config = snake_pipe.BatchConfig()
    setup = WorkerSetup(config, "job1", 1, str(dataset.storage.folder), memory=plan_memory(1 << 30, 1))
    worker = BatchWorker("w", config, setup)
    batch = FileBatch(1, tuple(files), 60, "python", Trigger.SIZE)
    result = worker.run(batch)
    assert result.failure is None
    assert result.outcomes == {("ok", "python"): 2, ("failed", "python"): 1}
    (failed,) = from_ipc(result.errors).to_pylist()
    assert (failed["path"], failed["code"]) == ("test_poison.py", code)
    assert {part.table: part.rows for part in result.parts}["symbols"] == 2
