"""Processors, batching strategies and sinks of an installed package: that of docs/how-to/plugins.md."""

from __future__ import annotations

import os
import signal
import sqlite3

import pytest

from snake_pipe.api import connect
from snake_pipe.extract import plugin_check
from snake_pipe.load.dataset import Dataset
from snake_pipe.storage.local import LocalStorage
from snake_pipe.utils.scope import Scope
from testkit.installed_plugins import EXAMPLES, install
from testkit.waiting import wait_for


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return install(tmp_path_factory.mktemp("site"))


@pytest.fixture
def installed(site, monkeypatch):
    monkeypatch.syspath_prepend(str(site))
    return site


@pytest.fixture
def repository(tmp_path):
    root = tmp_path / "repo"
    for name in ("one/a.py", "one/b.py", "two/c.py", "two/deep/d.py"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"def {path.stem}(): pass  # TODO\n")
    return root


def ask(root, sql):
    with connect(root / ".snake-pipe") as connection:
        return connection.execute(sql).fetchall()


def in_tables(root):
    return ask(root, "SELECT path, s.name, kind FROM symbols s JOIN files USING (file_id) ORDER BY ALL")


def in_sink(path):
    with sqlite3.connect(path) as database:
        sql = "SELECT path, s.name, kind FROM symbols s JOIN files USING (file_id) ORDER BY 1, 2, 3"
        return database.execute(sql).fetchall()


def keys(path):
    """How many deliveries of each job the sink has noted."""
    with sqlite3.connect(path) as database:
        return dict(database.execute("SELECT job, flush_seq FROM delivered").fetchall())


def test_the_package_of_the_page_by_its_names(cli, installed, repository):
    (repository / "snake-pipe.toml").write_text(EXAMPLES["snake-pipe.toml"])
    done = cli.run("ingest", repository, "--workers", 2, cwd=repository.parent)
    assert done.returncode == 0, done.stderr
    assert ask(
        repository, "SELECT path, processor, value FROM files JOIN processed USING (file_id) ORDER BY 1"
    ) == [
        (path, "markers", '{"lines":1,"todo":1,"fixme":0}')
        for path in ("one/a.py", "one/b.py", "two/c.py", "two/deep/d.py")
    ]
    assert in_sink(repository.parent / "trees.db") == in_tables(repository)
    assert ask(repository, "SELECT file_count FROM batches ORDER BY batch_id") == [(2,), (2,)]
    found = cli.run("doctor", cwd=repository).stdout
    assert "sink sqlite of acme-trees 1.0, acme_trees.sqlite_sink:SqliteSink" in found


def test_a_sink_that_fails_stops_the_run_and_a_resume_delivers(cli, installed, repository):
    target = repository.parent / "trees.db"
    does = repository.parent / "trees.db.does"
    sink = ("--sink", f"trouble:Troubled={target}", "--workers", 1)
    does.write_text("raise")
    failed = cli.run("ingest", repository, *sink, "--set", "sink_attempts=1")
    assert failed.returncode == 1
    assert "the sink trouble:Troubled failed: RuntimeError: the warehouse is closed" in failed.stderr
    does.write_text("exit")
    failed = cli.run("resume", "--last", "-d", repository / ".snake-pipe", "--set", "sink_attempts=1")
    assert (failed.returncode, "its process ended with exit code 3" in failed.stderr) == (1, True)
    does.write_text("hang")
    failed = cli.run(
        "resume", "--last", "-d", repository / ".snake-pipe", "--set", "sink_timeout_seconds=0.2"
    )
    assert (failed.returncode, "has taken no rows for 0.2 s" in failed.stderr) == (1, True)
    does.unlink()
    patient = ("--set", "sink_timeout_seconds=300")
    assert cli.run("resume", "--last", "-d", repository / ".snake-pipe", *patient).returncode == 0
    assert in_sink(target) == in_tables(repository)
    assert len(in_tables(repository)) == 4


def test_a_sink_that_may_fail_gets_what_it_lacks_from_the_next_run(cli, installed, repository):
    """Files that changed and went meanwhile, tidied away, arrive as what they are; a new sink gets all."""
    target = repository.parent / "trees.db"
    does = repository.parent / "trees.db.does"
    lenient = (
        "--sink-failures",
        "warn",
        "--workers",
        1,
        "--set",
        "reader_grace_seconds=0",
        "--set",
        "keep_runs=1",
    )
    sink = ("--sink", f"trouble:Troubled={target}", "--set", "sink_attempts=1")
    assert cli.run("ingest", repository, *lenient, *sink).returncode == 0
    does.write_text("raise")
    (repository / "one/a.py").write_text("def changed(): pass\n")
    (repository / "one/b.py").unlink()
    missed = cli.run("ingest", repository, *lenient, *sink)
    assert missed.returncode == 0
    assert (
        "lacks 2 flushes: RuntimeError: the warehouse is closed; the next run delivers them first"
        in missed.stderr
    )
    does.unlink()
    before = keys(target)
    assert cli.run("ingest", repository, *lenient, *sink).returncode == 0
    assert in_sink(target) == in_tables(repository)
    assert before["snapshot"] == keys(target)["snapshot"]  # flush by flush: their parts were kept
    assert len(keys(target)) == len(before) + 1
    (repository / "two/c.py").write_text("def again(): pass\n")
    assert cli.run("ingest", repository, *lenient).returncode == 0  # without the sink
    assert in_sink(target) != in_tables(repository)
    assert cli.run("ingest", repository, *lenient, *sink).returncode == 0
    assert in_sink(target) == in_tables(repository)
    other = repository.parent / "other.db"
    assert cli.run("ingest", repository, "--sink", f"sqlite={other}", "--workers", 1).returncode == 0
    assert in_sink(other) == in_tables(repository)
    assert list(keys(other)) == ["snapshot"]


def test_a_kill_between_flush_and_sink_costs_nothing(cli, site, repository):
    target = repository.parent / "trees.db"
    does, writes = (repository.parent / f"trees.db.{word}" for word in ("does", "writes"))
    does.write_text("hang")
    path = os.pathsep.join(filter(None, (str(site), cli.environment.get("PYTHONPATH"))))
    environment = cli.environment | {"PYTHONPATH": path}
    run = cli.start("ingest", repository, "--sink", f"trouble:Troubled={target}", env=environment)
    wait_for(lambda: writes.exists() and writes.read_text())
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    wait_for(lambda: not is_running(int(writes.read_text())))
    does.unlink()
    done = cli.run_alone("resume", "--last", "-d", repository / ".snake-pipe", env=environment)
    assert done.returncode == 0, done.stderr
    assert in_sink(target) == in_tables(repository)
    assert len(in_tables(repository)) == 4


def is_running(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rpartition(")")[2].split()[0] != "Z"


def test_what_a_processor_does_to_one_file_touches_no_other(cli, installed, repository):
    for name in ("raises", "hangs", "exits", "odd", "many"):
        (repository / f"{name}.py").write_text("x = 1\n")
    options = ("--processor", "trouble:by_name", "--file-timeout", "5s", "--workers", 2)
    done = cli.run("ingest", repository, *options)
    assert done.returncode == 3, done.stderr
    wrong = ask(repository, "SELECT path, status, reason FROM files WHERE status <> 'ok' ORDER BY path")
    assert wrong == [
        ("exits.py", "quarantined", "worker_died"),
        ("hangs.py", "quarantined", "timeout"),
        ("odd.py", "partial", "processor_failed"),
        ("raises.py", "partial", "processor_failed"),
    ]
    assert ask(
        repository, "SELECT path, row, value FROM processed JOIN files USING (file_id) ORDER BY 2"
    ) == [
        ("many.py", 0, "1"),
        ("many.py", 1, '{"a":null}'),
    ]
    failures = dict(ask(repository, "SELECT path, message FROM errors WHERE phase = 'process'"))
    assert failures["raises.py"] == "trouble:by_name: ValueError: no"
    assert "no JSON" in failures["odd.py"]
    assert len(in_tables(repository)) == 7


def test_processors_instead_of_trees(cli, installed, repository):
    done = cli.run("ingest", repository, "--processor", "markers", "--processors-only", "--workers", 1)
    assert done.returncode == 0, done.stderr
    assert ask(repository, "SELECT count(*), sum(node_count) FROM files") == [(4, 0)]
    assert ask(repository, "SELECT count(*) FROM processed") == [(4,)]


def test_sinks_wait_for_no_other_run(cli, installed, repository):
    dataset = Dataset.create(LocalStorage(repository / ".snake-pipe"))
    with dataset.claims.take(lambda: (Scope("other"),)):
        done = cli.run("ingest", repository, "--sink", f"sqlite={repository.parent / 'x.db'}")
    assert done.returncode == 75
    assert "sinks get the flushes of one run at a time" in done.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--sink", "nowhere"), "there is no sink 'nowhere'"),
        (("--shard", "1/2", "--sink", "sqlite=x.db"), "sinks get the flushes of one run at a time"),
        (("--processors-only",), "processors_only without a processor leaves nothing"),
        (
            ("--sink", "broken_module:x"),
            "the sink 'broken_module:x' cannot be imported: RuntimeError: no licence",
        ),
        (("--processor", "trouble:missing"), "the processor 'trouble:missing' cannot be imported"),
        (("--batching", "ending_module:x"), "'ending_module:x' ends the process that imports it"),
    ],
)
def test_what_cannot_be_imported_is_named_before_anything_is_written(
    cli, installed, repository, options, message
):
    done = cli.run("ingest", repository, *options, "--workers", 1)
    assert done.returncode == 2
    assert message in done.stderr
    assert not (repository / ".snake-pipe").exists()


def test_a_module_that_is_never_imported_is_not_waited_for(cli, installed, repository, monkeypatch):
    monkeypatch.setattr(plugin_check, "PATIENCE", 0.1)
    done = cli.run("ingest", repository, "--batching", "hanging_module:x", "--workers", 1)
    assert (done.returncode, "is not imported within 0.1 s" in done.stderr) == (2, True)
    assert not (repository / ".snake-pipe").exists()
