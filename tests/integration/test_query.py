"""`query` as a user has it: formats, files, terminals, full disks."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import snake_pipe
from testkit.terminal import Terminal


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A repository with a dataset, for all: they only ask."""
    root = tmp_path_factory.mktemp("asked")
    (root / "a.py").write_text("import os\n\n\ndef area(r):\n    return os.sep * r\n")
    assert snake_pipe.ingest(root, executor="serial").status == "done"
    return root


@pytest.fixture
def on_terminal(cli, root):
    def shown(*arguments, columns=80, code=0):
        with Terminal(columns) as terminal:
            environment = {name: value for name, value in cli.environment.items() if name != "COLUMNS"}
            terminal.start(cli.command("query", "-d", root, *arguments), environment)
            assert terminal.wait() == code
            return terminal.seen.replace("\r\n", "\n")

    return shown


@pytest.mark.parametrize("name", ["x.csv", "x.json", "x.JSONL", "x.ndjson", "x.md", "x.parquet", "x.txt"])
def test_the_ending_says_the_format(cli, root, tmp_path, name):
    target = tmp_path / name
    done = cli.run("query", "SELECT name FROM symbols", "-o", target, "-d", root)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    if name.endswith("parquet"):
        assert pq.read_table(target).to_pylist() == [{"name": "area"}]
    else:
        assert target.read_text() in (
            "name\narea\n", '{"name":"area"}\n', "| name |\n|---|\n| area |\n", "name\n────\narea\n"
        )  # fmt: skip
    refused = cli.run("query", "SELECT 1", "-o", target, "-d", root)
    assert refused.returncode == 2
    assert "already exists\n  --overwrite" in refused.stderr
    assert cli.run("query", "SELECT 1", "-o", target, "-d", root, "--overwrite").returncode == 0


def test_a_file_is_there_whole_or_not_at_all(cli, root, tmp_path):
    target = tmp_path / "out" / "x.csv"
    target.parent.mkdir()
    late = "SELECT CASE WHEN range = 999999 THEN error('late') ELSE 'x' END FROM range(1000000)"
    failed = cli.run("query", late, "-o", target, "-d", root)
    assert (failed.returncode, list(target.parent.iterdir())) == (2, [])
    target.write_text("mine")
    assert cli.run("query", late, "-o", target, "--overwrite", "-d", root).returncode == 2
    assert target.read_text() == "mine"
    for place in (root / ".snake-pipe" / "x.csv", root / ".snake-pipe" / "nodes" / "x.csv"):
        refused = cli.run("query", "SELECT 1", "-o", place, "-d", root)
        assert refused.returncode == 2
        assert "inside of the dataset" in refused.stderr
        assert not place.exists()
    for more in ([], ["--overwrite"]):
        refused = cli.run("query", "SELECT 1", "-o", tmp_path / "out", *more, "--format", "csv", "-d", root)
        assert (refused.returncode, refused.stderr.split("\n")[1]) == (2, "  choose another name")
    assert cli.run("query", "SELECT 1", "-o", "/dev/null", "--format", "csv", "-d", root).returncode == 0
    assert cli.run("query", "SELECT 1", "-o", tmp_path / "x.xlsx", "-d", root).returncode == 2


def test_several_statements_are_answered_in_turn(cli, root):
    asked = cli.run("query", "SELECT 1 AS a; SELECT 'x' AS b;", "-d", root)
    assert asked.stdout == "a\n─\n1\n\nb\n─\nx\n"
    asked = cli.run(
        "query", "-", "--format", "markdown", "-d", root, input="SELECT 1 AS a;\nSELECT 'x|' AS b"
    )
    assert asked.stdout == "| a |\n|---:|\n| 1 |\n\n| b |\n|---|\n| x\\| |\n"
    for form in ("csv", "json", "parquet"):
        refused = cli.run("query", "SELECT 1; SELECT 2", "--format", form, "-d", root)
        assert (refused.returncode, refused.stdout) == (2, "")
        assert f"{form} holds one answer, there are 2 statements" in refused.stderr
    assert cli.run("query", "SELECT ?; SELECT ?", "-p", "1", "-d", root).returncode == 2
    late = cli.run("query", "SELECT 1 AS a; SELECT error('no')", "-d", root)
    assert (late.returncode, late.stdout.split()[0]) == (2, "a")


@pytest.mark.parametrize("command", [("query", "-"), ("shell",)])
def test_statements_that_are_not_utf_8_are_refused(cli, root, command):
    """They ended in tracebacks, of Python's decoder or of DuckDB's."""
    done = cli.run_alone(*command, "-d", root, input=b"SELECT 1 AS a,\n'\xff' AS b;", text=False)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == b"snake-pipe: line 2 of the SQL is not UTF-8\n"


def test_an_argument_that_is_not_utf_8_is_refused(cli, root):
    done = cli.run("query", os.fsdecode(b"SELECT '\xff'"), "-d", root)
    assert (done.returncode, done.stderr) == (2, "snake-pipe: line 1 of the SQL is not UTF-8\n")


def test_a_file_that_others_append_to_is_appended_to(cli, root, tmp_path):
    target = tmp_path / "all.csv"
    target.write_text("before\n")
    with target.open("a") as file:
        assert cli.run_alone(
            "query", "SELECT 1 AS a", "--format", "csv", "-d", root, stdout=file, capture_output=False
        ).returncode == 0  # fmt: skip
    assert target.read_text() == "before\na\n1\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk that is always full")
@pytest.mark.parametrize(
    "command",
    [
        ("query", "FROM range(1000000)", "--format", "csv"),
        ("query", "FROM range(1000000)", "--format", "json"),
        ("query", "FROM range(1000000)", "--format", "markdown"),
        ("status",),
        ("languages",),
        ("--help",),
        ("--version",),
    ],
)
def test_a_full_disk_is_one_line_and_1(cli, root, command):
    """It ended in a traceback, and in 120 where the rest was flushed at the end."""
    with open("/dev/full", "w") as full:
        done = cli.run_alone(*command, cwd=root, capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert done.stderr == "snake-pipe: the output cannot be written: No space left on device\n"
    assert done.returncode == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk that is always full")
def test_a_refusal_that_a_full_disk_cannot_take_is_one_still(cli, root):
    with open("/dev/full", "w") as full:
        refused = cli.run_alone("query", "SELEKT", cwd=root, capture_output=False, stdout=-1, stderr=full)
    assert (refused.returncode, refused.stdout) == (2, "")


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("ascii", "a   b\n--  -\n\\xe9\\u2192  1\n"),
        ("latin-1", "a   b\n--  -\né\\u2192  1\n"),
        ("utf-8", "a   b\n──  ─\né→  1\n"),
    ],
)
def test_what_a_terminal_cannot_show_is_replaced(cli, root, encoding, shown):
    """A table ended in a UnicodeEncodeError, also one of ASCII, for its rule."""
    done = cli.run_alone(
        "query", "SELECT 'é→' AS a, 1 AS b", "-d", root,
        env=cli.environment | {"PYTHONIOENCODING": encoding}, encoding=encoding,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, shown, "")
    data = cli.run_alone(
        "query", "SELECT 'é→' AS a", "--format", "csv", "-d", root,
        env=cli.environment | {"PYTHONIOENCODING": encoding}, encoding="utf-8",
    )  # fmt: skip
    assert data.stdout == "a\né→\n"


def test_a_table_fits_the_terminal(on_terminal):
    text = on_terminal("SELECT range AS n, repeat('wide ', 30) AS text FROM range(1234)", columns=60)
    assert all(len(line) <= 60 for line in text.splitlines())
    assert text.splitlines()[2].split()[:3] == ["0", "wide", "wide"]
    assert text.splitlines()[2].endswith("wide wid…")
    assert "1,234 rows, 40 of them shown" in text
    assert [line.split()[0] for line in text.splitlines()[20:25]] == ["18", "19", "…", "1214", "1215"]
    many = on_terminal(f"SELECT {', '.join(f'{n} AS column_{n}' for n in range(30))}", columns=60)
    assert all(len(line) <= 60 for line in many.splitlines())
    assert many.splitlines()[0].split()[:2] == ["column_0", "column_1"]
    assert many.splitlines()[0].split()[-1] == "column_29"
    assert "30 columns, 5 of them shown (--wide: all)" in many


def test_options_show_all_of_it(on_terminal):
    sql = "SELECT range AS n, repeat('x', 100) AS text FROM range(100)"
    text = on_terminal(sql, "--max-rows", "0", "--wide", columns=60)
    assert len(text.splitlines()) == 102
    assert all(line.endswith("x" * 100) for line in text.splitlines()[2:])
    assert "100 rows, 3 of them shown" in on_terminal(sql, "--max-rows", "3", columns=60)


def test_a_pipe_gets_all_of_it(cli, root):
    asked = cli.run("query", "SELECT range, repeat('x', 200) FROM range(3000)", "-d", root)
    assert len(asked.stdout.splitlines()) == 3002
    assert all("x" * 200 in line for line in asked.stdout.splitlines()[2:])


def test_nothing_in_a_cell_reaches_the_terminal(on_terminal, cli, root):
    sql = "SELECT E'\\x1b]52;c;eA==\\x07\\n' AS \"a\x1b[31m\", '\\xFF'::BLOB AS b"
    text = on_terminal(sql)
    assert "\\x1b]52;c;eA==\\x07\\n" in text
    assert "a\\x1b[31m" in text
    assert "\x1b" not in cli.run("query", sql, "--format", "markdown", "-d", root).stdout


def test_parquet_is_not_for_a_terminal(on_terminal):
    assert "Parquet is not for a terminal" in on_terminal("SELECT 1", "--format", "parquet", code=2)


def test_ctrl_c_ends_a_long_query(cli, root):
    """It was looked for when the query was done."""
    with Terminal() as terminal:
        plan = "FROM range(1000000000000) t(n) WHERE hash(n) = 3"
        terminal.start(cli.command("query", "-d", root, f"SELECT 'begun'; {plan}"), cli.environment)
        terminal.read_until("'begun'")
        terminal.press_ctrl_c()
        assert terminal.wait() == 130
        assert "Traceback" not in terminal.seen


def test_plans_are_shown_as_duckdb_draws_them(cli, root):
    shown = cli.run("query", "EXPLAIN SELECT 42", "-d", root).stdout
    assert len(shown.splitlines()) > 3
    assert "\\n" not in shown
    assert json.loads(cli.run("query", "EXPLAIN SELECT 42", "--format", "json", "-d", root).stdout)
