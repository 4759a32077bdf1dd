"""What a flush supersedes in the table `files` of a namespace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pyiceberg.table import Table

    from snake_pipe.plugins import Flush

_COLUMNS = (
    *("file_id", "repo", "path", "container_id"),
    *("sha256", "input_kind", "mtime_ns", "first_epoch", "content_epoch"),
)


@dataclass(frozen=True, slots=True)
class Superseded:
    """Ids of the files, and of the trees in them, that leave; `rows` of the files by repo and path."""

    file_ids: NDArray[np.int64]
    rows: dict[tuple[str, str], dict[str, Any]]

    def with_ages(self, flush: Flush) -> pa.Table:
        """The flush's rows of `files`, those that take the place of others with the ages of these.

        Since when a file is there, and has its content, goes over to its next row, as in the dataset.
        """
        rows = pa.Table.from_batches(flush.batches("files"), flush.schema("files")).to_pylist()
        for row in rows:
            before = self.rows.get((row["repo"], row["path"])) if row["container_id"] is None else None
            if before is not None:
                row["first_epoch"] = min(row["first_epoch"], before["first_epoch"])
                if _content(row) == _content(before):
                    row["content_epoch"] = min(row["content_epoch"], before["content_epoch"])
        return pa.Table.from_pylist(rows, flush.schema("files"))


def find_superseded(files: Table, flush: Flush) -> Superseded:
    """The rows of the table that leave as a flush comes."""
    leaving = {
        key
        for batch in flush.leaving()
        for key in zip(batch["repo"].to_pylist(), batch["path"].to_pylist(), strict=True)
    }
    paths = pa.array(sorted({path for _, path in leaving}), pa.string())
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    trees: list[pa.RecordBatch] = []
    for batch in files.scan(selected_fields=_COLUMNS).to_arrow_batch_reader():
        for row in batch.filter(_is_file_of(batch, paths)).to_pylist():
            if (row["repo"], row["path"]) in leaving:
                rows[row["repo"], row["path"]] = row
        trees.append(batch.select(["file_id", "container_id"]).filter(batch["container_id"].is_valid()))
    ids = np.array(sorted(row["file_id"] for row in rows.values()), np.int64)
    within = [
        batch["file_id"].to_numpy()[np.isin(batch["container_id"].to_numpy(), ids)]
        for batch in trees
        if batch.num_rows
    ]
    return Superseded(np.unique(np.concatenate([ids, *within])), rows)


def _is_file_of(batch: pa.RecordBatch, paths: pa.Array) -> pa.BooleanArray:
    import pyarrow.compute as pc

    is_of_path = pc.is_in(batch["path"].cast(pa.string()), value_set=paths)
    return pc.and_(is_of_path, batch["container_id"].is_null())


def _content(row: dict[str, Any]) -> tuple[str | None, int | None]:
    """What tells contents apart: of an AST file, which a tool has written, also when."""
    return row["sha256"], row["mtime_ns"] if row["input_kind"] == "ast" else None
