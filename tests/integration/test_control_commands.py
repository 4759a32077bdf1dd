"""`control`, `status` and `jobs` from a second terminal, against a job whose every word the test chooses."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import threading
import time
from contextlib import contextmanager
from dataclasses import asdict, replace

import pytest

from snake_pipe.extract.batch_config import BatchConfig
from snake_pipe.extract.job.control.folder import ControlFolder
from snake_pipe.extract.job.control.inbox import Inbox
from snake_pipe.load.dataset import Dataset
from snake_pipe.storage.local import LocalStorage
from snake_pipe.utils.checkpoint_manager import CheckpointData, CheckpointManager, ProcessingProgress
from testkit.claims import leave_note, taken
from testkit.waiting import wait_for

JOB = "20261122-101530-4f9a1c"
HOSTILE = "\x1b[2J\x1b]52;c;eA==\x07\x9b31m\u202e</script>'; DROP\n"


class OtherTerminal:
    """A job in this process: its lock, its files and its control folder are real, its figures chosen."""

    def __init__(self, dataset):
        self.dataset = dataset
        self.store = Dataset.create(LocalStorage(dataset))
        self.manager = CheckpointManager(LocalStorage(dataset))
        self.checkpoint = CheckpointData(
            JOB,
            {"roots": ["/src"]},
            asdict(BatchConfig()),
            ProcessingProgress(epoch=1),
            created_at=time.time(),
        )
        self.manager.save(self.checkpoint)
        self.folder = self.manager.job_folder(JOB).folder
        self.controls = Inbox(ControlFolder(self.folder / "control"))
        self.controls.clear()

    def show(self, **figures):
        own = {"job_id": JOB, "pid": os.getpid(), "time": time.time(), "status": "running"}
        self.manager.write_status(JOB, own | figures)

    def end(self, status, **figures):
        progress = replace(self.checkpoint.progress, status=status, files_done=2)
        self.manager.save(replace(self.checkpoint, progress=progress))
        self.show(**figures | {"status": status})

    @contextmanager
    def running(self, **figures):
        with taken(self.dataset, job_id=JOB):
            self.show(**figures)
            yield self

    @contextmanager
    def answering(self, *, ok=True, message="as you wish"):
        """A job that answers each command; what it was told."""
        told, over = [], threading.Event()

        def answer():
            answers = []
            while not over.wait(0.02):
                for command in self.controls.read():
                    told.append((command.action, command.arguments))
                    answers.append({"id": command.id, "action": command.action, "ok": ok, "message": message})
                    self.show(answers=answers)

        with self.running():
            thread = threading.Thread(target=answer)
            thread.start()
            try:
                yield told
            finally:
                over.set()
                thread.join()


@pytest.fixture
def job(tmp_path):
    return OtherTerminal(tmp_path / "repo" / ".snake-pipe")


FULL = {
    "files_discovered": 120,
    "files_unchanged": 20,
    "files_done": 25,
    "files_failed": 3,
    "bytes_discovered": 4_000_000,
    "bytes_done": 1_000_000,
    "discovery_complete": True,
    "elapsed": 10.0,
    "files_queued": 40,
    "bytes_queued": 64_000,
    "oldest_age": 1.25,
    "batches_done": 7,
    "batches_in_flight": 2,
    "busy_workers": 1,
    "workers": 2,
    "triggers": {"size": 4, "timer": 3},
    "memory_now": 300_000_000,
    "memory_peak": 400_000_000,
    "memory_limit": 2_000_000_000,
    "estimated_seconds_left": 75.0,
    "last_flush_at": 1_795_000_000.0,
    "queues": [
        {"name": "python", "files": 39, "bytes": 63_000, "oldest_age": 1.25, "target_files": 180},
        {"name": "go", "files": 1, "bytes": 1_000, "oldest_age": 0.5, "target_files": 90},
    ],
    "warnings": ["timers release 90 % of the batches"],
    "breakers": {"storage": "closed", "pool": "half-open"},
    "changes": [{"time": 1_795_000_000.0, "name": "max_latency", "old": 10.0, "new": None}],
    "statistics": {"total_queued": 65, "size_flushes": 4, "timer_flushes": 3, "first_entry_age": 1.25},
}


def shown(text):
    """The first table of an output as a dict; a figure shown more than once counts by its last."""
    lines = text.split("\n\n")[0].splitlines()[2:]
    return {name.strip(): value.strip() for name, _, value in (line.partition("  ") for line in lines)}


# -- control -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["flush"], ("flush", {})),
        (["pause"], ("pause", {})),
        (["unpause"], ("unpause", {})),
        (["stop"], ("stop", {})),
        (["cancel", "vendor/**"], ("cancel", {"path": "vendor/**"})),
        (["cancel", "--queue", "python"], ("cancel", {"queue": "python"})),
        (
            ["set", "max_latency=2s", "batch-size=50", "max_batch_size=100"],
            ("set", {"max_latency": 2.0, "batch_size": 50, "max_batch_size": 100}),
        ),
        (["set", "max_latency=250ms"], ("set", {"max_latency": 0.25})),
        (["set", "max_latency="], ("set", {"max_latency": None})),
    ],
)
def test_each_action_arrives_as_it_was_meant(cli, job, words, told):
    with job.answering() as seen:
        done = cli.run("control", JOB, *words, "-d", job.dataset)
    assert (done.returncode, done.stdout, done.stderr) == (0, "as you wish\n", "")
    assert seen == [told]


@pytest.mark.parametrize("words", [["pause"], ["--last", "pause"], ["pause", "--last"]])
def test_without_an_id_it_is_the_job_that_runs(cli, job, words):
    with job.answering() as seen:
        done = cli.run("control", *words, cwd=job.dataset.parent)
    assert done.returncode == 0, done.stderr
    assert seen == [("pause", {})]


def test_what_the_job_refuses_is_told_in_its_words_and_stays_inert(cli, job):
    with job.answering(ok=False, message=HOSTILE):
        done = cli.run("control", JOB, "pause", "-d", job.dataset)
    assert done.returncode == 2
    assert done.stderr.startswith(f"snake-pipe: job {JOB} refuses: \\x1b[2J")
    assert done.stderr.rstrip("\n").isprintable()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["paus"], "no action 'paus'"),
        ([JOB, "paus"], "did you mean pause?"),
        ([JOB], f"no action for job {JOB}"),
        ([JOB, "pause", "now"], "pause takes nothing more"),
        ([JOB, "cancel"], "cancel takes one PATTERN"),
        ([JOB, "cancel", "a", "b"], "cancel takes one PATTERN"),
        ([JOB, "cancel", "a", "--queue", "python"], "cancel takes one PATTERN"),
        ([JOB, "pause", "--queue", "python"], "--queue goes with cancel"),
        ([JOB, "set"], "set takes settings"),
        ([JOB, "set", "max_latency"], "not NAME=VALUE"),
        ([JOB, "set", "max_latenc=2"], "did you mean max_latency?"),
        ([JOB, "set", "max_latency=2x"], "max_latency = '2x'"),
        ([JOB, "set", "batch_size=0"], "batch_size = 0"),
        ([JOB, "set", "executor=serial"], "executor"),
        (["20261122-000000-000000", "pause"], "no job 20261122-000000-000000"),
        (["../x", "pause"], "'../x' is not a job id"),
    ],
)
def test_a_wrong_command_is_refused_before_anything_is_sent(cli, job, words, message):
    with job.running():
        done = cli.run("control", *words, "-d", job.dataset)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) <= 2
    assert list((job.folder / "control").iterdir()) == []


@pytest.mark.parametrize(
    ("status", "message", "hint"),
    [
        ("done", "is done", "nothing to control"),
        ("stopped", "is not running: stopped", f"snake-pipe resume {JOB}"),
        ("failed", "is not running: failed", f"snake-pipe resume {JOB}"),
        ("running", "is not running: interrupted", f"snake-pipe resume {JOB}"),
    ],
)
def test_a_job_that_does_not_run_cannot_be_controlled(cli, job, status, message, hint):
    job.end(status)
    done = cli.run("control", JOB, "stop", "-d", job.dataset)
    assert done.returncode == 2
    assert message in done.stderr
    assert hint in done.stderr
    assert list((job.folder / "control").iterdir()) == []


def test_a_job_that_does_not_answer_gets_its_command_taken_back(cli, job):
    with job.running():
        done = cli.run("control", JOB, "stop", "-d", job.dataset)
    assert done.returncode == 1
    assert "does not answer; the command was taken back" in done.stderr
    assert list((job.folder / "control").iterdir()) == []


def test_a_job_killed_while_it_is_asked_is_called_so(cli, job):
    with job.running():
        process = cli.start("control", JOB, "stop", "-d", job.dataset)
        wait_for(lambda: list((job.folder / "control").iterdir()))
    _, err = process.communicate(timeout=30)
    assert process.returncode == 2
    assert f"snake-pipe resume {JOB}" in err


def test_the_claim_decides_who_lives_not_the_number_of_a_process(cli, job):
    """The note of a killed job may name a process that is somebody else's by now."""
    leave_note(job.dataset, JOB)
    job.show(pid=os.getpid())
    state = json.loads(cli.run("status", JOB, "--json", "-d", job.dataset).stdout)["status"]
    assert state == "interrupted"
    (row,) = cli.run("jobs", "--format", "json", "-d", job.dataset).stdout.splitlines()
    assert json.loads(row)["status"] == "interrupted"


def test_looking_at_a_job_never_keeps_another_from_starting(cli, job):
    leave_note(job.dataset, JOB)
    lookers = [cli.start("status", JOB, "--json", "-d", job.dataset) for _ in range(3)]
    states = [json.loads(process.communicate(timeout=60)[0])["status"] for process in lookers]
    assert states == ["interrupted"] * 3  # none of them takes another for the job
    with taken(job.dataset, job_id=JOB):
        assert cli.run("status", JOB, "-d", job.dataset).returncode == 0


# -- status ------------------------------------------------------------------------------------------


def test_status_tells_people_all_there_is(cli, job):
    with job.running(**FULL):
        done = cli.run("status", JOB, "-d", job.dataset)
    assert done.returncode == 0, done.stderr
    figures = shown(done.stdout)
    assert figures["status"] == "running"
    assert figures["progress"] == "25 of 100 files (25%), 1.0 MB of 4.0 MB"
    assert figures["failed"] == "3"
    assert figures["rate on average"] == "2 files/s, 100.0 kB/s"
    assert figures["left"] == "1 min 15 s"
    assert figures["queued"] == "40 files, 64.0 kB, oldest 1.2 s"
    assert figures["batches"] == "7 done, 2 in flight"
    assert figures["by trigger"] == "size 4, timer 3"
    assert figures["workers"] == "1 of 2 busy"
    assert figures["memory"] == "300.0 MB now, 400.0 MB peak, limit 2.0 GB"
    assert figures["breakers"] == "storage closed, pool half-open"
    assert figures["warning"] == "timers release 90 % of the batches"
    assert figures["changed"].endswith("max_latency: 10.0 → unset")
    assert figures["last commit"].count(":") == 2
    assert "total_queued" not in figures
    queues = [line.split() for line in done.stdout.split("\n\n")[1].splitlines()]
    assert queues[2] == ["python", "39", "63.0", "kB", "1.2", "s", "180"]
    assert queues[3][0] == "go"


def test_status_says_of_a_paused_job_only_what_is_true_of_it(cli, job):
    """It told how long the job would take, and took batches that are held back for batches in flight."""
    paused = FULL | {"status": "paused", "estimated_seconds_left": None, "batches_waiting": 4}
    with job.running(**paused):
        figures = shown(cli.run("status", JOB, "-d", job.dataset).stdout)
        job.show(**paused | {"busy_workers": 0})
        at_rest = shown(cli.run("status", JOB, "-d", job.dataset).stdout)
    assert figures["status"] == "paused; running batches finish"
    assert (figures["workers"], figures["batches"]) == ("1 of 2 busy", "7 done, 1 in flight, 5 waiting")
    assert "left" not in figures
    assert at_rest["status"] == "paused"
    assert (at_rest["workers"], at_rest["batches"]) == ("0 of 2 busy", "7 done, 0 in flight, 6 waiting")


def test_status_says_of_a_killed_job_only_what_is_true_of_it(cli, job):
    """It told of batches in flight, memory and time left of a process that was gone."""
    job.end("running", **FULL)
    figures = shown(cli.run("status", JOB, "-d", job.dataset).stdout)
    assert figures["status"].startswith("interrupted: its process was killed")
    assert figures["resume with"] == f"snake-pipe resume {JOB}"
    assert (figures["batches"], figures["memory"]) == ("7 done", "400.0 MB peak, limit 2.0 GB")
    assert not {"left", "workers", "queued", "breakers"} & set(figures)
    document = json.loads(cli.run("status", JOB, "--json", "-d", job.dataset).stdout)
    gone = ("busy_workers", "memory_now", "batches_in_flight", "estimated_seconds_left")
    assert [document[name] for name in gone] == [0, 0, 0, None]
    followed = cli.run("status", JOB, "--follow", "-d", job.dataset).stdout
    assert followed.endswith(f"resume with: snake-pipe resume {JOB}\ncommitted 2 files, 0 rows\n")


def test_status_of_a_resumed_job_tells_its_runs_apart(cli, job):
    """What the run had to do was taken for the whole job, and what failed before was forgotten."""
    with job.running(**FULL, files_before=900, failed_before=4):
        figures = shown(cli.run("status", JOB, "-d", job.dataset).stdout)
    assert figures["done before"] == "900 files"
    assert figures["this run"] == "25 of 100 files (25%), 1.0 MB of 4.0 MB"
    assert figures["failed"] == "7"


def test_statistics_have_the_names_that_were_asked_for(cli, job):
    with job.running(**FULL):
        figures = shown(cli.run("status", JOB, "-v", "-d", job.dataset).stdout)
        document = json.loads(cli.run("status", JOB, "--json", "-d", job.dataset).stdout)
    for name, value in FULL["statistics"].items():
        assert float(figures[name]) == value
    assert document["statistics"] == FULL["statistics"]
    assert {name: document[name] for name in FULL} == FULL
    assert (document["files_per_second"], document["bytes_per_second"]) == (2.5, 100_000.0)


@pytest.mark.parametrize(
    "figures",
    [
        {},
        {"files_done": "many", "elapsed": None, "queues": 7, "triggers": [1], "warnings": "w", "answers": {}},
        {"queues": [3, {"name": None}], "changes": [None, {}], "statistics": {"a": None}, "breakers": "x"},
        {
            "last_flush_at": 1e300,
            "outcomes": [[1, 2], "x"],
            "rows": {"nodes": "n"},
            "estimated_seconds_left": [],
        },
    ],
)
@pytest.mark.parametrize("runs", [True, False])
def test_a_status_of_another_version_is_shown_as_far_as_it_goes(cli, job, figures, runs):
    with job.running(**figures):
        if runs:
            done = cli.run("status", JOB, "-v", "-d", job.dataset)
            assert "running" in done.stdout
        else:
            job.end("stopped", **figures)
    if not runs:
        done = cli.run("status", JOB, "-v", "--follow", "-d", job.dataset)
        assert done.returncode == 1
    assert done.stderr == ""
    assert JOB in done.stdout


def test_a_job_without_any_status_is_shown_from_its_checkpoint(cli, job):
    job.end("stopped")
    (job.folder / "status.json").unlink()
    done = cli.run("status", JOB, "-d", job.dataset)
    assert shown(done.stdout)["committed"] == "2 files, 0 rows"
    assert json.loads(cli.run("status", JOB, "--json", "-d", job.dataset).stdout)["files_done"] == 2


def test_what_an_earlier_run_left_is_not_taken_for_the_present(cli, job):
    job.show(**FULL, status="stopped", pid=1)
    with taken(job.dataset, job_id=JOB):
        document = json.loads(cli.run("status", JOB, "--json", "-d", job.dataset).stdout)
    assert document["status"] == "running"
    assert "queues" not in document


@pytest.mark.parametrize("options", [[], ["-v"], ["--json"], ["--follow"], ["--follow", "--json"]])
def test_names_that_a_terminal_would_obey_stay_inert(cli, job, options):
    figures = FULL | {
        "queues": [{"name": HOSTILE, "files": 1}],
        "warnings": [HOSTILE],
        "breakers": {HOSTILE: HOSTILE},
        "triggers": {HOSTILE: 1},
        "changes": [{"name": HOSTILE, "old": HOSTILE, "new": 1}],
        "answers": [{"action": HOSTILE, "message": HOSTILE}],
        "statistics": {HOSTILE: HOSTILE},
        "outcomes": [["ok", HOSTILE, 3]],
        "reasons": [["failed", HOSTILE, 3], ["skipped", "too_large", 1]],
        "unrecognised": {HOSTILE: 3},
    }
    with job.running(**figures):
        if "--follow" in options:
            job.end("done", **figures)
        else:
            done = cli.run("status", JOB, *options, "-d", job.dataset)
    if "--follow" in options:
        done = cli.run("status", JOB, *options, "-d", job.dataset)
    assert done.stderr == ""
    assert all(line.isprintable() for line in done.stdout.splitlines())
    assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(done.stdout)
    if "--json" in options:
        assert json.loads(done.stdout.splitlines()[0])["warnings"] == [HOSTILE]


def test_following_tells_a_line_a_second_and_ends_with_the_job(cli, job):
    with job.running(**FULL):
        process = cli.start("status", JOB, "--follow", "-d", job.dataset)
        first = process.stdout.readline()
        assert "running · 25 of 100 files (25%), 1.0 MB of 4.0 MB · 2 files/s, 100.0 kB/s" in first
        job.show(**FULL | {"files_done": 75, "bytes_done": 3_000_000, "time": time.time() + 2})
        second = next(line for line in process.stdout if "75 of 100 files" in line)
        assert " 2 files/s" not in second  # but what it was of late
        outcomes = [["ok", "python", 90], ["failed", "python", 10]]
        job.end("done", **FULL | {"files_done": 100, "files_failed": 10, "outcomes": outcomes})
    out, err = process.communicate(timeout=30)
    assert err == ""
    assert f"job {JOB} done\nfiles    10 failed, 90 ok" in out
    assert process.returncode == 3


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        ("done", 0, ["done"]),
        ("stopped", 1, ["stopped", f"snake-pipe resume {JOB}"]),
        ("failed", 1, ["failed", f"snake-pipe resume {JOB}"]),
        ("running", 1, ["interrupted", f"snake-pipe resume {JOB}"]),
    ],
)
def test_the_outcome_of_the_job_is_that_of_following_it(cli, job, status, code, words):
    job.end(status)
    done = cli.run("status", "--follow", "-d", job.dataset)
    assert done.returncode == code
    assert all(word in done.stdout for word in words)


def test_following_in_json_gives_one_document_a_line(cli, job):
    with job.running(**FULL):
        process = cli.start("status", JOB, "--follow", "--json", "-d", job.dataset)
        first = json.loads(process.stdout.readline())
        assert (first["status"], first["recent_files_per_second"]) == ("running", None)
        job.show(**FULL | {"files_done": 35, "bytes_done": 2_000_000, "time": first["time"] + 2})
        second = next(line for line in map(json.loads, process.stdout) if line["files_done"] == 35)
        assert (second["recent_files_per_second"], second["recent_bytes_per_second"]) == (5.0, 500_000.0)
        job.end("done", **FULL | {"files_failed": 0})
    out, err = process.communicate(timeout=30)
    assert [json.loads(line)["status"] for line in out.splitlines()][-1] == "done"
    assert (process.returncode, err) == (0, "")


def test_ctrl_c_ends_the_following_and_nothing_else(cli, job):
    with job.running(**FULL):
        process = cli.start("status", JOB, "--follow", "-d", job.dataset)
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
        goes_on = f"job {JOB} keeps running; to stop it: snake-pipe control {JOB} stop\n"
        assert (process.returncode, err) == (130, goes_on)
        assert list((job.folder / "control").iterdir()) == []


def test_a_reader_of_the_lines_may_go(cli, job):
    with job.running(**FULL):
        process = cli.start("status", JOB, "--follow", "-d", job.dataset)
        process.stdout.readline()
        process.stdout.close()
        process.wait(30)
        assert process.stderr.read() == ""


def test_on_a_terminal_the_figures_are_replaced_and_the_summary_stays(cli, job):
    master, slave = pty.openpty()
    environment = cli.environment | {"TERM": "xterm", "COLUMNS": "100", "LINES": "50"}
    with job.running(**FULL | {"warnings": [f"[bold]{HOSTILE}"]}):
        process = subprocess.Popen(
            cli.command("status", JOB, "--follow", "-d", job.dataset),
            env=environment, stdout=slave, stderr=slave,
        )  # fmt: skip
        os.close(slave)
        seen = b""
        while b"python" not in seen:
            seen += os.read(master, 4096)
        job.end("done", **FULL | {"files_failed": 0})
    try:
        while data := os.read(master, 4096):
            seen += data
    except OSError:  # the terminal's other side is closed
        pass
    os.close(master)
    assert process.wait(30) == 0
    text = seen.decode()
    assert "25 of 100 files" in text
    assert "[bold]\\x1b[2J" in text  # neither markup nor escapes
    assert "\x1b]52" not in text
    assert "\x1b[1A" in text or "\x1b[2K" in text  # lines are replaced
    assert f"job {JOB} done" in text


def test_the_running_job_is_the_default_and_else_the_newest(cli, job):
    other = "20261122-111111-aaaaaa"
    newer = replace(job.checkpoint, job_id=other, progress=ProcessingProgress(epoch=2, status="done"))
    job.manager.save(newer)
    with job.running():
        assert shown(cli.run("status", cwd=job.dataset.parent).stdout)["job"] == JOB
    assert shown(cli.run("status", "--last", cwd=job.dataset.parent).stdout)["job"] == other
    refused = cli.run("status", JOB, "--last", cwd=job.dataset.parent)
    assert refused.returncode == 2


def test_where_there_is_no_job_that_is_said(cli, tmp_path):
    Dataset.create(LocalStorage(tmp_path / ".snake-pipe"))
    for command in (["status"], ["control", "pause"]):
        done = cli.run(*command, cwd=tmp_path)
        assert done.returncode == 2
        assert "no job in" in done.stderr


@pytest.mark.parametrize("command", ["control", "status"])
def test_help_teaches_by_example(cli, command):
    done = cli.run(command, "--help")
    assert done.returncode == 0
    assert f"Examples:\n  snake-pipe {command}" in done.stdout


def test_help_loads_nothing_heavy(cli):
    code = (
        "import sys; from snake_pipe.cli.app import run; run(['status', '--help']);"
        "print([m for m in ('pyarrow', 'duckdb', 'deltalake', 'psutil', 'rich', 'orjson', 'pydantic')"
        " if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [cli.command()[0].replace("snake-pipe", "python"), "-c", code],
        capture_output=True, text=True, check=True, env=cli.environment,
    )  # fmt: skip
    assert done.stderr.strip() == "[]"


def test_state_of_jobs_is_for_its_owner_alone(cli, repository, tmp_path):
    dataset = tmp_path / "ds"
    assert cli.run("ingest", repository, "-d", dataset).returncode == 0
    assert (dataset / "_jobs").stat().st_mode & 0o077 == 0
    for path in (dataset / "_jobs").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path
