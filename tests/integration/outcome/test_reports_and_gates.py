"""Reports and gates of real runs: as a CI service starts them, and reads what they leave."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote_to_bytes
from xml.etree import ElementTree as ET

import pytest

from snake_pipe.errors import DatasetError
from snake_pipe.storage.local import LocalStorage
from snake_pipe.utils.checkpoint_manager import CheckpointManager
from testkit.command import LIMIT
from testkit.github_runner import read_log, read_outputs
from testkit.python_trees import python_tree
from testkit.tables import value

SERIAL = ("--set", "executor=serial")
CUT = '{"type": "Program",\n "body": ['
"""A document that is cut off on its second line."""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Two sources, of which one has an error, and an AST file that is cut off."""
    root = tmp_path / "shop"
    (root / "lib").mkdir(parents=True)
    (root / "lib" / "a.py").write_text("def a():\n    return 1\n")
    (root / "lib" / "b.py").write_text("x = 1\ndef b(:\n    pass\n")
    (root / "cut.ast.json").write_text(CUT)
    return root


@pytest.fixture
def workflow(cli, shop, tmp_path) -> dict[str, str]:
    """The variables of a step of a workflow, and its files, where the runner has them."""
    files = tmp_path / "_runner_file_commands"
    files.mkdir()
    (files / "step_summary").write_text("before\n")
    (files / "set_output").touch()
    return cli.environment | {
        "GITHUB_ACTIONS": "true",
        "GITHUB_WORKSPACE": str(shop),
        "GITHUB_STEP_SUMMARY": str(files / "step_summary"),
        "GITHUB_OUTPUT": str(files / "set_output"),
    }


def ingest(cli, root, *options, **settings):
    return cli.run("ingest", root, "-q", *SERIAL, *options, **settings)


def report(done):
    return json.loads(done.stdout)


def as_if_killed_at_its_end(dataset):
    manager = CheckpointManager(LocalStorage(dataset))
    checkpoint = manager.load(manager.newest())
    manager.save(replace(checkpoint, progress=replace(checkpoint.progress, status="running")))
    return checkpoint.job_id


# -- GitHub ----------------------------------------------------------------------------------------------


def test_a_step_of_a_workflow(cli, shop, workflow):
    done = ingest(cli, shop, "--gate", "ok>=90%", cwd=shop.parent, env=workflow)
    assert (done.returncode, done.stdout) == (3, "")
    log = read_log(done.stderr.splitlines())
    assert [(c.name, c.properties, c.message) for c in log.commands] == [
        (
            "error",
            {"title": "snake-pipe"},
            "the gate ok>=90% is not met: 33.3 % ok (1 of 3 files)",
        ),
        (
            "error",
            {"file": "cut.ast.json", "line": "2", "col": "11", "title": "snake-pipe: invalid_json"},
            "not valid JSON: unexpected end of data",
        ),
        (
            "warning",
            {"file": "lib/b.py", "line": "2", "col": "7", "title": "snake-pipe: missing_token"},
            "missing )",
        ),
    ]
    assert log.shown == ["snake-pipe: the gate ok>=90% is not met: 33.3 % ok (1 of 3 files)"]
    summary = Path(workflow["GITHUB_STEP_SUMMARY"]).read_text()
    assert summary.startswith("before\n## snake-pipe: 1 of 3 files failed, 1 partial, 1 of 1 gates not met\n")
    assert "| <code>cut.ast.json</code> **new** | 2 | `invalid_json` |" in summary
    outputs = read_outputs(Path(workflow["GITHUB_OUTPUT"]).read_text())
    assert outputs["job-id"] == CheckpointManager(LocalStorage(shop / ".snake-pipe")).newest()
    assert (outputs["files"], outputs["failed"], outputs["gates-missed"]) == ("3", "1", "1")


def test_a_summary_that_is_nearly_full_gets_no_more_than_fits(cli, shop, workflow):
    summary = Path(workflow["GITHUB_STEP_SUMMARY"])
    summary.write_text("x" * (1024 * 1024 - 100))
    ingest(cli, shop, env=workflow)
    assert summary.stat().st_size <= 1024 * 1024


def test_none_turns_it_off_and_a_file_takes_the_commands(cli, shop, workflow, tmp_path):
    quiet = ingest(cli, shop, "--report", "none", "--max-failures", "1", env=workflow)
    assert (quiet.stdout, quiet.stderr) == ("", "")
    kept = ingest(cli, shop, "--report", f"github={tmp_path / 'log'}", "--max-failures", "1", env=workflow)
    assert kept.stderr == ""
    assert len(read_log((tmp_path / "log").read_text().splitlines()).annotations("error")) == 1


def test_files_of_the_runner_that_cannot_be_written_are_no_reason_to_fail(cli, shop, workflow, tmp_path):
    env = workflow | {"GITHUB_STEP_SUMMARY": str(tmp_path / "no" / "summary"), "GITHUB_OUTPUT": str(tmp_path)}
    done = ingest(cli, shop, "--max-failures", "1", env=env)
    assert done.returncode == 0
    assert done.stderr.count("cannot write") == 2


def test_a_run_that_was_refused_is_an_annotation(cli, shop, workflow):
    (shop / ".snake-pipe").mkdir()
    (shop / ".snake-pipe" / "something").touch()
    done = ingest(cli, shop, env=workflow)
    [annotation] = read_log(done.stderr.splitlines()).annotations("error")
    assert done.returncode == 2
    assert "the run failed" in annotation.message
    assert read_outputs(Path(workflow["GITHUB_OUTPUT"]).read_text())["status"] == "failed"


def test_a_run_that_failed_says_how_to_go_on(cli, shop, workflow, tmp_path):
    """Parts beyond 16 KiB cannot be written, as on a full disk."""
    code = "".join(f"def f{n}(x):\n    return g{n}(x) + {n}\n\n\n" for n in range(3000))
    (shop / "large.py").write_text(code)
    limited = ["bash", "-c", 'ulimit -f 16; exec "$@"', "-"]
    sarif = tmp_path / "all.sarif"
    # Modules that are compiled meanwhile would be cut off, too, and stay like that.
    environment = workflow | {"PYTHONDONTWRITEBYTECODE": "1"}
    process = cli.start(
        "ingest", shop, "-q", *SERIAL, f"--report=sarif={sarif}", before=limited, env=environment
    )
    _, told = process.communicate(timeout=LIMIT)
    assert process.returncode == 1, told
    [annotation] = read_log(told.splitlines()).annotations("error")
    job = CheckpointManager(LocalStorage(shop / ".snake-pipe")).newest()
    assert annotation.message.endswith(f"resume with: snake-pipe resume {job}")
    [run] = json.loads(sarif.read_text())["runs"]
    assert not run["invocations"][0]["executionSuccessful"]
    assert cli.run("resume", job, "-q", "--set", "max_failures=1", cwd=shop).returncode == 0


# -- the other formats -----------------------------------------------------------------------------------


def test_names_that_formats_could_stumble_over(cli, tmp_path):
    """Each report names each file, and the bytes of the name can be had back from SARIF."""
    root = os.fsencode(tmp_path / "odd")
    os.mkdir(root)
    names = [
        b"a|b`c.ast.json",
        b"]]><x>.ast.json",
        b"::error::%0A.ast.json",
        b"new\nline\r.ast.json",
        b"\xff\x01.ast.json",
        b"back\\slash.ast.json",
    ]
    for name in names:
        with open(os.path.join(root, name), "w") as file:
            file.write(CUT)
    reports = tmp_path / "reports"
    reports.mkdir()
    options = [
        f"--report={name}={reports / name}" for name in ("github", "sarif", "junit", "markdown", "json")
    ]
    env = cli.environment | {"GITHUB_ACTIONS": "true"}
    done = cli.run("ingest", tmp_path / "odd", *SERIAL, *options, cwd=tmp_path, env=env)
    assert done.returncode == 3
    assert read_log(done.stderr.splitlines()).commands == []  # as a line that names a file could be one
    assert "\n\\::error::%0A.ast.json:2: not valid JSON" in done.stderr

    results = json.loads((reports / "sarif").read_text())["runs"][0]["results"]
    places = [result["locations"][0]["physicalLocation"]["artifactLocation"] for result in results]
    assert {place["uriBaseId"] for place in places} == {"SRCROOT"}
    assert sorted(unquote_to_bytes(place["uri"]) for place in places) == sorted(
        b"odd/" + name for name in names
    )
    told = {one["path"] for one in json.loads((reports / "json").read_text())["findings"]}
    assert len(told) == len(names)
    cases = [case.get("name") for case in ET.parse(reports / "junit").iter("testcase") if len(case)]
    log = read_log((reports / "github").read_text().splitlines())
    files = [command.properties["file"] for command in log.annotations("error")]
    assert len(set(cases)) == len(names)
    assert sorted(files) == sorted(cases)
    rows = [line for line in (reports / "markdown").read_text().splitlines() if "`invalid_json`" in line]
    assert len(rows) == len(names)
    assert all(row.count("|") == 5 for row in rows)


def test_paths_count_from_the_checkout_wherever_the_command_runs(cli, shop):
    def paths(cwd, **variables):
        done = ingest(cli, shop / "lib", "--report", "json", cwd=cwd, env=cli.environment | variables)
        return [one["path"] for one in report(done)["findings"]]

    assert paths(shop) == ["lib/b.py"]
    assert paths(shop / "lib", GITHUB_WORKSPACE=str(shop.parent)) == ["shop/lib/b.py"]
    assert paths(shop.parent, CI_PROJECT_DIR=str(shop)) == ["lib/b.py"]
    (shop / "other").mkdir()
    assert paths(shop / "other") == [str(shop / "lib" / "b.py")]


def test_a_dataset_that_cannot_be_asked_ends_the_run_and_what_is_known_is_written(
    cli, shop, tmp_path, monkeypatch
):
    def refuse(*_, **__):
        raise DatasetError("a part is gone")

    monkeypatch.setattr("snake_pipe.outcome.state.look_up", refuse)
    outputs = ("--summary-json", tmp_path / "run.json", "--metrics-file", tmp_path / "run.prom")
    done = ingest(cli, shop, "--gate", "ok>=1%", *outputs)
    assert (done.returncode, "a part is gone" in done.stderr) == (2, True)
    assert json.loads((tmp_path / "run.json").read_text())["exit_code"] == 2
    assert "last_success" not in (tmp_path / "run.prom").read_text()


def test_what_the_walk_could_not_look_at_is_told(cli, shop):
    (shop / ".gitignore").mkdir()
    told = report(ingest(cli, shop, "--report", "json", "--gate", "failed<=1", cwd=shop))
    assert told["findings"][0]["path"] == ".gitignore"
    assert (told["figures"]["unread"], told["gates"][0]["count"]) == (1, 2)


def test_errors_of_a_tree_in_a_file_are_told_of_the_file(cli, shop):
    trees = [{"type": "Program", "body": [], "sourceType": "module"}] * 2
    (shop / "many.ast.json").write_text(json.dumps([*trees, {"x": 1}]))
    told = report(ingest(cli, shop, "--report", "json", cwd=shop))
    assert ("many.ast.json", "partial") in [(one["path"], one["status"]) for one in told["findings"]]


def test_stale_ast_files_are_told_and_judged(cli, shop):
    code = (shop / "lib" / "a.py").read_text()
    (shop / "lib" / "a.py.ast.json").write_text(json.dumps(python_tree(code)))
    assert ingest(cli, shop, "--gate", "drift=0", "--max-failures", "1").returncode == 0
    (shop / "lib" / "a.py").write_text(f"import os\n\n\n{code}")
    done = ingest(cli, shop, "--report", "json", "--gate", "drift=0", "--max-failures", "1", cwd=shop)
    assert (done.returncode, done.stderr) == (
        3,
        "snake-pipe: the gate drift=0 is not met: 1 of 2 AST files stale\n",
    )
    [stale] = [one for one in report(done)["findings"] if one["status"] == "stale"]
    assert (stale["path"], stale["code"]) == ("lib/a.py.ast.json", "stale_changed_since")
    assert "lib/a.py" in stale["message"]


# -- gates -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("gates", "breaches"),
    [
        (["failed<=1", "partial<=1"], []),
        (["ok>=90%"], ["the gate ok>=90% is not met: 33.3 % ok (1 of 3 files)"]),
        (["python:ok>=50%", "python:failed=0", "new-failures<=1"], []),
        (["failed<1", "python:ok>50%"], ["the gate failed<1", "the gate python:ok>50%"]),
    ],
)
def test_a_run_that_changes_nothing_is_judged_as_the_first(cli, shop, gates, breaches):
    options = [f"--gate={gate}" for gate in gates]
    for _ in range(2):
        done = ingest(cli, shop, *options)
        told = [line for line in done.stderr.splitlines() if "gate" in line]
        assert done.returncode == (3 if breaches else 0)
        assert [
            line.startswith(f"snake-pipe: {text}") for line, text in zip(told, breaches, strict=True)
        ] == [True] * len(breaches)


def test_max_failures_counts_beside_gates_if_it_is_given(cli, shop):
    assert ingest(cli, shop, "--gate", "failed<=5").returncode == 0
    assert ingest(cli, shop, "--gate", "failed<=5", "--max-failures", "0").returncode == 3
    assert ingest(cli, shop, "--gate", "python:failed<=5").returncode == 3


def test_gates_of_the_project_file(cli, shop):
    (shop / "snake-pipe.toml").write_text('gates = ["failed=0"]\n')
    assert "the gate failed=0 is not met" in ingest(cli, shop).stderr
    assert ingest(cli, shop, "--gate", "failed=1").returncode == 0


def test_a_gate_or_a_report_that_cannot_be_is_refused_before_anything_starts(cli, shop, tmp_path):
    for options, said in (
        (("--gate", "oks>=1"), "did you mean ok?"),
        (("--report", "xml"), "one of github, sarif, junit, markdown, json, none"),
        (("--report", f"sarif={tmp_path / 'no' / 'a.sarif'}"), "name a file in a folder that is there"),
        (("--report", "json", "--report", "junit"), "would both go to stdout"),
        (("--report", "json", "--summary-json", "-"), "would both go to stdout"),
    ):
        done = ingest(cli, shop, *options)
        assert done.returncode == 2
        assert said in done.stderr
    assert not (shop / ".snake-pipe").exists()


def test_new_failures_are_those_that_did_not_fail_before(cli, shop):
    def judged():
        done = ingest(cli, shop, "--report", "json", "--gate", "new-failures=0")
        told = report(done)
        return done.returncode, sorted(
            one["path"].rpartition("/")[2] for one in told["findings"] if one["is_new"]
        )

    assert judged() == (3, ["cut.ast.json"])
    assert judged() == (0, [])
    (shop / "more.ast.json").write_text(CUT)
    (shop / "cut.ast.json").unlink()
    assert judged() == (3, ["more.ast.json"])
    (shop / "cut.ast.json").write_text(CUT)
    assert judged() == (3, ["cut.ast.json"])


def test_a_resume_compares_with_the_state_before_the_job(cli, shop):
    ingest(cli, shop)
    (shop / "more.ast.json").write_text(CUT)
    ingest(cli, shop)
    dataset = shop / ".snake-pipe"
    job = as_if_killed_at_its_end(dataset)
    for _ in range(2):  # the second time the job is done already
        done = cli.run("resume", job, "-q", "--gate", "new-failures=0", "--report", "json", cwd=shop)
        assert done.returncode == 3
        assert "1 of 4 files failed newly" in done.stderr
        assert [one["path"] for one in report(done)["findings"] if one["is_new"]] == ["more.ast.json"]


def test_a_resume_keeps_the_gates_of_its_job(cli, shop):
    assert ingest(cli, shop, "--gate", "failed<=5").returncode == 0
    job = as_if_killed_at_its_end(shop / ".snake-pipe")
    assert cli.run("resume", job, "-q", cwd=shop).returncode == 0
    job = as_if_killed_at_its_end(shop / ".snake-pipe")
    assert cli.run("resume", job, "-q", "--gate", "failed=0", cwd=shop).returncode == 3


def test_gates_are_about_the_repositories_of_the_run(cli, shop, tmp_path):
    """Another repository of the dataset does not count."""
    other = tmp_path / "other"
    other.mkdir()
    (other / "fine.py").write_text("x = 1\n")
    dataset = tmp_path / "ds"
    assert ingest(cli, shop, "-d", dataset).returncode == 3
    assert ingest(cli, other, "-d", dataset, "--gate", "ok>=100%", "--gate", "failed=0").returncode == 0
    assert value(dataset, "SELECT count(*) FROM files WHERE status = 'failed'") == 1


def test_a_run_that_was_stopped_is_not_judged(cli, shop, tmp_path):
    for number in range(200):
        (shop / f"m{number}.py").write_text("x = 1\n" * 200)
    process = cli.start(
        "ingest", shop, "--workers", "1", "--gate", "ok>=100%", "--report", f"json={tmp_path / 'r.json'}"
    )
    assert process.stderr.readline().startswith("job ")
    process.terminate()
    _, err = process.communicate(timeout=LIMIT)
    assert process.returncode == 143, err
    told = json.loads((tmp_path / "r.json").read_text())
    assert (told["gates"], told["summary"]["status"]) == ([], "stopped")
