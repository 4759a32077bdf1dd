"""Which files are read: who says it, what overrules it, and what the summary says of the others."""

from __future__ import annotations

import json

import pytest

import snake_pipe
from snake_pipe.extract.batch_processor import BatchProcessingEngine
from snake_pipe.extract.discovery.request import IngestRequest
from snake_pipe.observe.events import JobStarted
from testkit.engines import within
from testkit.repositories import write
from testkit.tables import rows

PATHS = "SELECT path FROM files ORDER BY path"
TOML = """
include = ["src/**", "web/**"]
exclude = ["*_pb2.py"]
languages = ["python", "javascript"]
use-gitignore = false
"""


@pytest.fixture
def root(tmp_path):
    root = write(
        tmp_path / "shop", "src/a.py", "src/a_pb2.py", "src/out.py", "src/b.go", "web/c.js", "d.py", "src/e.x"
    )
    (root / ".gitignore").write_text("out.py\n")
    (root / "snake-pipe.toml").write_text(TOML)
    return root


def ingested(cli, root, *options, env=None):
    done = cli.run("ingest", root, *options, env=env and cli.environment | env)
    assert done.returncode == 0, done.stderr
    return [path for (path,) in rows(root / ".snake-pipe", PATHS)], done.stderr


def test_a_project_says_once_what_is_read(cli, root):
    paths, told = ingested(cli, root)
    assert paths == ["src/a.py", "src/out.py", "web/c.js"]
    assert "left out 1 file of languages not asked for: 1 go" in told
    assert "left out 1 file of no known language (see snake-pipe languages): 1 .x" in told
    status = json.loads(cli.run("status", "-d", root, "--json").stdout)
    assert (status["unasked"], status["unrecognised"], status["excluded"]) == ({"go": 1}, {".x": 1}, 0)


@pytest.mark.parametrize(
    ("options", "env", "paths"),
    [
        (["--exclude", "web/"], {}, ["src/a.py", "src/a_pb2.py", "src/out.py"]),
        (["--include", "/d.py"], {}, ["d.py"]),
        (["--gitignore"], {}, ["src/a.py", "web/c.js"]),
        (["--languages", "go"], {"SNAKE_PIPE_LANGUAGES": "python"}, ["src/b.go"]),
        ([], {"SNAKE_PIPE_LANGUAGES": "python", "SNAKE_PIPE_EXCLUDE": "a*,b*"}, ["src/out.py"]),
        (["--set", "include="], {}, ["d.py", "src/a.py", "src/out.py", "web/c.js"]),
    ],
)
def test_what_is_given_replaces_what_the_project_says(cli, root, options, env, paths):
    assert ingested(cli, root, *options, env=env)[0] == paths


def test_config_show_says_where_they_come_from(cli, root):
    shown = cli.run("config", "show", "--project", root, "--format", "json").stdout
    found = {line["setting"]: line for line in map(json.loads, shown.splitlines())}
    assert (found["languages"]["value"], found["languages"]["from"]) == (
        "python,javascript",
        "snake-pipe.toml",
    )
    assert (found["include"]["value"], found["use_gitignore"]["value"]) == ("src/**,web/**", "False")


def test_a_resume_reads_what_the_job_was_asked_for(cli, root):
    """Whatever the project's file says meanwhile."""

    def stop(event):
        if isinstance(event, JobStarted):  # once: who interrupts again does not wait for the end
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        snake_pipe.ingest(root, languages=["go"], listener=stop, worker_count=1)
    (root / "snake-pipe.toml").write_text('languages = ["javascript"]\n')
    refused = cli.run("resume", "--last", "-d", root, "--set", "languages=python")
    assert refused.returncode == 2
    assert "languages cannot be changed by a resume" in refused.stderr
    assert cli.run("resume", "--last", "-d", root).returncode == 0
    assert rows(root / ".snake-pipe", PATHS) == [("src/b.go",)]


def test_a_program_s_settings_count_as_well(root, tmp_path):
    config = snake_pipe.BatchConfig(languages=("go",), worker_count=1)
    engine = BatchProcessingEngine(config)
    within(engine.process_repository(root, dataset=tmp_path / "one"))
    assert rows(tmp_path / "one", PATHS) == [("src/b.go",)]
    request = IngestRequest(roots=(str(root),), dataset=str(tmp_path / "two"), languages=("javascript",))
    within(engine.ingest(request))
    assert rows(tmp_path / "two", PATHS) == [("web/c.js",)]


def test_data_languages_are_known_and_read_on_request(cli, tmp_path):
    """They were told to be of no known language."""
    root = write(tmp_path / "data", "a.py", "b.yaml", "c.yml", "d.md", "e.bin")
    _, told = ingested(cli, root)
    assert (
        "left out 3 files of languages that are read on request (see --languages): 2 yaml, 1 markdown" in told
    )
    assert "left out 1 file of no known language (see snake-pipe languages): 1 .bin" in told
    paths, told = ingested(cli, root, "--languages", "yaml")
    assert paths == ["a.py", "b.yaml", "c.yml"]
    assert "left out 2 files of languages not asked for: 1 markdown, 1 python" in told


def test_json_is_read_again_where_it_is_asked_for_as_something_else(tmp_path):
    """It counted as unchanged, whatever it had been read as: data that was asked for had no rows."""
    root = tmp_path / "shop"
    root.mkdir()
    tree = '{"type": "Program", "body": [], "sourceType": "script", "start": 0, "end": 9}'
    for name, text in (
        ("data.json", "{}"),
        ("found.json", tree),
        ("named.ast.json", tree),
        ("a.py", "x = 1"),
    ):
        (root / name).write_text(text)

    def read(*languages):
        found = snake_pipe.ingest(root, languages=languages, executor="serial")
        listed = rows(
            root / ".snake-pipe", "SELECT input_kind, reason FROM files WHERE path <> 'a.py' ORDER BY path"
        )
        return found.statistics.files_unchanged, listed

    data, other, ast = ("source", None), ("ast", "not_an_ast"), ("ast", None)
    assert read() == (0, [other, ast, ast])
    assert read("json") == (0, [data] * 3)
    assert read("json") == (3, [data] * 3)
    assert read("json", "ast") == (2, [data, data, ast])
    assert read("json", "ast", "python") == (4, [data, data, ast])
    assert read() == (2, [other, ast, ast])
    assert read("json", "ast") == (1, [data, data, ast])
