"""A job that is killed, wherever, and resumed gives the rows of one that was left alone."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import time

import psutil
import pytest

from snake_pipe.load.views import connect

SMALL_STEPS = ("--set", "batch_size=8", "--set", "target_seconds=0.15", "--flush-interval", "0.1")


@pytest.fixture(scope="module")
def undisturbed(python_sources, tmp_path_factory):
    import snake_pipe

    dataset = tmp_path_factory.mktemp("undisturbed") / "ds"
    result = snake_pipe.ingest(python_sources, dataset=dataset, worker_count=2)
    assert result.status == "done"
    assert result.statistics.files_failed == 0
    return dataset


def start_job(cli, sources, dataset):
    """A running job with its id, once it has begun."""
    process = cli.start("ingest", sources, "-d", dataset, "--workers", "2", *SMALL_STEPS)
    return process, job_of(process.stderr.readline())


def job_of(line):
    match = re.match(r"job (\S+) ", line)
    assert match, line
    return match.group(1)


def wait_gone(pids, limit=5.0):
    """Processes of `pids` that are still there after `limit` seconds."""
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        left = [pid for pid in pids if psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie"]
        if not left:
            return []
        time.sleep(0.05)
    return left


def kill_hard(process):
    """SIGKILL the coordinator alone; its workers have to see that for themselves."""
    below = [child.pid for child in psutil.Process(process.pid).children(recursive=True)]
    process.kill()
    process.wait()
    assert wait_gone(below) == []


def test_killed_again_and_again_then_resumed(cli, python_sources, undisturbed, tmp_path, differences):
    dataset = tmp_path / "ds"
    seed = 20261122
    chance = random.Random(seed)
    process, job = start_job(cli, python_sources, dataset)
    kills = 0
    for _ in range(12):
        time.sleep(chance.uniform(0.0, 0.3))
        if process.poll() is not None:
            break
        kill_hard(process)
        kills += 1
        process = cli.start("resume", job, "-d", dataset)
        process.stderr.readline()
    _, err = process.communicate(timeout=200)
    assert process.returncode == 0, err
    assert kills >= 3, "the job was done before it could be killed"
    assert differences(undisturbed, dataset) == {}


@pytest.mark.parametrize(
    ("target", "call", "whens"),
    [
        ("_jobs/{job}/journal.jsonl", "write", (1, 2, 3)),
        ("_jobs/{job}/journal.jsonl", "fsync", (1, 2, 3)),
        ("nodes/_delta_log", "fsync", (1, 2)),
        ("files/_delta_log", "fsync", (1, 2)),
        ("_jobs/{job}", "fsync", (2, 3)),
    ],
)
def test_killed_at_each_durable_step(
    cli, python_sources, tmp_path, differences, undisturbed, target, call, whens
):
    """SIGKILL at the k-th durable step of the coordinator, k swept, each time on a resume."""
    if subprocess.run(["strace", "-V"], capture_output=True, check=False).returncode != 0:
        pytest.skip("strace is not installed")
    dataset = tmp_path / "ds"
    process, job = start_job(cli, python_sources, dataset)
    time.sleep(0.2)
    kill_hard(process)
    path = dataset / target.format(job=job)
    codes = []
    for when in whens:
        trace = ["strace", "-f", "-qq", "-o", "/dev/null", "-P", str(path), "-e", f"trace={call}"]
        process = cli.start(
            "resume", job, "-d", dataset, before=[*trace, "-e", f"inject={call}:signal=KILL:when={when}"]
        )
        process.communicate(timeout=120)
        codes.append(process.returncode)
    assert any(code != 0 for code in codes), "no step was hit"
    final = cli.run("resume", job, "-d", dataset)
    assert final.returncode == 0, final.stderr
    assert differences(undisturbed, dataset) == {}


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_a_signal_ends_with_a_checkpoint(cli, python_sources, undisturbed, tmp_path, differences, name, code):
    dataset = tmp_path / "ds"
    process, job = start_job(cli, python_sources, dataset)
    time.sleep(0.35)
    process.send_signal(getattr(signal, name))
    _, err = process.communicate(timeout=30)
    assert process.returncode == code, err
    assert f"snake-pipe resume {job}" in err
    with connect(dataset) as connection:
        before = connection.execute("SELECT count(*) FROM files").fetchall()[0][0]
    assert cli.run("resume", "--last", "-d", dataset).returncode == 0
    assert differences(undisturbed, dataset) == {}
    with connect(dataset) as connection:
        assert connection.execute("SELECT count(*) FROM files").fetchall()[0][0] > before


def test_two_signals_end_it_at_once_and_leave_nobody_behind(cli, python_sources, tmp_path):
    process, _ = start_job(cli, python_sources, tmp_path / "ds")
    time.sleep(0.6)
    below = [child.pid for child in psutil.Process(process.pid).children(recursive=True)]
    started = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)
    time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=10)
    assert process.returncode == 130
    assert time.monotonic() - started < 5
    assert "Traceback" not in err
    assert wait_gone(below) == []


def test_killed_workers_are_replaced(cli, python_sources, undisturbed, tmp_path, differences):
    dataset = tmp_path / "ds"
    process, _ = start_job(cli, python_sources, dataset)
    killed = 0
    while process.poll() is None and killed < 4:
        time.sleep(0.4)
        workers = [
            child
            for child in psutil.Process(process.pid).children(recursive=True)
            if child.ppid() != process.pid  # below the fork server
        ]
        if workers:
            workers[0].kill()
            killed += 1
    _, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert killed >= 2
    assert differences(undisturbed, dataset) == {}


def test_a_resume_of_a_done_job_changes_nothing(cli, python_sources, tmp_path):
    dataset = tmp_path / "ds"
    process, job = start_job(cli, python_sources, dataset)
    process.communicate(timeout=120)
    before = sorted(path.name for path in (dataset / "nodes").iterdir())
    again = cli.run("resume", job, "-d", dataset)
    assert again.returncode == 0
    assert sorted(path.name for path in (dataset / "nodes").iterdir()) == before
    assert cli.run("resume", "--last", "-d", dataset).returncode == 2


def test_a_second_job_on_the_dataset_is_refused(cli, python_sources, tmp_path):
    dataset = tmp_path / "ds"
    process, job = start_job(cli, python_sources, dataset)
    second = cli.run("ingest", python_sources, "-d", dataset)
    assert second.returncode == 75
    assert job in second.stderr
    process.communicate(timeout=120)
    assert process.returncode == 0
    assert cli.run("ingest", python_sources, "-d", dataset).returncode == 0


def test_a_resume_may_take_fewer_workers_but_not_give_other_rows(
    cli, python_sources, tmp_path, differences, undisturbed
):
    dataset = tmp_path / "ds"
    process, job_id = start_job(cli, python_sources, dataset)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 143
    refused = cli.run("resume", job_id, "-d", dataset, "--set", "tables=symbols")
    assert refused.returncode == 2
    assert "tables cannot be changed by a resume" in refused.stderr
    wrong = cli.run("resume", job_id, "-d", dataset, "--set", "nonsense=1")
    assert wrong.returncode == 2
    resumed = cli.run("resume", job_id, "-d", dataset, "--workers", "1", "--memory-limit", "4000")
    assert resumed.returncode == 0, resumed.stderr
    checkpoint = json.loads((dataset / "_jobs" / job_id / "checkpoint.json").read_text())
    assert (checkpoint["config"]["worker_count"], checkpoint["config"]["memory_limit_mb"]) == (1, 4000)
    assert differences(undisturbed, dataset) == {}
