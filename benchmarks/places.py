"""What it costs to keep the dataset in a bucket beside a local folder, on this machine and in turns.

    python -m benchmarks.places FOLDER [--workers 2] [--rounds 3]

The bucket is one of SeaweedFS on loopback, so what is seen is the work of more steps, not the way to a cloud:
there, each request that nothing else is done beside adds its answer's time. The best of the rounds counts, as
what else the machine does only slows. Requests are counted in a run of their own, by a proxy.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from snake_pipe.storage.open import open_storage
from snake_pipe.utils.checkpoint_manager import JOBS_FOLDER, CheckpointManager

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from testkit.compared import differences
from testkit.fault_proxy import fault_proxy
from testkit.object_servers import BUCKET, seaweedfs

if TYPE_CHECKING:
    from collections.abc import Sequence

_LAYOUT = "{:8} {:>10} {:>10}"


@dataclass(frozen=True, order=True)
class Cost:
    """Of a whole command: seconds, and those of processors in its coordinator and workers."""

    seconds: float
    processor_seconds: float


def run(folder: Path, dataset: str, workers: int) -> None:
    """The whole command, from its start to its end."""
    command = [sys.executable, "-m", "snake_pipe", "ingest", str(folder), "-q", "-d", dataset]
    subprocess.run([*command, "--workers", str(workers), "--max-failures", "1000000"], check=True)


def cost(folder: Path, dataset: str, workers: int) -> Cost:
    """What that takes, by this clock and by what the job says of itself."""
    began = time.monotonic()
    run(folder, dataset, workers)
    seconds = time.monotonic() - began
    storage = open_storage(dataset)
    job = CheckpointManager(storage).job_ids()[-1]
    figures = orjson.loads(storage.read(f"{JOBS_FOLDER}/{job}/status.json"))
    return Cost(seconds, figures["worker_cpu_seconds"] + figures["coordinator_cpu_seconds"])


def by_kind(requests: Sequence[str]) -> Counter[str]:
    """How many requests of each kind there were, by their first lines; stores ask a price for each kind."""
    return Counter("LIST" if "list-type=" in line else line.partition(" ")[0] for line in requests)


def main() -> None:
    """Print what each round took, what the best ones say, and the requests of a first and a second run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    folder = asked.folder.absolute()
    took: dict[str, list[Cost]] = {"folder": [], "bucket": []}
    with tempfile.TemporaryDirectory() as name:
        (server_folder := Path(name, "server")).mkdir()
        with seaweedfs(server_folder) as server:
            os.environ.update(server.environment)
            places = {"folder": name, "bucket": f"s3://{BUCKET}"}
            print(_LAYOUT.format("", "seconds", "cpu s"))
            for number in range(asked.rounds):
                for kind, costs in took.items():
                    costs.append(cost(folder, f"{places[kind]}/{number}", asked.workers))
                    figures = (costs[-1].seconds, costs[-1].processor_seconds)
                    print(_LAYOUT.format(kind, *(f"{figure:.1f}" for figure in figures)), flush=True)
            assert not differences(f"{name}/0", f"s3://{BUCKET}/0"), "the rows differ"
            with fault_proxy(server.port) as proxy:
                os.environ["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{proxy.port}"
                for what in ("first run", "nothing changed"):
                    proxy.seen.clear()
                    run(folder, f"s3://{BUCKET}/counted", asked.workers)
                    kinds = ", ".join(f"{count} {kind}" for kind, count in by_kind(proxy.seen).most_common())
                    print(f"{what}: {len(proxy.seen)} requests: {kinds}")
    best = {kind: min(costs) for kind, costs in took.items()}
    more = best["bucket"].seconds - best["folder"].seconds
    print(
        f"a bucket: {best['folder'].seconds / best['bucket'].seconds:.2f} of a folder's speed, {more:+.1f} s"
    )


if __name__ == "__main__":
    main()
