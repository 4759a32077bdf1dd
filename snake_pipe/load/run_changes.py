"""What a run changed in `files`, counted by repository at its end.

`diff` tells the same at any time, file by file, and in SQL; here it must cost next to nothing. Parts that
both states have are not read, unless one of the states is not tidy. Paths and contents are told apart by
hashes of 64 bits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from snake_pipe.load.columns import among, codes, is_null, longs, spread
from snake_pipe.load.tidy.superseded import find_superseded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from snake_pipe.load.columns import Flags, Longs
    from snake_pipe.load.dataset import Dataset
    from snake_pipe.load.delta.entries import Snapshot
    from snake_pipe.load.stored_part import StoredPart

_FAILED = ("failed", "quarantined")
_ROW_COUNTS = ("node_count", "symbol_count", "ref_count", "import_count")
_REPEATING = ["repo", "status"]
_ROWS_AT_ONCE = 32_768


@dataclass(slots=True)
class RepositoryFiles:
    """The files of one repository that a state holds, and those of them that failed or are quarantined."""

    files: int = 0
    files_failed: int = 0


@dataclass(slots=True)
class RepositoryChanges:
    """What one run did to a repository; trees in a file that holds several count in `rows_written` alone."""

    files_read: int = 0
    bytes_read: int = 0
    rows_written: int = 0
    files_added: int = 0
    files_removed: int = 0
    files_changed: int = 0
    files_moved: int = 0


def count_files(
    dataset: Dataset, state: Snapshot, holds: Callable[[str], bool] | None = None
) -> dict[str, RepositoryFiles]:
    """The files of each repository at a moment; of paths that it `holds`, None for all."""
    parts = dataset.parts("files", state.versions["files"])
    gone = np.zeros(0, np.int64) if state.is_tidy else find_superseded(parts).ids
    counts: dict[str, RepositoryFiles] = {}
    columns = ["container_id", "repo", "status"]
    columns += (["file_id"] if len(gone) else []) + (["path"] if holds is not None else [])
    for rows in _batches(parts, columns):
        counted = is_null(rows["container_id"])
        if len(gone):
            counted &= ~among(longs(rows["file_id"], 0), gone)
        if holds is not None:
            counted &= np.fromiter(map(holds, rows["path"].to_pylist()), np.bool_, rows.num_rows)
        repos = codes(rows["repo"])
        failed = counted & np.isin(codes(rows["status"]), _places(rows["status"], _FAILED))
        for code, repo in enumerate(rows["repo"].dictionary.to_pylist()):
            of_repo = counts.setdefault(repo, RepositoryFiles())
            of_repo.files += int(np.count_nonzero(counted & (repos == code)))
            of_repo.files_failed += int(np.count_nonzero(failed & (repos == code)))
    return counts


def count_changes(
    dataset: Dataset,
    before: Snapshot,
    after: Snapshot,
    is_own: Callable[[str, str], bool] = lambda *_: True,
) -> dict[str, RepositoryChanges]:
    """What differs between two moments, for each repository with a difference.

    Only files count that `is_own(repo, path)` says yes to.
    DatasetError, or FileNotFoundError, where the one before is no longer kept.
    """
    parts_before = dataset.parts("files", before.versions["files"])
    parts_after = dataset.parts("files", after.versions["files"])
    gone_before, gone_after = (
        np.zeros(0, np.int64) if state.is_tidy else find_superseded(parts).ids
        for state, parts in ((before, parts_before), (after, parts_after))
    )
    if before.is_tidy and after.is_tidy:
        shared = set(parts_before) & set(parts_after)
        parts_before, parts_after = (
            [part for part in parts if part not in shared] for parts in (parts_before, parts_after)
        )
    ids_before = _without(_ids(parts_before), gone_before)
    ids_after = _without(_ids(parts_after), gone_after)
    repos: list[str] = []
    old = _read(parts_before, _without(ids_before, ids_after), repos, is_own)
    new = _read(parts_after, _without(ids_after, ids_before), repos, is_own)
    return _counted(old, new, repos)


@dataclass(frozen=True, slots=True)
class _Files:
    """Rows of `files` as hashes, by columns; `content` is 0 where it tells nothing. `repo` is an index."""

    path: Longs
    content: Longs
    state: Longs
    repo: Longs
    size: Longs
    rows: Longs
    is_tree: Flags


def _counted(old: _Files, new: _Files, repos: Sequence[str]) -> dict[str, RepositoryChanges]:
    changes = [RepositoryChanges() for _ in repos]

    def add(name: str, indices: Longs, amounts: Longs | None = None) -> None:
        sums = np.bincount(indices, amounts, minlength=len(repos))
        for change, amount in zip(changes, sums.astype(np.int64).tolist(), strict=True):
            setattr(change, name, getattr(change, name) + amount)

    add("rows_written", new.repo, new.rows)
    old_at, new_at = np.flatnonzero(~old.is_tree), np.flatnonzero(~new.is_tree)
    add("files_read", new.repo[new_at])
    add("bytes_read", new.repo[new_at], new.size[new_at])
    _, in_old, in_new = np.intersect1d(old.path[old_at], new.path[new_at], return_indices=True)
    differs = old.state[old_at[in_old]] != new.state[new_at[in_new]]
    add("files_changed", new.repo[new_at[in_new[differs]]])
    left, came = np.delete(old_at, in_old), np.delete(new_at, in_new)
    contents_left, counts_left = np.unique(old.content[left], return_counts=True)
    contents_came, first, counts_came = np.unique(new.content[came], return_index=True, return_counts=True)
    same, at_left, at_came = np.intersect1d(contents_left, contents_came, return_indices=True)
    moved = np.where(same != 0, np.minimum(counts_left[at_left], counts_came[at_came]), 0)
    of_moved = new.repo[came[first[at_came]]]
    add("files_moved", of_moved, moved)
    for name, indices in (("files_removed", old.repo[left]), ("files_added", new.repo[came])):
        add(name, indices)
        add(name, of_moved, -moved)
    return dict(zip(repos, changes, strict=True))


def _read(
    parts: Iterable[StoredPart], ids: Longs, repos: list[str], is_own: Callable[[str, str], bool]
) -> _Files:
    """The rows with these ids, which ascend; `repos` gets the names that are new in it."""
    columns: dict[str, list[Longs]] = {
        name: [] for name in ("path", "content", "state", "repo", "size", "rows")
    }
    is_tree: list[Flags] = []
    names = ["file_id", "container_id", "repo", "path", "sha256", "size_bytes", "status", *_ROW_COUNTS]
    for batch in _batches(parts, names) if len(ids) else ():
        wanted = among(longs(batch["file_id"], 0), ids)
        if not wanted.any():
            continue
        # A first run wants all rows; to filter any imports `pyarrow.compute`, which takes 50 ms.
        rows = batch if wanted.all() else batch.filter(pa.array(wanted))
        own = [*map(is_own, spread(rows["repo"]), rows["path"].to_pylist())]
        if not all(own):
            rows = rows.filter(pa.array(own, pa.bool_()))
        of_repos, hashes = spread(rows["repo"]), rows["sha256"].to_pylist()
        sizes, statuses = rows["size_bytes"].to_pylist(), spread(rows["status"])
        for repo in dict.fromkeys(of_repos):
            if repo not in repos:
                repos.append(repo)
        place = {repo: index for index, repo in enumerate(repos)}
        columns["repo"].append(np.fromiter(map(place.__getitem__, of_repos), np.int64, rows.num_rows))
        columns["path"].append(_hashes(zip(of_repos, rows["path"].to_pylist(), strict=True)))
        columns["content"].append(
            np.array(
                [
                    hash((repo, sha)) if sha and size else 0
                    for repo, sha, size in zip(of_repos, hashes, sizes, strict=True)
                ],
                np.int64,
            )
        )
        columns["state"].append(_hashes(zip(hashes, sizes, statuses, strict=True)))
        columns["size"].append(longs(rows["size_bytes"], 0))
        columns["rows"].append(sum((longs(rows[name], 0) for name in _ROW_COUNTS), np.zeros(1, np.int64)))
        is_tree.append(~is_null(rows["container_id"]))
    return _Files(
        **{name: np.concatenate(found or [np.zeros(0, np.int64)]) for name, found in columns.items()},
        is_tree=np.concatenate(is_tree or [np.zeros(0, np.bool_)]),
    )


def _without(ids: Longs, others: Longs) -> Longs:
    """What of some ids is not among others; both ascend, so this takes a tenth of the time of `setdiff1d`."""
    return ids[~among(ids, others)]


def _ids(parts: Iterable[StoredPart]) -> Longs:
    """The ids of all rows, ascending."""
    found = [longs(rows["file_id"], 0) for rows in _batches(parts, ["file_id"])]
    return np.sort(np.concatenate(found or [np.zeros(0, np.int64)]))


def _batches(parts: Iterable[StoredPart], columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    for part in parts:
        yield from part.open(read_dictionary=_REPEATING).iter_batches(_ROWS_AT_ONCE, columns=list(columns))


def _hashes(values: Iterable[object]) -> Longs:
    return np.fromiter(map(hash, values), np.int64)


def _places(column: pa.DictionaryArray, words: Iterable[str]) -> list[int]:
    return [code for code, word in enumerate(column.dictionary.to_pylist()) if word in words]
