"""What ingestion is compared with: one table of peers, ours first."""

from __future__ import annotations

import importlib.metadata
import json
import sys
from typing import TYPE_CHECKING

from benchmarks import peer_programs
from benchmarks.command import ingest_command, last_status
from benchmarks.peer import Peer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from benchmarks.peer import Task


def _ingest(*options: str) -> Callable[[Task], list[str]]:
    def command(task: Task) -> list[str]:
        return ingest_command(
            task.root,
            task.scratch / "dataset",
            "--workers",
            str(task.workers),
            "--max-failures",
            "1000000",
            *options,
        )

    return command


def _rows(task: Task) -> str:
    rows = last_status(task.scratch / "dataset")["rows"]
    return ", ".join(
        f"{rows[table]:,} {table}" for table in ("nodes", "symbols", "refs", "imports") if rows.get(table)
    )


def _module(name: str, *options: str) -> list[str]:
    return [sys.executable, "-m", f"benchmarks.{name}", *options]


def _of_package(name: str) -> Callable[[Path], str]:
    return lambda _tools: importlib.metadata.version(name)


def _limit(task: Task) -> list[str]:
    return _module("limits", str(task.root), "--processes", str(task.workers))


def _limit_seconds(task: Task) -> float:
    return float(json.loads(task.output.read_text())["seconds"])


def _limit_files(task: Task) -> str:
    return f"{json.loads(task.output.read_text())['files']:,} files"


def _printed_rows(what: str) -> Callable[[Task], str]:
    return lambda task: f"{int(task.output.read_text()):,} {what}"


PEERS: tuple[Peer, ...] = (
    Peer(
        "snake-pipe",
        "all tables: every node with its place, definitions, references, imports; committed, incremental",
        "{workers}",
        _of_package("snake-pipe"),
        _ingest(),
        _rows,
        good_codes=frozenset({0, 3}),
        reads_trees=True,
    ),
    Peer(
        "snake-pipe without nodes",
        "definitions, references, imports",
        "{workers}",
        _of_package("snake-pipe"),
        _ingest("--tables", "files,symbols,refs,imports"),
        _rows,
        good_codes=frozenset({0, 3}),
    ),
    Peer(
        "tree-sitter alone",
        "nothing: `Parser.parse` of each file, whose tree is thrown away; the limit, its processes warm",
        "{workers}",
        _of_package("tree-sitter"),
        _limit,
        _limit_files,
        own_seconds=_limit_seconds,
    ),
    Peer(
        "orjson alone",
        "nothing: `orjson.loads` of each file, thrown away; the limit, its processes warm",
        "{workers}",
        _of_package("orjson"),
        _limit,
        _limit_files,
        reads_sources=False,
        reads_trees=True,
        own_seconds=_limit_seconds,
    ),
    Peer(
        "one-by-one Python",
        "nodes with type, parent and place, a Parquet file each; ends at the first file that breaks it",
        "1",
        _of_package("tree-sitter"),
        lambda task: _module("one_by_one", str(task.root), str(task.scratch / "rows")),
        _printed_rows("nodes"),
        reads_trees=True,
    ),
    Peer(
        "universal-ctags",
        "definitions, in one file of text",
        "1",
        peer_programs.ctags_version,
        peer_programs.run_ctags,
        peer_programs.tags,
    ),
    Peer(
        "ast-grep",
        "calls: one pattern for all of them (the type of their nodes, a rule a language), as lines of JSON",
        "{workers}",
        peer_programs.ast_grep_version,
        peer_programs.run_ast_grep,
        peer_programs.calls,
    ),
    Peer(
        "codegraph",
        "a graph of definitions, resolved calls and imports in SQLite; also for files of other languages",
        "its own",
        peer_programs.codegraph_version,
        peer_programs.run_codegraph,
        peer_programs.graph_size,
        variables=(("CODEGRAPH_TELEMETRY", "0"), ("DO_NOT_TRACK", "1")),
    ),
    Peer(
        "DuckDB json_tree",
        "a row a JSON value in Parquet: key, kind of value, parent; knows no nodes, names, places",
        "1, {workers} threads",
        _of_package("duckdb"),
        lambda task: _module(
            "json_tree", str(task.root), str(task.scratch / "rows"), "--threads", str(task.workers)
        ),
        _printed_rows("values"),
        reads_sources=False,
        reads_trees=True,
    ),
)


def peers_named(names: Iterable[str] | None) -> list[Peer]:
    """Those peers, ours first; all without names. SystemExit for one that there is not."""
    if names is None:
        return list(PEERS)
    known = {peer.name.replace(" ", "-"): peer for peer in PEERS}
    if unknown := set(names) - known.keys():
        raise SystemExit(f"no peer {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    return [PEERS[0], *(peer for name, peer in known.items() if name in set(names) and peer is not PEERS[0])]
