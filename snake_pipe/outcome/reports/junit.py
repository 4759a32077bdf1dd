"""JUnit's XML, as Jenkins, GitLab and others read it.

A suite for each language has a case for each file that is not ok, and one for all that are: a file that
failed is a failure, a quarantined one an error, one that was read in part is skipped, since it ends no run.
So are stale AST files. Each gate is a case of a suite of its own; a run that did not come to its end is an
error.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from snake_pipe.outcome.findings import by_file
from snake_pipe.utils.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from snake_pipe.outcome.account import Account
    from snake_pipe.outcome.findings import Finding
    from snake_pipe.outcome.gates import Verdict

_NAME = "snake-pipe"
_ELEMENTS = {
    "failed": "failure",
    "unread": "error",
    "quarantined": "error",
    "partial": "skipped",
    "stale": "skipped",
}
_ILLEGAL = re.compile("[\ufffe\uffff]")
"""What XML does not allow beyond what is never shown as it is."""


@dataclass(slots=True)
class _Case:
    """A test case; `element` says how it ended, empty for well."""

    name: str
    element: str = ""
    type: str = ""
    lines: Sequence[str] = ()


@dataclass(slots=True)
class _Suite:
    name: str
    cases: list[_Case] = field(default_factory=list)

    def count(self, element: str) -> int:
        return sum(case.element == element for case in self.cases)


def junit_report(account: Account) -> str:
    """A document of `testsuites`."""
    suites = [suite for suite in _suites(account) if suite.cases]
    summary = account.summary
    root = ET.Element(
        "testsuites",
        name=_NAME,
        time=f"{summary.duration:.3f}",
        tests=str(sum(len(suite.cases) for suite in suites)),
        failures=str(sum(suite.count("failure") for suite in suites)),
        errors=str(sum(suite.count("error") for suite in suites)),
    )
    moment = {}
    if summary.started_at is not None:
        moment = {"timestamp": f"{datetime.fromtimestamp(summary.started_at, UTC):%Y-%m-%dT%H:%M:%S}"}
    for suite in suites:
        element = ET.SubElement(
            root,
            "testsuite",
            moment,
            name=f"{_NAME}.{suite.name}",
            tests=str(len(suite.cases)),
            failures=str(suite.count("failure")),
            errors=str(suite.count("error")),
            skipped=str(suite.count("skipped")),
        )
        for case in suite.cases:
            _add_case(element, f"{_NAME}.{suite.name}", case)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _suites(account: Account) -> Iterator[_Suite]:
    if account.ending is not None:
        status = account.summary.status
        element = "skipped" if status == "stopped" else "error"
        yield _Suite("run", [_Case("run", element, status, [account.ending])])
    yield _Suite("gates", [_of_gate(verdict) for verdict in account.verdicts])
    if account.state is None:
        return
    state = account.state
    suites = {language: _Suite(language) for language in sorted({language for language, _ in state.files})}
    walk, drift, rest = _Suite("walk"), _Suite("drift"), _Suite("rest")
    for first, group in by_file(state.findings):
        suite = {"unread": walk, "stale": drift}.get(first.status) or suites[first.language]
        suite.cases.append(_of_file(first, group))
    for language, suite in suites.items():
        if count := state.count("ok", "skipped", language=language):
            suite.cases.append(_Case(f"{count:,} files without an error"))
    if state.left_out:
        rest.cases.append(_Case("rest", "skipped", "left_out", [f"{state.left_out:,} more are not listed"]))
    yield from (walk, *suites.values(), drift, rest)


def _of_gate(verdict: Verdict) -> _Case:
    if verdict.is_met:
        return _Case(verdict.gate.text)
    return _Case(verdict.gate.text, "failure", "gate", [f"not met: {verdict.in_words}"])


def _of_file(first: Finding, group: Sequence[Finding]) -> _Case:
    lines = [f"{one.place}: {one.text} ({one.code})" for one in group]
    return _Case(first.path, _ELEMENTS[first.status], first.code, lines)


def _add_case(suite: ET.Element, class_name: str, case: _Case) -> None:
    element = ET.SubElement(suite, "testcase", name=_legal(case.name), classname=class_name)
    if case.element:
        first, *_ = case.lines
        end = ET.SubElement(element, case.element, type=case.type, message=_legal(first))
        end.text = "\n".join(map(_legal, case.lines))


def _legal(text: str) -> str:
    """Text on one line that XML can hold; what it cannot is written as an escape."""
    return _ILLEGAL.sub(lambda found: f"\\u{ord(found.group()):04x}", visible(text))
