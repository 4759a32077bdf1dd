"""Which folders import which: a matrix of some twenty folders that hold the imports between them.

Which folders is a cut through the tree of folders: from the root on, the one with the most imports is set
apart from its folder, until there are enough. What is not set apart counts for the folder around it.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from snake_pipe.report.table import Table, short

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import duckdb

MOST_FOLDERS = 20
_MOST_PAIRS = 200_000
"""Pairs of folders that are looked at, those with the most imports."""
_MOST_TIES = 200

Folder = tuple[str, ...]

_CREATE_PAIRS = """
    CREATE OR REPLACE TEMP TABLE report_folder_imports AS
    SELECT repo, folder, target_folder, sum(import_count)::BIGINT AS imports FROM import_graph GROUP BY ALL
    """

_PAIRS = """
    SELECT string_split(prefix || folder, '/'), string_split(prefix || target_folder, '/'), imports
    FROM (SELECT CASE WHEN $several THEN repo || '/' ELSE '' END AS prefix, * FROM report_folder_imports)
    ORDER BY imports DESC, 1, 2 LIMIT $most
    """

_RESOLVED = """
    SELECT coalesce(sum(imports), 0)::BIGINT, (SELECT count(*) FROM imports) FROM report_folder_imports
    """


def import_matrix(connection: duckdb.DuckDBPyConnection, *, several: bool) -> dict[str, Any]:
    """The chosen folders' labels, counts as [from, to, imports], and the strongest ties of all folders."""
    connection.execute(_CREATE_PAIRS)
    rows = connection.execute(_PAIRS, {"several": several, "most": _MOST_PAIRS}).fetchall()
    pairs = [(_folder(source), _folder(target), count) for source, target, count in rows]
    weights: Counter[Folder] = Counter()
    for source, target, count in pairs:
        weights[source] += count
        weights[target] += count
    chosen = choose_folders(weights, MOST_FOLDERS)
    index_of = {folder: index for index, folder in enumerate(chosen)}
    counts: Counter[tuple[int, int]] = Counter()
    for source, target, count in pairs:
        counts[_holder(source, index_of), _holder(target, index_of)] += count
    ties = [(source, target, count) for source, target, count in pairs if source != target]
    resolved, total = connection.execute(_RESOLVED).fetchone() or (0, 0)
    return {
        "folders": [_label(folder, chosen) for folder in chosen],
        "counts": [[*between, count] for between, count in sorted(counts.items())],
        "ties": Table(
            (("from", "text"), ("to", "text"), ("imports", "bar")),
            [[_name(source), _name(target), count] for source, target, count in ties[:_MOST_TIES]],
            len(ties),
        ),
        "resolved": resolved,
        "total": total,
    }


def choose_folders(weights: Mapping[Folder, int], most: int) -> list[Folder]:
    """At most that many folders which hold all weight between them, in the order of their names."""
    totals: Counter[Folder] = Counter()
    inside: defaultdict[Folder, set[Folder]] = defaultdict(set)
    for folder, weight in weights.items():
        for depth in range(len(folder) + 1):
            totals[folder[:depth]] += weight
            if depth:
                inside[folder[: depth - 1]].add(folder[:depth])
    own: dict[Folder, int] = {(): totals[()]}
    heap: list[tuple[int, Folder]] = []

    def offer(folders: Iterable[Folder]) -> None:
        for folder in folders:
            heapq.heappush(heap, (-totals[folder], folder))

    offer(inside[()])
    while heap:
        folder = heapq.heappop(heap)[1]
        around = folder[:-1]
        takes_all = own[around] == totals[folder]
        if not takes_all and sum(1 for weight in own.values() if weight) >= most:
            break
        own[around] -= totals[folder]
        own[folder] = totals[folder]
        offer(inside[folder])
    return sorted(folder for folder, weight in own.items() if weight)


def _holder(folder: Folder, index_of: Mapping[Folder, int]) -> int:
    """The index of the innermost chosen folder that holds this one."""
    return next(
        index_of[folder[:depth]] for depth in range(len(folder), -1, -1) if folder[:depth] in index_of
    )


def _folder(names: list[str]) -> Folder:
    """A folder by its names; the root of one repository has none."""
    return tuple(name for name in names if name)


def _label(folder: Folder, chosen: list[Folder]) -> str:
    """Its path; of a folder from which others were set apart, what is left of it."""
    is_rest = any(other != folder and other[: len(folder)] == folder for other in chosen)
    return f"{_name(folder)} (others)" if is_rest else _name(folder)


def _name(folder: Folder) -> str:
    return str(short("/".join(folder))) or "(root)"
