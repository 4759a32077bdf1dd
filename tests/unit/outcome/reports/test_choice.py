"""Which reports are wanted."""

from __future__ import annotations

from pathlib import Path

import pytest

from snake_pipe.errors import UsageError
from snake_pipe.outcome.reports.choice import Choice, choose

IN_WORKFLOW = {"GITHUB_ACTIONS": "true"}


def test_formats_and_files():
    assert choose(["sarif=a=b.sarif", "junit = t.xml", "json=-"], {}) == (
        Choice("sarif", Path("a=b.sarif")),
        Choice("junit", Path("t.xml")),
        Choice("json"),
    )
    assert choose([], {}) == ()


@pytest.mark.parametrize("given", [[], ["sarif=a.sarif"], ["json"]])
def test_in_a_workflow_github_comes_by_itself_and_leaves_stdout_alone(given):
    chosen = choose(given, IN_WORKFLOW)
    assert chosen[-1] == Choice("github", is_asked=False)
    assert len(chosen) == len(given) + 1
    assert choose(given, {"GITHUB_ACTIONS": "false"}) == chosen[:-1]


def test_it_does_not_if_it_is_asked_for_or_none_is():
    assert choose(["github=log.txt"], IN_WORKFLOW) == (Choice("github", Path("log.txt")),)
    assert choose(["none"], IN_WORKFLOW) == ()
    assert choose(["none", "json"], IN_WORKFLOW) == (Choice("json"),)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["sariff=x"], "did you mean sarif?"),
        (["html"], "one of github, sarif, junit, markdown, json, none"),
        (["json", "markdown"], "json and markdown would both go to stdout"),
        (["json=a", "sarif=a"], "json and sarif would both go to a"),
    ],
)
def test_what_cannot_be_is_refused(given, said):
    with pytest.raises(UsageError) as refused:
        choose(given, {})
    assert said in str(refused.value)
