"""The command as a user has it: arguments, outputs, exit codes."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shlex
import signal
import subprocess
import sysconfig
from dataclasses import asdict
from pathlib import Path

import pytest

import snake_pipe
from snake_pipe.transform.languages import LANGUAGES
from testkit.places import SAMPLES
from testkit.samples import crossed
from testkit.tables import rows

STDLIB = Path(sysconfig.get_paths()["stdlib"])


@pytest.fixture
def repository(tmp_path):
    return _write_repository(tmp_path / "repo")


@pytest.fixture(scope="module")
def ingested(tmp_path_factory):
    """The same with its dataset, for those that only ask."""
    root = _write_repository(tmp_path_factory.mktemp("ingested"))
    assert snake_pipe.ingest(root, executor="serial").status == "done"
    return root


def _write_repository(root):
    (root / "pkg").mkdir(parents=True)
    (root / "pkg" / "a.py").write_text("import os\n\n\ndef area(r):\n    return os.sep * r\n")
    (root / "pkg" / "b.go").write_text('package b\n\nimport "fmt"\n\nfunc Show() { fmt.Println("x") }\n')
    (root / "data.json").write_text('{"name": "x"}')
    (root / "notes.txt").write_text("nothing")
    return root


def test_ingest_query_export(cli, repository, tmp_path):
    done = cli.run("ingest", repository)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert "2 ok, 1 skipped" in done.stderr
    assert "1 .txt" in done.stderr
    asked = cli.run(
        "query", "SELECT path, status, reason FROM files ORDER BY path", "--format", "csv", cwd=repository
    )
    assert list(csv.reader(io.StringIO(asked.stdout))) == [
        ["path", "status", "reason"],
        ["data.json", "skipped", "not_an_ast"],
        ["pkg/a.py", "ok", ""],
        ["pkg/b.go", "ok", ""],
    ]
    asked = cli.run(
        "query",
        "-p",
        "area",
        "SELECT qualified_name FROM symbols WHERE name = ?",
        "--format",
        "json",
        cwd=repository / "pkg",
    )
    assert [json.loads(line) for line in asked.stdout.splitlines()] == [{"qualified_name": "area"}]
    target = tmp_path / "trees.duckdb"
    exported = cli.run("export", target, "-d", repository)
    assert exported.returncode == 0, exported.stderr
    assert target.stat().st_size > 0
    assert cli.run("export", target, "-d", repository).returncode == 2


def test_a_second_run_reads_only_what_changed(cli, repository):
    dataset = repository / ".snake-pipe"
    assert cli.run("ingest", repository).returncode == 0
    first = dict(rows(dataset, "SELECT path, file_id FROM files"))
    (repository / "pkg" / "a.py").write_text("def other():\n    pass\n")
    (repository / "pkg" / "b.go").unlink()
    (repository / "pkg" / "c.rb").write_text("def c; end\n")
    again = cli.run("ingest", repository)
    assert "1 unchanged" in again.stderr
    assert "1 deleted" in again.stderr
    second = dict(rows(dataset, "SELECT path, file_id FROM files"))
    assert sorted(second) == ["data.json", "pkg/a.py", "pkg/c.rb"]
    assert second["data.json"] == first["data.json"]
    assert second["pkg/a.py"] > first["pkg/a.py"]
    assert rows(dataset, "SELECT name FROM symbols ORDER BY name") == [("c",), ("other",)]
    assert rows(dataset, "SELECT count(*) FROM files_history WHERE status = 'deleted'") == [(1,)]
    third = cli.run("ingest", repository)
    assert "3 unchanged" in third.stderr


def test_other_settings_read_again_what_has_not_changed(cli, repository):
    # An ingestion of symbols alone used to hide from the next one that the nodes were missing.
    dataset = repository / ".snake-pipe"
    assert cli.run("ingest", repository, "--tables", "symbols").returncode == 0
    assert rows(dataset, "SELECT count(*) FROM nodes") == [(0,)]
    assert "unchanged" not in cli.run("ingest", repository).stderr
    assert rows(dataset, "SELECT count(*) > 0 FROM nodes") == [(True,)]
    assert "3 unchanged" in cli.run("ingest", repository).stderr
    (repository / "pkg" / "a.py").unlink()
    full = cli.run("ingest", repository, "--full").stderr
    assert "1 deleted" in full
    assert "unchanged" not in full
    assert rows(dataset, "SELECT count(*) FROM files") == [(2,)]


@pytest.mark.parametrize(
    "arguments",
    [
        ["ingest", "/nowhere/at/all"],
        ["ingest", "--no-such-option"],
        ["ingest", ".", "--languages", "klingon"],
        ["ingest", ".", "--tables", "nodles"],
        ["ingest", ".", "--set", "batch_size=0"],
        ["ingest", ".", "--set", "batch_sise=1"],
        ["ingest", ".", "--preset", "warp"],
        ["ingest", ".", "--files-from", "x", "--files0-from", "y"],
        ["ingest", "--files-from", "/nowhere/list"],
        ["resume"],
        ["resume", "--last"],
        ["resume", "../x"],
        ["resume", "--", "-rf"],
        ["resume", "20261122-101530-4f9a1c"],
        ["query", "SELECT 1"],
        ["status", "../../etc"],
        ["languages", "--format", "yaml"],
    ],
)
def test_what_is_refused_has_2_and_one_clear_line(cli, tmp_path, arguments):
    empty = tmp_path / "empty"
    empty.mkdir()
    refused = cli.run(*arguments, cwd=empty)
    assert refused.returncode == 2, refused.stderr
    assert "Traceback" not in refused.stderr
    assert refused.stdout == ""
    assert refused.stderr.strip()
    assert list(empty.iterdir()) == []


def test_a_folder_that_is_no_dataset_is_refused_and_left_alone(cli, repository):
    refused = cli.run("ingest", repository, "-d", repository / "pkg")
    assert refused.returncode == 2
    assert sorted(path.name for path in (repository / "pkg").iterdir()) == ["a.py", "b.go"]


def test_statements_that_write_are_refused(cli, ingested, tmp_path):
    for sql in (
        f"COPY files TO '{tmp_path}/out.csv'",
        "DROP VIEW files",
        f"WITH x AS (COPY (SELECT 1) TO '{tmp_path}/out.csv') FROM x",
        "SELECT * FROM nothing",
        "SELEKT",
        "SELECT 1; DROP VIEW files",
    ):
        refused = cli.run("query", sql, cwd=ingested)
        assert refused.returncode == 2, sql
        assert "Traceback" not in refused.stderr
    assert not (tmp_path / "out.csv").exists()


def test_broken_files_make_3_unless_they_are_allowed(cli, repository):
    (repository / "bad_ast.json").write_text('{"type": "Program", "body": [')
    first = cli.run("ingest", repository)
    assert first.returncode == 3, first.stderr
    assert "1 failed" in first.stderr
    dataset = repository / ".snake-pipe"
    assert rows(dataset, "SELECT path, phase, code FROM errors") == [
        ("bad_ast.json", "decode", "invalid_json")
    ]
    assert rows(dataset, "SELECT count(*) FROM files WHERE status = 'ok'") == [(2,)]
    assert cli.run("ingest", repository, "--max-failures", "1").returncode == 0


def test_files_that_failed_are_named_by_a_quiet_run_in_one_line(cli, repository):
    """`-q` ended with 3 and without a word; then it told eleven lines, each a part of a mail from cron."""
    for number in range(12):
        (repository / f"bad{number:02}_ast.json").write_text('{"type": "Program",\n "body": [')
    quiet = cli.run("ingest", repository, "-q")
    assert (quiet.returncode, quiet.stdout) == (3, "")
    told = cli.run("ingest", repository, "--full").stderr.splitlines()
    *named, rest, reason = told[-12:]
    words = ": not valid JSON: unexpected end of data"
    assert quiet.stderr == f"{reason}; {named[0]}; {rest.replace('2 more', '11 more')}\n"
    assert named == [f"bad{number:02}_ast.json:2{words}" for number in range(10)]
    assert reason == "snake-pipe: 12 files failed, --max-failures 0"
    count, command = rest.split(" more: snake-pipe ")
    everything = cli.run(*shlex.split(command), "--format", "csv")
    assert count == "2"
    assert len(everything.stdout.splitlines()) == 1 + 12
    job = next(line for line in told if line.startswith("job")).split()[1]
    assert cli.run("status", job, "--follow", "-d", repository).stdout.splitlines()[-11:] == [*named, rest]
    allowed = cli.run("ingest", repository, "--full", "-q", "--max-failures", "12")
    assert (allowed.returncode, allowed.stdout, allowed.stderr) == (0, "", "")


def test_a_folder_that_cannot_be_read_is_named_among_what_failed(cli, repository):
    (repository / "bad_ast.json").write_text("{")
    (repository / ".gitignore").mkdir()
    done = cli.run("ingest", repository)
    assert done.returncode == 3
    assert [line.split(":")[0] for line in done.stderr.splitlines()[-3:]] == [
        ".gitignore",
        "bad_ast.json",
        "snake-pipe",
    ]


def test_to_resume_a_job_that_is_done_says_so(cli, repository):
    """It claimed that the job was started, and had read no file."""
    assert cli.run("ingest", repository).returncode == 0
    job = json.loads(cli.run("jobs", "--format", "json", cwd=repository).stdout)["job"]
    done = cli.run("resume", job)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith(f"job {job} is already done, 3 files; dataset ")
    assert len(done.stderr.splitlines()) == 1


def test_lists_of_files(cli, repository, tmp_path):
    names = "pkg/a.py\n\nnone.py\n"
    done = cli.run("ingest", "--files-from", "-", "-d", tmp_path / "ds", input=names, cwd=repository)
    assert done.returncode == 0, done.stderr
    assert rows(tmp_path / "ds", "SELECT path, status FROM files") == [("pkg/a.py", "ok")]
    assert rows(tmp_path / "ds", "SELECT path, code FROM errors") == [("none.py", "not_found")]
    listed = tmp_path / "list0"
    listed.write_bytes(b"pkg/a.py\0pkg/b.go\0")
    done = cli.run("ingest", "--files0-from", listed, "-d", tmp_path / "ds0", cwd=repository)
    assert done.returncode == 0, done.stderr
    assert rows(tmp_path / "ds0", "SELECT count(*) FROM files") == [(2,)]


def test_filters_and_tables(cli, repository, tmp_path):
    done = cli.run(
        "ingest", repository, "-d", tmp_path / "ds", "--languages", "python", "--tables", "files,symbols"
    )
    assert done.returncode == 0, done.stderr
    assert rows(tmp_path / "ds", "SELECT path FROM files") == [("pkg/a.py",)]
    assert rows(tmp_path / "ds", "SELECT count(*) FROM nodes") == [(0,)]
    assert rows(tmp_path / "ds", "SELECT name FROM symbols") == [("area",)]
    done = cli.run("ingest", repository, "-d", tmp_path / "ds2", "--exclude", "*.go", "--exclude", "*.json")
    assert rows(tmp_path / "ds2", "SELECT path FROM files") == [("pkg/a.py",)]
    done = cli.run("ingest", repository, "-d", tmp_path / "ds3", "--max-file-size", "50")
    assert rows(
        tmp_path / "ds3", "SELECT path, reason FROM files WHERE status = 'skipped' ORDER BY path"
    ) == [
        ("data.json", "not_an_ast"),
        ("pkg/b.go", "too_large"),
    ]


def test_the_summary_tells_why_and_what_to_do(cli, repository, tmp_path):
    """A file that was too large was just `skipped`, and nothing named the setting that decides."""
    for name in ("big1.go", "big2.go"):
        (repository / name).write_text("package big // " + "x" * 5000)
    (repository / "bad.ast.json").write_text('{"type": "Program", "body": [')
    done = cli.run("ingest", repository, "-d", tmp_path / "ds", "--max-file-size", "4kB")
    advice = (
        "why      2 skipped, too_large: larger than max_file_size, 4.0 kB; --max-file-size SIZE raises it\n"
        "         1 failed, invalid_json: write the file again, or --exclude it\n"
        "         1 skipped, not_an_ast: JSON that is no syntax tree; --exclude it to skip the check\n"
    )
    assert advice in done.stderr
    job = done.stderr.split()[1]
    assert advice in cli.run("status", job, "--follow", "-d", tmp_path / "ds").stdout
    done = cli.run("ingest", repository, "-d", tmp_path / "ds", "--max-file-size", "1MiB")
    assert done.returncode == 3
    assert "too_large" not in done.stderr
    assert cli.run("ingest", repository, "--max-file-size", "much").returncode == 2


def test_advice_names_settings_and_options_that_exist(cli):
    from snake_pipe.cli.output.jobs.reasons import _ADVICE, reason_lines
    from snake_pipe.extract.batch_config import BatchConfig

    known = cli.run("ingest", "--help").stdout
    settings = asdict(BatchConfig())
    shown = "\n".join(line for key in _ADVICE for line in reason_lines({key: 1}, settings, "ask"))
    assert "as set" not in shown
    options = set(re.findall(r"--[a-z-]+", shown))
    assert len(options) >= 5
    assert {option for option in options if option not in known} == set()
    many = {("failed", f"e{number}"): 1 for number in range(20)}
    assert reason_lines(many, {}, "ask")[-1].startswith('         12 more: ask "SELECT')


@pytest.mark.parametrize(
    ("question", "lines"),
    crossed(
        [
            ("query", "FROM range(200000)"),
            ("query", "FROM range(200000)", "--format", "csv"),
            ("query", "FROM range(200000)", "--format", "json"),
            ("languages",),
            ("query", "--help"),
        ],
        [1, 0],
    ),
)
def test_a_reader_that_leaves_early_ends_the_command_quietly(cli, ingested, question, lines):
    """`snake-pipe query ... | head -1` ended with code 1: click takes a closed pipe for a failure."""
    process = cli.start(*question, cwd=ingested)
    for _ in range(lines):
        assert process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait(30) == 0


def test_a_job_goes_on_when_nobody_reads_its_messages(cli, repository):
    """As in `snake-pipe ingest . 2>&1 | head -1`; what was left in the buffer made the exit code 120."""
    process = cli.start("ingest", repository, "-v")
    process.stderr.readline()
    process.stderr.close()
    assert process.wait(60) == 0
    assert rows(repository / ".snake-pipe", "SELECT count(*) FROM files") == [(3,)]


def test_a_job_that_was_told_to_stop_says_so(cli, tmp_path):
    """It exits with 130 as after Ctrl-C, but neither its summary nor `status` told who stopped it."""
    dataset = tmp_path / "ds"
    process = cli.start("ingest", STDLIB, "-d", dataset, "--workers", "1", "--no-progress")
    job = process.stderr.readline().split()[1]
    assert cli.run("control", job, "stop", "-d", dataset).returncode == 0
    assert (
        f"stopped by snake-pipe control stop; resume with: snake-pipe resume {job}" in process.stderr.read()
    )
    assert process.wait(60) == 130
    shown = cli.run("status", job, "-d", dataset).stdout
    assert re.search(r"^status +stopped by snake-pipe control stop$", shown, re.MULTILINE)
    followed = cli.run("status", job, "--follow", "-d", dataset)
    assert f"job {job} stopped by snake-pipe control stop\n" in followed.stdout
    assert followed.returncode == 1


def test_a_watch_ends_with_3_if_files_are_failed_then(cli, tmp_path):
    """Not for what was saved half and then whole; and a signal that ends it counts more."""
    root = tmp_path / "repo"
    root.mkdir()
    (root / "a.py").write_text("a = 1\n")
    broken = root / "b.ast.json"
    soon = ("--set", "max_latency=50ms", "--set", "executor=serial")

    def code(text, end, *options):
        broken.write_text('{"type": "Program", "body": [')
        process = cli.start("watch", root, "--no-progress", "--flush-interval", "50ms", *soon, *options)
        assert any("watching" in line for line in process.stderr)
        broken.write_text(text)
        assert any("1 changed" in line for line in process.stderr)
        end(process)
        process.stderr.read()
        return process.wait(60)

    def stop(_):
        assert cli.run("control", "stop", "-d", root / ".snake-pipe").returncode == 0

    whole = '{"type": "Program", "start": 0, "end": 0, "body": [], "sourceType": "module"}'
    assert code('{"type": "Program", "body": [1', stop) == 3
    assert code('{"type": "Program", "body": [1', stop, "--max-failures", "1") == 0
    assert code(whole, stop) == 0
    assert code('{"type": "Program", "body": [1', lambda process: process.send_signal(signal.SIGTERM)) == 143


def test_names_are_inert(cli, tmp_path):
    root = tmp_path / "repo"
    root.mkdir()
    names = [
        b"\x1b]52;c;eA==\x07.py",
        b"a\nb.py",
        b"'; DROP TABLE files; --.py",
        b"=cmd.py",
        b"\xff\xfe.py",
        b"<script>.py",
    ]
    for name in names:
        with open(os.fsencode(root) + b"/" + name, "wb") as file:
            file.write(b"def f(): pass\n")
    done = cli.run("ingest", root)
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stderr
    table = cli.run("query", "SELECT path FROM files", "-d", root).stdout
    assert "\x1b" not in table
    assert len(table.splitlines()) == 2 + len(names)
    data = cli.run("query", "SELECT path FROM files", "-d", root, "--format", "csv").stdout
    assert "\n=cmd.py\n" in data
    sheet = cli.run("query", "SELECT path FROM files", "-d", root, "--format", "csv", "--spreadsheet-safe")
    assert "\n'=cmd.py\n" in sheet.stdout
    assert rows(root / ".snake-pipe", "SELECT count(*) FROM symbols") == [(len(names),)]
    raw = {
        path_bytes or path.encode()
        for path, path_bytes in rows(root / ".snake-pipe", "SELECT path, path_bytes FROM files")
    }
    assert raw == set(names)


def test_quiet_is_quiet(cli, repository):
    done = cli.run("ingest", repository, "-q")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_there_are_no_colours_off_a_terminal(cli, repository):
    piped = cli.run("ingest", repository, env=cli.environment | {"GITHUB_ACTIONS": "true", "FORCE_COLOR": ""})
    assert "\x1b" not in piped.stderr + piped.stdout


def test_help_teaches_by_example_and_version_tells(cli):
    for command in (
        [],
        ["ingest"],
        ["resume"],
        ["query"],
        ["export"],
        ["jobs"],
        ["status"],
        ["config", "show"],
    ):
        shown = cli.run(*command, "--help")
        assert shown.returncode == 0
        assert "Example" in shown.stdout, command
    assert cli.run("--version").stdout.startswith("snake-pipe 0.")
    assert "python" in cli.run("languages").stdout
    assert "estree" in cli.run("dialects").stdout.lower()
    shown = cli.run("config", "show", "--format", "csv", env=cli.environment | {"SNAKE_PIPE_BATCH_SIZE": "7"})
    assert "batch_size,7,environment," in shown.stdout


def test_jobs_and_status(cli, repository):
    assert cli.run("ingest", repository).returncode == 0
    (job,) = [
        json.loads(line) for line in cli.run("jobs", "--format", "json", cwd=repository).stdout.splitlines()
    ]
    assert (job["status"], job["files"]) == ("done", 3)
    status = json.loads(cli.run("status", job["job"], "--json").stdout)  # found through the user's index
    assert (status["status"], status["files_done"]) == ("done", 3)


def test_the_samples(cli, tmp_path):
    for name in ("polyglot", "ast_dumps"):
        done = cli.run("ingest", SAMPLES / name, "-d", tmp_path / name)
        assert done.returncode == 0, done.stderr
    languages = {
        row[0]
        for row in rows(tmp_path / "polyglot", "SELECT DISTINCT language FROM files WHERE status = 'ok'")
    }
    assert languages == {name for name, language in LANGUAGES.items() if not language.extra}
    assert rows(tmp_path / "ast_dumps", "SELECT count(*) FROM files WHERE reason = 'not_an_ast'") == [(2,)]


def test_python_alone_gives_the_same_rows(cli, tmp_path, differences):
    """The variable that the build knows is none of the settings: it was once refused as an unknown one."""
    ingest = ("ingest", SAMPLES / "ast_dumps", "--set", "executor=serial")
    for dataset, value in (("compiled", ""), ("pure", "1")):
        variables = {"SNAKE_PIPE_PURE_PYTHON": value}
        run = cli.run_alone(*ingest, "-d", tmp_path / dataset, env=cli.environment | variables)
        assert run.returncode == 0, run.stderr
    assert not differences(tmp_path / "compiled", tmp_path / "pure")


def test_nothing_of_the_repository_is_run(cli, tmp_path):
    """Python looks into the current folder first: there, modules with names of ours were imported."""
    evil = tmp_path / "evil"
    marker = tmp_path / "was_run"
    code = f"open({str(marker)!r}, 'a').write(__name__ + ' ')\n"
    (evil / "numpy").mkdir(parents=True)
    names = ("pyarrow", "snake_pipe", "signal", "multiprocessing", "selectors", "orjson", "numpy/__init__")
    for name in names:
        (evil / f"{name}.py").write_text(code)
    done = cli.run_alone("ingest", ".", "-d", tmp_path / "ds", cwd=evil)
    assert done.returncode == 0, done.stderr
    assert not marker.exists(), marker.read_text()
    assert rows(tmp_path / "ds", "SELECT count(*) FROM files WHERE status = 'ok'") == [(len(names),)]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk that is always full")
def test_messages_for_which_there_is_no_room_change_nothing(cli, repository):
    with open("/dev/full", "w") as full:
        for arguments, code in (
            (("ingest", repository, "-v"), 0),
            (("ingest", repository / "none"), 2),
            (("ingest", "--none"), 2),
        ):
            done = cli.run_alone(*arguments, capture_output=False, stdout=-1, stderr=full)
            assert (done.returncode, done.stdout) == (code, ""), arguments
    assert rows(repository / ".snake-pipe", "SELECT count(*) FROM files") == [(3,)]


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_are_nobodys(cli, repository, tmp_path, closed):
    """With stderr closed, a file of the dataset was opened in its place, and the run ended without a word."""
    command = [
        "bash",
        "-c",
        f'exec "$@" {closed}',
        "bash",
        *cli.command("ingest", repository, "-d", tmp_path / "ds"),
    ]
    done = subprocess.run(
        command, env=cli.environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert rows(tmp_path / "ds", "SELECT count(*) FROM files") == [(3,)]


def test_json_answers_keep_every_column_and_every_digit(cli, ingested):
    asked = cli.run(
        "query",
        "SELECT 1 AS a, 2 AS a, 170141183460469231731687303715884105727::HUGEINT AS b",
        "--format",
        "json",
        cwd=ingested,
    )
    assert asked.stdout == '{"a":1,"a_1":2,"b":170141183460469231731687303715884105727}\n'
