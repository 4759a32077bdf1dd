"""What sinks cost: how fast each takes a whole dataset, and what that is beside a run.

    python -m benchmarks.sinks --root .cache/corpus/source/django

It starts a PostgreSQL server of its own, one that writes through to the disk, as `tests/testkit/postgres.py`
does it. `alone` is a snapshot into empty tables, in this process; `cpu s` are processor seconds of it and of
the server, `share` their part of those and a run's together, on machines where all have to share processors.
`run s` is the whole command, which ends when the sink has everything. The fastest of some rounds counts.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import snake_pipe
from snake_pipe.load.dataset import Dataset
from snake_pipe.plugins.sinks import Flush, FlushKey, load_sink, split_sink
from snake_pipe.schemas import TABLES
from snake_pipe.storage.local import LocalStorage

if TYPE_CHECKING:
    from collections.abc import Callable

    from testkit.postgres import PostgresServer

_LAYOUT = "{:12} {:>8} {:>10} {:>8} {:>8} {:>8}"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
    from testkit.postgres import PostgresServer

    server = PostgresServer(durable=True)
    try:
        with tempfile.TemporaryDirectory() as folder:
            measure(options.root, Path(folder), server, options.rounds)
    finally:
        server.close()
    return 0


def measure(root: Path, folder: Path, server: PostgresServer, rounds: int) -> None:
    new = Places(folder, server)
    places: dict[str, Callable[[], str]] = {"postgresql": new.schema, "iceberg": new.warehouse}
    plain = Cost()
    alone = dict.fromkeys(places, Cost())
    runs = dict.fromkeys(places, Cost())
    rows = 0
    for _ in range(rounds):  # what else the machine does falls on all of them
        plain = min(plain, ingest(root, new.dataset()))
        dataset = Dataset.open(LocalStorage(new.newest))
        rows = count(dataset)
        for name, place in places.items():
            runs[name] = min(runs[name], ingest(root, new.dataset(), place()))
            alone[name] = min(alone[name], write(place(), dataset, server))
    print(f"{rows:,} rows; a run without a sink: {plain.seconds:.1f} s, {plain.cpu_seconds:.1f} cpu s")
    print(_LAYOUT.format("sink", "alone s", "rows/s", "cpu s", "share", "run s"))
    for name in places:
        cost = alone[name]
        share = cost.cpu_seconds / (cost.cpu_seconds + plain.cpu_seconds)
        figures = (cost.seconds, rows / cost.seconds, cost.cpu_seconds, share, runs[name].seconds)
        forms = (".1f", ",.0f", ".1f", ".0%", ".1f")
        texts = (f"{figure:{form}}" for figure, form in zip(figures, forms, strict=True))
        print(_LAYOUT.format(name, *texts))


@dataclass(frozen=True, order=True)
class Cost:
    """The less, the better; `cpu_seconds` of all processes that took part."""

    seconds: float = float("inf")
    cpu_seconds: float = float("inf")


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


def ingest(root: Path, dataset: Path, *sinks: str) -> Cost:
    """A run; the processor seconds are those of coordinator and workers."""
    started = time.perf_counter()
    figures = snake_pipe.ingest(root, dataset=dataset, sinks=sinks).statistics
    cpu_seconds = figures.worker_cpu_seconds + figures.coordinator_cpu_seconds
    return Cost(time.perf_counter() - started, cpu_seconds)


def snapshot(dataset: Dataset) -> Flush:
    parts = {table: [part.name_in_table for part in dataset.parts(table)] for table in TABLES}
    return Flush(FlushKey(dataset.id, "snapshot", 1), str(dataset.storage.folder), parts, is_snapshot=True)


def count(dataset: Dataset) -> int:
    """Rows of the tables that sinks carry."""
    flush = snapshot(dataset)
    carried = [table for table in TABLES if table not in ("batches", "runs")]
    return sum(batch.num_rows for table in carried for batch in flush.batches(table, ["file_id"]))


def write(address: str, dataset: Dataset, server: PostgresServer) -> Cost:
    """Give a sink all there is."""
    started, used = time.perf_counter(), time.process_time() + server.cpu_seconds()
    with closing(load_sink(address)(split_sink(address)[1])) as sink:
        sink.write(snapshot(dataset))
        seconds = time.perf_counter() - started
        return Cost(seconds, time.process_time() + server.cpu_seconds() - used)


if __name__ == "__main__":
    raise SystemExit(main())
