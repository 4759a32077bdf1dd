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
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.command import ingest_command
from snake_pipe.load.dataset import Dataset
from snake_pipe.plugins.sinks import Flush, FlushKey, load_sink, split_sink
from snake_pipe.schemas import TABLES

if TYPE_CHECKING:
    from collections.abc import Callable

    from testkit.postgres import PostgresServer

_LAYOUT = "{:12} {:>8} {:>10} {:>8} {:>8}"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=3, help="of which the fastest counts")
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
    runs: dict[str, float] = dict.fromkeys(("none", *places), float("inf"))
    alone = dict.fromkeys(places, float("inf"))
    rows = 0
    for _ in range(rounds):  # what else the machine does falls on all of them
        runs["none"] = min(runs["none"], seconds(partial(ingest, root, new.dataset())))
        dataset = Dataset.open(new.newest)
        rows = count(dataset)
        for name, place in places.items():
            with_sink = partial(ingest, root, new.dataset(), "--sink", place())
            runs[name] = min(runs[name], seconds(with_sink))
            alone[name] = min(alone[name], seconds(partial(write, place(), dataset)))
    print(f"{rows:,} rows")
    print(_LAYOUT.format("sink", "alone s", "rows/s", "run s", "share"))
    print(_LAYOUT.format("none", "", "", f"{runs['none']:.1f}", ""))
    for name in places:
        share = f"{(runs[name] - runs['none']) / runs[name]:.0%}"
        figures = (f"{alone[name]:.1f}", f"{rows / alone[name]:,.0f}", f"{runs[name]:.1f}", share)
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


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def ingest(root: Path, dataset: Path, *options: str) -> None:
    subprocess.run(ingest_command(root, dataset, *options), check=True)


def snapshot(dataset: Dataset) -> Flush:
    parts = {table: [part.name for part in dataset.parts(table)] for table in TABLES}
    return Flush(FlushKey(dataset.id, "snapshot", 1), str(dataset.path), parts, is_snapshot=True)


def count(dataset: Dataset) -> int:
    """Rows of the tables that sinks carry."""
    flush = snapshot(dataset)
    carried = [table for table in TABLES if table not in ("batches", "runs")]
    return sum(batch.num_rows for table in carried for batch in flush.batches(table, ["file_id"]))


def write(address: str, dataset: Dataset) -> None:
    """Give a sink all there is."""
    with closing(load_sink(address)(split_sink(address)[1])) as sink:
        sink.write(snapshot(dataset))


if __name__ == "__main__":
    raise SystemExit(main())
