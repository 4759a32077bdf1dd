"""One large repository: how long, how much memory, and what a kill at half costs.

    python -m benchmarks.large --root .cache/corpus/linux/linux-source [--memory-limit 1024] [--json FILE]

The whole command, one run each: as it comes, and within a memory limit, which is for all its processes
together. Then one of which all processes are killed as soon as half of the bytes are done, and its resume.
Each table of that dataset is compared with the undisturbed one's by a digest over all its rows. The exit code
is 1 if one differs or the limit was passed. Repositories of a gigabyte take some minutes a run and 0.5 GB
each in the temporary folder; they are read once before, so that all runs find them in the page cache.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import snake_pipe
from benchmarks.command import Ingestion, command_environment, ingest, ingest_command, last_status
from benchmarks.kills import TABLES, comparable
from benchmarks.watched import Watched, watch

MIB = 1 << 20
_BETWEEN_LOOKS = 0.2
"""Seconds between two looks at how far a run is."""
_LONGEST = 3600.0
"""Seconds that half of a run may take."""


def killed_at_half(root: Path, dataset: Path, size: int) -> float:
    """Seconds after which half of so many bytes were done, and all processes of the run got a SIGKILL."""
    started = time.perf_counter()
    process = subprocess.Popen(
        ingest_command(root, dataset), env=command_environment(), start_new_session=True
    )
    try:
        while _done(dataset) < size / 2:
            time.sleep(_BETWEEN_LOOKS)
            if process.poll() is not None or time.perf_counter() - started > _LONGEST:
                raise SystemExit(
                    f"no half of the run that was to be killed there: it ended with {process.poll()}"
                )
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return time.perf_counter() - started


def _done(dataset: Path) -> int:
    """Bytes that the job says are done."""
    if not any((dataset / "_jobs").glob("*/status.json")):
        return 0
    return int(last_status(dataset)["bytes_done"])


def resumed(dataset: Path) -> Watched:
    """What it took to end the job."""
    command = [sys.executable, "-P", "-m", "snake_pipe", "resume", "--last", "-d", str(dataset), "-q"]
    return watch(command, environment=command_environment())


def digests(dataset: Path) -> dict[str, tuple[int, int]]:
    """table → its rows, and the sum of their hashes, which heeds no order."""
    with snake_pipe.connect(dataset) as connection:
        found = {}
        for table in TABLES:
            sql = f"SELECT count(*), coalesce(sum(hash(r)::HUGEINT), 0) FROM ({comparable(table)}) r"
            found[table] = connection.execute(sql).fetchall()[0]
    return found


def _row(what: str, seconds: float, processor: float, peak: int, size: int) -> str:
    return f"| {what} | {seconds:.0f} | {size / seconds / 1e6:.1f} | {processor:.0f} | {peak / MIB:,.0f} |"


def _whole(what: str, run: Ingestion, size: int) -> str:
    return _row(what, run.seconds, run.took.processor_seconds, run.peak_memory, size)


def _warm_up(root: Path) -> None:
    """Read all files once, into the page cache."""
    for path in root.rglob("*"):
        if path.is_file() and not path.is_symlink():
            path.read_bytes()


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--root", type=Path, required=True, help="the repository to ingest")
    parser.add_argument(
        "--memory-limit", type=int, default=1024, help="of the second run, MiB (default: 1024)"
    )
    parser.add_argument("--json", type=Path, help="also write the figures there")
    given = parser.parse_args()
    root, limit = given.root.resolve(), given.memory_limit
    _warm_up(root)
    with tempfile.TemporaryDirectory(prefix="snake-pipe-large-") as folder:
        calm, narrow, shaken = (Path(folder, name) for name in ("calm", "narrow", "shaken"))
        print("| run | s | MB/s | processor s | peak MiB |\n|---|--:|--:|--:|--:|", flush=True)
        free = ingest(root, calm)
        size = free.status["bytes_done"]
        print(_whole("as it comes", free, size), flush=True)
        bounded = ingest(root, narrow, "--memory-limit", str(limit))
        print(_whole(f"`--memory-limit {limit}`", bounded, size), flush=True)
        seconds = killed_at_half(root, shaken, size)
        done = _done(shaken)
        print(f"| killed with {done / size:.0%} of the bytes done | {seconds:.0f} | | | |", flush=True)
        rest = resumed(shaken)
        if rest.code not in (0, 3):
            raise SystemExit(f"resume ended with {rest.code}")
        print(_row("its resume", rest.seconds, rest.processor_seconds, rest.peak_memory, size - done))
        rows = digests(calm)
        differing = [
            table
            for other in (digests(narrow), digests(shaken))
            for table in TABLES
            if other[table] != rows[table]
        ]
    told = ", ".join(f"{table} {count:,}" for table, (count, _) in rows.items())
    print(f"\n{size / 1e6:,.0f} MB in {free.status['files_done']:,} files; rows: {told}")
    print(f"tables that differ: {', '.join(differing) or 'none'}")
    if given.json:
        figures: dict[str, Any] = {
            "bytes": size,
            "rows": {table: count for table, (count, _) in rows.items()},
            "free": vars(free.took),
            "memory_limit": {"mebibytes": limit, **vars(bounded.took)},
            "killed": {"seconds": seconds, "bytes_done": done},
            "resumed": vars(rest),
            "differing": differing,
        }
        given.json.write_text(json.dumps(figures, indent=2) + "\n")
    return 1 if differing or bounded.peak_memory > limit * MIB else 0


if __name__ == "__main__":
    sys.exit(main())
