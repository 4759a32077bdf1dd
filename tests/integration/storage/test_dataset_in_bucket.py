"""A dataset in a bucket is used as one in a folder is, and has the same rows."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import snake_pipe
from snake_pipe.errors import ExitCode
from snake_pipe.load.claims.writers import claim_name, read_writers
from snake_pipe.storage.lease import LeaseRecord
from snake_pipe.storage.open import open_storage
from snake_pipe.utils.checkpoint_manager import JOBS_FOLDER
from testkit.command import LIMIT
from testkit.compared import differences
from testkit.repositories import python_files

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from testkit.command import Cli

_KILLED_BEFORE_ITS_COMMIT = """
import os, signal, sys, snake_pipe
from snake_pipe.load.dataset import Dataset
Dataset.commit = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
snake_pipe.ingest(sys.argv[1], dataset=sys.argv[2], executor="serial")
"""


def let_leases_end(url: str) -> str:
    """As if the time to live of a killed job's lease were over; the job's id."""
    jobs = open_storage(url).at(JOBS_FOLDER)
    (writer,) = read_writers(jobs)
    name = claim_name(writer.token)
    lease = LeaseRecord.from_bytes(jobs.read(name))
    jobs.replace(name, replace(lease, ttl=0.01).to_bytes())
    return writer.job_id


def test_a_dataset_in_a_bucket(
    cli: Cli, tmp_path: Path, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = python_files(tmp_path / "repo", 4)
    first = snake_pipe.ingest(sources, dataset=bucket, executor="serial")
    assert (first.status, first.statistics.files_done) == ("done", 4)

    (sources / "m00.py").write_text("def changed(): return also_changed()\n")
    (sources / "m01.py").unlink()
    (sources / "new.py").write_text("import os\n")
    command = [sys.executable, "-c", _KILLED_BEFORE_ITS_COMMIT, str(sources), bucket]
    killed = subprocess.run(command, env={**os.environ, **cli.environment}, timeout=LIMIT, check=False)
    assert killed.returncode == -signal.SIGKILL
    refused = cli.run("ingest", sources, "-d", bucket, "-q")
    assert refused.returncode == ExitCode.DATASET_BUSY
    assert "--lock-timeout 10m waits for it; if it was killed, its lease ends within 30 s" in refused.stderr
    with snake_pipe.connect(bucket) as connection:
        assert connection.sql("SELECT count(*) FROM files WHERE path = 'new.py'").fetchall() == [(0,)]
    job = let_leases_end(bucket)
    monkeypatch.setattr("snake_pipe.storage.object_claim._LOOKS", 1000)

    resumed = cli.run("resume", job, "-d", bucket, "--no-progress")
    assert resumed.returncode == 0, resumed.stderr
    assert "done" in cli.run("status", job, "-d", bucket).stdout
    changed = cli.run("diff", "-d", bucket).stdout
    assert "m01.py" in changed
    assert "m02.py" not in changed
    with snake_pipe.connect(bucket) as connection:
        functions = connection.sql(
            "SELECT name FROM symbols JOIN files USING (file_id) WHERE path = 'm00.py'"
        )
        assert functions.fetchall() == [("changed",)]

    snake_pipe.ingest(sources, dataset=tmp_path / "ds", executor="serial")
    assert differences(tmp_path / "ds", bucket) == {}
