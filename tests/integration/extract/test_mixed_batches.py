"""One queue for all files: batches of several languages give the same rows as batches of one each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import snake_pipe
from snake_pipe.extract.batch_config import BatchConfig
from snake_pipe.extract.batch_models import DiscoveredFile, FileBatch, Trigger
from snake_pipe.extract.batching.memory import plan_memory
from snake_pipe.extract.worker.extraction import Extraction
from snake_pipe.extract.worker.setup import WorkerSetup
from snake_pipe.load.dataset import Dataset
from snake_pipe.storage.local import LocalStorage
from snake_pipe.transform.rows import contract
from snake_pipe.transform.sources.transformer import SourceTreeTransformer
from testkit.places import SAMPLES

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest


def test_mixed_batches_give_the_same_rows(
    tmp_path: Path, differences: Callable[[Path, Path], dict[str, int]]
) -> None:
    for name, smart in (("typed", True), ("mixed", False)):
        result = snake_pipe.ingest(SAMPLES, dataset=tmp_path / name, executor="serial", smart_batching=smart)
        assert result.success
    assert differences(tmp_path / "typed", tmp_path / "mixed") == {}
    with snake_pipe.connect(tmp_path / "mixed") as connection:
        (queues,) = connection.execute("SELECT list(DISTINCT language) FROM batches").fetchone() or ((),)
        several = connection.execute("SELECT count(DISTINCT language) > 5 FROM files").fetchone()
    assert queues == ["mixed"]
    assert several == (True,)


def extract(tmp_path: Path, **files: str) -> tuple[dict[str, int], dict[tuple[str, str], int]]:
    """Run one mixed batch; its rows by table and its outcomes."""
    found = []
    for number, (name, text) in enumerate(files.items()):
        language, _, ending = name.partition("_")
        path = tmp_path / f"{number}.{ending}"
        path.write_text(text, encoding="utf-8")
        file = DiscoveredFile(str(tmp_path), path.name, path.stat().st_size, 0, language, "r", file_id=number)
        found.append(file)
    dataset = Dataset.create(LocalStorage(tmp_path / "data"))
    setup = WorkerSetup(
        BatchConfig(), job_id="job", dataset=str(dataset.storage.folder), memory=plan_memory(1 << 30, 1)
    )
    batch = FileBatch(1, tuple(found), sum(file.size_bytes for file in found), "mixed", Trigger.CLOSE)
    result = Extraction(setup, batch, lambda *_: None).run()
    assert result.failure is None
    return result.rows, result.outcomes


def test_a_transformer_is_opened_for_each_language_once_and_for_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []

    def open_and_count(queue: str, options: contract.TransformOptions) -> contract.Transformer:
        opened.append(queue)
        return SourceTreeTransformer(queue, options)

    monkeypatch.setattr("snake_pipe.extract.worker.extraction.open_transformer", open_and_count)
    rows, outcomes = extract(tmp_path, python_py="a = 1\n", go_go="package a\n", python_pyi="b: int\n")
    assert opened == ["python", "go"]
    assert outcomes == {("ok", "python"): 2, ("ok", "go"): 1}
    assert rows["files"] == 3


def test_a_defect_in_one_language_costs_the_files_of_the_others_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def open_or_break(queue: str, options: contract.TransformOptions) -> contract.Transformer:
        opened = SourceTreeTransformer(queue, options)
        if queue == "go":
            monkeypatch.setattr(opened, "drain", lambda: 1 / 0)
        return opened

    monkeypatch.setattr("snake_pipe.extract.worker.extraction.open_transformer", open_or_break)
    _, outcomes = extract(tmp_path, python_py="a = 1\n", go_go="package a\n", ruby_rb="b = 2\n")
    assert outcomes == {("ok", "python"): 1, ("failed", "go"): 1, ("ok", "ruby"): 1}
