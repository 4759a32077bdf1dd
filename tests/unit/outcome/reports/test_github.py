"""Workflow commands, as GitHub's runner reads them."""

from __future__ import annotations

import re

from hypothesis import given

from snake_pipe.outcome.reports.github import MOST_OF_SUMMARY, step_outputs, workflow_commands
from snake_pipe.outcome.reports.markdown import markdown_report
from snake_pipe.utils.visible import visible
from testkit.github_runner import read_log, read_outputs
from testkit.outcomes import FINDINGS, JOB, account, finding

TOKEN = "5f0c3a"


def log_of(told):
    text = "".join(f"{line}\n" for line in workflow_commands(told, TOKEN))
    return read_log(re.split(r"\r\n|\r|\n", text)[:-1])


def test_a_failed_file_is_an_annotation_at_its_place():
    assert list(workflow_commands(account(finding("src/a,b:c.py", message="50% of it\nis bad")), TOKEN)) == [
        "::error file=src/a%2Cb%3Ac.py,line=3,col=7,title=snake-pipe%3A invalid_json::50%25 of it is bad"
    ]


def test_how_bad_it_is_decides_the_kind():
    log = log_of(
        account(finding("a"), finding("b", "quarantined"), finding("c", "partial"), finding("d", "stale"))
    )
    assert [(c.name, c.properties["file"]) for c in log.commands] == [
        ("error", "a"),
        ("error", "b"),
        ("warning", "c"),
        ("notice", "d"),
    ]


def test_the_errors_of_a_file_are_one_annotation():
    log = log_of(account(finding(message="first"), finding(message="second", line=9, col=None)))
    [annotation] = log.commands
    assert annotation.properties["line"] == "3"
    assert annotation.message == "first\n9: second"


def test_beyond_ten_the_last_says_how_many_more_and_the_log_has_all():
    """The runner shows ten of each kind, and drops the rest without a word."""
    many = [finding(f"f{number:02}.py") for number in range(25)]
    some = [finding(f"p{number:02}.py", "partial") for number in range(10)]
    log = log_of(account(*many, *some, gates=("failed<5",)))
    errors, warnings = log.annotations("error"), log.annotations("warning")
    assert [len(errors), len(warnings)] == [10, 10]
    assert errors[0].message == "the gate failed<5 is not met: 25 of 135 files failed"
    assert errors[1].properties["file"] == "f00.py"
    assert errors[-1].message.startswith("17 more files that failed")
    assert len(log.annotations("group")) == 1
    assert len(log.shown) == 35
    assert log.shown[24] == "error: f24.py:3:7: not valid JSON (invalid_json)"


def test_a_run_that_failed_says_so_with_what_goes_on():
    log = log_of(account(status="failed", message="disk full", exit_code=1))
    [annotation] = log.commands
    assert annotation.message == f"the run failed: disk full; resume with: snake-pipe resume {JOB}"


def test_a_run_that_was_stopped_is_only_a_warning():
    [annotation] = log_of(account(status="stopped", message="budget", exit_code=0)).annotations("warning")
    assert annotation.message == (
        f"the run was stopped by its budget of time; resume with: snake-pipe resume {JOB}"
    )


def test_outputs_for_later_steps():
    outputs = read_outputs(step_outputs(account(finding(is_new=True), gates=("failed=0", "drift=0"))))
    assert outputs == {
        "job-id": JOB,
        "status": "done",
        "exit-code": "3",
        "gates-missed": "1",
        "files": "101",
        "ok": "100",
        "partial": "0",
        "failed": "1",
        "quarantined": "0",
        "skipped": "0",
        "unread": "0",
        "new-failures": "1",
        "stale": "0",
    }


def test_a_summary_keeps_within_what_the_runner_takes():
    """It refuses one of more than 1 MiB as a whole."""
    told = account(*(finding(f"{'d' * 200}/f{number}.py", message="ü" * 250) for number in range(5000)))
    summary = markdown_report(told, MOST_OF_SUMMARY)
    assert 1_000_000 < len(summary.encode()) <= 1024 * 1024
    assert summary.endswith("has all of it.*\n")
    assert len(markdown_report(told, 5000).encode()) <= 5000
    assert markdown_report(told, 50) == ""


@given(FINDINGS)
def test_the_runner_reads_what_was_meant_whatever_names_and_messages_hold(findings):
    log = log_of(account(*findings, left_out=1))
    files = {visible(one.path) for one in findings}
    shown = {one.place + ": " + one.text for one in findings}
    for command in log.commands:
        if command.name in ("error", "warning", "notice") and "file" in command.properties:
            assert command.properties["file"] in files
            assert command.properties["title"] == "snake-pipe: invalid_json"
            assert command.message.split("\n")[0] in {one.text for one in findings}
    lines = [line.split(": ", 1)[1].removesuffix(" (invalid_json)") for line in log.shown[: len(findings)]]
    assert set(lines) == shown
    assert log.shown[len(findings) :] == (["1 more"] if findings else [])
