"""Sixteen shards of one repository that start at the same moment, on one dataset, again and again.

Each round begins a dataset, in a folder or in a bucket: no row is lost, none is there twice, every commit
of every job is in the logs, and the dataset is tidy when the last one has ended. How long commits waited for
each other is printed (`-s`).
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

import orjson
import pytest

from snake_pipe.load.dataset import Dataset, number_in_series
from snake_pipe.storage.open import open_storage
from snake_pipe.utils.checkpoint_manager import JOBS_FOLDER, CheckpointManager
from snake_pipe.utils.journal.open import read_journal
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
    """(table, series, number) of each flush that the logs hold."""
    found = []
    for table in ("files", "nodes", "symbols", "batches"):
        log = dataset.log(table)
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


@pytest.mark.timeout(7200)
def test_no_row_is_lost_and_none_is_doubled(repository, whole, place):
    waits, began = [], time.monotonic()
    for number in range(ROUNDS):
        url = f"{place}/round{number}"
        command = [sys.executable, "-c", START_AT_ONCE, repository, url, str(SHARDS)]
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=900)
        assert (done.returncode, done.stderr) == (0, "")
        assert differences(whole, url) == {}
        dataset = Dataset.open(open_storage(url))
        state = dataset.storage.at(JOBS_FOLDER)
        jobs = CheckpointManager(dataset.storage).job_ids()
        assert len(jobs) == SHARDS
        commits = commits_in_logs(dataset)
        assert len(commits) == len(set(commits))
        for job in jobs:
            records, is_torn = read_journal(state.at(job))
            assert not is_torn
            for flush in (record for record in records if record["type"] == "flush"):
                number = number_in_series(flush["epoch"], flush["seq"])
                assert ("files", f"snake-pipe {flush['series']}", number) in commits
        assert dataset.snapshot().is_tidy
        assert sorted(int(file.name) for file in state.files("_epochs")) == list(range(1, SHARDS + 1))
        waits += [waited(state, job) for job in jobs]
    conflicts, seconds, longest = (list(column) for column in zip(*waits, strict=True))
    print(
        f"\n{place}: {ROUNDS} rounds of {SHARDS} shards in {time.monotonic() - began:.0f} s:"
        f" {sum(conflicts):,} commits met another; each job waited {sum(seconds) / len(seconds):.3f} s on"
        f" average, {max(seconds):.3f} s at most; one commit {max(longest):.3f} s at most"
    )


def waited(state, job):
    """How often a job's commits met others, and for how long they waited in all and at most, in seconds."""
    status = orjson.loads(state.read(f"{job}/status.json"))
    return tuple(status[name] for name in ("commit_conflicts", "commit_waited", "longest_commit_wait"))
