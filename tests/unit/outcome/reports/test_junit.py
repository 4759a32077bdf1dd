"""JUnit's XML, against the schema of Jenkins."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from lxml import etree

from snake_pipe.outcome.reports.junit import junit_report
from testkit.outcomes import FINDINGS, JOB, account, finding

SCHEMA = etree.XMLSchema(etree.parse(Path(__file__).with_name("schemas") / "junit-10.xsd"))


def suites_of(told):
    text = junit_report(told).encode()
    SCHEMA.assertValid(etree.fromstring(text))
    root = ET.fromstring(text)
    for element in (root, *root):
        for count, kind in (("tests", "testcase"), ("failures", "failure"), ("errors", "error")):
            assert int(element.get(count)) == len(list(element.iter(kind)))
    return {suite.get("name"): suite for suite in root}


def endings(suite):
    return {case.get("name"): (case[0].tag if len(case) else "passed") for case in suite}


def test_the_schema_itself_refuses():
    with pytest.raises(etree.DocumentInvalid):
        SCHEMA.assertValid(etree.fromstring("<testsuites><testsuite/></testsuites>"))


def test_statuses_and_how_cases_end():
    told = account(
        finding("a.py"),
        finding("b.py", "quarantined"),
        finding("c.py", "partial"),
        finding("d.ast.json", "stale"),
        finding("e", "unread"),
        left_out=2,
    )
    suites = suites_of(told)
    assert endings(suites["snake-pipe.python"]) == {
        "a.py": "failure",
        "b.py": "error",
        "c.py": "skipped",
        "100 files without an error": "passed",
    }
    assert endings(suites["snake-pipe.drift"]) == {"d.ast.json": "skipped"}
    assert endings(suites["snake-pipe.walk"]) == {"e": "error"}
    assert endings(suites["snake-pipe.rest"]) == {"rest": "skipped"}
    assert suites["snake-pipe.python"].get("timestamp") == "2026-11-29T03:00:00"


def test_all_errors_of_a_file_are_in_its_case():
    [failure] = suites_of(account(finding(message="one"), finding(message="two", line=9)))[
        "snake-pipe.python"
    ].iter("failure")
    assert failure.get("type") == "invalid_json"
    assert failure.get("message") == "src/a.py:3:7: one (invalid_json)"
    assert failure.text.splitlines() == [
        "src/a.py:3:7: one (invalid_json)",
        "src/a.py:9:7: two (invalid_json)",
    ]


def test_gates_and_a_run_that_failed():
    suites = suites_of(account(finding(), gates=("failed=0", "ok>=99%")))
    assert endings(suites["snake-pipe.gates"]) == {"failed=0": "failure", "ok>=99%": "passed"}
    [error] = suites_of(account(status="failed", message="disk full"))["snake-pipe.run"].iter("error")
    assert error.get("message") == f"the run failed: disk full; resume with: snake-pipe resume {JOB}"


@given(FINDINGS)
def test_it_is_valid_and_says_what_was_meant_whatever_names_and_messages_hold(findings):
    suites = suites_of(account(*findings))
    said = (
        "\n".join(element.text or "" for suite in suites.values() for element in suite.iter() if element.text)
        .replace("\\ufffe", "\ufffe")
        .replace("\\uffff", "\uffff")
    )
    for one in findings:
        assert f"{one.place}: {one.text} (invalid_json)" in said
