"""Commands from a second terminal to an ingestion that runs, and what they do to it."""

from __future__ import annotations

import json
import os
import re
import time

import pytest

from snake_pipe.load.sql.views import connect
from snake_pipe.storage.local import LocalStorage
from snake_pipe.utils.checkpoint_manager import CheckpointManager

SLOW = (
    "--workers",
    "1",
    "--set",
    "batch_size=4",
    "--set",
    "max_batch_size=4",
    "--set",
    "target_seconds=0.05",
)
SELDOM = ("--flush-interval", "600")  # so that what is seen was asked for


class Terminal:
    """The second terminal, on one job."""

    def __init__(self, cli, dataset, job):
        self.cli, self.dataset, self.job = cli, dataset, job

    def control(self, *words):
        done = self.cli.run("control", self.job, *words, "-d", self.dataset)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def status(self):
        return json.loads(self.cli.run("status", self.job, "--json", "-d", self.dataset).stdout)

    def wait_for(self, condition):
        deadline = time.monotonic() + 60
        while not condition(status := self.status()):
            assert time.monotonic() < deadline, status
            time.sleep(0.05)
        return status

    def wait_until_still(self):
        """The status once no worker has a batch in hand, seen twice."""
        before = self.wait_for(lambda status: status["busy_workers"] == 0)
        after = self.wait_for(lambda status: status["busy_workers"] == 0 and status["time"] > before["time"])
        return after if after["files_done"] == before["files_done"] else self.wait_until_still()

    def files(self):
        with connect(LocalStorage(self.dataset)) as connection:
            return connection.execute("SELECT count(*) FROM files").fetchall()[0][0]


@pytest.fixture
def begin(cli, python_sources, tmp_path):
    """Starts an ingestion that takes long enough to be spoken to; its process and the second terminal."""

    def start(*options):
        dataset = tmp_path / "ds"
        process = cli.start("ingest", python_sources, "-d", dataset, *SLOW, *options)
        match = re.match(r"job (\S+) ", process.stderr.readline())
        assert match
        return process, Terminal(cli, dataset, match.group(1))

    return start


def test_a_job_paused_changed_flushed_and_stopped_resumes_to_the_same_rows(
    cli, begin, undisturbed, differences
):
    process, other = begin(*SELDOM)
    other.control("pause")
    paused = other.wait_until_still()
    assert paused["status"] == "paused"
    assert paused["files_discovered"] > paused["files_done"]

    other.control("set", "max_latency=2s", "batch_size=50")
    changes = {change["name"]: change for change in other.status()["changes"]}
    assert (changes["max_latency"]["old"], changes["max_latency"]["new"]) == (10.0, 2.0)
    assert (changes["batch_size"]["old"], changes["batch_size"]["new"]) == (4, 50)
    assert all(time.time() - change["time"] < 300 for change in changes.values())

    assert other.wait_until_still()["files_done"] == paused["files_done"]  # nothing was begun meanwhile
    other.control("unpause")
    other.wait_for(lambda status: status["files_done"] > paused["files_done"])
    other.control("pause")
    held = other.wait_until_still()
    other.control("flush")
    assert other.files() == held["files_done"]
    assert other.status()["files_committed"] == held["files_done"]

    other.control("stop")
    _, err = process.communicate(timeout=60)
    assert process.returncode not in (0, 1, 2), err
    assert f"snake-pipe resume {other.job}" in err
    stopped = CheckpointManager(LocalStorage(other.dataset)).load(other.job)
    assert stopped.progress.status == "stopped"
    assert (stopped.config["max_latency"], stopped.config["batch_size"]) == (2.0, 50)
    refused = cli.run("control", other.job, "pause", "-d", other.dataset)
    assert refused.returncode == 2
    assert f"snake-pipe resume {other.job}" in refused.stderr

    before = other.files()
    resumed = cli.run("resume", other.job, "-d", other.dataset)
    assert resumed.returncode == 0, resumed.stderr
    assert other.files() > before
    assert differences(undisturbed, other.dataset) == {}


def test_a_stop_that_a_killed_job_never_read_does_not_stop_its_resume(cli, begin, undisturbed, differences):
    process, other = begin()
    other.control("pause")
    process.kill()
    process.wait()
    folder = CheckpointManager(LocalStorage(other.dataset)).job_folder(other.job).folder / "control"
    left = folder / f"{time.time_ns():020}-00000000.json"
    left.write_bytes(json.dumps({"id": left.stem, "action": "stop", "arguments": {}}).encode())
    assert other.status()["status"] == "interrupted"
    resumed = cli.run("resume", other.job, "-d", other.dataset)
    assert resumed.returncode == 0, resumed.stderr
    assert not left.exists()
    assert differences(undisturbed, other.dataset) == {}


def test_a_job_told_rubbish_goes_on_and_says_so_in_few_words(begin, undisturbed, differences):
    process, other = begin()
    other.control("pause")
    folder = CheckpointManager(LocalStorage(other.dataset)).job_folder(other.job).folder / "control"
    for number in range(500):  # five turns
        (folder / f"{number:020}-0a1b2c3d.json").write_bytes(b"\x1b]52;c;eA==\x07")
    (folder / "huge.json").touch()
    os.truncate(folder / "huge.json", 1 << 30)
    os.mkfifo(folder / "fifo.json")
    other.control("unpause")
    _, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert "is refused" in err
    assert len(err.splitlines()) < 100
    assert all(line.isprintable() for line in err.splitlines())
    assert differences(undisturbed, other.dataset) == {}


def test_what_is_cancelled_is_recorded_and_not_dropped(cli, begin, undisturbed):
    process, other = begin()
    other.control("pause")
    other.wait_until_still()
    assert re.match(r"[1-9]\d* ", other.control("cancel", "--queue", "python"))
    # A paused job of which nothing is left is done, and needs no word more.
    unpaused = cli.run("control", other.job, "unpause", "-d", other.dataset)
    assert unpaused.returncode == 0 or "is done" in unpaused.stderr, unpaused.stderr
    _, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    counts = "SELECT count(*), count(*) FILTER (status = 'skipped' AND reason = 'cancelled') FROM files"
    with connect(LocalStorage(other.dataset)) as connection, connect(LocalStorage(undisturbed)) as whole:
        files, cancelled = connection.execute(counts).fetchall()[0]
        assert (files, 0) == whole.execute(counts).fetchall()[0]
    assert 0 < cancelled < files


def test_following_a_job_ends_with_it(cli, begin):
    process, other = begin()
    follower = cli.start("status", other.job, "--follow", "-d", other.dataset)
    assert " running · " in follower.stdout.readline()
    _, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    out, _ = follower.communicate(timeout=30)
    assert follower.returncode == 0
    summary = out[out.index("files    ") :].splitlines()
    assert summary[0] in err  # the words with which the job itself ended
