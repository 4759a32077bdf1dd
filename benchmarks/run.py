"""Measures ingestion against its limits and targets, and prints one table.

    python -m benchmarks.run                   # the corpora of `python -m benchmarks.corpus`
    python -m benchmarks.run --many 100000     # and 100,000 small AST files

Figures are ratios taken side by side in one run, warm: every measured command ran once before. Nothing
else should run on the machine meanwhile.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import psutil

from benchmarks.command import command_environment, ingest_command
from benchmarks.limits import Limit, measure_limit
from snake_pipe.utils.batch_utils import process_tree_memory

CORPUS = Path(".cache/corpus")


@dataclass(frozen=True)
class Ingestion:
    """One run of the command: seconds of wall time, and the figures of its `status.json`."""

    seconds: float
    peak_memory: int
    status: dict[str, Any]

    @property
    def coordinator_share(self) -> float:
        """The coordinator's part of all processor time."""
        own = self.status["coordinator_cpu_seconds"]
        return float(own / (own + self.status["worker_cpu_seconds"]))

    def processors_used(self, workers: int) -> float:
        """The share of `workers` processors that was busy over the whole command, start and end included."""
        used = self.status["coordinator_cpu_seconds"] + self.status["worker_cpu_seconds"]
        return float(used / (self.seconds * workers))


def ingest(root: Path, dataset: Path, *options: str, fresh: bool = True) -> Ingestion:
    """Run the whole command, and watch its processes' memory ten times a second."""
    if fresh:
        shutil.rmtree(dataset, ignore_errors=True)
    command = ingest_command(root, dataset, *options)
    started = time.perf_counter()
    process = subprocess.Popen(command, env=command_environment())
    peak = 0
    watched = psutil.Process(process.pid)
    while process.poll() is None:
        try:
            peak = max(peak, process_tree_memory(watched).total)
            process.wait(0.1)
        except (subprocess.TimeoutExpired, psutil.Error):
            continue
    seconds = time.perf_counter() - started
    if process.returncode not in (0, 3):
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    newest = max((dataset / "_jobs").glob("*/status.json"), key=lambda path: path.parent.name)
    return Ingestion(seconds, peak, orjson.loads(newest.read_bytes()))


def best(times: int, measure: Any) -> Any:
    """The fastest of some measurements; the first one warms the caches and does not count."""
    measure()
    return min((measure() for _ in range(times)), key=lambda result: result.seconds)


class Table:
    """Rows of what was measured, printed as they come."""

    def __init__(self) -> None:
        print(f"{'what':58} {'measured':>16}   target")

    def row(self, what: str, measured: str, target: str = "") -> None:
        print(f"{what:58} {measured:>16}   {target}", flush=True)


def compare_with_limit(table: Table, name: str, root: Path, workers: int, times: int, scratch: Path) -> None:
    limit: Limit = best(times, lambda: measure_limit(root, workers))
    run: Ingestion = best(times, lambda: ingest(root, scratch / "ds", "--workers", str(workers)))
    mb = limit.bytes / 1e6
    table.row(f"{name}: files, MB", f"{limit.files:,}, {mb:,.0f}")
    table.row(f"{name}: parsing alone, {workers} processes", f"{mb / limit.seconds:.1f} MB/s")
    table.row(f"{name}: ingest, whole command", f"{mb / run.seconds:.1f} MB/s")
    table.row(f"{name}: nodes", f"{run.status['rows'].get('nodes', 0):,}")
    table.row(f"{name}: ratio to parsing alone", f"{limit.seconds / run.seconds:.3f}", ">= 0.25, then 0.40")
    table.row(f"{name}: peak memory of all processes", f"{run.peak_memory / 1e6:,.0f} MB")
    table.row(
        f"{name}: coordinator's share of processor time", f"{run.coordinator_share:.1%}", "<= 8 %, then 3 %"
    )
    table.row(f"{name}: processors in use", f"{run.processors_used(workers):.0%}", ">= 80 %")
    if workers >= 2:
        alone: Ingestion = best(1, lambda: ingest(root, scratch / "ds", "--workers", "1"))
        table.row(
            f"{name}: {workers} workers against 1",
            f"{alone.seconds / run.seconds:.2f} x",
            ">= 1.8 x, then 1.9 x",
        )


def measure_start(table: Table, source: Path, scratch: Path) -> None:
    """Help, and a repository of fifty files."""

    def run_help() -> Ingestion:
        started = time.perf_counter()
        subprocess.run(
            [sys.executable, "-P", "-m", "snake_pipe", "--help"],
            check=True,
            stdout=subprocess.DEVNULL,
            env=command_environment(),
        )
        return Ingestion(time.perf_counter() - started, 0, {})

    table.row("snake-pipe --help", f"{best(5, run_help).seconds * 1000:.0f} ms", "< 200 ms, then 150 ms")
    small = scratch / "small"
    small.mkdir()
    for index, path in enumerate(sorted(source.rglob("*.py"))[:50]):
        shutil.copy(path, small / f"{index}_{path.name}")
    run: Ingestion = best(5, lambda: ingest(small, scratch / "ds-small"))
    table.row("repository of 50 files, whole command", f"{run.seconds:.2f} s", "< 1.5 s, then 0.8 s")


def measure_batching(table: Table) -> None:
    from snake_pipe.extract.batch_config import BatchConfig
    from snake_pipe.extract.batch_models import DiscoveredFile
    from snake_pipe.extract.batch_processor import create_optimal_batches

    files = [
        DiscoveredFile("/r", f"{i}.py", i * 7919 % 40_000, 0, ("python", "go")[i % 2]) for i in range(100_000)
    ]

    def run() -> Ingestion:
        started = time.perf_counter()
        asyncio.run(create_optimal_batches(files, BatchConfig()))
        return Ingestion(time.perf_counter() - started, 0, {})

    table.row("create_optimal_batches, 100,000 files", f"{best(3, run).seconds:.2f} s", "< 2 s, then 0.5 s")


def measure_many(table: Table, root: Path, workers: int, scratch: Path) -> None:
    """A hundred thousand small files: rate, memory, a run with nothing to do, a resume."""
    dataset = scratch / "many"
    limit: Limit = best(1, lambda: measure_limit(root, workers))
    run = ingest(root, dataset, "--workers", str(workers))
    done = run.status["files_done"]
    table.row(f"{done:,} small AST files, whole command", f"{run.seconds:.1f} s")
    table.row(
        f"{done:,} small AST files, ratio to parsing alone",
        f"{limit.seconds / run.seconds:.3f}",
        ">= 0.25, then 0.40",
    )
    table.row(f"{done:,} small AST files, rate", f"{done / run.seconds * 60:,.0f} /min", "> 10,000 /min")
    table.row(
        f"{done:,} small AST files, peak memory",
        f"{run.peak_memory / 1e6:,.0f} MB",
        "< 1,000 MB at 2 workers",
    )
    table.row("  coordinator's share of processor time", f"{run.coordinator_share:.1%}", "<= 8 %, then 3 %")
    again: Ingestion = best(2, lambda: ingest(root, dataset, fresh=False))
    table.row("  run again with nothing changed", f"{again.seconds:.2f} s", "< 4 s, then 1.5 s")
    table.row(
        "  resumed after SIGKILL at half: first new batch after",
        f"{_time_to_resume(root, dataset):.2f} s",
        "< 5 s, then 1 s",
    )


def _time_to_resume(root: Path, dataset: Path) -> float:
    shutil.rmtree(dataset)
    total = sum(len(files) for _, _, files in os.walk(root))
    command = [sys.executable, "-P", "-m", "snake_pipe"]
    process = subprocess.Popen([*command, "ingest", str(root), "-d", str(dataset), "-q"])
    while _committed(dataset) < total // 2:
        if process.poll() is not None:
            raise SystemExit("the job was done before it could be killed")
        time.sleep(0.2)
    process.kill()
    process.wait()
    started = time.perf_counter()
    process = subprocess.Popen(
        [*command, "resume", "--last", "-d", str(dataset), "-v", "--no-progress"],
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
    for path in (dataset / "_jobs").glob("*/status.json"):
        try:
            return int(orjson.loads(path.read_bytes())["files_committed"])
        except (OSError, ValueError, KeyError):
            break
    return 0


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--corpus", type=Path, default=CORPUS, help="folder with source/ and ast/ (default: %(default)s)"
    )
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--times", type=int, default=2, help="measurements of each, the fastest counts")
    parser.add_argument("--many", type=int, default=0, help="also the folder of so many small files")
    options = parser.parse_args()
    table = Table()
    with tempfile.TemporaryDirectory(prefix="snake-pipe-bench-") as folder:
        scratch = Path(folder)
        measure_start(table, options.corpus / "source", scratch)
        measure_batching(table)
        for name in ("source", "ast", "ast-large"):
            if not (options.corpus / name).is_dir():
                print(f"{name}: not made, see `python -m benchmarks.corpus --help`")
                continue
            compare_with_limit(table, name, options.corpus / name, options.workers, options.times, scratch)
        if options.many:
            measure_many(table, options.corpus / f"many-{options.many}", options.workers, scratch)


if __name__ == "__main__":
    main()
