"""How fast a Dask cluster is beside the pool of processes, on this machine and in turns.

    python -m benchmarks.executors FOLDER [--workers 2] [--rounds 3]

The scheduler and one Dask worker with so many threads run before and after: what is measured is a whole
command, from its start to its end. The best of the rounds counts, as what else the machine does only slows.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from testkit.compared import differences
from testkit.dask_cluster import RealCluster


def ingest(folder: Path, dataset: Path, workers: int, executor: str) -> float:
    """Seconds of a whole command."""
    command = [sys.executable, "-m", "snake_pipe", "ingest", str(folder), "-q", "-d", str(dataset)]
    began = time.monotonic()
    subprocess.run(
        [*command, "--workers", str(workers), "--executor", executor, "--max-failures", "1000"], check=True
    )
    return time.monotonic() - began


def main() -> None:
    """Print the seconds of each round, and what the best ones say."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    took: dict[str, list[float]] = {"process": [], "scheduler": [], "dask": []}
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        (place / "cluster").mkdir()
        cluster = RealCluster(place / "cluster")
        try:
            cluster.start_scheduler()
            cluster.start_worker(threads=asked.workers)
            for number in range(asked.rounds):
                for kind, seconds in took.items():
                    executor = cluster.address if kind == "scheduler" else kind
                    dataset = place / f"{kind}{number}"
                    seconds.append(ingest(asked.folder.absolute(), dataset, asked.workers, executor))
                    print(f"{kind:10} {seconds[-1]:6.1f} s", flush=True)
            assert not differences(place / "process0", place / "scheduler0"), "the rows differ"
        finally:
            cluster.end()
    best = {kind: min(seconds) for kind, seconds in took.items()}
    print(f"a running Dask cluster: {best['process'] / best['scheduler']:.2f} of the pool's speed")
    print(f"a Dask cluster of its own: {best['process'] / best['dask']:.2f} of the pool's speed")


if __name__ == "__main__":
    main()
