"""The settings of Hypothesis, where pytest imports two `conftest.py` before it looks at its options."""

from __future__ import annotations

import subprocess
import sys

from hypothesis import settings

from testkit.places import PROJECT
from testkit.samples import WITH_ALL, some_examples


def test_no_example_has_a_deadline() -> None:
    """Those of `some_examples` had one, as they were made before the profile was loaded."""
    assert (settings().deadline, some_examples.deadline) == (None, None)
    assert settings().max_examples == (300 if WITH_ALL else 100)


def test_no_test_has_a_deadline_that_is_run_alone() -> None:
    """Those of a folder had one unless a module with the settings happened to be imported before them."""
    program = "import conftest, hypothesis; assert hypothesis.settings().deadline is None"
    subprocess.run([sys.executable, "-c", program], cwd=PROJECT / "tests", timeout=100, check=True)
