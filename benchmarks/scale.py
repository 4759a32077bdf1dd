"""What grows with the number of files: a table's log, and what a run knows of the files there are.

    python -m benchmarks.scale log --parts 10000 100000
    python -m benchmarks.scale files --files 1000000
    python -m benchmarks.scale rows --dataset DIR

`log` commits that many parts to a table of which nothing is there but its log, in 200 flushes, and then
does what runs and readers do with one. `files` writes that many rows of `files`, and then does with them what
a run does: it looks which of them are there, a shard of 16 does, and the tidy at the end looks which are
superseded. `rows` writes the nodes of a dataset anew elsewhere, as a tidy does. Seconds are processor time,
which other work on the machine changes less. Peaks are what a step took beyond what its process had before;
they are read from /proc, which Linux has.
"""

from __future__ import annotations

import argparse
import multiprocessing
import shutil
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from snake_pipe.extract.batch_models import DiscoveredFile
from snake_pipe.extract.model.rows import file_row, rows_to_batch
from snake_pipe.load.dataset import Dataset, Flush
from snake_pipe.load.delta.log import DeltaLog
from snake_pipe.load.known_files import KnownFiles
from snake_pipe.load.part_writer import Part, PartWriter
from snake_pipe.load.tidy.parts_plan import rows_per_part
from snake_pipe.load.tidy.rewriting import write_anew
from snake_pipe.load.tidy.superseded import find_superseded
from snake_pipe.storage.local import LocalStorage
from snake_pipe.utils.shard import Shard

if TYPE_CHECKING:
    from collections.abc import Iterator

_FLUSHES = 200
_ROWS_A_PART = 50_000
_LAYOUT = "{:>12}  {:40} {:>10} {:>9}"


@dataclass
class Figures:
    """What steps took, each a line as it is printed."""

    count: int
    lines: list[str] = field(default_factory=list)

    def tell(self, what: str, figure: str, memory: str = "") -> None:
        self.lines.append(_LAYOUT.format(f"{self.count:,}", what, figure, memory))

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        before = _memory("VmRSS")
        Path("/proc/self/clear_refs").write_text("5")  # forgets the peak so far
        began = time.process_time()
        yield
        seconds = time.process_time() - began
        self.tell(what, f"{seconds:.3f} s", f"{(_memory('VmHWM') - before) / 1e6:,.0f} MB")


def _memory(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))


def measure_log(folder: Path, parts_wanted: int) -> list[str]:
    """Of a log with so many parts."""
    storage = LocalStorage(folder)
    log = DeltaLog(storage, "nodes")
    log.create()
    took = []
    for flush in range(_FLUSHES):
        parts = [
            Part(
                "nodes",
                f"part-20261130-000000-abcdef-1-{number}-1.parquet",
                300_000,
                50_000,
                number,
                number + 99,
            )
            for number in range(flush, parts_wanted, _FLUSHES)
        ]
        began = time.process_time()
        log.append(parts, "benchmark", flush + 1)
        took.append(time.process_time() - began)
    figures = Figures(parts_wanted)
    median = sorted(took)[_FLUSHES // 2] * 1000
    figures.tell("a commit, the median", f"{median:.1f} ms", f"{parts_wanted // _FLUSHES:,} parts")
    figures.tell("all commits, with a checkpoint every 20", f"{sum(took):.1f} s")
    entries = folder / "nodes/_delta_log"
    for what, pattern in (("entries", "*.json"), ("checkpoints", "*.parquet")):
        sizes = [path.stat().st_size for path in entries.glob(pattern)]
        figures.tell(f"{what}, all together", f"{sum(sizes) / 1e6:,.1f} MB", f"{len(sizes):,}")
    log = DeltaLog(storage, "nodes")
    with figures.step("a checkpoint"):
        log.checkpoint()
    newest = max(entries.glob("*.parquet"))
    figures.tell(
        "its size", f"{newest.stat().st_size / 1e6:,.1f} MB", f"{newest.stat().st_size / parts_wanted:.0f} B"
    )
    with figures.step("the newest version, by a listing"):
        log.current_version()
    with figures.step("names of all parts, as a query begins"):
        log.part_names()
    with figures.step("all parts with their figures, as a tidy begins"):
        log.state()
    with figures.step("the same at an earlier version"):
        log.part_names(log.newest_version() // 2)
    return figures.lines


def measure_files(folder: Path, files: int) -> list[str]:
    """Of a dataset that knows so many files."""
    storage = LocalStorage(folder / "dataset")
    dataset = Dataset.create(storage)
    parts = list(write_files(storage, files))
    dataset.commit(Flush("benchmark", 1, parts, epoch=1, series="benchmark"))
    figures = Figures(files)
    figures.tell(
        "the parts of files", f"{sum(part.size_bytes for part in parts) / 1e6:,.0f} MB", f"{len(parts):,}"
    )
    del parts
    with figures.step("which files are there, for a run"):
        known = KnownFiles.current(dataset, read_with="")
    figures.tell("what is held of them", f"{known.nbytes / 1e6:,.0f} MB", f"{known.nbytes / files:.0f} B")
    known = None
    shard = Shard(3, 16)
    with figures.step("which of them are there, for a shard of 16"):
        known = KnownFiles.current(dataset, holds=lambda path: shard.holds(path.encode()), read_with="")
    known = None
    with figures.step("which are superseded, for a tidy"):
        find_superseded(dataset.parts("files"))
    return figures.lines


def measure_rows(folder: Path, dataset: Path) -> list[str]:
    """Of nodes that are written anew."""
    parts = Dataset.open(LocalStorage(dataset)).parts("nodes")
    figures = Figures(sum(part.open().metadata.num_rows for part in parts))
    storage, numbers = LocalStorage(folder), count()
    (folder / "nodes").mkdir()
    with figures.step("nodes written anew"):
        write_anew(
            "nodes",
            parts,
            lambda rows: rows,
            most_rows=rows_per_part(figures.count),
            open_writer=lambda: PartWriter(storage, str(next(numbers)), ("nodes",)),
        )
    return figures.lines


def write_files(storage: LocalStorage, files: int) -> Iterator[Part]:
    """Parts with the rows of so many small files, a thousand in a folder."""
    file = DiscoveredFile("/r", "m.py", 100, 1_700_000_000_000_000_000, "python", "r")
    figures = {"sha256": "0" * 64, "parser": "tree-sitter-python", "parser_version": "0.25"}
    row = rows_to_batch("files", [file_row(file, "benchmark", status="ok", **figures)])
    template = (
        pa.Table.from_batches([row]).take(pa.array([0] * _ROWS_A_PART)).combine_chunks().to_batches()[0]
    )
    for first in range(0, files, _ROWS_A_PART):
        numbers = pa.array(range(first, min(first + _ROWS_A_PART, files)), pa.int64())
        folders = pc.divide(numbers, 1000).cast(pa.string())
        paths = pc.binary_join_element_wise("src/d", folders, "/module", numbers.cast(pa.string()), ".py", "")
        rows = template.slice(0, len(numbers))
        for name, values in (("file_id", pc.add(numbers, 1 << 36)), ("path", paths)):
            at = rows.schema.get_field_index(name)
            rows = rows.set_column(at, rows.schema.field(at), values)
        writer = PartWriter(storage, f"benchmark-{first}", ("files",))
        writer.write("files", rows)
        yield from writer.close()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="what", required=True)
    for what, option in (("log", "--parts"), ("files", "--files")):
        commands.add_parser(what).add_argument(option, type=int, nargs="+", required=True, dest="subjects")
    commands.add_parser("rows").add_argument(
        "--dataset", type=Path, nargs=1, required=True, dest="subjects", metavar="DIR"
    )
    options = parser.parse_args()
    measure = {"log": measure_log, "files": measure_files, "rows": measure_rows}[options.what]
    print(_LAYOUT.format(options.what, "what", "figure", "peak"))
    spawn = multiprocessing.get_context("spawn")
    for subject in options.subjects:
        folder = Path(tempfile.mkdtemp(prefix="snake-pipe-scale-"))
        try:
            with ProcessPoolExecutor(1, spawn) as pool:  # a process of its own for each
                print("\n".join(pool.submit(measure, folder, subject).result()), flush=True)
        finally:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
