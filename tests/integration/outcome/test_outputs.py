"""What a run leaves for machines, however it ends."""

from __future__ import annotations

import json
import os
import stat

import pytest

from testkit.claims import taken
from testkit.repositories import python_files

parser = pytest.importorskip("prometheus_client.parser")

SERIAL = ("--set", "executor=serial")


@pytest.fixture
def small(tmp_path):
    return python_files(tmp_path / "small", 3)


def metrics(path):
    return {
        (
            sample.name,
            *sorted(value for name, value in sample.labels.items() if name != "dataset"),
        ): sample.value
        for family in parser.text_string_to_metric_families(path.read_text())
        for sample in family.samples
    }


def test_a_run_that_ends_well_and_the_next_that_is_refused(cli, small, tmp_path):
    summary, textfile = tmp_path / "run.json", tmp_path / "run.prom"
    outputs = ("--summary-json", summary, "--metrics-file", textfile)
    (small / "cut.ast.json").write_text('{"type": "Program", "body": [')
    assert cli.run("ingest", small, *SERIAL, "-q", "--max-failures", 1, *outputs).returncode == 0
    document = json.loads(summary.read_text())
    assert (document["status"], document["exit_code"], document["resume"]) == ("done", 0, None)
    assert document["repos"] == {"small": str(small)}
    assert document["files"]["by_language"] == {"ast": {"failed": 1}, "python": {"ok": 3}}
    assert document["files"]["failures"] == 1
    found = metrics(textfile)
    assert found["snake_pipe_dataset_files", "ok", "small"] == 3
    assert found["snake_pipe_dataset_rows", "nodes", "small"] == document["rows"]["nodes"]
    assert found["snake_pipe_dataset_size_bytes", "nodes"] > 0
    assert stat.S_IMODE(textfile.stat().st_mode) == 0o644
    assert sorted(path.name for path in tmp_path.glob("*run*")) == ["run.json", "run.prom"]

    with taken(small / ".snake-pipe", "small", job_id="20261122-101530-4f9a1c"):
        assert cli.run("ingest", small, *SERIAL, *outputs).returncode == 75
    refused = json.loads(summary.read_text())
    assert (refused["status"], refused["exit_code"], refused["job_id"]) == ("failed", 75, "")
    assert "is writing to" in refused["message"]
    again = metrics(textfile)
    assert again["snake_pipe_last_run_exit_code",] == 75
    for name in ("snake_pipe_last_success_timestamp_seconds",):
        assert again[name,] == found[name,]


def test_a_run_that_fails_for_its_files(cli, small, tmp_path):
    (small / "cut.ast.json").write_text('{"type": "Program", "body": [')
    done = cli.run(
        "ingest", small, *SERIAL, "-q", "--summary-json", "-", "--metrics-file", tmp_path / "run.prom"
    )
    assert done.returncode == json.loads(done.stdout)["exit_code"] == 3
    status = cli.run("status", "--json", "-d", small / ".snake-pipe")
    assert json.loads(status.stdout)["summary"] == json.loads(done.stdout)
    assert ("snake_pipe_last_success_timestamp_seconds",) not in metrics(tmp_path / "run.prom")


@pytest.mark.parametrize("option", ["--summary-json", "--metrics-file"])
@pytest.mark.parametrize("name", ["missing/run", "small"])
def test_what_cannot_be_written_is_refused_before_anything_is_done(cli, small, tmp_path, option, name):
    refused = cli.run("ingest", small, *SERIAL, option, tmp_path / name)
    assert (refused.returncode, f"cannot write to {tmp_path / name}" in refused.stderr) == (2, True)
    assert not (small / ".snake-pipe").exists()


def test_a_disk_that_refuses_the_file_is_told(cli, small):
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full")
    failed = cli.run("ingest", small, *SERIAL, "-q", "--summary-json", "/dev/full")
    assert failed.returncode == 1
    assert "cannot write /dev/full: No space left on device" in failed.stderr
