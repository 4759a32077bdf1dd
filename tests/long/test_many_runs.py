"""After many small runs a dataset answers like a fresh one, and takes about its room.

The figures go to `many_runs.csv` and `many_runs.svg` in the folder LONG_FOLDER; broken lines are those of
a fresh dataset. LONG_REPOSITORY names a real repository to be copied and changed, else one is made up.
"""

from __future__ import annotations

import csv
import os
import random
import shutil
import time
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import pytest

from snake_pipe.load.dataset import Dataset
from snake_pipe.load.tidy.retention import Retention, Vacuum
from snake_pipe.storage.local import LocalStorage
from testkit.compared import differences
from testkit.line_charts import line_charts

if TYPE_CHECKING:
    from collections.abc import Callable

    from testkit.command import Cli

RUNS = int(os.environ.get("LONG_RUNS", "20"))
FILES = int(os.environ.get("LONG_FILES", "300"))
SEED = int(os.environ.get("LONG_SEEDS", "1").split()[0])
REPOSITORY = os.environ.get("LONG_REPOSITORY")
MOST_CHANGED = int(os.environ.get("LONG_CHANGED", "20"))
"""Files that a run finds changed, at most."""
EVERY = max(1, RUNS // 50)
QUIETLY = ("-q", "--set", "executor=serial", "--set", "reader_grace_seconds=0", "--keep-runs", "1")
"""Else nothing that was replaced within the last minutes would go, which is all that happens here. An earlier
state that is kept costs what was rewritten since, in a dataset of few parts all of it."""
KEPT_JOBS = 100
"""As many folders of jobs are kept; a fresh dataset has four, of its ingestion and of what is measured."""
SLACK = 0.5
"""Megabytes of the tables' logs, which count in small datasets only."""
MOST_PARTS, MOST_LOGS = 250, 500
"""Whatever the number of runs; a fresh dataset of this size has one part a table."""
QUESTION = (
    "SELECT kind, count(*), avg(complexity) FROM symbols JOIN files USING (file_id) GROUP BY ALL ORDER BY 1"
)


@dataclass(frozen=True)
class Figures:
    """Of a dataset after so many runs."""

    runs: int
    no_change_seconds: float
    query_seconds: float
    table_megabytes: float
    needed_megabytes: float
    job_megabytes: float
    parts: int
    log_files: int
    all_files: int


@pytest.mark.timeout(0)
def test_many_small_runs_leave_a_dataset_like_a_fresh_one(cli: Cli, tmp_path: Path) -> None:
    root, dataset, chance = tmp_path / "repo", tmp_path / "tables", random.Random(SEED)
    changing = real_files(root) if REPOSITORY else made_up_files(root, chance)
    ingest(cli, root, dataset)
    figures = [measured(cli, root, dataset, 0)]
    for run in range(1, RUNS + 1):
        for change in chance.sample(changing, chance.randint(1, MOST_CHANGED)):
            change()
        ingest(cli, root, dataset)
        if run % EVERY == 0:
            figures.append(measured(cli, root, dataset, run))
            print(f"seed {SEED}, {figures[-1]}", flush=True)
    fresh_folder = tmp_path / "fresh"
    ingest(cli, root, fresh_folder)
    fresh = measured(cli, root, fresh_folder, 0)
    print(f"fresh: {fresh}")
    show(Path(os.environ.get("LONG_FOLDER", tmp_path)), figures, fresh)
    assert differences(fresh_folder, dataset) == {}
    assert figures[-1].needed_megabytes <= 1.5 * fresh.needed_megabytes + SLACK
    assert figures[-1].table_megabytes <= 2.5 * fresh.table_megabytes + SLACK
    assert figures[-1].job_megabytes <= KEPT_JOBS * fresh.job_megabytes
    assert figures[-1].parts <= MOST_PARTS
    assert figures[-1].log_files <= MOST_LOGS


def made_up_files(root: Path, chance: random.Random) -> list[Callable[[], object]]:
    """What changes one file each."""
    changing = [partial(write, root, number, chance) for number in range(FILES)]
    for change in changing:
        change()
    return changing


def real_files(root: Path) -> list[Callable[[], object]]:
    """The same of the sources in a copy of LONG_REPOSITORY."""
    assert REPOSITORY
    shutil.copytree(REPOSITORY, root, symlinks=True)
    sources = sorted(
        path for ending in ("py", "go", "c", "js", "ts", "java") for path in root.rglob(f"*.{ending}")
    )
    return [partial(append_line, path) for path in sources if path.is_file()]


def append_line(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"\n")


def write(root: Path, number: int, chance: random.Random) -> None:
    path = root / f"p{number % 17}" / f"m{number}.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    body = f"(a, b):\n    if a > b:\n        return h(a.b, [b, {number}])\n    return a\n\n\n"
    functions = range(chance.randint(5, 25))
    path.write_text("".join(f"def f{function}_{chance.randrange(10**6)}{body}" for function in functions))


def ingest(cli: Cli, root: Path, dataset: Path) -> None:
    done = cli.run("ingest", root, "-d", dataset, *QUIETLY)
    assert done.returncode == 0, done.stderr


def measured(cli: Cli, root: Path, dataset: Path, runs: int) -> Figures:
    """Times are medians of three, in this process, so without the start of one.

    Not needed is what the last run replaced: it stays until the next one, for those who began to read.
    """

    def seconds(*arguments: object) -> float:
        taken = []
        for _ in range(3):
            began = time.perf_counter()
            assert cli.run(*arguments, "-d", dataset).returncode == 0
            taken.append(time.perf_counter() - began)
        return round(median(taken), 4)

    no_change = seconds("ingest", root, *QUIETLY)
    query = seconds("query", QUESTION, "--format", "csv")
    kept_alone = Retention(runs=1, days=0, grace_seconds=0)
    removable = Vacuum(Dataset.open(LocalStorage(dataset)), kept_alone).removable
    paths = [path for path in dataset.rglob("*") if path.is_file()]
    of_jobs = [path for path in paths if path.is_relative_to(dataset / "_jobs")]
    megabytes, job_megabytes = (sum(path.stat().st_size for path in some) / 1e6 for some in (paths, of_jobs))
    return Figures(
        runs,
        no_change,
        query,
        round(megabytes - job_megabytes, 3),
        round(megabytes - job_megabytes - removable.bytes / 1e6, 3),
        round(job_megabytes, 3),
        sum(path.suffix == ".parquet" and path.parent.name != "_delta_log" for path in paths),
        sum(path.parent.name == "_delta_log" for path in paths),
        len(paths),
    )


def show(folder: Path, figures: list[Figures], fresh: Figures) -> None:
    rows = [asdict(one) for one in figures]
    with (folder / "many_runs.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    names = [name for name in rows[0] if name != "runs"]
    series = {name: [row[name] for row in rows] for name in names}
    chart = line_charts([row["runs"] for row in rows], series, {name: asdict(fresh)[name] for name in names})
    (folder / "many_runs.svg").write_text(chart)
