"""How long a dataset has known files and their content: newest rows take it over before older ones leave.

Epochs number the runs, so they order what was seen without trusting clocks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from snake_pipe.load.columns import among

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from snake_pipe.load.stored_part import StoredPart

    Longs = NDArray[np.int64]

COLUMNS = ("first_epoch", "content_epoch")

_READ = ["file_id", "sha256", "mtime_ns", "input_kind", *COLUMNS]


@dataclass(frozen=True, slots=True)
class Ages:
    """New values of COLUMNS for some files, by their ids, which ascend."""

    file_ids: Longs
    first: Longs
    content: Longs

    def apply(self, files: pa.RecordBatch) -> pa.RecordBatch:
        """The same rows of `files` with these values."""
        ids = files["file_id"].to_numpy(zero_copy_only=False)
        at = np.minimum(np.searchsorted(self.file_ids, ids), max(0, len(self.file_ids) - 1))
        is_known = self.file_ids[at] == ids if len(self.file_ids) else np.zeros(len(ids), np.bool_)
        for name, values in zip(COLUMNS, (self.first, self.content), strict=True):
            column = files.schema.get_field_index(name)
            field = files.schema.field(column)
            old = files.column(column).to_numpy(zero_copy_only=False)
            new = np.where(is_known, values[at] if len(values) else old, old)
            files = files.set_column(column, field, pa.array(new, pa.int64()))
        return files


def carried_over(parts: Sequence[StoredPart], states: Sequence[Longs]) -> Ages:
    """The ages of files whose rows are `states`: the ids of all rows of one file, the newest last.

    A file's content is what it was before if the bytes are; that of an AST file, which a tool has written,
    only if its time is, too.
    """
    if not states:
        none = np.zeros(0, np.int64)
        return Ages(none, none, none)
    rows = _rows(parts, np.sort(np.concatenate(states)))
    ages = sorted(_age(file_ids, rows) for file_ids in states)
    file_ids, first, content = (np.array(column, np.int64) for column in zip(*ages, strict=True))
    return Ages(file_ids, first, content)


def _age(file_ids: Longs, rows: dict[int, tuple[object, int, int]]) -> tuple[int, int, int]:
    *older, newest = file_ids.tolist()
    content, first, since = rows[newest]
    is_same = True
    for file_id in reversed(older):
        other, first_before, since_before = rows[file_id]
        first = min(first, first_before)
        is_same = is_same and other == content
        since = min(since, since_before) if is_same else since
    return newest, first, since


def _rows(parts: Sequence[StoredPart], file_ids: Longs) -> dict[int, tuple[object, int, int]]:
    """What tells contents apart, and the columns, of each row."""
    found: dict[int, tuple[object, int, int]] = {}
    for part in parts:
        for batch in part.open().iter_batches(16_384, columns=_READ):
            wanted = among(batch["file_id"].to_numpy(zero_copy_only=False), file_ids)
            if not wanted.any():
                continue
            for file_id, sha256, mtime, kind, first, since in zip(
                *(column.to_pylist() for column in batch.filter(pa.array(wanted)).columns), strict=True
            ):
                found[file_id] = ((sha256, mtime if kind == "ast" else None), first, since)
    return found
