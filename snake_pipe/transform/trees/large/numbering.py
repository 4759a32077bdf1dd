"""Rows of a piece with the numbers that they have in the document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from snake_pipe.transform.rows.builder import int_column

if TYPE_CHECKING:
    from numpy.typing import NDArray

_REFERENCES = {"nodes": "parent_id", "symbols": "parent_node_id", "refs": "enclosing_node_id"}
"""The column of each table that names another node than the row's own."""


def numbered(batch: pa.RecordBatch, table: str, ids: NDArray[np.int64]) -> pa.RecordBatch:
    """Rows with the numbers that their nodes have in the document; null for those below 0."""
    for name in ("node_id", _REFERENCES.get(table)):
        if name is None:
            continue
        numbers = pc.fill_null(batch[name], -1).to_numpy(zero_copy_only=False)
        real = np.append(ids, -1)[numbers]
        column = int_column(real, pa.int32(), null=real < 0)
        batch = batch.set_column(batch.schema.get_field_index(name), batch.schema.field(name), column)
    return batch


def added(batch: pa.RecordBatch, name: str, amounts: NDArray[Any]) -> pa.RecordBatch:
    """Rows with amounts added to a column; what is null stays it."""
    index = batch.schema.get_field_index(name)
    column = pc.add(batch[name], pa.array(amounts, pa.int32()))
    return batch.set_column(index, batch.schema.field(index), column)
