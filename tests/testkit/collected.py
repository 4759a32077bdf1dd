"""The tests of this run, before any are deselected."""

from __future__ import annotations

import pytest

COLLECTED = pytest.StashKey[set[str]]()
"""In the configuration: node ids without parameters, those of methods by their class."""


def without_parameters(node_id: str) -> str:
    return "::".join(node_id.split("[")[0].split("::")[:2])
