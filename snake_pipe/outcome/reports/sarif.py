"""SARIF 2.1.0, which code scanning services and editors read.

A result is an error of a file; what has no place in a file (a gate that is not met, a run that failed) is a
notification of the invocation. Paths count from `SRCROOT`.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import orjson

from snake_pipe.outcome.findings import Severity
from snake_pipe.plugins import AST_QUEUE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from snake_pipe.outcome.account import Account
    from snake_pipe.outcome.findings import Finding

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_BASE = "SRCROOT"
_FINGERPRINT = "snakePipe/v1"
_BECAME = {
    Severity.ERROR: "the file could not be read, and has no rows",
    Severity.WARNING: "the file was read in part, and has rows as far as that went",
    Severity.NOTE: "the AST file no longer fits its source, and should be made again",
}


def sarif_report(account: Account) -> str:
    """A log with one run."""
    findings = account.state.findings if account.state else ()
    rules = {one.code: one for one in reversed(findings)}
    indices = {code: at for at, code in enumerate(sorted(rules))}
    run = {
        "tool": {
            "driver": {
                "name": "snake-pipe",
                "version": account.summary.program_version,
                "rules": [_rule(rules[code]) for code in indices],
            }
        },
        "originalUriBaseIds": {_BASE: {"uri": f"file://{_uri(bytes(account.base))}/"}},
        "invocations": [_invocation(account)],
        "results": [
            _result(one, indices[one.code], fingerprint)
            for one, fingerprint in zip(findings, _fingerprints(findings), strict=True)
        ],
        "columnKind": "unicodeCodePoints",
        "properties": {"jobId": account.summary.job_id, **account.figures},
    }
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return orjson.dumps(log, option=orjson.OPT_INDENT_2).decode() + "\n"


def _rule(example: Finding) -> dict[str, Any]:
    """A rule by one of its findings, the worst; GitHub's code scanning asks for all these texts."""
    title = example.code.replace("_", " ").capitalize()
    return {
        "id": example.code,
        "name": "".join(word.capitalize() for word in example.code.split("_")),
        "shortDescription": {"text": title},
        "fullDescription": {"text": f"{title}: {_BECAME[example.severity]}."},
        "help": {"text": f"snake-pipe query \"FROM errors WHERE code = '{example.code}'\" lists them."},
        "defaultConfiguration": {"level": str(example.severity)},
    }


def _result(one: Finding, rule: int, fingerprint: str) -> dict[str, Any]:
    region = {"startLine": max(one.line or 1, 1)}  # GitHub refuses results without a line
    if one.line is not None and one.col is not None and _counts_characters(one, one.col):
        region["startColumn"] = max(one.col, 1)
    place = {"artifactLocation": _location(one.file), "region": region}
    return {
        "ruleId": one.code,
        "ruleIndex": rule,
        "level": str(one.severity),
        "message": {"text": one.text},
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": {_FINGERPRINT: fingerprint},
        "properties": {"status": one.status, "language": one.language, "repo": one.repo, "isNew": one.is_new},
    }


def _counts_characters(one: Finding, col: int) -> bool:
    """Whether a column is the same in code points: those of sources count bytes."""
    return col <= 1 or one.language == AST_QUEUE


def _location(file: bytes) -> dict[str, str]:
    if file.startswith(b"/"):
        return {"uri": f"file://{_uri(file)}"}
    return {"uri": _uri(file), "uriBaseId": _BASE}


def _uri(path: bytes) -> str:
    """A path as part of a URI, whatever bytes it holds; a colon in it is no scheme's."""
    return quote(path.rstrip(b"/"), safe="/")


def _fingerprints(findings: Iterable[Finding]) -> list[str]:
    """What tells a result again after its file was edited above it: without line and column.

    Of several that are alike in a file, the first is the first.
    """
    seen: Counter[tuple[bytes, str, str]] = Counter()
    prints = []
    for one in findings:
        key = (one.file, one.code, one.text)
        text = repr((*key, seen[key]))
        seen[key] += 1
        prints.append(hashlib.sha256(text.encode()).hexdigest())
    return prints


def _invocation(account: Account) -> dict[str, Any]:
    summary = account.summary
    invocation: dict[str, Any] = {
        "executionSuccessful": summary.status == "done",
        "toolExecutionNotifications": [
            {"level": str(severity), "message": {"text": text}} for severity, text in account.notes
        ],
    }
    if summary.exit_code is not None:
        invocation["exitCode"] = summary.exit_code
    for name, moment in (("startTimeUtc", summary.started_at), ("endTimeUtc", summary.ended_at)):
        if moment is not None:
            invocation[name] = f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"
    return invocation
