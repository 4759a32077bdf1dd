"""Samples of what a sweep goes through; `--all-samples` asks for all of it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")

WITH_ALL = bool(os.environ.get("ALL_SAMPLES"))
"""Set by `conftest.py` before tests are collected."""


def sample(items: Sequence[T], most: int) -> list[T]:
    """At most that many of the items, from the first on evenly spread; the same ones each time."""
    if WITH_ALL or len(items) <= most:
        return list(items)
    return [items[number * len(items) // most] for number in range(most)]
