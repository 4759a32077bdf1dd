"""Dialects of a user's own, by the installed command; docs/dialects.md brings the example."""

from __future__ import annotations

import json
import os
import re

import pytest

from snake_pipe.api import connect
from snake_pipe.schemas import ORDINAL_BITS
from snake_pipe.storage.local import LocalStorage
from snake_pipe.utils.checkpoint_manager import CheckpointManager
from testkit.places import PROJECT
from testkit.waiting import wait_for

EXAMPLES = dict(
    re.findall(r"<!-- (\S+) -->\n```\w+\n(.*?)```", (PROJECT / "docs" / "dialects.md").read_text(), re.DOTALL)
)


@pytest.fixture
def repository(tmp_path):
    """A folder with the tree of the docs, a source and other JSON; the dialect file lies outside."""
    root = tmp_path / "repo"
    root.mkdir()
    (root / "shop.ast.json").write_text(EXAMPLES["shop.ast.json"])
    (root / "a.py").write_text("def f(): pass\n")
    (root / "other.json").write_text('{"a": 1}')
    (tmp_path / "loom.toml").write_text(EXAMPLES["loom.toml"])
    return root


def rows(root, sql):
    with connect(root / ".snake-pipe") as connection:
        return connection.execute(sql).fetchall()


def files(root):
    """How each file was read, and by the how-manieth job; the ids of two jobs of one second have no order."""
    begun = f"dense_rank() OVER (ORDER BY file_id >> {ORDINAL_BITS})"
    return rows(root, f"SELECT path, dialect, status, {begun} FROM files ORDER BY path")


def test_the_example_of_the_docs_gives_its_rows(cli, repository):
    done = cli.run("ingest", repository, "--dialect", "loom.toml", cwd=repository.parent)
    assert done.returncode == 0, done.stderr
    assert files(repository) == [
        ("a.py", None, "ok", 1),
        ("other.json", None, "skipped", 1),
        ("shop.ast.json", "loom", "ok", 1),
    ]
    assert rows(
        repository, "SELECT language, source_path, offset_unit, node_count FROM files WHERE dialect = 'loom'"
    ) == [("loom", "shop.loom", "char", 20)]
    of_trees = "JOIN files USING (file_id) WHERE dialect = 'loom'"
    columns = "qualified_name, kind, name_line, signature, doc, modifiers, exported, complexity"
    assert rows(repository, f"SELECT {columns} FROM symbols {of_trees} ORDER BY node_id") == [
        ("RATE", "variable", 2, None, None, ["const"], None, None),
        ("Basket", "class", 4, None, None, None, True, None),
        ("Basket.total", "method", 5, "total(less)", "What the basket costs.", ["pure"], None, 2),
    ]
    assert rows(repository, f"SELECT role, qualifier, name, start_line FROM refs {of_trees}") == [
        ("inherit", None, "Container", 4),
        ("read", None, "less", 6),
        ("read", None, "RATE", 6),
        ("write", None, "less", 6),
        ("call", "self", "sum_all", 7),
        ("read", None, "self", 7),
    ]
    assert rows(repository, f"SELECT module, name, alias FROM imports {of_trees}") == [
        ("std.money", "Sum", None),
        ("std.money", "round", "rounded"),
    ]
    assert rows(repository, f"SELECT count(*) FROM nodes {of_trees} AND kind = 'other'") == [(0,)]


def test_an_edited_dialect_reads_trees_again_and_no_sources(cli, repository):
    (repository / "snake-pipe.toml").write_text('dialects = ["../loom.toml"]\n')
    assert cli.run("ingest", repository).returncode == 0
    assert cli.run("ingest", repository).returncode == 0
    assert {job for *_, job in files(repository)} == {1}
    dialect = repository.parent / "loom.toml"
    dialect.write_text(dialect.read_text().replace('name = "loom"', 'name = "loom-2"'))
    assert cli.run("ingest", repository).returncode == 0
    assert files(repository) == [
        ("a.py", None, "ok", 1),
        ("other.json", None, "skipped", 2),
        ("shop.ast.json", "loom-2", "ok", 2),
    ]


def test_a_job_keeps_the_text_of_its_dialects(cli, repository):
    dialect = repository.parent / "loom.toml"
    assert cli.run("ingest", repository, "--dialect", dialect).returncode == 0
    manager = CheckpointManager(LocalStorage(repository / ".snake-pipe"))
    (job,) = manager.job_ids()
    assert manager.load(job).config["dialects"] == [dialect.read_text()]
    refused = cli.run("resume", job, "-d", repository / ".snake-pipe", "--set", f"dialects={dialect}")
    assert refused.returncode == 2
    assert "dialects cannot be changed by a resume" in refused.stderr


def test_a_resume_goes_on_when_the_dialect_file_is_gone(cli, repository):
    for number in range(600):
        (repository / f"{number}.json").write_text(EXAMPLES["shop.ast.json"])
    dialect = repository.parent / "loom.toml"
    small = ("--set=batch_size=3", "--set=target_seconds=0.01", "--set=flush_interval=0.02", "--workers=1")
    job = cli.start("ingest", repository, "--dialect", dialect, "--no-progress", *small)
    journals = repository.glob
    wait_for(
        lambda: any(b'"committed"' in log.read_bytes() for log in journals(".snake-pipe/_jobs/*/journal*"))
    )
    assert job.poll() is None, "it ended before it could be killed"
    job.kill()
    job.wait()
    dialect.unlink()
    large = ("--set=batch_size=200", "--set=target_seconds=1", "--set=flush_interval=10")
    done = cli.run("resume", "--last", "-d", repository / ".snake-pipe", *large)
    assert done.returncode == 0, done.stderr
    sql = "SELECT dialect, count(*), sum(node_count) FROM files WHERE dialect IS NOT NULL GROUP BY ALL"
    assert rows(repository, sql) == [("loom", 601, 20 * 601)]


def test_a_check_shows_what_an_ingestion_would_take(cli, repository):
    loom = repository.parent / "loom.toml"
    done = cli.run("dialects", "check", repository / "shop.ast.json", "--dialect", loom)
    assert done.returncode == 0
    assert (
        "loom; a root: its type is Unit, it has loom_version, items\n20 nodes, 0 of them other" in done.stdout
    )
    assert "Basket.total  total(less)" in done.stdout
    assert done.stderr == ""
    lines = cli.run("dialects", "check", loom, repository / "shop.ast.json", "--format", "json").stdout
    found = [json.loads(line) for line in lines.splitlines()]
    assert [(one["what"], one["name"]) for one in found[:3]] == [
        ("dialect file", None),
        ("dialect", "loom"),
        ("other nodes", None),
    ]
    assert {one["name"] for one in found if one["what"] == "import"} == {"Sum", "round as rounded"}


def test_a_check_tells_what_is_wrong_by_its_exit_code(cli, repository):
    other = cli.run("dialects", "check", repository / "other.json")
    assert other.returncode == 3
    assert "other.json: not recognised; no built-in dialect knows it" in other.stdout
    loom = repository.parent / "loom.toml"
    loom.write_text(loom.read_text().replace("branches", "branch"))
    for arguments in (["dialects", "check", loom], ["ingest", repository, "--dialect", loom]):
        wrong = cli.run(*arguments)
        assert wrong.returncode == 2
        assert "loom.toml: branch is unknown; did you mean branches? allowed: branches, " in wrong.stderr
        assert wrong.stdout == ""
    missing = cli.run("dialects", "check", repository / "no.json")
    assert (missing.returncode, "cannot be read" in missing.stderr) == (2, True)


def test_a_package_brings_a_dialect(cli, repository, tmp_path):
    package = tmp_path / "site"
    about = package / "loom_trees-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: loom-trees\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[snake_pipe.dialects]\nloom = loom_trees:LOOM\n")
    (package / "loom_trees.py").write_text(
        "from pathlib import Path\n"
        "from snake_pipe.transform.dialects.dialect_file import compile_dialect, read_dialect_file\n"
        f"LOOM = compile_dialect(read_dialect_file(Path({str(tmp_path / 'loom.toml')!r})), 'loom')\n"
    )
    path = os.pathsep.join(filter(None, (str(package), cli.environment.get("PYTHONPATH"))))
    environment = cli.environment | {"PYTHONPATH": path}
    assert "loomc --dump-tree" in cli.run_alone("dialects", env=environment).stdout
    assert cli.run_alone("ingest", repository, env=environment).returncode == 0
    assert ("shop.ast.json", "loom", "ok", 1) in files(repository)
    (package / "loom_trees.py").write_text("LOOM = None\n")
    broken = cli.run_alone("dialects", env=environment)
    assert broken.returncode == 2
    assert "loom_trees:LOOM of loom-trees 1.0 is not a Dialect" in broken.stderr
