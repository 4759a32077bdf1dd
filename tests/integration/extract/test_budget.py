"""Runs with a budget of time: in order, resumable, the most urgent files first."""

from __future__ import annotations

import asyncio

import pytest
from deltalake import DeltaTable

from snake_pipe.cli.output.jobs.summary import summary_lines
from snake_pipe.extract.batch_config import BatchConfig
from snake_pipe.extract.batch_processor import BatchProcessingEngine, IngestRequest
from snake_pipe.extract.planning.budget import Budget
from snake_pipe.observe.events import BatchFinished
from snake_pipe.observe.status import BUDGET
from testkit.repositories import python_files
from testkit.tables import value

ONE_BY_ONE = BatchConfig(executor="serial", batch_size=1, queue_sizes=("python=1",))


@pytest.mark.parametrize(("options", "code"), [((), 0), (("--budget-exit", "1"), 1)])
def test_a_used_budget_is_an_end_in_order(cli, tmp_path, options, code):
    """A tenth of a second is less than the last commit may take: nothing is read, on any machine."""
    root = python_files(tmp_path / "r", 5)
    done = cli.run("ingest", root, "--budget", "100ms", *options)
    assert done.returncode == code
    assert (
        "stopped by its budget of time, before all files were found; resume with: snake-pipe " in done.stderr
    )
    quiet = cli.run("ingest", root, "--budget", "100ms", "-q", *options)
    assert quiet.stderr.count("\n") == code, "an end in order is no failure, unless it is said to be one"
    assert quiet.stderr.count("snake-pipe: stopped by its budget of time") == code
    resumed = cli.run("resume", "--last", "-d", root / ".snake-pipe", "--budget", "1h")
    assert (resumed.returncode, "5 ok" in resumed.stderr) == (0, True)
    assert value(root / ".snake-pipe", "SELECT count(*) FROM files WHERE status = 'ok'") == 5


@pytest.mark.parametrize("budget", ["0s", "-1m", "soon"])
def test_a_budget_is_a_time(cli, tmp_path, budget):
    refused = cli.run("ingest", tmp_path, "--budget", budget)
    assert (refused.returncode, f"--budget {budget}" in refused.stderr) == (2, True)


def test_the_most_urgent_come_first_and_of_those_the_smallest(tmp_path):
    root = tmp_path / "r"
    root.mkdir()
    sizes = {"a.py": 60, "b.py": 20, "new/c.py": 50, "new/d.py": 30, "old/e.py": 10}
    for name, size in sizes.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text("x = 1 #" + "." * (size - 7))
    finished = []
    engine = BatchProcessingEngine(
        BatchConfig(
            executor="serial", batch_size=1, queue_sizes=("python=1",), priority=("new/=9", "old/=2")
        ),
        listener=lambda event: finished.append(event.bytes) if isinstance(event, BatchFinished) else None,
    )
    request = IngestRequest(roots=(str(root),), dataset=str(tmp_path / "d"))
    result = asyncio.run(engine.ingest(request, budget=3600))
    assert result.success
    assert finished == [30, 50, 20, 60, 10]


def test_what_is_left_is_told_and_what_is_gone_is_recorded(tmp_path, monkeypatch):
    """The second batch is expected to take longer than there is time: one file is read."""
    root = python_files(tmp_path / "r", 5)
    request = IngestRequest(roots=(str(root),), dataset=str(tmp_path / "d"))
    asyncio.run(BatchProcessingEngine(ONE_BY_ONE).ingest(request))
    gone, *others = sorted(root.rglob("*.py"))
    gone.unlink()
    for file in others:
        file.write_text("changed = 1\n")
    monkeypatch.setattr(Budget, "fits", lambda budget, expected, now: not budget._has_sent)
    result = asyncio.run(BatchProcessingEngine(ONE_BY_ONE).ingest(request, budget=3600))
    assert (result.status, result.message) == ("stopped", BUDGET)
    assert "stopped by its budget of time, 3 files left; resume with:" in summary_lines(result)[0]
    assert value(tmp_path / "d", "SELECT count(*) FROM symbols WHERE name = 'changed'") == 1
    assert value(tmp_path / "d") == 4
    assert DeltaTable(tmp_path / "d" / "files").to_pyarrow_table().num_rows == 4, "it is tidied"
    resumed = asyncio.run(BatchProcessingEngine().resume(result.job_id, tmp_path / "d"))
    assert resumed.statistics.outcomes == {("ok", "python"): 3}
    assert value(tmp_path / "d", "SELECT count(*) FROM symbols WHERE name = 'changed'") == 4
