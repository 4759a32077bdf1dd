"""The account as JSON: the document of `--summary-json`, the state of the files, gates and findings."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from snake_pipe.outcome.account import Account
    from snake_pipe.outcome.findings import Finding
    from snake_pipe.outcome.gates import Verdict

REPORT_VERSION = 1
"""Raised when a field is taken away or gets another meaning."""


def json_report(account: Account) -> str:
    """One object, on several lines."""
    state = account.state
    by_language: dict[str, dict[str, int]] = {}
    for (language, status), count in (state.files if state else {}).items():
        by_language.setdefault(language, {})[status] = count
    document = {
        "version": REPORT_VERSION,
        "summary": account.summary.to_json(),
        "headline": account.headline,
        "figures": dict(account.figures),
        "by_language": by_language,
        "gates": [_verdict(verdict) for verdict in account.verdicts],
        "findings": [_finding(one) for one in state.findings] if state else [],
        "findings_left_out": state.left_out if state else 0,
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "gate": verdict.gate.text,
        "is_met": verdict.is_met,
        "count": verdict.count,
        "total": verdict.total,
        "measured": verdict.in_words,
    }


def _finding(one: Finding) -> dict[str, Any]:
    return {
        "repo": one.repo,
        "path": one.path,
        "line": one.line,
        "col": one.col,
        "severity": str(one.severity),
        "status": one.status,
        "code": one.code,
        "message": one.message,
        "language": one.language,
        "is_new": one.is_new,
    }
