"""A hundred thousand small files: rate, memory, a run with nothing to do, a resume."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from benchmarks.command import ingest, ingest_command, last_status
from benchmarks.limits import measure_limit
from benchmarks.rounds import in_turns, median

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.run import Table


def measure_many(table: Table, root: Path, workers: int, rounds: int, scratch: Path) -> None:
    """Rows of the table about a folder of many small files."""
    dataset = scratch / "many"
    (limits,) = in_turns(rounds, [lambda: measure_limit(root, workers)])
    limit = median(limits)
    run = ingest(root, dataset, "--workers", str(workers))
    done = run.status["files_done"]
    table.row(f"{done:,} small AST files, whole command", f"{run.seconds:.1f} s")
    table.row(
        f"{done:,} small AST files, ratio to parsing alone",
        f"{limit.seconds / run.seconds:.3f}",
        ">= 1.0, then 1.5",
    )
    table.row(f"{done:,} small AST files, rate", f"{done / run.seconds * 60:,.0f} /min", "> 10,000 /min")
    table.row(
        f"{done:,} small AST files, peak memory",
        f"{run.peak_memory / 1e6:,.0f} MB",
        "< 1,000 MB at 2 workers",
    )
    table.row("  coordinator's share of processor time", f"{run.coordinator_share:.1%}", "<= 3 %, then 2 %")
    (again,) = in_turns(rounds, [lambda: ingest(root, dataset, fresh=False)])
    table.row("  run again with nothing changed", f"{median(again).seconds:.2f} s", "< 4 s, then 1.5 s")
    table.row(
        "  resumed after SIGKILL at half: first new batch after",
        f"{_time_to_resume(root, dataset):.2f} s",
        "< 5 s, then 1 s",
    )


def _time_to_resume(root: Path, dataset: Path) -> float:
    shutil.rmtree(dataset)
    total = sum(len(files) for _, _, files in os.walk(root))
    process = subprocess.Popen(ingest_command(root, dataset))
    while _committed(dataset) < total // 2:
        if process.poll() is not None:
            raise SystemExit("the job was done before it could be killed")
        time.sleep(0.2)
    process.kill()
    process.wait()
    started = time.perf_counter()
    process = subprocess.Popen(
        [
            *(sys.executable, "-P", "-m", "snake_pipe", "resume", "--last"),
            *("-d", str(dataset), "-v", "--no-progress"),
        ],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("batch "):
            break
    seconds = time.perf_counter() - started
    process.stderr.read()
    if process.wait() != 0:
        raise SystemExit("the resumed job failed")
    return seconds


def _committed(dataset: Path) -> int:
    try:
        return int(last_status(dataset)["files_committed"])
    except (OSError, ValueError, KeyError):
        return 0
