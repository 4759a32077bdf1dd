"""The rows of `refs`: names that use something."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from snake_pipe.schemas import ROLES
from snake_pipe.transform.rows.builder import dictionary_column, int_column, record_batch
from snake_pipe.transform.rows.texts import name_column, shorten, text_column
from snake_pipe.transform.sources.grammar import NO_REFERENCE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from snake_pipe.transform.sources.definitions import Definitions
    from snake_pipe.transform.sources.names import Names
    from snake_pipe.transform.sources.rows import SourceRows


def ref_batch(
    rows: SourceRows, names: Names, definitions: Definitions, file_ids: NDArray[np.int64], text_length: int
) -> tuple[pa.RecordBatch, NDArray[np.int64]]:
    """The rows of `refs`, and the file (its position) of each. Long qualifiers are shortened."""
    at = np.flatnonzero(names.role < NO_REFERENCE)
    row = names.row[at]
    file = np.repeat(
        np.arange(len(rows.counts)), np.diff(np.searchsorted(row, np.append(rows.row_bases, len(rows))))
    )
    base = rows.bases[file]
    around = definitions.nesting.around(len(rows))[row]
    alone = around < 0
    enclosing = np.zeros(len(row), np.int32) if len(definitions) == 0 else definitions.row[around]
    line, col = rows.lines.locate(rows.start[row], base)
    qualifier_start, qualifier_end = names.qualifier_start[at], names.qualifier_end[at]
    qualified = qualifier_end >= 0
    batch = record_batch(
        "refs",
        {
            "file_id": file_ids[file],
            "node_id": row - rows.row_bases[file],
            "name": name_column(rows.source, rows.start[row], rows.end[row]),
            "qualifier": text_column(
                rows.source,
                qualifier_start,
                shorten(rows.source, qualifier_start, qualifier_end, text_length),
                qualified,
            ),
            "role": dictionary_column(names.role[at], ROLES),
            "enclosing_node_id": int_column(
                np.where(alone, 0, enclosing - rows.row_bases[file]), pa.int32(), null=alone
            ),
            "start_line": line,
            "start_col": col,
        },
    )
    return batch, file
