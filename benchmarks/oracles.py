"""Ingests real corpora, and checks the rows in the datasets against independent judges.

    python -m benchmarks.oracles                       # the corpora of `python -m benchmarks.corpus`
    python -m benchmarks.oracles --stdlib              # and the running Python's standard library

The command runs as a process, what it wrote is read through `snake_pipe.connect`. For every file: its rows
in `nodes` are as many as `files.node_count` says and as `benchmarks.independent` counts, and have the types,
the order, the lines and the columns that it finds; each file of the folder has one row in `files`; parents,
depths, places among siblings and numbers of descendants fit together; the other tables have as many rows as
`files` says. The exit code is 1 if a file differs. `benchmarks.accuracy` asks what the rows mean.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import snake_pipe
from benchmarks.independent import AST, DIGEST, Count, count_source, count_tree, files_below

if TYPE_CHECKING:
    import duckdb

_TYPE_KEYS = {
    "acorn": "type",
    "babel": "type",
    "clang": "kind",
    "espree": "type",
    "meriyah": "type",
    "python": "_type",
    "typescript-estree": "type",
}
_STDLIB = Path(sysconfig.get_paths()["stdlib"])
_SHOWN = 20

_COUNTS = f"""
    SELECT path, language, status, reason, coalesce(node_count, 0), coalesce(rows, 0), coalesce(digest, '')
    FROM files LEFT JOIN (
        SELECT file_id, count(*) AS rows, {DIGEST} AS digest FROM nodes GROUP BY file_id
    ) USING (file_id)
    """
_CHECKS = {
    "two rows in files": """
        SELECT path, count(*) FROM files_history GROUP BY ALL HAVING count(*) > 1
        UNION ALL
        SELECT any_value(path), count(*) FROM files_history GROUP BY file_id HAVING count(*) > 1
        """,
    "node_id not 0, 1, 2, ...": """
        SELECT path, count(*) FROM nodes JOIN files USING (file_id) GROUP BY path
        HAVING count(DISTINCT node_id) <> count(*) OR min(node_id) <> 0 OR max(node_id) <> count(*) - 1
        """,
    "nodes outside of their parent": """
        SELECT path, count(*) FROM nodes child JOIN files USING (file_id)
        LEFT JOIN nodes parent ON parent.file_id = child.file_id AND parent.node_id = child.parent_id
        WHERE CASE WHEN child.parent_id IS NULL THEN child.depth <> 0
              ELSE parent.node_id IS NULL OR child.depth <> parent.depth + 1
                   OR child.node_id <= parent.node_id
                   OR child.node_id > parent.node_id + parent.descendant_count
              END
        GROUP BY path
        """,
    "nodes that miscount what is below": """
        SELECT path, count(*) FROM nodes JOIN files USING (file_id)
        LEFT JOIN (
            SELECT file_id, parent_id AS node_id, sum(descendant_count + 1) AS below, count(*) AS children,
                   count(DISTINCT child_index) AS places, max(child_index) AS last
            FROM nodes WHERE parent_id IS NOT NULL GROUP BY ALL
        ) USING (file_id, node_id)
        WHERE descendant_count <> coalesce(below, 0) OR places <> children OR last <> children - 1
        GROUP BY path
        """,
    **{
        f"rows of {table}, files.{column} differs": f"""
            SELECT path, coalesce(t.rows, 0) FROM files
            LEFT JOIN (SELECT file_id, count(*) AS rows FROM {table} GROUP BY ALL) t USING (file_id)
            WHERE coalesce(t.rows, 0) <> coalesce({column}, 0)
            """
        for table, column in (
            ("symbols", "symbol_count"),
            ("refs", "ref_count"),
            ("imports", "import_count"),
            ("errors", "error_count"),
        )
    },
}
"""What is wrong → a query of the files for which it is, with how often."""


@dataclass(frozen=True)
class Corpus:
    """A folder to ingest; `type_key` is that of its AST files, None where JSON in it is no tree."""

    name: str
    root: Path
    type_key: str | None = None
    leave_out: frozenset[str] = frozenset()


class Difference(NamedTuple):
    """What is wrong with one file."""

    path: str
    what: str


def ingest(roots: list[Path], dataset: Path, *options: str) -> None:
    """Run the whole command, away from this user's settings and state; SystemExit if it fails."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("SNAKE_PIPE_")}
    environment["XDG_STATE_HOME"] = str(dataset.with_name("state"))
    command = [sys.executable, "-P", "-m", "snake_pipe", "ingest", *map(str, roots), "-d", str(dataset), "-q"]
    done = subprocess.run([*command, "--no-gitignore", *options], env=environment, check=False)
    if done.returncode not in (0, 3):
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}")


def differences(
    connection: duckdb.DuckDBPyConnection, corpus: Corpus, processes: int
) -> tuple[list[Difference], int]:
    """Files whose rows are not what they should be, and how many nodes were compared."""
    found = [
        Difference(path, f"{times} {what}" if "differs" not in what else f"{what}: {times}")
        for what, query in _CHECKS.items()
        for path, times in connection.execute(query).fetchall()
    ]
    rows = {row[0]: row[1:] for row in connection.execute(_COUNTS).fetchall()}
    listed = files_below(corpus.root, corpus.leave_out)
    found += [Difference(path, "no row in files") for path in sorted(listed.keys() - rows.keys())]
    found += [
        Difference(path, "a row in files, but not listed") for path in sorted(rows.keys() - listed.keys())
    ]
    both = {path: language for path, language in listed.items() if path in rows}
    for path, language in both.items():  # of a header, the text decides
        if language == "c" and path.lower().endswith(".h") and rows[path][0] == "cpp":
            both[path] = "cpp"
        elif language != AST and rows[path][0] != language:
            found.append(Difference(path, f"language {rows[path][0]}, expected {language}"))
    total = 0
    for path, nodes, digest in _independent_counts(corpus, both, processes):
        _, status, reason, told, written, written_digest = rows[path]
        good = {"skipped"} if nodes is None else {"ok", "partial"} if both[path] != AST else {"ok"}
        if status not in good:
            found.append(
                Difference(path, f"status {status} ({reason}), expected {' or '.join(sorted(good))}")
            )
        elif not (told == written == (nodes or 0)):
            found.append(Difference(path, f"{written} rows, node_count {told}, counted {nodes or 0}"))
        elif written_digest != digest:
            found.append(Difference(path, "as many nodes, but of other types, order or places"))
        total += nodes or 0
    return sorted(found), total


def _independent_counts(corpus: Corpus, languages: dict[str, str], processes: int) -> list[Count]:
    """The counts of all files, by processes that know nothing of each other."""
    sources = [(path, language) for path, language in languages.items() if language != AST]
    trees = [path for path, language in languages.items() if language == AST]
    if corpus.type_key is None:
        counts, trees = [Count(path, None) for path in trees], []
    else:
        counts = []
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        if sources:
            count = partial(count_source, corpus.root)
            counts += pool.map(count, *zip(*sources, strict=True), chunksize=16)
        if trees:
            assert corpus.type_key is not None
            count = partial(count_tree, corpus.root, type_key=corpus.type_key)
            counts += pool.map(count, trees, chunksize=8)
    return counts


def corpora(folder: Path, *, stdlib: bool) -> list[Corpus]:
    """What there is to ingest."""
    found = [
        Corpus(f"ast/{parser}", folder / "ast" / parser, type_key)
        for parser, type_key in _TYPE_KEYS.items()
        if (folder / "ast" / parser).is_dir()
    ]
    if (folder / "source").is_dir():
        found.append(Corpus("source", folder / "source"))
    if stdlib:
        found.append(Corpus("stdlib", _STDLIB, leave_out=frozenset({"site-packages"})))
    return found


def check_nodes(chosen: list[Corpus], scratch: Path, processes: int) -> int:
    """Print a line for each corpus, then what differs; how many files do."""
    print(f"{'corpus':24} {'files':>8} {'nodes':>12} {'differ':>7} {'seconds':>8}")
    wrong: list[tuple[str, Difference]] = []
    for corpus in chosen:
        started = time.perf_counter()
        dataset = scratch / corpus.name.replace("/", "-")
        excluded = [f"--exclude={name}" for name in sorted(corpus.leave_out)]
        ingest([corpus.root], dataset, *excluded)
        with snake_pipe.connect(dataset) as connection:
            found, nodes = differences(connection, corpus, processes)
            files = connection.execute("SELECT count(*) FROM files").fetchall()[0][0]
        differing = len({difference.path for difference in found})
        seconds = time.perf_counter() - started
        print(f"{corpus.name:24} {files:>8,} {nodes:>12,} {differing:>7,} {seconds:>8.1f}", flush=True)
        wrong += [(corpus.name, difference) for difference in found]
        shutil.rmtree(dataset)
    for name, difference in wrong[:_SHOWN]:
        print(f"  {name}: {difference.path}: {difference.what}")
    if len(wrong) > _SHOWN:
        print(f"  ... and {len(wrong) - _SHOWN} more")
    return len({(name, difference.path) for name, difference in wrong})


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--corpus", type=Path, default=Path(".cache/corpus"))
    parser.add_argument("--stdlib", action="store_true", help="also the running Python's standard library")
    parser.add_argument(
        "--only", metavar="NAME", action="append", help="only this corpus, as ast/clang; repeatable"
    )
    parser.add_argument("--processes", type=int, default=min(4, os.cpu_count() or 1), help="that count")
    given = parser.parse_args()
    chosen = corpora(given.corpus.resolve(), stdlib=given.stdlib)
    if given.only is not None:
        chosen = [corpus for corpus in chosen if corpus.name in given.only]
    if not chosen:
        parser.error(f"nothing to check in {given.corpus}; python -m benchmarks.corpus makes it")
    with tempfile.TemporaryDirectory(prefix="snake-pipe-oracles-") as folder:
        differing = check_nodes(chosen, Path(folder), given.processes)
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
