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
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import psutil

from benchmarks.command import command_environment, ingest_command
from snake_pipe.utils.batch_utils import process_tree_memory

if TYPE_CHECKING:
    from collections.abc import Callable

_LAYOUT = "{:24} {:>8} {:>8} {:>9} {:>9} {:>11} {:>9} {:>8}"
_BETWEEN_LOOKS = 0.02
"""Seconds between two looks at the memory."""


@dataclass(frozen=True)
class Cost:
    """Of one run of the command: seconds, and bytes; `own` is what its coordinator takes."""

    seconds: float
    own_processor_seconds: float
    worker_processor_seconds: float
    read: int
    written: int
    peak_memory: int
    own_peak_memory: int


def run(root: Path, dataset: Path, *options: str) -> Cost:
    """An ingestion by the whole command."""
    command = ingest_command(root, dataset, *options)
    started = time.perf_counter()
    process = subprocess.Popen(command, env=command_environment())
    watched, peak, own_peak = psutil.Process(process.pid), 0, 0
    # WNOWAIT: its figures are there until it is waited for.
    while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
        try:
            memory = process_tree_memory(watched)
            peak, own_peak = max(peak, memory.total), max(own_peak, memory.own)
        except psutil.Error:
            continue
        time.sleep(_BETWEEN_LOOKS)
    seconds = time.perf_counter() - started
    lines = Path(f"/proc/{process.pid}/io").read_text().splitlines()
    passed = {name: int(number) for name, number in (line.split(": ") for line in lines)}
    own = watched.cpu_times()
    if process.wait() != 0:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    newest = max((dataset / "_jobs").glob("*/status.json"), key=lambda path: path.parent.name)
    return Cost(
        seconds,
        own.user + own.system,
        orjson.loads(newest.read_bytes())["worker_cpu_seconds"],
        passed["rchar"],
        passed["wchar"],
        peak,
        own_peak,
    )


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
            cost = run(root, dataset, *options.options)
            sizes = (cost.read, cost.written, cost.peak_memory, cost.own_peak_memory)
            print(
                _LAYOUT.format(
                    what,
                    f"{cost.seconds:.2f}",
                    f"{cost.own_processor_seconds:.2f}",
                    f"{cost.worker_processor_seconds:.2f}",
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
