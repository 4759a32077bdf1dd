"""How a dataset stands after a run, where there is more than reports tell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import snake_pipe
from snake_pipe.outcome import state
from snake_pipe.outcome.metrics.dataset_figures import dataset_figures
from snake_pipe.outcome.state import look_up
from snake_pipe.outcome.summary import RunSummary, repos_of_job
from snake_pipe.storage.local import LocalStorage
from testkit.repositories import python_files


@pytest.fixture
def ended(tmp_path: Path) -> RunSummary:
    """Ten files with thirty errors each."""
    root = tmp_path / "r"
    root.mkdir()
    for number in range(10):
        code = "".join(f"def f{line}(:\n    pass\n" for line in range(30))
        (root / f"m{number}.py").write_text(code)
    result = snake_pipe.ingest(root, executor="serial")
    dataset = LocalStorage(Path(result.dataset))
    return RunSummary(result.job_id, result.dataset, "done", repos=repos_of_job(dataset, result.job_id))


def looked_up(ended, with_findings=True):
    return look_up(ended, base=Path(ended.dataset).parent, with_findings=with_findings, with_drift=False)


def test_no_file_crowds_out_the_others(ended, monkeypatch):
    """The first errors of ten files are told before the second of any; the rest is counted."""
    monkeypatch.setattr(
        state, "_FINDINGS", state._FINDINGS.replace(f"LIMIT {state.MOST_FINDINGS}", "LIMIT 15")
    )
    monkeypatch.setattr(state, "MOST_FINDINGS", 15)
    found = looked_up(ended)
    files = [one.path for one in found.findings]
    assert files == sorted(files)
    assert {path: files.count(path) for path in files} == {
        f"m{number}.py": 2 if number < 5 else 1 for number in range(10)
    }
    assert found.left_out == 10 * 20 - 15


def test_a_file_tells_at_most_twenty(ended):
    found = looked_up(ended)
    assert len(found.findings) == 200
    assert [one.line for one in found.findings[:3]] == [1, 3, 5]


def test_the_library_judges_gates(tmp_path):
    """They were accepted and forgotten."""
    root = python_files(tmp_path / "r", 2)
    (root / "b.py").write_text("def b(:\n    pass\n")
    dataset = tmp_path / "ds"
    gates = ["ok>=99%", "failed=0", "drift=0"]
    result = snake_pipe.ingest(root, dataset=dataset, executor="serial", gates=gates)
    breach = "the gate ok>=99% is not met: 66.7 % ok (2 of 3 files)"
    assert (result.success, result.breaches) == (True, (breach,))
    assert breach in repr(result)
    again = snake_pipe.resume(result.job_id, dataset, gates=["partial<=1"])
    assert again.breaches == ()


def test_trees_in_a_file_are_no_files_of_the_metrics(tmp_path):
    tree = {"type": "Program", "body": [], "sourceType": "module"}
    (tmp_path / "many.ast.json").write_text(json.dumps([tree] * 3))
    result = snake_pipe.ingest(tmp_path, executor="serial")
    figures = dataset_figures(LocalStorage(Path(result.dataset)))
    repo = tmp_path.name
    assert (figures.files.total(), figures.source[repo]) == (1, (tmp_path / "many.ast.json").stat().st_size)
    assert figures.rows[repo, "nodes"] == 3


def test_gates_alone_read_no_finding(ended):
    found = looked_up(ended, with_findings=False)
    assert (found.findings, found.left_out) == ((), 0)
    assert found.files == {("python", "partial"): 10}
    assert found.new_failures == {}
