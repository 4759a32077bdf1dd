"""What a nightly run costs where few files changed, by how many there are.

    python -m benchmarks.nightly --files 100000          # --git: in a work tree of git

Files are small sources, a thousand in a folder. `CPU s` and `own MB` are the coordinator's alone, `workers'`
the processor time that batches took, `peak MB` the memory of all processes. Bytes are the coordinator's, by
/proc/PID/io, which Linux has: `read` and `written` count what passes through calls, cached or not. Nothing
else should run on the machine meanwhile; the first ingestion warms the caches for all others.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.command import Ingestion, ingest

if TYPE_CHECKING:
    from collections.abc import Callable

_LAYOUT = "{:24} {:>8} {:>8} {:>9} {:>9} {:>11} {:>9} {:>8}"


def run(root: Path, dataset: Path, *options: str) -> Ingestion:
    """An ingestion of which all files must come through."""
    done = ingest(root, dataset, *options, fresh=False)
    if done.took.code != 0:
        raise SystemExit(f"the command ended with {done.took.code}")
    return done


def make(root: Path, files: int) -> list[Path]:
    """The paths of that many small sources."""
    paths = [root / f"d{number // 1000:03}" / f"m{number}.py" for number in range(files)]
    for number, path in enumerate(paths):
        if number % 1000 == 0:
            path.parent.mkdir(parents=True)
        path.write_text(f"def f{number}(x):\n    return g{number}(x) + {number}\n")
    return paths


def change(paths: list[Path], count: int) -> None:
    """That many files, evenly spread, get a line more."""
    for number in range(count):
        with paths[number * len(paths) // count].open("a") as file:
            file.write(f"\n\nh = {time.time_ns()}\n")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--git", action="store_true", help="in a work tree of git, all of it committed")
    parser.add_argument("options", nargs="*", help="for the command, after --")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="snake-pipe-nightly-") as name:
        root, dataset = Path(name) / "repo", Path(name) / "tables"
        paths = make(root, options.files)
        if options.git:
            commit_all(root)
        print(
            _LAYOUT.format(
                "what", "seconds", "CPU s", "workers'", "read MB", "written MB", "peak MB", "own MB"
            )
        )
        steps: list[tuple[str, Callable[[], None]]] = [
            ("the first ingestion", lambda: None),
            ("nothing changed", lambda: None),
            ("nothing changed", lambda: None),
            *((f"{count:,} changed", lambda count=count: change(paths, count)) for count in (10, 1000)),
            ("all touched", lambda: touch(paths)),
            ("nothing changed", lambda: None),
        ]
        for what, step in steps:
            step()
            done = run(root, dataset, *options.options)
            took = done.took
            sizes = (took.read, took.written, took.peak_memory, took.own_peak_memory)
            print(
                _LAYOUT.format(
                    what,
                    f"{took.seconds:.2f}",
                    f"{took.own_processor_seconds:.2f}",
                    f"{done.status['worker_cpu_seconds']:.2f}",
                    *(f"{size / 1e6:,.1f}" for size in sizes),
                ),
                flush=True,
            )


def touch(paths: list[Path]) -> None:
    """As a fresh checkout does it."""
    for path in paths:
        os.utime(path)


def commit_all(root: Path) -> None:
    name = ("-c", "user.name=bench", "-c", "user.email=bench@example.org")
    for arguments in (("init", "-q"), ("add", "-A"), (*name, "commit", "-q", "-m", "start")):
        subprocess.run(["git", "-C", str(root), *arguments], check=True)


if __name__ == "__main__":
    main()
