"""`snake-pipe doctor` on machines that lack something, for real wherever that can be arranged."""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from snake_pipe.storage.local import LocalStorage
from snake_pipe.utils.checkpoint_manager import CheckpointManager
from testkit.claims import leave_note, taken
from testkit.repositories import git_repository, python_files

CGROUPS = Path("/sys/fs/cgroup")


@pytest.fixture
def dataset(cli, tmp_path):
    """An ingested dataset of four files."""
    root = python_files(tmp_path / "repo", 4)
    assert cli.run("ingest", root, "-q", "--set", "executor=serial").returncode == 0
    return root / ".snake-pipe"


def found_by(done):
    """The findings by subject, the worst of each, and what `doctor` ended with."""
    document = json.loads(done.stdout)
    worst = {}
    for finding in document["findings"]:
        known = worst.setdefault(finding["subject"], finding)
        if LEVELS.index(finding["level"]) > LEVELS.index(known["level"]):
            worst[finding["subject"]] = finding
    assert document["worst"] == max((f["level"] for f in worst.values()), key=LEVELS.index)
    assert done.returncode == (1 if document["worst"] == "error" else 0)
    return worst


LEVELS = ("ok", "note", "warning", "error")


@pytest.fixture
def doctor(cli):
    """Examines in this process; the findings by subject."""
    return lambda *arguments, **options: found_by(cli.run("doctor", "--json", *arguments, **options))


@pytest.fixture
def lone_doctor(cli):
    """The same in a process of its own, for limits and variables that count from its start."""

    def examine(*arguments, env=(), **options):
        done = cli.run_alone("doctor", "--json", *arguments, env=cli.environment | dict(env), **options)
        assert done.stderr == ""
        return found_by(done)

    return examine


def newest_job(dataset):
    manager = CheckpointManager(LocalStorage(dataset))
    job_id = manager.newest()
    assert job_id is not None
    return manager.job_folder(job_id).folder


def edit_json(path, **changes):
    document = json.loads(path.read_bytes())
    for key, value in changes.items():
        if isinstance(value, dict):
            document[key] |= value
        else:
            document[key] = value
    path.write_text(json.dumps(document))


def test_a_sound_place_has_no_errors_and_everything_is_looked_at(dataset, doctor):
    found = doctor("-d", dataset)
    expected = (
        "python packages memory processors permissions locks clock git dataset jobs journal writer locale"
    )
    assert set(expected.split()) <= set(found)
    assert [subject for subject, finding in found.items() if finding["level"] == "error"] == []
    assert found["dataset"]["found"].endswith("parts, all there")
    assert "is done: 4 files committed" in found["jobs"]["found"]


def test_each_finding_is_a_line_with_its_mend_below(dataset, cli):
    done = cli.run("doctor", cwd=dataset.parent, env=cli.environment | {"SNAKE_PIPE_BATCH_SIZE": "many"})
    lines = done.stdout.splitlines()
    (index,) = (number for number, line in enumerate(lines) if line.startswith("error    settings"))
    assert lines[index + 1].strip().startswith("fix: ")
    assert lines[-1].startswith("1 error, ")
    assert done.returncode == 1
    assert "\x1b" not in done.stdout


def test_without_a_dataset_it_says_how_to_make_one(doctor, tmp_path):
    found = doctor(cwd=tmp_path)
    assert found["dataset"]["level"] == "note"
    assert "snake-pipe ingest" in found["dataset"]["fix"]


def test_a_part_that_is_gone(dataset, doctor):
    next((dataset / "symbols").glob("part-*.parquet")).unlink()
    found = doctor("-d", dataset)
    assert (found["dataset"]["level"], found["dataset"]["found"]) == (
        "error",
        "symbols lacks 1 of its 1 parts",
    )


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda ds: (ds / "dataset.json").write_text("{"), "does not describe a dataset"),
        (lambda ds: edit_json(ds / "dataset.json", schema_version=1), "schema_version 1"),
        (lambda ds: (ds / "dataset.json").unlink(), "no dataset.json"),
        (lambda ds: shutil.rmtree(ds / "files" / "_delta_log"), "files cannot be read"),
    ],
)
def test_a_damaged_dataset(dataset, doctor, damage, words):
    damage(dataset)
    found = doctor("-d", dataset)["dataset"]
    assert found["level"] == "error"
    assert words in found["found"]
    assert found["fix"]


@pytest.mark.parametrize(
    ("damage", "level"), [(b"{}\n", "error"), (b'{"crc32":"00', "note")], ids=["middle", "torn end"]
)
def test_a_damaged_journal(dataset, doctor, damage, level):
    journal = newest_job(dataset) / "journal.jsonl"
    whole = journal.read_bytes()
    journal.write_bytes(damage + whole if level == "error" else whole + damage)
    assert doctor("-d", dataset)["journal"]["level"] == level


def test_a_checkpoint_that_cannot_be_read(dataset, doctor):
    (newest_job(dataset) / "checkpoint.json").write_text("{")
    assert doctor("-d", dataset)["jobs"]["level"] == "error"


@pytest.mark.parametrize(
    ("status", "level"), [("running", "warning"), ("stopped", "note"), ("failed", "warning")]
)
def test_a_job_that_is_not_done_comes_with_the_line_that_resumes_it(dataset, doctor, status, level):
    folder = newest_job(dataset)
    edit_json(folder / "checkpoint.json", progress={"status": status})
    job = doctor("-d", dataset)["jobs"]
    assert (job["level"], job["fix"]) == (level, f"snake-pipe resume {folder.name}")


def test_what_a_killed_job_left(dataset, doctor):
    folder = newest_job(dataset)
    edit_json(folder / "checkpoint.json", progress={"status": "running"})
    (dataset / "nodes" / f"part-{folder.name}-99-1.parquet").write_bytes(b"x" * (3 << 20))
    found = doctor("-d", dataset)["dataset"]
    assert found["level"] == "note"
    assert found["found"].startswith("1 parts, 3.0 MiB, are left")


def test_who_writes_to_the_dataset(dataset, doctor):
    with taken(dataset, job_id="20261122-101530-4f9a1c") as writing:
        held = doctor("-d", dataset)["writer"]
        assert held["level"] == "ok"
        assert f"job 20261122-101530-4f9a1c (pid {os.getpid()}" in held["found"]
        writing.note(pid=_dead_pid())
        assert doctor("-d", dataset)["writer"]["level"] == "warning"


def test_a_writer_that_is_silent_may_be_suspended(dataset, doctor):
    folder = newest_job(dataset)
    edit_json(folder / "status.json", time=time.time() - 600)
    with taken(dataset, job_id=folder.name):
        writer = doctor("-d", dataset)["writer"]
    assert (writer["level"], writer["fix"]) == ("warning", f"is it suspended? kill -CONT {os.getpid()}")


def test_a_writer_that_died_is_not_in_the_way(dataset, doctor):
    leave_note(dataset, "20261122-101530-4f9a1c")
    writer = doctor("-d", dataset)["writer"]
    assert writer["level"] == "note"
    assert f"job 20261122-101530-4f9a1c (pid {os.getpid()} " in writer["found"]


def _dead_pid():
    with subprocess.Popen(["true"]) as process:
        process.wait()
        return process.pid


def test_a_clock_that_went_back(dataset, doctor):
    edit_json(newest_job(dataset) / "checkpoint.json", created_at=time.time() + 5000)
    clock = doctor("-d", dataset)["clock"]
    assert clock["level"] == "warning"
    assert "in the future" in clock["found"]


def test_few_open_files(lone_doctor, dataset):
    few = lone_doctor(
        "-d", dataset, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (45, 4096))
    )
    assert few["open files"]["level"] == "error"
    assert few["open files"]["fix"].startswith("ulimit -n ")


@pytest.mark.parametrize(
    ("variables", "subject", "level"),
    [
        ({"LC_ALL": "C"}, "locale", "note"),
        ({"PYTHONIOENCODING": "ascii"}, "locale", "warning"),
        ({"TZ": "No/Where"}, "clock", "note"),
        ({"SNAKE_PIPE_PURE_PYTHON": "1"}, "compiled loops", "note"),
    ],
    ids=str,
)
def test_variables_that_count_from_the_start(lone_doctor, tmp_path, variables, subject, level):
    found = lone_doctor(cwd=tmp_path, env=variables)[subject]
    assert found["level"] == level, found
    assert found["fix"]


@pytest.mark.parametrize(
    ("variables", "subject", "level"),
    [
        ({"SNAKE_PIPE_BATCH_SIZE": "many"}, "settings", "error"),
        ({"SNAKE_PIPE_MEMORY_LIMIT_MB": "200"}, "memory", "error"),
        ({"SNAKE_PIPE_WORKER_COUNT": "200", "SNAKE_PIPE_MEMORY_LIMIT_MB": "1000"}, "memory", "warning"),
    ],
    ids=str,
)
def test_settings_from_variables(cli, doctor, tmp_path, variables, subject, level):
    found = doctor(cwd=tmp_path, env=cli.environment | variables)[subject]
    assert found["level"] == level, found
    assert found["fix"]


def test_without_git(cli, doctor, tmp_path):
    assert doctor(cwd=tmp_path, env=cli.environment | {"PATH": "/nowhere"})["git"]["level"] == "note"


def test_a_repository_that_git_cannot_list(doctor, tmp_path):
    root = git_repository(tmp_path / "repo", "a.py")
    assert doctor(cwd=root)["git"]["level"] == "ok"
    (root / ".git" / "index").write_bytes(b"damaged")
    broken = doctor(cwd=root)["git"]
    assert broken["level"] == "warning"
    assert "index" in broken["found"]


@pytest.mark.root
def test_a_repository_of_another_user(doctor, tmp_path):
    if os.geteuid() != 0:
        pytest.skip("giving files away needs root")
    root = git_repository(tmp_path / "repo", "a.py")
    for path in (root, *root.rglob("*")):
        os.chown(path, 12345, 12345)
    refused = doctor(cwd=root)["git"]
    assert refused["level"] == "note"
    assert refused["fix"] == f"git config --global --add safe.directory {root}"


def test_a_package_of_another_version_and_one_that_does_not_load(cli, tmp_path):
    """The same as after an upgrade of one package, and with a wheel that was made for another machine."""
    site = tmp_path / "site"
    about = site / "duckdb-9.9.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: duckdb\nVersion: 9.9\n")
    (site / "ijson.py").write_text("raise ImportError('wrong ELF class: ELFCLASS32')\n")
    path = os.pathsep.join([str(site), os.environ.get("PYTHONPATH", "")])
    done = cli.run_alone("doctor", cwd=tmp_path, env=cli.environment | {"PYTHONPATH": path})
    assert done.returncode == 1
    assert re.search(r"^error +packages +duckdb is 9\.9, \S+ is wanted$", done.stdout, re.MULTILINE)
    assert "ijson does not load: wrong ELF class: ELFCLASS32\n" in done.stdout
    assert re.search(r"fix: \S+ -m pip install --force-reinstall --no-deps 'ijson>=", done.stdout)


def test_text_that_the_output_cannot_hold_is_escaped(cli, dataset):
    """With `PYTHONIOENCODING=ascii` every table ended with a UnicodeEncodeError."""
    root = python_files(dataset.parent / "größe", 1)
    assert cli.run("ingest", root, "-q", "--set", "executor=serial").returncode == 0
    ascii_only = cli.environment | {"PYTHONIOENCODING": "ascii"}
    done = cli.run_alone("query", "SELECT repo FROM files", "-d", root / ".snake-pipe", env=ascii_only)
    assert (done.returncode, done.stdout.splitlines()) == (0, ["repo", "-----", r"gr\xf6\xdfe"])


@pytest.mark.root
def test_a_cgroup_with_little_memory(lone_doctor, tmp_path):
    version, base = (2, CGROUPS) if (CGROUPS / "cgroup.controllers").exists() else (1, CGROUPS / "memory")
    group = base / f"snake-pipe-doctor-{os.getpid()}"
    try:
        group.mkdir()
        limit = group / ("memory.max" if version == 2 else "memory.limit_in_bytes")
        limit.write_text(str(230 << 20))
    except OSError as error:
        if group.is_dir():
            group.rmdir()
        pytest.skip(f"no cgroup can be made here: {error}")
    try:
        memory = lone_doctor(
            cwd=tmp_path, preexec_fn=lambda: (group / "cgroup.procs").write_text(str(os.getpid()))
        )["memory"]
    finally:
        group.rmdir()
    assert memory["level"] == "error"
    assert memory["found"].startswith(f"230 MiB by {limit}: ")


@pytest.mark.root
def test_a_disk_that_is_full_and_then_read_only(doctor, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4096k", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        pytest.skip("mounting needs root")
    try:
        small = doctor("-d", disk / "ds", cwd=disk)
        assert small["dataset's disk"]["level"] == "error"
        assert "(tmpfs)" in small["dataset's disk"]["found"]
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        closed = doctor("-d", disk / "ds", cwd=disk)
        assert closed["permissions"]["level"] == "error"
        assert closed["clock"]["level"] == "ok"
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=False)


def test_a_folder_that_may_not_be_written_to(doctor, tmp_path):
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    tmp_path.chmod(0o500)
    try:
        assert doctor(cwd=tmp_path)["permissions"]["level"] == "error"
    finally:
        tmp_path.chmod(0o700)
