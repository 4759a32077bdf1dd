"""What is ready for CI services and containers: its shell steps are run here, as their runners run them."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
import yaml

from testkit.action import ACTION, Runner
from testkit.places import PROJECT
from testkit.repositories import git, git_repository, write
from testkit.tables import paths

WORKFLOW = yaml.safe_load((PROJECT / "docs/ci/github-workflow.yml").read_text(encoding="utf-8"))
GITLAB = yaml.safe_load((PROJECT / "docs/ci/gitlab-ci.yml").read_text(encoding="utf-8"))["trees"]
COMPOSE = yaml.safe_load((PROJECT / "docs/ci/compose.yml").read_text(encoding="utf-8"))


@pytest.fixture
def root(tmp_path):
    root = git_repository(tmp_path / "shop", "a.py", "src/b c.py", "it's.py")
    git(root, "branch", "-M", "main")
    return root


@pytest.fixture
def runner(cli, root, tmp_path):
    path = os.pathsep.join((str(Path(sys.executable).parent), cli.environment["PATH"]))
    environment = {"PATH": path, "SNAKE_PIPE_EXECUTOR": "serial"}  # a pool for three files takes longer
    return Runner(root, tmp_path / "runner temp", cli.environment | environment)


def test_the_action_ingests_and_tells_the_steps_after_it(runner, root):
    write(root, "$(touch made).py")
    (root / "cut.ast.json").write_text('{"type": "Program", "body": [')
    code, told, outputs = runner.step(
        "ingest",
        path="src\n  it's.py\n$(touch made).py\ncut.ast.json\n",
        dataset="trees of all",
        args="--max-failures 1 --exclude 'b [xyz].py' --quiet",
        gates="failed<=1\n\nok>=75%\n",
        reports="sarif=out.sarif\njunit=out.xml\n",
    )
    assert code == 0, told
    assert paths(root / "trees of all", "status = 'ok'") == ["$(touch made).py", "b c.py", "it's.py"]
    assert not (root / "made").exists()
    assert outputs["exit-code"] == "0"
    assert outputs["dataset"] == str(root / "trees of all")
    assert json.loads(Path(outputs["summary"]).read_text())["exit_code"] == 0
    assert json.loads((root / "out.sarif").read_text())["version"] == "2.1.0"
    assert (root / "out.xml").read_text().startswith("<?xml")
    assert "::error" in told
    assert (runner.temp / "GITHUB_STEP_SUMMARY").read_text()


def test_the_action_reads_changes_alone_and_ends_as_the_gates_say(runner, root):
    git(root, "checkout", "-q", "-b", "feature")
    write(root, "new.py")
    code, told, outputs = runner.step("ingest", **{"changed-since": "main...", "gates": "ok>=2"})
    assert (code, outputs["exit-code"]) == (3, "3"), told
    assert paths(root / ".snake-pipe") == ["new.py"]


def test_what_an_input_says_is_never_executed(runner, root):
    """Inputs may come from a pull request's title or branch."""
    for name in ("path", "args", "gates", "reports", "changed-since"):
        code, told, outputs = runner.step("ingest", **{name: "$(touch made)`touch made`;touch made"})
        assert (code, outputs["exit-code"]) == (2, "2"), told
    assert runner.step("ingest", args="an 'open quote")[0] != 0
    assert not (root / "made").exists()


def test_inputs_reach_scripts_as_variables_alone():
    """An expression within a script is put there before bash reads it: whoever names a branch writes code."""
    scripts = [step["run"] for step in ACTION["runs"]["steps"] if "run" in step]
    for job in WORKFLOW["jobs"].values():
        scripts += [step["run"] for step in job["steps"] if "run" in step]
    assert len(scripts) == 3
    assert not [script for script in scripts if "${{" in script]


def test_each_input_is_used():
    text = (PROJECT / "action.yml").read_text(encoding="utf-8")
    assert {name for name in ACTION["inputs"] if f"inputs.{name}" not in text} == set()
    used = next(step["with"] for step in WORKFLOW["jobs"]["trees"]["steps"] if step.get("id") == "trees")
    assert set(used) <= set(ACTION["inputs"])


def test_the_workflow_s_question_fails_the_job_where_it_should(runner, root, cli):
    step = next(step for step in WORKFLOW["jobs"]["trees"]["steps"] if "run" in step)
    assert cli.run("ingest", root, "-q", "--set", "executor=serial").returncode == 0
    variables = {"DATASET": str(root / ".snake-pipe")}
    assert runner.run(step["run"], **variables).returncode == 0
    (root / "a.py").write_text("def run(text):\n    return eval(text)\n")
    assert cli.run("ingest", root, "-q", "--set", "executor=serial").returncode == 0
    done = runner.run(step["run"], **variables)
    assert (done.returncode, done.stdout) == (1, "eval is not allowed:\na.py:2\n")
    assert runner.run(step["run"], DATASET=str(root / "none")).returncode != 0


def test_gitlab_s_job_keeps_the_dataset_and_shows_its_report(runner, root):
    assert set(GITLAB) >= {"image", "script", "cache", "artifacts", "rules"}
    assert GITLAB["cache"]["paths"] == [".snake-pipe"]
    git(root, "checkout", "-q", "-b", "feature")
    for since in ("", "main"):
        done = runner.run("\n".join(GITLAB["script"]), CI_PROJECT_DIR=str(root), SINCE=since)
        assert done.returncode == 0, done.stderr
    assert "3 unchanged" in done.stderr
    files = [GITLAB["artifacts"]["reports"]["junit"], *GITLAB["artifacts"]["paths"]]
    assert [name for name in files if not (root / name).is_file()] == []


def test_the_services_of_compose_are_commands_that_there_are(cli, root, tmp_path):
    services = COMPOSE["services"]
    places = {"/repo": str(root), "/trees/live": str(tmp_path / "ds"), "/trees/nightly": str(tmp_path / "ds")}

    def run(words: list[str], *more: str):
        return cli.run(*(places.get(word, word) for word in words), *more)

    assert run(services["nightly"]["command"]).returncode == 0
    assert run(services["query"]["entrypoint"][1:], "SELECT count(*) FROM files").stdout.split()[-1] == "3"
    assert run(services["watch"]["healthcheck"]["test"][2:]).returncode == 0
    assert run([*services["watch"]["command"], "--help"]).returncode == 0


def test_the_image_takes_any_user_and_has_what_the_wheel_is_built_from():
    lines = (PROJECT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    users = [line.split()[1] for line in lines if line.startswith("USER")]
    assert [user.partition(":")[0].isdigit() for user in users] == [
        True
    ]  # else a cluster cannot tell it from root
    ignored = (PROJECT / ".dockerignore").read_text(encoding="utf-8").split()
    kept = [line[1:].removesuffix("/**") for line in ignored if line.startswith("!")]
    assert [name for name in kept if not (PROJECT / name).exists()] == []


@pytest.mark.parametrize(
    ("schema", "name"),
    [
        ("github-actions", "action.yml"),
        ("github-workflows", "docs/ci/github-workflow.yml"),
        ("gitlab-ci", "docs/ci/gitlab-ci.yml"),
        ("compose-spec", "docs/ci/compose.yml"),
    ],
)
def test_the_files_are_as_their_services_want_them(schema, name):
    """By the schemas that the services publish."""
    pytest.importorskip("check_jsonschema")
    from check_jsonschema import main

    options = ["--data-transform", "gitlab-ci"] if schema == "gitlab-ci" else []
    with pytest.raises(SystemExit) as ended:
        main(["--builtin-schema", f"vendor.{schema}", *options, str(PROJECT / name)], standalone_mode=True)
    assert ended.value.code == 0
