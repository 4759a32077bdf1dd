"""Defects that a review found, each with its story."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest

import snake_pipe
from snake_pipe.errors import UsageError
from snake_pipe.extract.batch_models import DiscoveredFile, FileBatch, Trigger
from snake_pipe.extract.batch_worker import BatchWorker
from snake_pipe.extract.model.rows import from_ipc
from snake_pipe.extract.worker.setup import WorkerSetup
from snake_pipe.load.dataset import Dataset
from snake_pipe.load.views import connect
from snake_pipe.transform.sources import transformer
from snake_pipe.utils.checkpoint_manager import CheckpointManager


def rows(dataset, sql):
    with connect(dataset) as connection:
        return connection.execute(sql).fetchall()


@pytest.fixture
def repository(tmp_path):
    root = tmp_path / "repo"
    root.mkdir()
    for index in range(12):
        (root / f"m{index}.py").write_text(f"def f{index}():\n    return {index}\n")
    return root


@pytest.mark.parametrize(("error", "code"), [(KeyError, "internal_error"), (MemoryError, "out_of_memory")])
def test_a_defect_in_a_drain_costs_one_file(tmp_path, monkeypatch, error, code):
    # It used to fail the whole batch as if the disk were full, on each resume anew.
    # The fault is planted: no input is known that brings one out.
    original = transformer.SourceTreeTransformer.drain

    def drain(self):
        result = original(self)
        if any(facts.traits == ["test"] for facts in result.facts.values()):
            raise error("planted")
        return result

    monkeypatch.setattr(transformer.SourceTreeTransformer, "drain", drain)
    dataset = Dataset.create(tmp_path / "ds")
    files = []
    for index, name in enumerate(["a.py", "test_poison.py", "b.py"]):
        (tmp_path / name).write_text(f"def f{index}(): pass\n")
        found = DiscoveredFile.from_path(tmp_path / name, queue="python")
        files.append(DiscoveredFile(found.root, found.path, found.size_bytes, 0, "python", file_id=index))
    config = snake_pipe.BatchConfig()
    worker = BatchWorker("w", config, WorkerSetup(config, "job1", 1, str(dataset.path)))
    batch = FileBatch(1, tuple(files), 60, "python", Trigger.SIZE)
    result = worker.run(batch)
    assert result.failure is None
    assert result.outcomes == {("ok", "python"): 2, ("failed", "python"): 1}
    (failed,) = from_ipc(result.errors).to_pylist()
    assert (failed["path"], failed["code"]) == ("test_poison.py", code)
    assert {part.table: part.rows for part in result.parts}["symbols"] == 2


def killed_before_its_last_word(dataset):
    """The id of the dataset's only job, its state as a kill between the last commit and the end leaves it."""
    manager = CheckpointManager(dataset)
    (job,) = manager.job_ids()
    checkpoint = manager.load(job)
    manager.save(replace(checkpoint, progress=replace(checkpoint.progress, status="running")))
    return job


@pytest.mark.parametrize("is_done", [True, False])
def test_a_resume_tells_the_failures_of_the_whole_job(cli, repository, tmp_path, is_done):
    # Failures committed before a stop used to be forgotten: exit 0 instead of 3.
    for index in range(30):
        (repository / f"a{index}_ast.json").write_text('{"type": "Program", "body": [')
    dataset = tmp_path / "ds"
    assert cli.run("ingest", repository, "-d", dataset).returncode == 3
    (job,) = CheckpointManager(dataset).job_ids() if is_done else [killed_before_its_last_word(dataset)]
    again = cli.run("resume", job, "-d", dataset)
    assert again.returncode == 3, again.stderr


def test_errors_of_the_walk_are_there_once_after_a_resume(cli, repository, tmp_path):
    # Each start of the job used to add them again.
    (repository / "aaa").symlink_to("/etc")
    dataset = tmp_path / "ds"
    assert cli.run("ingest", repository, "-d", dataset).returncode == 0
    job = killed_before_its_last_word(dataset)
    assert cli.run("resume", job, "-d", dataset).returncode == 0
    assert rows(dataset, "SELECT path, code FROM errors_history") == [("aaa", "symlink_outside")]


def test_two_folders_of_one_name_do_not_share_a_dataset(tmp_path):
    # The second one's ingestion used to record the first one's files as deleted.
    for parent in "mn":
        (tmp_path / parent / "src").mkdir(parents=True)
        (tmp_path / parent / "src" / f"{parent}.py").write_text("x = 1\n")
    dataset = tmp_path / "ds"
    snake_pipe.ingest(tmp_path / "m" / "src", dataset=dataset)
    with pytest.raises(UsageError, match="would be 'src' in this dataset"):
        snake_pipe.ingest(tmp_path / "n" / "src", dataset=dataset)
    with pytest.raises(UsageError):
        snake_pipe.ingest(tmp_path / "m" / "src", tmp_path / "n" / "src", dataset=dataset)
    assert rows(dataset, "SELECT path FROM files") == [("m.py",)]
    (tmp_path / "m").rename(tmp_path / "moved")  # as the next CI run's folder
    result = snake_pipe.ingest(tmp_path / "moved" / "src", dataset=dataset)
    assert result.statistics.files_unchanged == 1


def test_an_emptied_root_deletes_nothing_unless_asked_to(cli, repository, tmp_path):
    dataset = tmp_path / "ds"
    assert cli.run("ingest", repository, "-d", dataset).returncode == 0
    for path in repository.iterdir():
        path.unlink()
    kept = cli.run("ingest", repository, "-d", dataset)
    assert "none of the dataset's files was found" in kept.stderr
    assert rows(dataset, "SELECT count(*) FROM files") == [(12,)]
    assert cli.run("ingest", repository, "-d", dataset, "--full").returncode == 0
    assert rows(dataset, "SELECT count(*) FROM files") == [(0,)]


def test_checkpoints_at_the_same_moment(repository, tmp_path):
    # They used to write the same temporary file, and failed each other.
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
    assert result.statistics.files_committed == result.statistics.files_done == 12


def test_refused_patterns_leave_nothing_behind(cli, repository, tmp_path):
    refused = cli.run("ingest", repository, "-d", tmp_path / "ds", "--include", "!")
    assert refused.returncode == 2
    assert not (tmp_path / "ds").exists()


def test_a_job_killed_before_its_first_checkpoint_does_not_block_the_others(cli, repository, tmp_path):
    dataset = tmp_path / "ds"
    assert cli.run("ingest", repository, "-d", dataset).returncode == 0
    (dataset / "_jobs" / "29990101-000000-ffffff").mkdir()
    last = cli.run("resume", "--last", "-d", dataset)
    assert (last.returncode, "is done" in last.stderr) == (2, True)
    assert cli.run("ingest", repository, "-d", dataset).returncode == 0
    assert cli.run("jobs", "-d", dataset).returncode == 0


def test_a_silent_git_does_not_delay_the_end(cli, repository, tmp_path):
    # The walk's thread used to be waited for, up to five minutes.
    fake = tmp_path / "bin"
    fake.mkdir()
    (fake / "git").write_text("#!/bin/sh\nsleep 60\n")
    (fake / "git").chmod(0o755)
    subprocess.run(["git", "init", "-q", str(repository)], check=True)
    path = f"{fake}:{os.environ['PATH']}"
    process = cli.start("ingest", repository, "-d", tmp_path / "ds", env=cli.environment | {"PATH": path})
    process.stderr.readline()
    time.sleep(0.5)
    started = time.monotonic()
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=30)
    assert process.returncode == 143
    assert time.monotonic() - started < 10


def test_nohup_is_respected(cli, repository, tmp_path):
    process = cli.start(
        "ingest", repository, "-d", tmp_path / "ds", before=["nohup"], stdin=subprocess.DEVNULL
    )
    assert "job" in process.stderr.readline() + process.stderr.readline()
    process.send_signal(signal.SIGHUP)
    process.communicate(timeout=60)
    assert process.returncode == 0


def test_a_list_may_be_a_pipe_and_name_what_is_gone(cli, repository, tmp_path):
    dataset = tmp_path / "ds"
    assert cli.run("ingest", repository, "-d", dataset).returncode == 0
    (repository / "m3.py").unlink()
    (repository / "m4.py").write_text("def changed(): pass\n")
    command = " ".join(cli.command("ingest", "-d", dataset, "--files-from", "<(printf 'm3.py\\nm4.py\\n')"))
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=repository,
        env=cli.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "1 deleted" in done.stderr
    assert rows(dataset, "SELECT count(*) FROM files") == [(11,)]
    assert rows(dataset, "SELECT name FROM symbols WHERE name = 'changed'") == [("changed",)]


def test_unknown_variables_are_refused_with_the_nearest_name(cli, repository, tmp_path):
    refused = cli.run("ingest", repository, env=cli.environment | {"SNAKE_PIPE_WORKER_COUNTS": "1"})
    assert refused.returncode == 2
    assert "did you mean worker_count" in refused.stderr


@pytest.mark.parametrize("toml", ['[tool.snake-pipe]\npreset = ["a"]\n', '[tool]\nsnake-pipe = "x"\n'])
def test_settings_of_a_wrong_type_are_refused(cli, repository, toml):
    (repository / "pyproject.toml").write_text(toml)
    refused = cli.run("ingest", repository)
    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr


def test_a_batch_does_not_run_out_of_time_while_it_waits(tmp_path):
    # The limit used to count from the hand-over to the pool.
    from pathlib import Path

    from snake_pipe.extract.batch_processor import create_optimal_batches, execute_parallel_batches

    sys.path.insert(0, str(Path(__file__).parent))
    try:
        import processors

        files = []
        for index in range(8):
            (tmp_path / f"{index}.txt").write_text("x")
            files.append(DiscoveredFile.from_path(tmp_path / f"{index}.txt", queue="text"))
        config = snake_pipe.BatchConfig(batch_size=2, timeout_seconds=1.5)
        batches = asyncio.run(create_optimal_batches(files, config))
        assert len(batches) == 4
        outcome = asyncio.run(execute_parallel_batches(batches, 1, processors.half_a_second, config=config))
        assert [result.value for result in outcome.results] == [1] * 8
        assert {batch.attempt for batch in outcome.batches} == {1}
    finally:
        sys.path.remove(str(Path(__file__).parent))


def test_a_script_without_a_guard_is_told_so(cli, repository, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        f"import snake_pipe\nsnake_pipe.ingest({str(repository)!r}, dataset={str(tmp_path / 'ds')!r})\n"
    )
    done = subprocess.run(
        [sys.executable, str(script)],
        env=cli.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode != 0
    assert '__name__ == "__main__"' in done.stderr


def test_state_of_jobs_is_for_its_owner_alone(cli, repository, tmp_path):
    dataset = tmp_path / "ds"
    assert cli.run("ingest", repository, "-d", dataset).returncode == 0
    assert (dataset / "_jobs").stat().st_mode & 0o077 == 0
    for path in (dataset / "_jobs").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_read_only_place_is_refused(cli, repository, tmp_path):
    if os.geteuid() != 0:
        pytest.skip("mounting needs root")
    place = tmp_path / "ro"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", str(place)], check=False).returncode != 0:
        pytest.skip("cannot mount here")
    try:
        refused = cli.run("ingest", repository, "-d", place / "ds")
        assert refused.returncode == 2, refused.stderr
        assert "Traceback" not in refused.stderr
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def test_json_answers_keep_every_column_and_every_digit(cli, repository):
    assert cli.run("ingest", repository).returncode == 0
    asked = cli.run(
        "query",
        "SELECT 1 AS a, 2 AS a, 170141183460469231731687303715884105727::HUGEINT AS b",
        "--format",
        "json",
        cwd=repository,
    )
    assert asked.stdout == '{"a":1,"a_2":2,"b":"170141183460469231731687303715884105727"}\n'
