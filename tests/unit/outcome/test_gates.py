"""What becomes of gates."""

from __future__ import annotations

import pytest

from snake_pipe.extract.settings.gates import parse_gates
from snake_pipe.outcome.gates import judge
from snake_pipe.outcome.state import DatasetState

STATE = DatasetState(
    files={
        ("python", "ok"): 180,
        ("python", "partial"): 10,
        ("python", "failed"): 4,
        ("python", "skipped"): 100,
        ("go", "ok"): 5,
        ("ast", "quarantined"): 1,
    },
    unread=2,
    new_failures={"python": 3, "ast": 1},
    dumps={"python": 8, "javascript": 2},
    stale={"javascript": 1},
)
"""202 files that were to be read, two of them unread."""


@pytest.mark.parametrize(
    ("gate", "is_met", "words"),
    [
        ("ok>=91%", True, "91.6 % ok (185 of 202 files)"),
        ("ok>=92%", False, "91.6 % ok (185 of 202 files)"),
        ("ok>=185", True, "185 of 202 files ok"),
        ("go:ok>=100%", True, "100.0 % ok (5 of 5 files)"),
        ("partial<10", False, "10 of 202 files partial"),
        ("failed<=6", True, "6 of 202 files failed"),
        ("python:failed<=4", True, "4 of 194 files failed"),
        ("quarantined=0", False, "1 of 202 files quarantined"),
        ("skipped<33%", False, "33.1 % skipped (100 of 302 files)"),
        ("new-failures=0", False, "4 of 202 files failed newly"),
        ("python:new-failures<=3", True, "3 of 194 files failed newly"),
        ("go:new-failures=0", True, "0 of 5 files failed newly"),
        ("drift=0", False, "1 of 10 AST files stale"),
        ("python:drift=0", True, "0 of 8 AST files stale"),
        ("drift<10%", False, "10.0 % stale (1 of 10 AST files)"),
        ("rust:ok>=99%", True, "0 of 0 files ok"),
    ],
)
def test_verdicts(gate, is_met, words):
    [verdict] = judge(parse_gates([gate]), STATE)
    assert (verdict.is_met, verdict.in_words) == (is_met, words)


def test_what_is_not_known_is_not_met():
    """A job of an older version noted no failures; a gate is there to be sure."""
    [verdict] = judge(parse_gates(["new-failures>=0"]), DatasetState(files={("go", "ok"): 1}))
    assert not verdict.is_met
    assert "not known" in verdict.in_words


def test_a_percentage_is_shown_with_the_digits_that_tell_it_from_its_limit():
    state = DatasetState(files={("go", "ok"): 99_999, ("go", "failed"): 1})
    [verdict] = judge(parse_gates(["ok>=100%"]), state)
    assert verdict.in_words == "99.999 % ok (99,999 of 100,000 files)"
