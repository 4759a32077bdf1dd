"""A run that finds nothing says why."""

from __future__ import annotations

import pytest

from snake_pipe.observe.nothing_found import why_nothing_was_found
from snake_pipe.observe.statistics import BatchStatistics, LeftOutByRules


@pytest.mark.parametrize(
    ("figures", "why"),
    [
        ({}, "there is no file"),
        (
            {"ignored": LeftOutByRules(9, 3, {"a/.gitignore:2 *.o": 1, ".gitignore:159 /*": 11})},
            "12 ignored, by .gitignore:159 /*, a/.gitignore:2 *.o",
        ),
        ({"unrecognised": {".foo": 12, ".bar": 1}}, "13 of no known language: 12 .foo, 1 .bar"),
        (
            {"unasked": {"go": 2}, "filtered": LeftOutByRules(4, 0, {"exclude *_pb2.py": 4})},
            "4 left out by patterns, by exclude *_pb2.py; 2 of languages not asked for: 2 go",
        ),
        ({"files_discovered": 1}, None),
        ({"files_deleted": 1}, None),
        ({"unread": 1}, None),
        ({"not_changed": 1}, None),
        ({"files_before": 1}, None),
    ],
)
def test_the_reasons_are_those_that_left_files_out(figures, why):
    assert why_nothing_was_found(BatchStatistics(**figures), languages_asked=True) == why
