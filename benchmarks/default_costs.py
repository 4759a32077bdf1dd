"""Measures what `snake_pipe/extract/planning/default_costs.py` says of each language.

    python -m benchmarks.default_costs FOLDER [FOLDER ...]

Each language that the folders have is ingested alone, in this process, and its processor time is counted: a
machine that is busy with other things changes it little. Languages with less than 100 kB are passed over,
since loading the grammar would be most of it.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path

from snake_pipe.extract.batch_config import BatchConfig
from snake_pipe.extract.batch_processor import BatchProcessingEngine, IngestRequest
from snake_pipe.extract.batching.memory import BATCH_MEMORY
from snake_pipe.load.batch_history import BatchTotals, read_batch_history
from snake_pipe.load.dataset import Dataset
from snake_pipe.plugins import AST_QUEUE, default_languages
from snake_pipe.storage.local import LocalStorage

LEAST_BYTES = 100_000
MS_PER_FILE = 0.4
"""What a small file takes beside its bytes; the rest is by bytes."""


def measure(folders: list[Path], queue: str) -> tuple[BatchTotals, float]:
    """The sums over all batches of a language, and processor seconds without those of an empty job."""
    with tempfile.TemporaryDirectory() as dataset:
        request = IngestRequest(roots=tuple(map(str, folders)), dataset=dataset, languages=(queue,))
        began = time.process_time()
        config = BatchConfig(executor="serial", allow_empty=True)
        asyncio.run(BatchProcessingEngine(config).ingest(request))
        took = time.process_time() - began
        totals = read_batch_history(Dataset.open(LocalStorage(Path(dataset))))
    return totals.get(queue, BatchTotals()), took


def main() -> None:
    """Print a line of the table for each language."""
    folders = [Path(name).absolute() for name in sys.argv[1:]]
    measure(folders, "scala")  # imports
    _, empty = measure(folders, "zig")
    for queue in sorted(default_languages() | {AST_QUEUE}):
        totals, took = measure(folders, queue)
        if totals.bytes < LEAST_BYTES:
            continue
        milliseconds = max(0.0, took - empty) * 1000
        by_kb = max(0.0, milliseconds - MS_PER_FILE * totals.files) / (totals.bytes / 1000)
        rows = (totals.rows - totals.files) / totals.bytes
        memory = max(0, totals.memory - totals.batches * BATCH_MEMORY) / totals.bytes
        print(
            f'    "{queue}": Cost({MS_PER_FILE}, {by_kb:.3f}, {rows:.3f}, {totals.output / totals.bytes:.2f},'
            f" {memory:.0f}),  # {totals.files:,} files, {totals.bytes / 1e6:.1f} MB",
            flush=True,
        )


if __name__ == "__main__":
    main()
