"""Samples of what a sweep goes through; `--all-samples` asks for all of it."""

from __future__ import annotations

import os
from itertools import product
from typing import TYPE_CHECKING, TypeVar

from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")
U = TypeVar("U")

WITH_ALL = bool(os.environ.get("ALL_SAMPLES"))
"""Set by `conftest.py` before tests are collected."""

few_examples = settings(max_examples=100 if WITH_ALL else 6)
"""For properties that are asked of each of many things, or whose examples are costly."""


def sample(items: Sequence[T], most: int) -> list[T]:
    """At most that many of the items, from the first on evenly spread; the same ones each time."""
    if WITH_ALL or len(items) <= most:
        return list(items)
    return [items[number * len(items) // most] for number in range(most)]


def crossed(ones: Sequence[T], others: Sequence[U]) -> list[tuple[T, U]]:
    """Each with each; in a sample each of the longer list, with those of the shorter one in turn."""
    if WITH_ALL:
        return list(product(ones, others))
    return [(ones[n % len(ones)], others[n % len(others)]) for n in range(max(len(ones), len(others)))]
