"""`status --health` of real jobs, and the summary that `status --json` has of them."""

from __future__ import annotations

import json
import os
import signal

import pytest

from testkit.repositories import python_files
from testkit.waiting import wait_for


@pytest.fixture
def small(tmp_path):
    return python_files(tmp_path / "small", 3)


def test_from_no_job_to_one_that_died(cli, small):
    dataset = small / ".snake-pipe"

    def health(*options):
        return cli.run("status", "--health", "-d", dataset, *options)

    def summary():
        shown = cli.run("status", "--json", "-d", dataset).stdout  # nothing while a job begins
        return json.loads(shown or '{"summary": {}}')["summary"]

    nothing = health()
    assert (nothing.returncode, nothing.stdout[:11]) == (1, "unhealthy: ")

    cli.run("ingest", small, "-q", "--set", "executor=serial")
    well = health("--max-age", "1h")
    assert (well.returncode, well.stdout[:8]) == (0, "healthy:")

    watch = cli.start("watch", small, "-q", "--full", "--set", "executor=serial")
    running = wait_for(
        lambda: (now := summary()).get("status") == "running" and now["files"]["done"] == 3 and now
    )
    assert (running["ended_at"], running["exit_code"], running["resume"]) == (None, None, None)
    wait_for(lambda: health("--max-age", "1us").returncode == 0)  # it has done all there is to do
    os.kill(watch.pid, signal.SIGSTOP)
    assert "no sign of life" in wait_for(
        lambda: (told := health("--stalled-after", "10ms")).returncode and told.stdout
    )

    os.kill(watch.pid, signal.SIGKILL)
    watch.communicate()
    died = health("--json")
    document = json.loads(died.stdout)
    assert (died.returncode, document["healthy"], document["status"]) == (1, False, "interrupted")
    assert f"snake-pipe resume {document['job_id']}" in document["reasons"][0]
    killed = summary()
    assert (killed["status"], killed["exit_code"]) == ("interrupted", None)
    assert killed["ended_at"] > killed["started_at"] == running["started_at"]
    assert killed["resume"] == f"snake-pipe resume {killed['job_id']}"


@pytest.mark.parametrize(
    "options", [("--max-age", "1h"), ("--health", "--max-age", "soon"), ("--health", "--follow")]
)
def test_options_that_mean_nothing_are_refused(cli, small, options):
    assert cli.run("status", "-d", small, *options).returncode == 2
