"""A job that is killed, wherever, and resumed gives the rows of one that was left alone."""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import signal
import subprocess
from contextlib import suppress
from dataclasses import replace

import psutil
import pytest

import snake_pipe
from snake_pipe.storage.local import LocalStorage
from snake_pipe.utils.checkpoint_manager import CheckpointManager
from testkit.processes import below, kill_with_workers, suspended, workers_of
from testkit.tables import rows, value
from testkit.waiting import NEVER, PATIENCE, wait_for, wait_gone

SMALL_STEPS = ("--set", "batch_size=8", "--set", "target_seconds=0.15", "--flush-interval", "0.1")
SMALLEST_STEPS = ("--set", "batch_size=3", "--set", "target_seconds=0.01", "--flush-interval", "0.02")
"""In place of those, where a job must not be done before it was ended several times, however fast it is."""


def start_job(cli, sources, dataset, *options):
    """A running job with its id, once it has begun."""
    process = cli.start("ingest", sources, "-d", dataset, "--workers", "2", *SMALL_STEPS, *options)
    return process, job_of(process.stderr.readline())


def job_of(line):
    match = re.match(r"job (\S+) ", line)
    assert match, line
    return match.group(1)


def wait_for_progress(process, dataset, job, least=1):
    """Wait until the job's journal has grown by `least` bytes; False if the job ended before."""
    journal = dataset / "_jobs" / job / "journal.jsonl"
    size = journal.stat().st_size
    wait_for(lambda: journal.stat().st_size >= size + least or process.poll() is not None)
    return process.poll() is None


def test_killed_again_and_again_then_resumed(cli, python_sources, undisturbed, tmp_path, differences):
    dataset = tmp_path / "ds"
    seed = 20261122
    chance = random.Random(seed)
    process, job = start_job(cli, python_sources, dataset, *SMALLEST_STEPS)
    kills = 0
    for _ in range(5):
        if not wait_for_progress(process, dataset, job, chance.randint(1, 500)):
            break
        kill_with_workers(process)
        kills += 1
        process = cli.start("resume", job, "-d", dataset)
        process.stderr.readline()
    _, err = process.communicate(timeout=PATIENCE)
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
    wait_for_progress(process, dataset, job)
    kill_with_workers(process)
    path, steps = dataset / target.format(job=job), tmp_path / "steps"
    trace = ["strace", "-f", "--seccomp-bpf", "-qq", "-o", str(steps), "-P", str(path), "-e", f"trace={call}"]
    codes = []
    for when in whens:
        steps.write_text("")
        # The step waits for its end. A kill by strace would need a stop at each call of any kind, a hundred
        # thousand of them: with the filter of --seccomp-bpf, which has few stop, it loses the signal.
        delay = ["-e", "signal=none", "-e", f"inject={call}:delay_enter={NEVER:.0f}s:when={when}"]
        process = cli.start("resume", job, "-d", dataset, before=[*trace, *delay])
        wait_for(lambda: process.poll() is not None or steps.read_text().count(f"{call}(") >= when)  # noqa: B023
        if process.poll() is None:
            (coordinator,) = psutil.Process(process.pid).children()
            coordinator.kill()
            kill_with_workers(process)  # strace, which would hold that step for as long as it said
        process.communicate(timeout=PATIENCE)
        codes.append(process.returncode)
    assert any(code != 0 for code in codes), "no step was hit"
    final = cli.run("resume", job, "-d", dataset)
    assert final.returncode == 0, final.stderr
    assert differences(undisturbed, dataset) == {}


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_a_signal_ends_with_a_checkpoint(cli, python_sources, undisturbed, tmp_path, differences, name, code):
    dataset = tmp_path / "ds"
    process, job = start_job(cli, python_sources, dataset)
    assert wait_for_progress(process, dataset, job)
    process.send_signal(getattr(signal, name))
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == code, err
    assert f"snake-pipe resume {job}" in err
    before = value(dataset)
    assert cli.run("resume", "--last", "-d", dataset).returncode == 0
    assert differences(undisturbed, dataset) == {}
    assert value(dataset) > before


def test_two_signals_end_it_at_once_and_leave_nobody_behind(cli, python_sources, tmp_path):
    """The first waits for the batches in hand, which stand still here; the second waits for nothing."""
    dataset, names = tmp_path / "ds", ("file_timeout_seconds", "timeout_seconds", "shutdown_seconds")
    process, job = start_job(cli, python_sources, dataset, *(f"--set={name}={NEVER}" for name in names))
    assert wait_for_progress(process, dataset, job)
    started = [child.pid for child in below(process.pid)]
    workers = workers_of(process.pid)
    assert len(workers) == 2
    with suspended(workers):
        os.killpg(process.pid, signal.SIGINT)
        wait_for(lambda: CheckpointManager(LocalStorage(dataset)).read_status(job)["status"] == "stopping")
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(PATIENCE) == 130
    assert "Traceback" not in process.communicate(timeout=PATIENCE)[1]
    wait_gone(started)


def test_killed_workers_are_replaced(cli, python_sources, undisturbed, tmp_path, differences):
    """Two, as a file that has a third one die is quarantined."""
    dataset = tmp_path / "ds"
    process, job = start_job(cli, python_sources, dataset, *SMALLEST_STEPS)
    killed = 0
    while killed < 2 and wait_for_progress(process, dataset, job):
        with suppress(psutil.NoSuchProcess):  # one that ended by itself between the look and the kill
            if workers := workers_of(process.pid):
                workers[0].kill()
                killed += 1
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, err
    assert killed == 2
    assert differences(undisturbed, dataset) == {}


def test_a_resume_of_a_done_job_changes_nothing(cli, repository, tmp_path):
    dataset = tmp_path / "ds"
    assert cli.run("ingest", repository, "-d", dataset, *SMALL_STEPS).returncode == 0
    (job,) = CheckpointManager(LocalStorage(dataset)).job_ids()
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
    process.communicate(timeout=PATIENCE)
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


def killed_before_its_last_word(dataset):
    """The id of the dataset's only job, its state as a kill between the last commit and the end leaves it."""
    manager = CheckpointManager(LocalStorage(dataset))
    (job,) = manager.job_ids()
    checkpoint = manager.load(job)
    manager.save(replace(checkpoint, progress=replace(checkpoint.progress, status="running")))
    return job


@pytest.mark.parametrize("is_done", [True, False])
def test_a_resume_tells_the_failures_of_the_whole_job(cli, repository, tmp_path, is_done):
    """Failures committed before a stop used to be forgotten: exit 0 instead of 3."""
    for index in range(30):
        (repository / f"a{index}_ast.json").write_text('{"type": "Program", "body": [')
    dataset = tmp_path / "ds"
    assert cli.run("ingest", repository, "-d", dataset).returncode == 3
    (job,) = (
        CheckpointManager(LocalStorage(dataset)).job_ids()
        if is_done
        else [killed_before_its_last_word(dataset)]
    )
    again = cli.run("resume", job, "-d", dataset)
    assert again.returncode == 3, again.stderr


def test_errors_of_the_walk_are_there_once_after_a_resume(cli, repository, tmp_path):
    """Each start of the job used to add them again."""
    (repository / "aaa").symlink_to("/etc")
    dataset = tmp_path / "ds"
    assert cli.run("ingest", repository, "-d", dataset).returncode == 0
    job = killed_before_its_last_word(dataset)
    assert cli.run("resume", job, "-d", dataset).returncode == 0
    assert rows(dataset, "SELECT path, code FROM errors") == [("aaa", "symlink_outside")]


def test_checkpoints_at_the_same_moment(repository, tmp_path):
    """They used to write the same temporary file, and failed each other."""

    async def go():
        config = snake_pipe.BatchConfig(
            worker_count=1, batch_size=2, target_seconds=0.001, flush_interval=0.01
        )
        engine = snake_pipe.BatchProcessingEngine(config)
        task = asyncio.create_task(engine.process_repository(repository, dataset=tmp_path / "ds"))
        while engine._run is None:
            await asyncio.sleep(0)
        await asyncio.gather(*(engine.create_checkpoint(engine._job.job_id) for _ in range(8)))
        return await task

    result = asyncio.run(go())
    assert result.statistics.files_committed == result.statistics.files_done == 40


def test_a_job_killed_before_its_first_checkpoint_does_not_block_the_others(cli, repository, tmp_path):
    dataset = tmp_path / "ds"
    assert cli.run("ingest", repository, "-d", dataset).returncode == 0
    (dataset / "_jobs" / "29990101-000000-ffffff").mkdir()
    last = cli.run("resume", "--last", "-d", dataset)
    assert (last.returncode, "is done" in last.stderr) == (2, True)
    assert cli.run("ingest", repository, "-d", dataset).returncode == 0
    assert cli.run("jobs", "-d", dataset).returncode == 0


def test_nohup_is_respected(cli, repository, tmp_path):
    process = cli.start(
        "ingest", repository, "-d", tmp_path / "ds", before=["nohup"], stdin=subprocess.DEVNULL
    )
    assert "job" in process.stderr.readline() + process.stderr.readline()
    process.send_signal(signal.SIGHUP)
    process.communicate(timeout=60)
    assert process.returncode == 0
