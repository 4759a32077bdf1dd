"""The settings of Hypothesis, where pytest imports two `conftest.py` before it looks at its options."""

from __future__ import annotations

from hypothesis import settings

from testkit.samples import WITH_ALL, some_examples


def test_no_example_has_a_deadline() -> None:
    """Those of `some_examples` had one, as they were made before the profile was loaded."""
    assert (settings().deadline, some_examples.deadline) == (None, None)
    assert settings().max_examples == (300 if WITH_ALL else 100)
