"""Shards of a repository as jobs of their own, beside each other: the rows are those of one run."""

from __future__ import annotations

import shutil

import pytest

from snake_pipe.load.claims.writers import live_writers
from snake_pipe.load.dataset import Dataset
from snake_pipe.storage.local import LocalStorage
from testkit.claims import taken
from testkit.compared import differences
from testkit.repositories import python_files
from testkit.tables import rows, value
from testkit.waiting import wait_for

QUICK = ("-q", "--set", "executor=serial")


@pytest.fixture
def repository(tmp_path):
    root = python_files(tmp_path / "repo", 40)
    python_files(root / "inner", 20)
    (root / "tree_ast.json").write_text('{"type": "Program", "body": []}')
    (root / "bad_ast.json").write_text('{"type": "Program", "body": [')
    return root


@pytest.fixture
def dataset(tmp_path):
    return tmp_path / "ds"


def night(cli, repository, dataset, count):
    """All shards, one after the other."""
    for number in range(1, count + 1):
        options = ("--shard", f"{number}/{count}", "--max-failures", "1", *QUICK)
        done = cli.run("ingest", repository, "-d", dataset, *options)
        assert done.returncode == 0, done.stderr


def differs(cli, repository, dataset):
    """What differs from one run over the repository as it is now."""
    fresh = dataset.with_name("fresh")
    shutil.rmtree(fresh, ignore_errors=True)
    cli.run("ingest", repository, "-d", fresh, *QUICK)
    return differences(fresh, dataset)


def test_four_at_once(cli, repository, dataset):
    options = ("--max-failures", "1", *QUICK)
    jobs = [
        cli.start("ingest", repository, "-d", dataset, "--shard", f"{number}/4", *options)
        for number in range(1, 5)
    ]
    for job in jobs:
        _, told = job.communicate(timeout=240)
        assert job.returncode == 0, told
    assert differs(cli, repository, dataset) == {}
    assert Dataset.open(LocalStorage(dataset)).snapshot().is_tidy
    shards = rows(dataset, "SELECT shard, files, files_added FROM runs ORDER BY shard")
    assert [shard for shard, *_ in shards] == ["1/4", "2/4", "3/4", "4/4"]
    assert sum(files for _, files, _ in shards) == sum(added for *_, added in shards) == 62


def test_nights_with_other_numbers_of_shards(cli, repository, dataset):
    night(cli, repository, dataset, 3)
    assert differs(cli, repository, dataset) == {}
    for number in range(0, 40, 3):
        (repository / f"m{number:02}.py").unlink()
    shutil.rmtree(repository / "inner")
    (repository / "m01.py").write_text("def changed():\n    return 1\n")
    (repository / "new.py").write_text("x = 1\n")
    night(cli, repository, dataset, 2)
    assert differs(cli, repository, dataset) == {}
    assert value(dataset, "SELECT sum(files_removed) FROM runs WHERE shard LIKE '%/2'") == 34
    cli.run("ingest", repository, "-d", dataset, "--max-failures", "1", *QUICK)
    (last,) = rows(dataset, "SELECT files_read, files_removed FROM runs WHERE shard IS NULL")
    assert last == (1, 0), "only the file that fails is tried again"


def test_a_shard_that_empties_loses_its_files(cli, repository, dataset):
    """It sees nothing of what it had, but the others see theirs: so the disk is there."""
    night(cli, repository, dataset, 4)
    shard = "3/4"
    assert value(dataset, f"SELECT files FROM runs WHERE shard = '{shard}'") > 0
    job = value(dataset, f"SELECT job_id FROM runs WHERE shard = '{shard}'")
    for (path,) in rows(dataset, f"SELECT path FROM files WHERE job_id = '{job}'"):
        (repository / path).unlink()
    done = cli.run("ingest", repository, "-d", dataset, "--shard", shard, "--max-failures", "1", *QUICK)
    assert done.returncode == 0, done.stderr
    assert differs(cli, repository, dataset) == {}


def test_a_killed_one_is_resumed_while_others_go_on(cli, repository, dataset):
    first = ("ingest", repository, "-d", dataset, "--shard", "1/2", "--on-unfinished", "resume")
    options = ("--max-failures", "1", *QUICK)
    killed = cli.start(*first, *options)
    wait_for(lambda: any(writer.job_id for writer in live_writers(LocalStorage(dataset))))
    killed.kill()
    killed.communicate()
    with taken(dataset, "repo", shard="2/2"):
        assert cli.run(*first, *options).returncode == 0
    assert cli.run("ingest", repository, "-d", dataset, "--shard", "2/2", *options).returncode == 0
    assert differs(cli, repository, dataset) == {}


def test_what_overlaps_is_refused_and_nothing_else(cli, repository, dataset):
    night(cli, repository, dataset, 2)
    job = "20261122-101530-4f9a1c"
    with taken(dataset, "repo", job_id=job, shard="1/2"):
        for other in (("--shard", "1/2"), ("--shard", "2/3"), ()):
            refused = cli.run("ingest", repository, "-d", dataset, *other, *QUICK)
            assert refused.returncode == 75
            assert f"job {job} (pid " in refused.stderr
        options = ("--max-failures", "1", *QUICK)
        assert cli.run("ingest", repository, "-d", dataset, "--shard", "2/2", *options).returncode == 0
        beside = python_files(repository.with_name("beside"), 3)
        assert cli.run("ingest", beside, "-d", dataset, *QUICK).returncode == 0
    assert value(dataset, "SELECT count(*) FROM files WHERE repo = 'beside'") == 3


def test_a_list_is_not_sharded(cli, repository, dataset):
    (repository.parent / "list").write_text(f"{repository}/m00.py\n")
    refused = cli.run("ingest", "--files-from", repository.parent / "list", "-d", dataset, "--shard", "1/2")
    assert (refused.returncode, "split the list" in refused.stderr) == (2, True)
