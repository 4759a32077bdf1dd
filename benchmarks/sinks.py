"""What sinks cost: a run without one, with each, and how fast each takes a whole dataset by itself.

    python -m benchmarks.sinks --root .cache/corpus/source/django

It starts a PostgreSQL server of its own, one that writes through to the disk, as `tests/testkit/postgres.py`
does it. `alone` is a snapshot into empty tables, in this process; `run` the whole command, which ends when
the sink has everything, against one without a sink. Server, sink and workers share the machine's processors.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.command import ingest_command
from snake_pipe.load.dataset import Dataset
from snake_pipe.plugins.sinks import Flush, FlushKey, load_sink, split_sink
from snake_pipe.schemas import TABLES

if TYPE_CHECKING:
    from collections.abc import Callable

    from testkit.postgres import PostgresServer

_LAYOUT = "{:12} {:>12} {:>10} {:>12} {:>8} {:>8}"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--runs", type=int, default=3, help="of which the fastest counts")
    options = parser.parse_args()
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
    from testkit.postgres import PostgresServer

    server = PostgresServer(durable=True)
    try:
        with tempfile.TemporaryDirectory() as folder:
            measure(options.root, Path(folder), server, options.runs)
    finally:
        server.close()
    return 0


def measure(root: Path, folder: Path, server: PostgresServer, runs: int) -> None:
    new = Places(folder, server)
    plain = fastest(runs, lambda: ingest(root, new.dataset()))
    dataset = Dataset.open(new.newest)
    print(_LAYOUT.format("sink", "rows", "alone s", "rows/s", "run s", "share"))
    print(_LAYOUT.format("none", "", "", "", f"{plain:.1f}", ""))
    for name, place in (("postgresql", new.schema), ("iceberg", new.warehouse)):
        rows, alone = 0, float("inf")
        for _ in range(runs):
            started = time.perf_counter()
            rows = write_alone(place(), dataset)
            alone = min(alone, time.perf_counter() - started)
        with_sink = fastest(runs, lambda place=place: ingest(root, new.dataset(), "--sink", place()))
        share = f"{(with_sink - plain) / with_sink:.0%}"
        figures = (f"{rows:,}", f"{alone:.1f}", f"{rows / alone:,.0f}", f"{with_sink:.1f}", share)
        print(_LAYOUT.format(name, *figures))


class Places:
    """A new dataset, schema or folder each time."""

    def __init__(self, folder: Path, server: PostgresServer) -> None:
        self._folder = folder
        self._server = server
        self._count = 0
        self.newest = folder

    def dataset(self) -> Path:
        self._count += 1
        self.newest = self._folder / f"dataset{self._count}"
        return self.newest

    def schema(self) -> str:
        self._server.run("DROP SCHEMA IF EXISTS bench CASCADE")
        return self._server.address("postgres", "&schema=bench")

    def warehouse(self) -> str:
        self._count += 1
        return f"iceberg://{self._folder}/warehouse{self._count}"


def fastest(runs: int, work: Callable[[], None]) -> float:
    """Seconds of the fastest of some runs."""
    seconds = []
    for _ in range(runs):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return min(seconds)


def ingest(root: Path, dataset: Path, *options: str) -> None:
    subprocess.run(ingest_command(root, dataset, *options), check=True)


def write_alone(address: str, dataset: Dataset) -> int:
    """Give a sink all there is; how many rows that is."""
    parts = {table: [part.name for part in dataset.parts(table)] for table in TABLES}
    flush = Flush(FlushKey(dataset.id, "snapshot", 1), str(dataset.path), parts, is_snapshot=True)
    with closing(load_sink(address)(split_sink(address)[1])) as sink:
        sink.write(flush)
    carried = [table for table in TABLES if table not in ("batches", "runs")]
    return sum(batch.num_rows for table in carried for batch in flush.batches(table, ["file_id"]))


if __name__ == "__main__":
    raise SystemExit(main())
