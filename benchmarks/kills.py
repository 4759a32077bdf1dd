"""Kills one job again and again, resumes it, and compares its tables with those of an undisturbed run.

    python -m benchmarks.kills --root .cache/corpus/source/django --kills 20 --seed 1

Each kill is a SIGKILL of the coordinator alone, at a random moment. The longest delay is what a start takes
until its first commit, and twice the share of the rest of the work, by the undisturbed run's pace, that falls
to this kill. So kills spread over the whole job, and fall into starting, reading the journal, working and
committing alike. Right after each one the dataset is read: what `files` shows must be whole. The exit code is
1 if anything differs or is left behind.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
from deltalake import DeltaTable

import snake_pipe
from snake_pipe.errors import SnakePipeError

if TYPE_CHECKING:
    import duckdb

TABLES = ("files", "nodes", "symbols", "refs", "imports", "errors")
"""`batches` is left out: how files are cut into batches depends on the time."""
_VOLATILE = (
    "file_id, container_id, flush_seq, job_id, ingested_at, duration_ms, attempts, first_epoch, content_epoch"
)
_SMALL_STEPS = ("--set", "batch_size=20", "--set", "target_seconds=0.2", "--flush-interval", "0.2")
_ONE_LESS_TWO, _TWO_LESS_ONE = "FROM one EXCEPT ALL FROM two", "FROM two EXCEPT ALL FROM one"
_GRACE = 10.0
"""Seconds that a dead coordinator's workers have to see it and end."""
_SHARES = {"nodes": "node_count", "symbols": "symbol_count", "refs": "ref_count", "imports": "import_count"}


@dataclass
class Command:
    """Starts the command in sessions of its own, by whose ids its processes are found again."""

    root: Path
    dataset: Path
    workers: int
    sessions: list[int] = field(default_factory=list)

    def ingest(self) -> subprocess.Popen[bytes]:
        options = [*_SMALL_STEPS, "--workers", str(self.workers)]
        return self._start("ingest", str(self.root), *options)

    def resume(self) -> subprocess.Popen[bytes]:
        return self._start("resume", "--last")

    def compact(self) -> None:
        """Remove at once what runs keep for those who read it: parts that were replaced."""
        self._start("compact", "--keep-runs", "1", "--grace", "0").wait(_GRACE * 60)

    def _start(self, *arguments: str) -> subprocess.Popen[bytes]:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("SNAKE_PIPE_")}
        environment["XDG_STATE_HOME"] = str(self.dataset.with_name("state"))
        # Of a killed process, multiprocessing's tracker of resources says that it has cleaned up.
        environment["PYTHONWARNINGS"] = "ignore:resource_tracker:UserWarning"
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "snake_pipe", *arguments, "-d", str(self.dataset), "-q"],
            env=environment,
            start_new_session=True,
        )
        self.sessions.append(process.pid)
        return process

    def job_status(self) -> str | None:
        """What the job's checkpoint says, `done` if nothing is left to resume; None before there is one."""
        for checkpoint in self.dataset.glob("_jobs/*/checkpoint.json"):
            return str(json.loads(checkpoint.read_bytes())["progress"]["status"])
        return None

    def orphans(self) -> list[int]:
        """Processes of all these sessions that are still there when the grace time is over."""
        deadline = time.monotonic() + _GRACE
        while (left := self._left()) and time.monotonic() < deadline:
            time.sleep(0.1)
        return left

    def _left(self) -> list[int]:
        found = []
        for process in psutil.process_iter(["pid", "status"]):
            try:
                if process.info["status"] != "zombie" and os.getsid(process.pid) in self.sessions:
                    found.append(process.pid)
            except OSError:
                continue
        return found


@dataclass(frozen=True)
class Kill:
    """Seconds after the start, files committed by then, and what a reader found half written."""

    seconds: float
    files: int
    torn: tuple[str, ...]


def undisturbed(command: Command) -> tuple[float, float]:
    """Seconds that the job takes when left alone, until its first commit and in all."""
    first_commit = command.dataset / "files" / "_delta_log" / f"{1:020}.json"
    started = time.perf_counter()
    process = command.ingest()
    while process.poll() is None and not first_commit.exists():
        time.sleep(0.01)
    first = time.perf_counter() - started
    if process.wait() != 0:
        raise SystemExit("the undisturbed run failed")
    return first, time.perf_counter() - started


def disturbed(
    command: Command, kills: int, chance: random.Random, first: float, work: float, files: int
) -> list[Kill]:
    """Run one job through up to so many kills to its end; SystemExit if a resume fails by itself.

    `first` is what a start takes until its first commit, `work` what all `files` take then, in seconds.
    """
    done: list[Kill] = []
    process = command.ingest()
    committed = 0
    while len(done) < kills:
        left = work * (1 - committed / files)
        delay = chance.uniform(0, first + 2 * left / (kills - len(done) + 1))
        try:
            code = process.wait(delay)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        else:
            if code != 0:
                raise SystemExit(f"start {len(done) + 1} ended by itself with {code}")
            return done
        committed, torn = _look(command.dataset)
        done.append(Kill(delay, committed, torn))
        status = command.job_status()
        if status == "done":  # killed on its way out
            return done
        process = command.ingest() if status is None else command.resume()
    code = process.wait()
    if code != 0:
        raise SystemExit(f"the last resume ended with {code}")
    return done


def _look(dataset: Path) -> tuple[int, tuple[str, ...]]:
    """Files committed, and the tables that have not all rows that `files` speaks of."""
    try:
        connection = snake_pipe.connect(dataset)
    except SnakePipeError:
        if (dataset / "dataset.json").exists():
            raise
        return 0, ()
    with connection:
        sums = ", ".join(f"coalesce(sum({column}), 0)" for column in _SHARES.values())
        files, *told = connection.execute(f"SELECT count(*), {sums} FROM files").fetchall()[0]
        rows = [connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0] for table in _SHARES]
    return files, tuple(table for table, a, b in zip(_SHARES, told, rows, strict=True) if a != b)


def compare(left: Path, right: Path) -> dict[str, tuple[int, int]]:
    """table → its rows in the left dataset, and rows that one has and the other has not, as multisets.

    A file is known by its path, since ids differ; figures of a single run are left out.
    """
    found = {}
    for table in TABLES:
        with snake_pipe.connect(left) as a, snake_pipe.connect(right) as b:
            sql = comparable(table)
            a.register("one", a.sql(sql).to_arrow_table())
            a.register("two", b.sql(sql).to_arrow_table())
            differing = _number(a, f"SELECT count(*) FROM (({_ONE_LESS_TWO}) UNION ALL ({_TWO_LESS_ONE}))")
            found[table] = _number(a, "SELECT count(*) FROM one"), differing
    return found


def comparable(table: str) -> str:
    """SQL of a table's rows without what each run has of its own; a file is known by its path."""
    if table == "files":
        return f"SELECT * EXCLUDE ({_VOLATILE}) FROM files"
    if table == "errors":
        return "SELECT path, phase, code, message, start_line, start_col FROM errors"
    return f"SELECT repo, path, t.* EXCLUDE (file_id) FROM {table} t JOIN files USING (file_id)"


def doubled(dataset: Path) -> int:
    """Files with more than one row: one job writes exactly one."""
    with snake_pipe.connect(dataset) as connection:
        return _number(connection, "SELECT count(*) - count(DISTINCT (repo, path)) FROM files_history")


def unreferenced(dataset: Path) -> list[Path]:
    """Parts on disk that no table names, by deltalake's own reading of the logs."""
    left: list[Path] = []
    for table in (*TABLES, "batches"):
        folder = dataset / table
        named = {Path(uri.removeprefix("file://")).name for uri in DeltaTable(str(folder)).file_uris()}
        left += [path for path in folder.iterdir() if path.is_file() and path.name not in named]
    return left


def _number(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    return int(connection.execute(sql).fetchall()[0][0])


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--root", type=Path, required=True, help="the repository to ingest")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=None, help="of the moments; printed where none is given")
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    seed = given.seed if given.seed is not None else random.randrange(2**32)
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="snake-pipe-kills-") as folder:
        calm = Command(given.root.resolve(), Path(folder, "calm", "dataset"), given.workers)
        undisturbed(calm)  # reads the sources into the page cache
        shutil.rmtree(calm.dataset)
        first, seconds = undisturbed(calm)
        files, _ = _look(calm.dataset)
        print(f"undisturbed: {files:,} files in {seconds:.2f} s, the first commit after {first:.2f} s")
        shaken = Command(given.root.resolve(), Path(folder, "shaken", "dataset"), given.workers)
        kills = disturbed(shaken, given.kills, chance, first, seconds - first, files)
        orphans = shaken.orphans()
        print(f"kills: {len(kills)} of {given.kills}, seed {seed}")
        print("  seconds after the start: " + " ".join(f"{kill.seconds:.2f}" for kill in kills))
        print("  files committed by then: " + " ".join(str(kill.files) for kill in kills))
        torn = [table for kill in kills for table in kill.torn]
        print(f"tables that a reader found torn after a kill: {len(torn)} {' '.join(torn)}")
        compared = compare(calm.dataset, shaken.dataset)
        for table, (rows, differing) in compared.items():
            print(f"  {table:8} {rows:>12,} rows compared {differing:>8,} differ")
        differing = sum(number for _, number in compared.values())
        twice = doubled(shaken.dataset)
        shaken.compact()
        parts = unreferenced(shaken.dataset)
    print(f"differences: {differing}")
    print(f"files with two rows: {twice}")
    print(f"orphaned processes: {len(orphans)} {' '.join(map(str, orphans))}")
    print(f"parts that no table names: {len(parts)} {' '.join(part.name for part in parts[:5])}")
    return 1 if differing or twice or orphans or parts or torn or not kills else 0


if __name__ == "__main__":
    sys.exit(main())
