"""Nodes of each language and dialect: what the tables have beside what a plain walk counts."""

from __future__ import annotations

import json
import multiprocessing
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks.independent import count_source

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import duckdb

_ORIGINS_SHOWN = 3
_TYPES_SHOWN = 3
_FILES_AT_ONCE = 16
_DEEPEST = 20_000

_PLACES = frozenset({"Position"})
"""What asty writes for a place: an object like its nodes, and none."""
_TYPE_KEYS = {
    **dict.fromkeys(("estree", "babel", "typescript-estree"), "type"),
    **dict.fromkeys(("csstree", "postcss", "prism", "py-tree-sitter", "tree-sitter", "unist"), "type"),
    **dict.fromkeys(("clang", "graphql", "php-parser"), "kind"),
    **dict.fromkeys(("nikic", "solc"), "nodeType"),
    "asty": "NodeType",
    "pandoc": "t",
    "python-ast": "_type",
}
"""dialect → the key with which its tool's documents tell what a node is."""


class Counted(NamedTuple):
    """A row of the table; `others` are types of kind `other`, with how often they are."""

    name: str
    origin: str
    files: int
    nodes: int
    differing: str
    share_of_other: float
    others: list[tuple[str, int]]


def counted(
    connection: duckdb.DuckDBPyConnection, roots: Mapping[str, Path], processes: int, wanted: set[str]
) -> Iterator[Counted]:
    """Each language and dialect of a dataset, or those wanted; without `processes` none is walked."""
    rows = connection.execute(
        """
        SELECT coalesce(dialect, language), input_kind, repo, path, coalesce(node_count, 0) FROM files
        WHERE status IN ('ok', 'partial') ORDER BY ALL
        """
    ).fetchall()
    kinds = connection.execute(
        """
        SELECT coalesce(dialect, language), type, count(*) FROM nodes JOIN files USING (file_id)
        WHERE kind = 'other' GROUP BY ALL ORDER BY 3 DESC
        """
    ).fetchall()
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max(processes, 1), mp_context=context) as pool:
        for name in sorted({row[0] for row in rows} & (wanted or {row[0] for row in rows})):
            own = [row for row in rows if row[0] == name]
            told = [row[4] for row in own]
            jobs = [(name, kind, str(roots[repo]), path) for _, kind, repo, path, _ in own]
            differing = "-"
            if processes and (own[0][1] == "source" or name in _TYPE_KEYS):
                walked = list(pool.map(_walked, jobs, chunksize=_FILES_AT_ONCE))
                differing = f"{sum(a != b for a, b in zip(walked, told, strict=True)):,}"
            others = [(type_, times) for of, type_, times in kinds if of == name]
            share = sum(times for _, times in others) / max(sum(told), 1)
            origin = _origin(Counter(row[2] for row in own))
            yield Counted(name, origin, len(own), sum(told), differing, share, others[:_TYPES_SHOWN])


def _origin(files: Counter[str]) -> str:
    shown = [f"{repo} ({count:,})" for repo, count in files.most_common(_ORIGINS_SHOWN)]
    left = len(files) - len(shown)
    return ", ".join(shown) + (f" and {left} more" if left else "")


def _walked(job: tuple[str, str, str, str]) -> int:
    """Nodes of one file, of another process."""
    name, kind, root, path = job
    if kind == "source":
        return count_source(Path(root), path, name).nodes or 0
    sys.setrecursionlimit(_DEEPEST)
    key, found = _TYPE_KEYS[name], 0
    stack: list[Any] = [json.loads(Path(root, path).read_bytes())]
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            type_ = value.get(key)
            found += isinstance(type_, str) and type_ != "" and not (name == "asty" and type_ in _PLACES)
            stack += value.values()
        elif isinstance(value, list):
            stack += value
    return found
