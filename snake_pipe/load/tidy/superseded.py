"""Which rows of `files` are no longer the state of their file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from snake_pipe.load.columns import codes, longs, spread
from snake_pipe.schemas import CANCELLED_RANK

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

    from snake_pipe.load.stored_part import StoredPart

    Ids = NDArray[np.int64]

_ROWS_AT_ONCE = 16_384
_COLUMNS = ["file_id", "repo", "path", "status", "reason", "container_id"]
_REPEATING = ["repo", "status", "reason"]


@dataclass(frozen=True, slots=True)
class Superseded:
    """`ids` of files, and of the trees in them, that are superseded or deleted, ascending.

    `states` has, for each file that is there and was there before, the ids of its rows, the newest last. What
    it was before it was deleted is not among them: whoever followed the tables saw it go, and come as new.
    """

    ids: Ids
    states: list[Ids]


def find_superseded(parts: Sequence[StoredPart]) -> Superseded:
    """What is superseded in the parts of `files`.

    The newest row of each (repo, path) is its state, and none if it says that the file is deleted. Paths are
    told apart by two hashes of 64 bits that know nothing of each other.
    """
    columns: dict[str, list[NDArray[np.int64]]] = {
        name: [] for name in ("key", "check", "rank", "id", "container")
    }
    deleted: list[NDArray[np.bool_]] = []
    for part in parts:
        for batch in part.open(read_dictionary=_REPEATING).iter_batches(_ROWS_AT_ONCE, columns=_COLUMNS):
            ids = batch["file_id"].to_numpy(zero_copy_only=False)
            repos, paths = spread(batch["repo"]), batch["path"].to_pylist()
            columns["id"].append(ids)
            columns["key"].append(_hashes(zip(repos, paths, strict=True), batch.num_rows))
            columns["check"].append(
                _hashes((f"{path}\0{repo}" for repo, path in zip(repos, paths, strict=True)), batch.num_rows)
            )
            columns["rank"].append(ids - np.where(_says(batch["reason"], "cancelled"), CANCELLED_RANK, 0))
            columns["container"].append(longs(batch["container_id"], -1))
            deleted.append(_says(batch["status"], "deleted"))
    if not deleted:
        return Superseded(np.zeros(0, np.int64), [])
    key, check, rank, ids, container = (np.concatenate(columns[name]) for name in columns)
    is_tree = container >= 0
    order = np.lexsort((rank, check, key))
    order = order[~is_tree[order]]
    is_newest = np.ones(len(order), np.bool_)
    is_newest[:-1] = (key[order[1:]] != key[order[:-1]]) | (check[order[1:]] != check[order[:-1]])
    is_deleted = np.concatenate(deleted)[order]
    superseded = np.sort(ids[order[~is_newest | is_deleted]])
    trees = ids[is_tree & np.isin(container, superseded)]
    ends = np.flatnonzero(is_newest)
    starts = np.append(0, ends[:-1] + 1)
    states = [
        ids[_since_deletion(order[start : end + 1], is_deleted[start : end + 1])]
        for start, end in zip(starts[ends > starts], ends[ends > starts], strict=True)
        if not is_deleted[end]
    ]
    gone = np.sort(np.concatenate((superseded, trees)))
    return Superseded(gone, [state for state in states if len(state) > 1])


def _since_deletion(rows: Ids, is_deleted: NDArray[np.bool_]) -> Ids:
    """The rows of one file after the last that says it is deleted."""
    deletions = np.flatnonzero(is_deleted)
    return rows[deletions[-1] + 1 :] if len(deletions) else rows


def _hashes(values: Iterable[object], count: int) -> Ids:
    return np.fromiter(map(hash, values), np.int64, count)


def _says(column: pa.DictionaryArray, word: str) -> NDArray[np.bool_]:
    """Which rows of a column hold a word."""
    words = column.dictionary.to_pylist()
    code = words.index(word) if word in words else -2
    flags: NDArray[np.bool_] = codes(column) == code
    return flags
