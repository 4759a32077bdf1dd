"""Imports → the rows of `imports`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from snake_pipe.transform.rows.builder import empty_batch, int_column, record_batch
from snake_pipe.transform.trees.columns.records import RecordColumns
from snake_pipe.transform.trees.walk.imports import IS_RELATIVE, IS_WILDCARD, RECORD, TEXTS

if TYPE_CHECKING:
    from snake_pipe.transform.trees.columns.columns import Columns


def import_rows(columns: Columns) -> pa.RecordBatch:
    """The rows of some documents; sets their number in the documents' facts."""
    for one in columns.pending:
        one.facts.import_count = len(one.extract.findings.imports)
    found = RecordColumns([each.imports for each in columns.found], columns.bases, RECORD, TEXTS)
    if not len(found):
        return empty_batch("imports")
    flags = found.records["flags"]
    # Lines of the imports' nodes, or of their statements where the nodes have none.
    lines = columns.spans[2][found.rows]
    lines = np.where(lines > 0, lines, found.records["line"])
    return record_batch(
        "imports",
        {
            "file_id": columns.file_ids[found.files],
            "node_id": (found.rows - columns.bases[found.files]).astype(np.int32),
            **{name: found.text(name) for name in TEXTS},
            "is_relative": flags & IS_RELATIVE != 0,
            "is_wildcard": flags & IS_WILDCARD != 0,
            "start_line": int_column(lines, pa.int32(), null=lines <= 0),
        },
    )
