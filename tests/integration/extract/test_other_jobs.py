"""A job meets others of its dataset: one that is at work, and those that did not come to their end."""

from __future__ import annotations

import os
import shutil
import signal
import socket
from contextlib import ExitStack
from dataclasses import replace

import pytest

import snake_pipe
from snake_pipe.errors import StoppedError, StorageError
from snake_pipe.extract.batch_config import BatchConfig
from snake_pipe.extract.batch_processor import BatchProcessingEngine
from snake_pipe.extract.discovery.request import IngestRequest
from snake_pipe.extract.job.job import Job
from snake_pipe.extract.job.recovery import remove_leftovers, settle_left_behind
from snake_pipe.load.dataset import Dataset
from snake_pipe.load.tidy.retention import Retention
from snake_pipe.storage.local import LocalStorage
from snake_pipe.utils.checkpoint_manager import CheckpointManager
from snake_pipe.utils.journal.open import read_journal
from testkit.claims import leave_note, taken
from testkit.engines import within
from testkit.repositories import python_files
from testkit.tables import value
from testkit.waiting import PATIENCE

OTHER = f"another process (pid {os.getpid()} on {socket.gethostname()})"
QUICK = ("--set", "executor=serial", "--no-progress")


@pytest.fixture(scope="module")
def ingested(tmp_path_factory):
    """A repository and its dataset after one job, and a copy of both."""
    here = tmp_path_factory.mktemp("ingested") / "here"
    snake_pipe.ingest(python_files(here / "repo", 40), dataset=here / "ds", executor="serial")
    return here, shutil.copytree(here, here.with_name("copy"))


@pytest.fixture
def repository(ingested):
    """Forty files, as they were before the tests changed them; the dataset is the same each time, too."""
    here, copy = ingested
    shutil.rmtree(here)
    return shutil.copytree(copy, here) / "repo"


@pytest.fixture
def dataset(repository):
    return repository.with_name("ds")


def at_work(dataset):
    """Another writer has the repository."""
    return taken(dataset, "repo")


def leave_unfinished(dataset, status="running"):
    """The newest job as a kill, a stop or a failure leaves it, with a part that no commit names."""
    manager = CheckpointManager(LocalStorage(dataset))
    checkpoint = manager.load(manager.newest())
    manager.save(replace(checkpoint, progress=replace(checkpoint.progress, status=status)))
    (dataset / "nodes" / f"part-{checkpoint.job_id}-7-1.parquet").write_bytes(b"unfinished")
    leave_note(dataset, checkpoint.job_id)
    return checkpoint.job_id


def leave_promise(dataset):
    """The newest job as a kill leaves it between a promise and its commit, and the part that is promised."""
    job = leave_unfinished(dataset)
    manager = CheckpointManager(LocalStorage(dataset))
    part = next((dataset / "files").glob(f"part-{job}-*.parquet"))
    promised = part.with_name(f"part-{job}-9-1.parquet")
    promised.write_bytes(part.read_bytes())
    with manager.journal(job) as journal:
        last = max(record["seq"] for record in journal.records if record.get("type") == "flush")
        flush, template = next(
            (record, entry)
            for record in journal.records
            if record.get("type") == "flush"
            for entry in record["parts"]
            if part.name in entry
        )
        named = [promised.name if field == part.name else field for field in template]
        journal.append({**flush, "seq": last + 1, "parts": [named]})
    return job, promised


def journal_of(dataset, job):
    """The types of the records in a job's journal."""
    records, _ = read_journal(CheckpointManager(LocalStorage(dataset)).job_folder(job))
    return [record["type"] for record in records]


def statuses(dataset):
    manager = CheckpointManager(LocalStorage(dataset))
    return {job_id: manager.load(job_id).progress.status for job_id in manager.job_ids()}


# -- one that is at work ---------------------------------------------------------------------------


def test_it_waits_for_another_and_then_does_its_work(cli, repository, dataset):
    (repository / "new.py").write_text("x = 1\n")
    with at_work(dataset):
        process = cli.start("ingest", repository, "-d", dataset, "--lock-timeout", "10m", *QUICK)
        assert process.stderr.readline().startswith(f"waiting for {OTHER}: 0.0 s of 10 min 00 s")
    _, told = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, told
    assert value(dataset, "SELECT count(*) FROM files") == 41


def test_after_its_time_it_ends_as_without(cli, repository, dataset):
    with at_work(dataset):
        at_once = cli.run("ingest", repository, "-d", dataset, "-q")
        later = cli.run("ingest", repository, "-d", dataset, "-q", "--lock-timeout", "50ms")
    assert (at_once.returncode, later.returncode) == (75, 75)
    assert at_once.stderr == (
        f"snake-pipe: {OTHER} is writing to {dataset} (wait for it with --lock-timeout 10m, or name"
        " another folder with --dataset)\n"
    )
    assert later.stderr == (
        f"snake-pipe: {OTHER} is writing to {dataset}, still after 0.05 s (try again later)\n"
    )
    assert len(statuses(dataset)) == 1


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_wait(cli, repository, dataset, sent, code):
    with at_work(dataset):
        process = cli.start("ingest", repository, "-d", dataset, "--lock-timeout", "10m", *QUICK)
        process.stderr.readline()
        process.send_signal(sent)
        _, told = process.communicate(timeout=PATIENCE)
    assert process.returncode == code
    assert told == (f"snake-pipe: stopped by {sent.name} while waiting for {OTHER}; nothing was begun\n")
    assert len(statuses(dataset)) == 1


@pytest.mark.parametrize("when", ["before it begins", "before it waits"])
def test_a_stop_that_comes_early_ends_the_wait(repository, dataset, monkeypatch, when):
    request = IngestRequest(roots=(str(repository),), dataset=str(dataset))
    engine = BatchProcessingEngine(BatchConfig(executor="serial"))
    if when == "before it begins":
        engine.stop("SIGTERM")
    else:
        begin = Job.begin

        def begin_late(*arguments, **options):
            engine.stop("SIGTERM")
            return begin(*arguments, **options)

        monkeypatch.setattr(Job, "begin", begin_late)
    with at_work(dataset), pytest.raises(StoppedError):
        within(engine.ingest(request, lock_timeout=2 * PATIENCE))


def test_a_resume_waits_too(cli, dataset):
    job = leave_unfinished(dataset)
    with at_work(dataset):
        process = cli.start("resume", job, "-d", dataset, "--lock-timeout", "10m")
        assert process.stderr.readline().startswith("waiting for ")
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert statuses(dataset) == {job: "done"}


def test_compact_waits_for_who_tidies_and_for_nobody_else(cli, dataset):
    with Dataset.open(LocalStorage(dataset)).claims.sole_upkeep():
        assert cli.run("compact", "-d", dataset, "--lock-timeout", "50ms").returncode == 75
        process = cli.start("compact", "-d", dataset, "--lock-timeout", "10m")
        assert process.stderr.readline().startswith("waiting for another process: ")
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    with at_work(dataset):
        assert cli.run("compact", "-d", dataset).returncode == 0


def test_a_program_waits_as_long_as_it_says(repository, dataset):
    with at_work(dataset), pytest.raises(snake_pipe.errors.DatasetBusyError, match=r"still after 0\.05 s"):
        snake_pipe.ingest(repository, dataset=dataset, lock_timeout=0.05, executor="serial")


@pytest.mark.parametrize("wrong", ["soon", "-1s", "1e400s"])
def test_a_time_that_is_none_is_refused(cli, repository, dataset, wrong):
    refused = cli.run("ingest", repository, "-d", dataset, f"--lock-timeout={wrong}")
    assert refused.returncode == 2
    assert refused.stderr.startswith(f"snake-pipe: --lock-timeout {wrong}: ")


# -- those that did not come to their end ----------------------------------------------------------


def test_a_new_job_begins_beside_an_unfinished_one(cli, repository, dataset):
    job = leave_unfinished(dataset)
    assert cli.run("ingest", repository, "-d", dataset, *QUICK).returncode == 0
    assert statuses(dataset)[job] == "running"
    assert len(statuses(dataset)) == 2


@pytest.mark.parametrize("status", ["running", "stopped", "failed"])
def test_an_unfinished_job_goes_on(cli, repository, dataset, status):
    job = leave_unfinished(dataset, status)
    (repository / "new.py").write_text("x = 1\n")
    (repository / "bad_ast.json").write_text('{"type": "Program", "body": [')
    options = ("--on-unfinished", "resume", "--workers", "1", "-q", "--set", "executor=serial")
    done = cli.run("ingest", repository, "-d", dataset, *options)
    assert done.returncode == 3, "its exit code counts"
    assert done.stderr.count("\n") == 1
    assert statuses(dataset) == {job: "done"}
    assert value(dataset, f"SELECT count(*) FROM files WHERE job_id = '{job}'") == 42
    assert CheckpointManager(LocalStorage(dataset)).load(job).config["worker_count"] == 1
    assert not list((dataset / "nodes").glob("part-*-7-1.parquet"))


def test_an_unfinished_job_that_was_asked_for_other_files_is_left_alone_and_named(cli, repository, dataset):
    job = leave_unfinished(dataset)
    options = ("--on-unfinished", "resume", "--languages", "python", "--tables", "symbols")
    done = cli.run("ingest", repository, "-d", dataset, *options, *QUICK)
    assert done.returncode == 0
    assert f"job {job} is unfinished, and was asked for other languages, tables: a new job begins" in (
        done.stderr
    )
    assert statuses(dataset)[job] == "running"
    assert cli.run("ingest", repository, "-d", dataset, *options, *QUICK, "-q").stderr == ""


def test_an_unfinished_job_of_other_paths_is_none_of_its_business(cli, repository, dataset, tmp_path):
    leave_unfinished(dataset)
    other = tmp_path / "other"
    other.mkdir()
    (other / "a.py").write_text("x = 1\n")
    done = cli.run("ingest", other, "-d", dataset, "--on-unfinished", "fail", *QUICK)
    assert done.returncode == 0, done.stderr


def test_a_new_job_takes_the_place_of_unfinished_ones(cli, repository, dataset):
    first = leave_unfinished(dataset)
    assert cli.run("ingest", repository, "-d", dataset, "--languages", "python", *QUICK).returncode == 0
    second = leave_unfinished(dataset)
    done = cli.run("ingest", repository, "-d", dataset, "--on-unfinished", "restart", *QUICK)
    assert done.returncode == 0
    (third,) = set(statuses(dataset)) - {first, second}
    assert statuses(dataset) == {first: "superseded", second: "superseded", third: "done"}
    assert f"job {first} was unfinished: {third} takes its place" in done.stderr
    assert not list((dataset / "nodes").glob("part-*-7-1.parquet"))
    last = cli.run("resume", "--last", "-d", dataset)
    assert (last.returncode, "is done" in last.stderr) == (2, True)
    named = cli.run("resume", first, "-d", dataset)
    assert (named.returncode, "a later one took its place" in named.stderr) == (2, True)
    shown = cli.run("status", first, "-d", dataset).stdout
    assert f"superseded: job {third} has taken its place" in shown
    assert "resume with" not in shown
    assert "superseded" in cli.run("jobs", "-d", dataset).stdout


def test_what_a_superseded_job_had_promised_is_kept(cli, repository, dataset):
    """A flush that is in some tables already must come into the others, too."""
    job, promised = leave_promise(dataset)
    done = cli.run("ingest", repository, "-d", dataset, "--on-unfinished", "restart", *QUICK)
    assert done.returncode == 0, done.stderr
    assert journal_of(dataset, job)[-2:] == ["committed", "end"]
    assert promised.exists()


def test_a_promise_that_cannot_be_kept_now_is_kept_later(dataset):
    job, promised = leave_promise(dataset)
    opened, manager = Dataset.open(LocalStorage(dataset)), CheckpointManager(LocalStorage(dataset))
    away = promised.rename(dataset / "away")
    with taken(dataset) as writing, pytest.raises(StorageError, match="cannot be committed"):
        settle_left_behind(opened, manager, writing)
    settle_left_behind(opened, manager)  # by who needs nothing of it, and passes it over
    assert journal_of(dataset, job)[-1] == "flush"
    away.rename(promised)
    settle_left_behind(opened, manager)
    assert journal_of(dataset, job)[-1] == "committed"
    assert not opened.claims.left_behind()


def test_what_a_damaged_journal_may_promise_stays(dataset):
    job, promised = leave_promise(dataset)
    journal = dataset / "_jobs" / job / "journal.jsonl"
    whole = journal.read_bytes()
    journal.write_bytes(b"x" + whole[1:])
    opened, manager = Dataset.open(LocalStorage(dataset)), CheckpointManager(LocalStorage(dataset))
    settle_left_behind(opened, manager)
    remove_leftovers(opened, manager, Retention(grace_seconds=0))
    assert promised.exists()
    journal.write_bytes(whole)
    with ExitStack() as stack:
        Job.reopen(job, opened.storage, stack)
    assert "committed" in journal_of(dataset, job)[-2:]


def test_somebody_is_to_look_first(cli, repository, dataset):
    job = leave_unfinished(dataset, "failed")
    refused = cli.run("ingest", repository, "-d", dataset, "--on-unfinished", "fail", "-q")
    assert refused.returncode == 2
    (line,) = refused.stderr.splitlines()
    assert line.startswith(f"snake-pipe: job {job} of ")
    assert line.endswith(
        f"failed and is unfinished (snake-pipe resume {job}, or --on-unfinished restart to give it up)"
    )
    assert statuses(dataset) == {job: "failed"}


def test_a_list_is_the_same_if_it_names_the_same_files(cli, repository, tmp_path):
    dataset = tmp_path / "ds"
    (tmp_path / "list").write_text(f"{repository}/m00.py\n{repository}/m01.py\n")
    command = ("ingest", "--files-from", tmp_path / "list", "-d", dataset, "--on-unfinished", "resume")
    assert cli.run(*command, *QUICK).returncode == 0
    job = leave_unfinished(dataset)
    assert cli.run(*command, *QUICK).returncode == 0
    assert statuses(dataset) == {job: "done"}
    leave_unfinished(dataset)
    (tmp_path / "list").write_text(f"{repository}/m02.py\n")
    assert cli.run(*command, *QUICK).returncode == 0
    assert statuses(dataset)[job] == "running"
    assert len(statuses(dataset)) == 2


@pytest.mark.parametrize("ask", ["command", "program"])
def test_an_unknown_word_is_refused(cli, repository, dataset, ask):
    if ask == "command":
        refused = cli.run("ingest", repository, "-d", dataset, "--on-unfinished", "maybe")
        assert refused.returncode == 2
        assert refused.stderr.splitlines()[1] == "  one of keep, resume, restart, fail"
    else:
        with pytest.raises(snake_pipe.errors.UsageError, match="no such choice"):
            snake_pipe.ingest(repository, dataset=dataset, on_unfinished="maybe")


def test_a_program_goes_on_with_an_unfinished_job(repository, dataset):
    job = leave_unfinished(dataset)
    result = snake_pipe.ingest(repository, dataset=dataset, on_unfinished="resume", executor="serial")
    assert (result.job_id, result.status) == (job, "done")
