"""Models that are copied and sent in numbers have ways of their own for it, which must forget no field."""

from __future__ import annotations

import copy
import pickle
from dataclasses import fields, replace

import pytest

from snake_pipe.extract.batch_models import BatchPriority, DiscoveredFile

FULL = DiscoveredFile("/r", r"a\xff.py", 1, 2, "python", "repo", 9, b"a\xff.py", 5, "too_large")
"""No field has its default, so one that is forgotten shows."""


def test_no_field_of_the_example_has_its_default() -> None:
    short = DiscoveredFile("", "", 0, 0, "")
    assert [each.name for each in fields(FULL) if getattr(FULL, each.name) == getattr(short, each.name)] == []


@pytest.mark.parametrize("file", [FULL, DiscoveredFile("/r", "a.py", 1, 2, "python")])
def test_a_file_travels_whole(file: DiscoveredFile) -> None:
    there = pickle.loads(pickle.dumps(file))
    assert there == file
    assert copy.deepcopy(file) == file
    assert type(there.priority) is type(file.priority)


def test_a_number_changes_nothing_else() -> None:
    assert FULL.numbered(77) == replace(FULL, file_id=77)
    assert DiscoveredFile("/r", "a.py", 1, 2, "c").numbered(0).priority is BatchPriority.NORMAL
