"""How long the README's first command takes in a fresh clone, with the compiled modules and without.

    python -m benchmarks.installation [--rounds 3]

A round clones what is committed in this checkout, makes an environment, installs with all that development
needs, ingests and queries. pip's own cache is warm from the second round on, as the first one does not count;
a package that the cache has is only unpacked. One round alone counts, whatever the cache has.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import tempfile
from functools import partial
from pathlib import Path

from benchmarks.rounds import in_turns, median
from benchmarks.watched import Watched, watch

PROJECT = Path(__file__).resolve().parents[1]
WAYS = {"with compiled modules": {}, "Python alone": {"SNAKE_PIPE_PURE_PYTHON": "1"}}
_COMMAND = re.compile(r"^# 1\. .*\n(.+)$", re.MULTILINE)
_UNWANTED = frozenset({"PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "SNAKE_PIPE_PURE_PYTHON", "VIRTUAL_ENV"})


def first_command() -> str:
    """What the README says first."""
    found = _COMMAND.search((PROJECT / "README.md").read_text())
    assert found is not None
    return found[1]


def install(way: dict[str, str]) -> Watched:
    """The command in a clone of its own, which is removed."""
    kept = {name: value for name, value in os.environ.items() if name not in _UNWANTED}
    with tempfile.TemporaryDirectory(prefix="snake-pipe-installed-") as name:
        clone, told = Path(name) / "clone", Path(name) / "told"
        subprocess.run(["git", "clone", "-q", PROJECT, clone], check=True)
        command = ["bash", "-c", f"cd {clone} && {first_command()}"]
        took = watch(command, environment={**kept, **way}, output=told)
        if took.code:
            raise SystemExit(f"{told.read_text()}\nthe README's first command ended with {took.code}")
        modules = sorted(path.name for path in clone.glob(".venv/lib/*/site-packages/snake_pipe/**/*.so"))
        if bool(modules) == bool(way):
            raise SystemExit(f"modules that are there: {modules}, of an installation with {way}")
    return took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    each = in_turns(asked.rounds, [partial(install, way) for way in WAYS.values()])
    for name, results in zip(WAYS, each, strict=True):
        took = median(results)
        print(f"{name:22} {took.seconds:6.1f} s, {took.processor_seconds:6.1f} processor seconds")
    with_modules, alone = (median(results).seconds for results in each)
    print(f"with compiled modules it takes {with_modules / alone:.2f} times as long")


if __name__ == "__main__":
    main()
