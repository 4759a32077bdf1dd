"""Runs the tests of the compiled modules with gcc's sanitizers of addresses and of undefined behaviour.

`python tests/unit/transform/native/run_with_sanitizers.py [PYTEST OPTION ...]` needs gcc, and what
`testkit.sanitized` says. The checkout's own modules stay as they are. The run ends with the first error.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[4]
sys.path[:0] = [str(PROJECT), str(PROJECT / "tests")]

from testkit.sanitized import build_sanitized, environment, library_of  # noqa: E402

TESTS = (
    "test_compiled.py",
    "test_defining.py",
    "test_documents.py",
    "test_guards.py",
    "test_rows.py",
    "test_sources.py",
)


def main() -> int:
    """The tests' exit code."""
    with tempfile.TemporaryDirectory(prefix="snake-pipe-sanitized-") as name:
        folder = Path(name)
        build_sanitized(folder, "gcc")
        sanitizers = (library_of("gcc", library) for library in ("libasan.so", "libubsan.so"))
        with_them = {**os.environ, **environment(folder, *sanitizers)}
        with_them.pop("SNAKE_PIPE_PURE_PYTHON", None)
        tests = [str(Path(__file__).with_name(test)) for test in TESTS]
        command = [sys.executable, "-P", "-m", "pytest", *tests, "-q", "-s", "-p", "no:cacheprovider"]
        return subprocess.run([*command, *sys.argv[1:]], cwd=PROJECT, env=with_them, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
