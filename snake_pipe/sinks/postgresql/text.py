"""Texts as PostgreSQL takes them: it has no character U+0000, which becomes U+FFFD."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_NUL, _INSTEAD = "\0", "\ufffd"


def without_nul(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The same rows, each text without that character."""
    for batch in batches:
        for index, column in enumerate(batch.columns):
            if _may_have_nul(column):
                batch = batch.set_column(index, batch.schema.field(index), _replaced(column))
        yield batch


def _may_have_nul(column: pa.Array) -> bool:
    """Whether the bytes of a column of texts hold a zero; some may be of no row."""
    values = column.values if pa.types.is_list(column.type) else column
    if not pa.types.is_string(values.type):
        return False
    data = values.buffers()[2]
    return data is not None and data.size > 0 and not np.frombuffer(data, np.uint8).all()


def _replaced(column: pa.Array) -> pa.Array:
    import pyarrow.compute as pc

    if not pa.types.is_list(column.type):
        return pc.replace_substring(column, _NUL, _INSTEAD)
    rows = (None if texts is None else [*map(_replaced_text, texts)] for texts in column.to_pylist())
    return pa.array(rows, column.type)


def _replaced_text(text: str | None) -> str | None:
    return None if text is None else text.replace(_NUL, _INSTEAD)
