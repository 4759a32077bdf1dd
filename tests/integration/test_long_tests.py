"""The tests that the test command does not run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).parents[1]


def test_long_tests_fit_the_code() -> None:
    """One could not be imported any more, and was found when somebody needed it."""
    command = [sys.executable, "-m", "pytest", "-qq", "--collect-only", "-p", "no:cacheprovider", "long"]
    done = subprocess.run(command, cwd=TESTS, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout
