"""Samples of what a sweep goes through; the variable `ALL_SAMPLES=1` asks for all of it.

A variable, as an option is read too late: pytest imports each `conftest.py` before it looks at its options.
"""

from __future__ import annotations

import os
from itertools import product
from typing import TYPE_CHECKING, TypeVar

from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")
U = TypeVar("U")

WITH_ALL = bool(os.environ.get("ALL_SAMPLES"))

settings.register_profile(
    "any machine",
    max_examples=300 if WITH_ALL else 100,
    deadline=None,  # no test may depend on how fast the machine is
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("any machine")

some_examples = settings(max_examples=300 if WITH_ALL else 25)
"""For properties whose examples are costly, or that are asked of each of many things."""


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
