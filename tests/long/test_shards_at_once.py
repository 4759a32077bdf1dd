"""Sixteen shards of one repository that start at the same moment, on one dataset, again and again.

Each round begins a dataset: no row is lost, none is there twice, every commit of every job is in the logs,
and the dataset is tidy when the last one has ended. How long commits waited for each other is printed (`-s`).
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from snake_pipe.load.dataset import Dataset
from snake_pipe.storage.local import LocalStorage
from snake_pipe.utils.checkpoint_manager import CheckpointManager
from snake_pipe.utils.journal.append_file import read_file
from testkit.compared import differences
from testkit.repositories import python_files

SHARDS, FILES = 16, 160
ROUNDS = int(os.environ.get("SHARD_ROUNDS", "20"))

START_AT_ONCE = """
import os, sys
import snake_pipe.cli.app, snake_pipe.extract.batch_processor, snake_pipe.load.tidy.tidy, pyarrow.parquet
from snake_pipe.__main__ import main
repository, dataset, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
gate, opener = os.pipe()
children = []
for shard in range(1, count + 1):
    child = os.fork()
    if child == 0:
        os.close(opener)
        os.read(gate, 1)
        options = ["--shard", f"{shard}/{count}", "-q", "--set", "executor=serial"]
        sys.argv = ["snake-pipe", "ingest", repository, "-d", dataset, *options]
        sys.exit(main())
    children.append(child)
os.close(opener)
sys.exit(max(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children))
"""
"""All shards are processes that have imported everything, and begin when the gate opens."""


def commits_in_logs(dataset):
    """(table, job, flush) of each commit that the logs hold."""
    found = []
    for table in ("files", "nodes", "symbols", "batches"):
        log = Dataset.open(LocalStorage(dataset)).log(table)
        for version in log.entry_versions():
            for action in log.read_entry(version):
                if "txn" in action:
                    found.append((table, action["txn"]["appId"], action["txn"]["version"]))
    return found


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    return python_files(tmp_path_factory.mktemp("source") / "repo", FILES)


@pytest.fixture(scope="module")
def whole(repository):
    """The rows of one run."""
    dataset = repository.with_name("whole")
    command = [sys.executable, "-m", "snake_pipe", "ingest", repository, "-d", dataset, "-q"]
    subprocess.run([*command, "--set", "executor=serial"], check=True)
    return dataset


@pytest.mark.timeout(3600)
def test_no_row_is_lost_and_none_is_doubled(repository, whole, tmp_path):
    waits = []
    for number in range(ROUNDS):
        dataset = tmp_path / f"round{number}"
        command = [sys.executable, "-c", START_AT_ONCE, repository, dataset, str(SHARDS)]
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=900)
        assert (done.returncode, done.stderr) == (0, "")
        assert differences(whole, dataset) == {}
        jobs = CheckpointManager(LocalStorage(dataset)).job_ids()
        assert len(jobs) == SHARDS
        commits = commits_in_logs(dataset)
        assert len(commits) == len(set(commits))
        for job in jobs:
            records, _ = read_file(dataset / "_jobs" / job / "journal.jsonl")
            for flush in (record for record in records if record["type"] == "flush"):
                assert ("files", job, flush["seq"]) in commits
        assert Dataset.open(LocalStorage(dataset)).snapshot().is_tidy
        assert sorted(epochs(dataset)) == list(range(1, SHARDS + 1))
        waits += [waited(dataset, job) for job in jobs]
    conflicts, seconds, longest = (list(column) for column in zip(*waits, strict=True))
    print(
        f"\n{ROUNDS} rounds of {SHARDS} shards: {sum(conflicts):,} commits met another; each job waited"
        f" {sum(seconds) / len(seconds):.3f} s on average, {max(seconds):.3f} s at most; one commit"
        f" {max(longest):.3f} s at most"
    )


def epochs(dataset):
    return [int(path.name) for path in Path(dataset, "_jobs", "_epochs").iterdir()]


def waited(dataset, job):
    """How often a job's commits met others, and for how long they waited in all and at most, in seconds."""
    status = orjson.loads((dataset / "_jobs" / job / "status.json").read_bytes())
    return tuple(status[name] for name in ("commit_conflicts", "commit_waited", "longest_commit_wait"))
