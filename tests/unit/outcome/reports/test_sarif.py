"""SARIF, against its official schema."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import unquote_to_bytes

import jsonschema
import pytest
from hypothesis import given

from snake_pipe.outcome.reports.sarif import sarif_report
from testkit.outcomes import FINDINGS, JOB, account, finding

SCHEMA = json.loads(Path(__file__).with_name("schemas").joinpath("sarif-schema-2.1.0.json").read_bytes())
VALIDATOR = jsonschema.validators.validator_for(SCHEMA)(
    SCHEMA, format_checker=jsonschema.validators.validator_for(SCHEMA).FORMAT_CHECKER
)


def run_of(told):
    log = json.loads(sarif_report(told))
    VALIDATOR.validate(log)
    return log["runs"][0]


def test_the_schema_itself_refuses():
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate({"version": "2.1.0", "runs": [{}]})


def test_a_result():
    run = run_of(account(finding("src/a b#.json", is_new=True, language="ast")))
    [result] = run["results"]
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == "invalid_json"
    assert (result["level"], result["message"]) == ("error", {"text": "not valid JSON"})
    assert result["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "src/a%20b%23.json", "uriBaseId": "SRCROOT"},
                "region": {"startLine": 3, "startColumn": 7},
            }
        }
    ]
    assert run["originalUriBaseIds"] == {"SRCROOT": {"uri": "file:///work/shop/"}}
    assert run["properties"]["jobId"] == JOB


def test_a_column_is_given_only_where_it_counts_characters():
    """Columns of sources count bytes, and SARIF was told that they are code points."""

    def regions(**place):
        [result] = run_of(account(finding(**place)))["results"]
        return result["locations"][0]["physicalLocation"]["region"]

    assert regions(language="ast", line=3, col=7) == {"startLine": 3, "startColumn": 7}
    assert regions(language="python", line=3, col=7) == {"startLine": 3}
    assert regions(language="python", line=3, col=1) == {"startLine": 3, "startColumn": 1}


def test_a_file_elsewhere_has_a_whole_uri():
    [result] = run_of(account(finding(b"/other/\xff.py", line=None)))["results"]
    [location] = result["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "file:///other/%FF.py"},
        "region": {"startLine": 1},
    }


def test_rules_have_all_that_code_scanning_asks_for():
    told = account(finding(), finding(code="missing_token", status="partial"), finding(status="partial"))
    rules = run_of(told)["tool"]["driver"]["rules"]
    assert [(rule["id"], rule["defaultConfiguration"]["level"]) for rule in rules] == [
        ("invalid_json", "error"),
        ("missing_token", "warning"),
    ]
    for rule in rules:
        assert {"name", "shortDescription", "fullDescription", "help"} < set(rule)


def test_a_fingerprint_stays_when_the_file_is_edited_above_it():
    def prints(*findings):
        return [
            result["partialFingerprints"]["snakePipe/v1"] for result in run_of(account(*findings))["results"]
        ]

    before = prints(finding(), finding(line=8), finding(message="other"))
    assert len(set(before)) == 3
    assert prints(finding(line=40), finding(line=50), finding(message="other", col=1)) == before


def test_what_has_no_file_is_a_notification():
    run = run_of(account(finding(), gates=("failed=0", "ok>=1"), exit_code=3))
    [invocation] = run["invocations"]
    assert invocation["executionSuccessful"]
    assert invocation["exitCode"] == 3
    assert (invocation["startTimeUtc"], invocation["endTimeUtc"]) == (
        "2026-11-29T03:00:00.250Z",
        "2026-11-29T03:00:04.500Z",
    )
    [note] = invocation["toolExecutionNotifications"]
    assert note["message"]["text"] == "the gate failed=0 is not met: 1 of 101 files failed"
    failed = run_of(account(status="failed", message="disk full", exit_code=1))["invocations"][0]
    assert not failed["executionSuccessful"]
    assert failed["toolExecutionNotifications"][0]["message"]["text"].startswith("the run failed: disk full")


@given(FINDINGS)
def test_it_is_valid_and_loses_no_path_whatever_names_and_messages_hold(findings):
    results = run_of(account(*findings))["results"]
    uris = [result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in results]
    assert [unquote_to_bytes(uri) for uri in uris] == [one.file.rstrip(b"/") for one in findings]
    assert [result["message"]["text"] for result in results] == [one.text for one in findings]
