"""Measures ingestion against its limits and targets, and prints one table.

    python -m benchmarks.run                   # the corpora of `python -m benchmarks.corpus`
    python -m benchmarks.run --many 100000     # and 100,000 small AST files

Figures are medians of runs that are taken in turns, after one that warms the caches. Ratios are the time of
parsing alone, by processes that are warm, to that of the whole command by as many workers. The command's
start and end are in it: of corpora that take less than some seconds they are a large part, so the ratio is
also given with the time taken off that the command needs for a single small file. Nothing else should run on
the machine meanwhile.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.command import Ingestion, command_environment, ingest
from benchmarks.extremes import estree_large
from benchmarks.limits import Limit, measure_limit
from benchmarks.many import measure_many
from benchmarks.rounds import in_turns, median
from benchmarks.watched import watch

if TYPE_CHECKING:
    from collections.abc import Callable

CORPUS = Path(".cache/corpus")
WITHOUT_NODES = ("--tables", "files,symbols,refs,imports")
AST_TARGET, SOURCE_TARGET, WITHOUT_NODES_TARGET = (
    ">= 1.0, then 1.5",
    ">= 0.55, then 0.70",
    ">= 0.70, then 0.85",
)
DOCUMENT_MEGABYTES = 26


@dataclass(frozen=True)
class Seconds:
    """How long something took inside of this process."""

    seconds: float


class Table:
    """Rows of what was measured, printed as they come."""

    def __init__(self) -> None:
        print(f"{'what':58} {'measured':>16}   target")

    def row(self, what: str, measured: str, target: str = "") -> None:
        print(f"{what:58} {measured:>16}   {target}", flush=True)


@dataclass
class Bench:
    """What all measurements share; `start` is what a single small file takes, in seconds."""

    table: Table
    scratch: Path
    workers: int
    rounds: int
    start: float = 0.0

    def ingest(self, root: Path, *options: str, workers: int | None = None) -> Ingestion:
        """All of a folder into a dataset of its own."""
        return ingest(root, self.scratch / "ds", "--workers", str(workers or self.workers), *options)

    def ratio(self, what: str, limit: Limit, run: Ingestion, target: str) -> None:
        """A row with a ratio to parsing alone, and one with the start taken off."""
        self.table.row(what, f"{limit.seconds / run.seconds:.3f}", target)
        self.table.row("  the start taken off", f"{limit.seconds / (run.seconds - self.start):.3f}")


def compare_with_limit(bench: Bench, name: str, root: Path, target: str) -> None:
    """A folder of sources or of AST files; sources also without their nodes."""
    are_sources = name == "source"
    measures: list[Callable[[], Limit | Ingestion]] = [
        partial(measure_limit, root, bench.workers),
        partial(bench.ingest, root),
        *([partial(bench.ingest, root, *WITHOUT_NODES)] if are_sources else []),
        *([partial(bench.ingest, root, workers=1)] if bench.workers > 1 else []),
    ]
    limit, run, *others = (median(results) for results in in_turns(bench.rounds, measures))
    assert isinstance(limit, Limit)
    assert isinstance(run, Ingestion)
    row, mb = bench.table.row, limit.bytes / 1e6
    row(f"{name}: files, MB", f"{limit.files:,}, {mb:,.0f}")
    row(f"{name}: parsing alone, {bench.workers} processes", f"{mb / limit.seconds:.1f} MB/s")
    row(f"{name}: ingest, whole command", f"{mb / run.seconds:.1f} MB/s")
    row(f"{name}: nodes", f"{run.status['rows'].get('nodes', 0):,}")
    bench.ratio(f"{name}: ratio to parsing alone", limit, run, target)
    if are_sources:
        what, without = f"{name}: symbols, refs, imports without nodes, ratio", others[0]
        assert isinstance(without, Ingestion)
        bench.ratio(what, limit, without, WITHOUT_NODES_TARGET)
    row(f"{name}: peak memory of all processes", f"{run.peak_memory / 1e6:,.0f} MB")
    row(f"{name}: coordinator's share of processor time", f"{run.coordinator_share:.1%}", "<= 3 %, then 2 %")
    row(f"{name}: processors in use", f"{run.processors_used(bench.workers):.0%}", ">= 80 %")
    if bench.workers > 1:
        row(
            f"{name}: {bench.workers} workers against 1",
            f"{others[-1].seconds / run.seconds:.2f} x",
            ">= 1.9 x" if bench.workers == 2 else "",
        )


def compare_parser_with_limit(bench: Bench, root: Path) -> None:
    """The AST files of one parser."""
    measures: list[Callable[[], Limit | Ingestion]] = [
        partial(measure_limit, root, bench.workers),
        partial(bench.ingest, root),
    ]
    limit, run = (median(results) for results in in_turns(bench.rounds, measures))
    assert isinstance(limit, Limit)
    assert isinstance(run, Ingestion)
    name, size = f"{root.parent.name}/{root.name}", f"{limit.bytes / 1e6:,.0f} MB"
    bench.ratio(f"{name}, {size}: ratio to orjson.loads alone", limit, run, AST_TARGET)


def measure_document(bench: Bench) -> None:
    """The memory that one document takes, beyond what a small one takes."""
    peaks = []
    for megabytes in (1, DOCUMENT_MEGABYTES):
        extreme = estree_large(megabytes, 0)
        root = bench.scratch / f"document-{megabytes}"
        root.mkdir()
        with (root / extreme.file).open("w", encoding="ascii") as file:
            file.writelines(extreme.pieces())
        (runs,) = in_turns(bench.rounds, [partial(bench.ingest, root, workers=1)])
        peaks.append(sorted(run.peak_memory for run in runs)[len(runs) // 2])
    more = peaks[1] - peaks[0]
    bench.table.row(
        f"a document of {DOCUMENT_MEGABYTES} MB: memory beyond that for 1 MB", f"{more / 1e6:,.0f} MB"
    )
    ratio = more / ((DOCUMENT_MEGABYTES - 1) * 1e6)
    bench.table.row(f"a document of {DOCUMENT_MEGABYTES} MB: that by its size", f"{ratio:.1f} x", "<= 4 x")


def measure_start(bench: Bench, source: Path) -> None:
    """Help, and repositories of one file and of fifty."""
    helped = [sys.executable, "-P", "-m", "snake_pipe", "--help"]
    printed = bench.scratch / "help.txt"
    (helps,) = in_turns(
        bench.rounds, [partial(watch, helped, environment=command_environment(), output=printed)]
    )
    bench.table.row("snake-pipe --help", f"{median(helps).seconds * 1000:.0f} ms", "< 120 ms, then 80 ms")
    single, small = bench.scratch / "single", bench.scratch / "small"
    single.mkdir()
    (single / "a.py").write_text("a = 1\n")
    (runs,) = in_turns(bench.rounds, [partial(bench.ingest, single)])
    bench.start = median(runs).seconds
    bench.table.row("repository of 1 file, whole command", f"{bench.start:.2f} s")
    small.mkdir()
    for index, path in enumerate(sorted(source.rglob("*.py"))[:50]):
        shutil.copy(path, small / f"{index}_{path.name}")
    (runs,) = in_turns(bench.rounds, [lambda: ingest(small, bench.scratch / "ds-small")])
    bench.table.row(
        "repository of 50 files, whole command", f"{median(runs).seconds:.2f} s", "< 0.5 s, then 0.4 s"
    )


def measure_batching(bench: Bench) -> None:
    """Batches for a hundred thousand files."""
    from snake_pipe.extract.batch_config import BatchConfig
    from snake_pipe.extract.batch_models import DiscoveredFile
    from snake_pipe.extract.batch_processor import create_optimal_batches

    files = [
        DiscoveredFile("/r", f"{i}.py", i * 7919 % 40_000, 0, ("python", "go")[i % 2]) for i in range(100_000)
    ]

    def run() -> Seconds:
        started = time.perf_counter()
        asyncio.run(create_optimal_batches(files, BatchConfig()))
        return Seconds(time.perf_counter() - started)

    (runs,) = in_turns(bench.rounds, [run])
    bench.table.row(
        "create_optimal_batches, 100,000 files", f"{median(runs).seconds:.2f} s", "< 2 s, then 0.5 s"
    )


def measure_unchanged(bench: Bench, root: Path) -> None:
    """A run over a large tree in which nothing has changed: processor time, start included."""
    dataset = bench.scratch / "unchanged"
    first = ingest(root, dataset, "--workers", str(bench.workers))
    (runs,) = in_turns(bench.rounds, [lambda: ingest(root, dataset, fresh=False)])
    files = first.status["files_done"]
    each = median(runs).took.processor_seconds / files
    bench.table.row(
        f"{root.name}: nothing changed in {files:,} files, each",
        f"{each * 1e6:.1f} µs",
        "<= 25 µs, then 10 µs",
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--corpus", type=Path, default=CORPUS, help="folder with source/ and ast/ (default: %(default)s)"
    )
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5, help="of each, the median counts (default: 5)")
    parser.add_argument("--many", type=int, default=0, help="also the folder of so many small files")
    options = parser.parse_args()
    corpus: Path = options.corpus
    with tempfile.TemporaryDirectory(prefix="snake-pipe-bench-") as folder:
        bench = Bench(Table(), Path(folder), options.workers, options.rounds)
        measure_start(bench, corpus / "source")
        measure_batching(bench)
        measure_document(bench)
        for name, target in (("source", SOURCE_TARGET), ("ast", AST_TARGET), ("ast-large", AST_TARGET)):
            if not (corpus / name).is_dir():
                print(f"{name}: not made, see `python -m benchmarks.corpus --help`")
                continue
            compare_with_limit(bench, name, corpus / name, target)
        trees = next((found for name in ("ast-large", "ast") if (found := corpus / name).is_dir()), None)
        for root in sorted(trees.iterdir()) if trees else ():
            compare_parser_with_limit(bench, root)
        if (corpus / "linux").is_dir():
            measure_unchanged(bench, corpus / "linux")
        if options.many:
            many = corpus / f"many-{options.many}"
            measure_many(bench.table, many, options.workers, options.rounds, bench.scratch)


if __name__ == "__main__":
    main()
