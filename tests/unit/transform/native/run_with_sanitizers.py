"""Runs the tests of the compiled modules with gcc's sanitizers of addresses and of undefined behaviour.

`python tests/unit/transform/native/run_with_sanitizers.py [PYTEST OPTION ...]` needs gcc on Linux,
hatchling, and pip, which fetches yyjson and tree-sitter, but none of Python's headers. The checkout's own
modules stay as they are. The run ends with the first error found.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[4]
sys.path[:0] = [str(PROJECT), str(PROJECT / "tests")]

from hatch_build import MODULES  # noqa: E402
from testkit.native import FOLDERS, digest  # noqa: E402

FLAGS = "-std=c11 -O1 -g -fPIC -shared -fvisibility=hidden -fno-omit-frame-pointer -Wall -Wextra -Werror"
TESTS = ("test_compiled.py", "test_documents.py", "test_rows.py", "test_sources.py")
SANITIZERS = "-fsanitize=address,undefined -fno-sanitize-recover=all"


def main() -> int:
    """The tests' exit code."""
    with tempfile.TemporaryDirectory(prefix="snake-pipe-sanitized-") as folder:
        package = Path(folder) / "snake_pipe"
        ignored = shutil.ignore_patterns("*.so", "__pycache__")
        shutil.copytree(PROJECT / "snake_pipe", package, ignore=ignored)
        for module in MODULES:
            name = module.path.name.partition(".")[0]
            library = module.fetch(Path(folder)) if module.fetch else Path(folder)
            own = [flag for flag in module.flags.split() if flag not in ("-O2", "-O3", "-DNDEBUG")]
            included = [f"-isystem{library / included}" for included in module.included]
            command = [
                "gcc",
                *FLAGS.split(),
                *SANITIZERS.split(),
                *own,
                *included,
                f'-DDIGEST="{digest(name)}"',
            ]
            sources = map(str, sorted(FOLDERS[name].glob("*.c")))
            subprocess.run([*command, "-o", str(Path(folder) / module.path), *sources], check=True)
        preloaded = [
            subprocess.run(
                ["gcc", f"-print-file-name={library}"], check=True, capture_output=True, text=True
            ).stdout.strip()
            for library in ("libasan.so", "libubsan.so")
        ]
        environment = {
            **os.environ,
            "PYTHONPATH": folder,
            "PYTHONMALLOC": "malloc",  # or the sanitizer would see Python's arenas, not the objects in them
            "LD_PRELOAD": ":".join(preloaded),
            "ASAN_OPTIONS": "detect_leaks=0",  # the interpreter leaves much to the end of its process
            "UBSAN_OPTIONS": "print_stacktrace=1",
        }
        environment.pop("SNAKE_PIPE_PURE_PYTHON", None)
        tests = [str(Path(__file__).with_name(name)) for name in TESTS]
        command = [sys.executable, "-P", "-m", "pytest", *tests, "-q", "-s", "-p", "no:cacheprovider"]
        return subprocess.run([*command, *sys.argv[1:]], cwd=PROJECT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
