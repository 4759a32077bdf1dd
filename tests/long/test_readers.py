"""Readers beside runs and beside a `compact` that is killed: no file is half there, twice, or missing."""

from __future__ import annotations

import os
import random
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import duckdb
import pytest
from deltalake import DeltaTable

import snake_pipe
from testkit.waiting import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from testkit.command import Cli

KILLS = int(os.environ.get("LONG_KILLS", "10"))
SEED = int(os.environ.get("LONG_SEEDS", "1").split()[0])
FILES = 120

_PROBLEMS = """
    SELECT path, 'nodes' FROM files JOIN counted_nodes USING (file_id) WHERE node_count <> nodes
    UNION ALL
    SELECT path, 'symbols' FROM files JOIN counted_symbols USING (file_id)
    WHERE symbol_count <> symbols OR edits <> 1
    UNION ALL
    SELECT path, 'no nodes' FROM files ANTI JOIN counted_nodes USING (file_id)
    UNION ALL
    SELECT path, 'no symbols' FROM files ANTI JOIN counted_symbols USING (file_id)
    UNION ALL
    SELECT min(path), 'twice: ' || count(*) FROM files GROUP BY file_id HAVING count(*) > 1
    """
_COUNTED = (
    "CREATE TEMP TABLE counted_nodes AS SELECT file_id, count(*) AS nodes FROM nodes GROUP BY ALL",
    """CREATE TEMP TABLE counted_symbols AS
    SELECT file_id, count(*) AS symbols, count(DISTINCT split_part(name, '_', 2)) AS edits
    FROM symbols GROUP BY ALL""",
)
"""Each file's functions are named after the edit that made them all: a mixture of two has two."""


@dataclass
class Reader:
    """Looks again and again, until it is told to stop."""

    look: Callable[[Path], list[object]]
    dataset: Path
    looks: int = 0
    problems: list[object] = field(default_factory=list)

    def read(self, stopped: threading.Event) -> None:
        while not (stopped.is_set() or self.problems):
            try:
                self.problems += self.look(self.dataset)
            except Exception as error:  # noqa: BLE001 - whatever a reader meets is what the test asks
                self.problems.append(error)
            self.looks += 1


def by_our_views(dataset: Path) -> list[object]:
    with snake_pipe.connect(dataset) as connection:
        return _problems(connection) + _paths(connection, "SELECT path FROM files")


def by_any_delta_reader(dataset: Path) -> list[object]:
    """As the docs tell it: the versions that the newest commit of `files` names, and the files of each."""
    (newest, *_) = DeltaTable(dataset / "files").history(1)
    versions = newest["snakePipe"]["versions"]  # not its "version", counted from when the table was opened
    with duckdb.connect() as connection:
        for table in ("files", "nodes", "symbols"):
            uris = DeltaTable(dataset / table, version=versions[table]).file_uris()
            connection.execute(f"CREATE VIEW {table} AS FROM read_parquet({uris})")
        # While a run goes on, a file that changed stands there as it was and as it is.
        newest_rows = "SELECT arg_max(path, file_id) FROM files GROUP BY repo, path"
        found = _problems(connection) + _paths(connection, newest_rows)
        if newest["snakePipe"]["is_tidy"]:
            found += _paths(connection, "SELECT path FROM files")
        return found


def _problems(connection: duckdb.DuckDBPyConnection) -> list[object]:
    for statement in _COUNTED:
        connection.execute(statement)
    return list(connection.execute(_PROBLEMS).fetchall())


def _paths(connection: duckdb.DuckDBPyConnection, sql: str) -> list[object]:
    paths = sorted(path for (path,) in connection.execute(sql).fetchall())
    return [] if paths == [_name(number) for number in range(FILES)] else [paths]


@contextmanager
def reading(readers: list[Reader]) -> Iterator[None]:
    stopped = threading.Event()
    threads = [threading.Thread(target=reader.read, args=(stopped,)) for reader in readers]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stopped.set()
        for thread in threads:
            thread.join()


@pytest.mark.timeout(0)
def test_readers_never_see_a_file_half_there_twice_or_missing(cli: Cli, tmp_path: Path) -> None:
    root, dataset, chance = tmp_path / "repo", tmp_path / "tables", random.Random(SEED)
    root.mkdir()
    for number in range(FILES):
        _write(root, number, 0, chance)
    assert cli.run("ingest", root, "-d", dataset, "-q").returncode == 0
    longest, kills, runs = 1.0, 0, 0
    readers = [Reader(by_our_views, dataset), Reader(by_any_delta_reader, dataset)]
    with reading(readers):
        while kills < KILLS and not any(reader.problems for reader in readers):
            runs += 1
            for number in chance.sample(range(FILES), chance.randint(1, 20)):
                _write(root, number, runs, chance)
            steps = ("--set", "batch_size=4", "--set", "target_seconds=0.05", "--flush-interval", "0.05")
            ingest = cli.start("ingest", root, "-d", dataset, "-q", "--workers", 1, *steps)
            _, told = ingest.communicate(timeout=PATIENCE)
            assert ingest.returncode == 0, told
            began = time.monotonic()
            compact = cli.start("compact", "-d", dataset, "-q", "--keep-runs", 1)
            time.sleep(chance.uniform(0, longest))
            compact.kill()
            _, told = compact.communicate(timeout=PATIENCE)
            assert compact.returncode in (0, -9), told
            if compact.returncode == 0:
                longest = min(longest, time.monotonic() - began)
            else:
                kills += 1
    for reader in readers:
        assert reader.problems == [], reader.look.__name__
        assert reader.looks > 1
    print(
        f"seed {SEED}: {runs} runs, {kills} kills of compact; looks: {[reader.looks for reader in readers]}"
    )


def _name(number: int) -> str:
    return f"m{number:03}.py"


def _write(root: Path, number: int, edit: int, chance: random.Random) -> None:
    """At once, as an editor does it: a reader of the repository is not what is tested."""
    functions = range(chance.randint(1, 30))
    text = "".join(f"def f{function}_e{edit}(x):\n    return g(x)\n" for function in functions)
    (root / "new.tmp").write_text(text)
    (root / "new.tmp").replace(root / _name(number))
