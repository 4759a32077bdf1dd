"""What waits as records of many documents, as columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from snake_pipe.transform.rows.contract import RowError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from snake_pipe.transform.trees.walk.records import Records

_MOST_TEXT = 2**31 - 1


class RecordColumns:
    """All records in the order of their rows, those of one row in the order in which they were found.

    `files` are the places of their documents, `rows` those over all documents, whose first are `bases`.
    """

    def __init__(
        self, found: list[Records], bases: NDArray[np.int64], record: np.dtype[Any], texts: tuple[str, ...]
    ) -> None:
        records = np.frombuffer(b"".join(piece for one in found for piece in one.records), record)
        files = np.repeat(np.arange(len(found)), [len(one) for one in found])
        rows = records["row"] + bases[files]
        self._order = np.argsort(rows, kind="stable")
        self.records = records[self._order]
        self.files = files[self._order]
        self.rows = rows[self._order]
        self._names = texts
        self._texts = _texts(records["lengths"].ravel(), b"".join(t for one in found for t in one.texts))

    def __len__(self) -> int:
        return len(self.records)

    def text(self, name: str, which: NDArray[np.int64] | None = None) -> pa.StringArray:
        """The texts with this name, of some records or of all; null where there is none."""
        order = self._order if which is None else self._order[which]
        return self._texts.take(pa.array(order * len(self._names) + self._names.index(name)))


def _texts(lengths: NDArray[np.int32], text: bytes) -> pa.StringArray:
    if len(text) > _MOST_TEXT:
        raise RowError("the texts of what was found are more than one column can hold")
    ends = np.zeros(len(lengths) + 1, np.int32)
    np.cumsum(np.maximum(lengths, 0), out=ends[1:])
    valid = pa.py_buffer(np.packbits(lengths >= 0, bitorder="little"))
    return pa.StringArray.from_buffers(len(lengths), pa.py_buffer(ends), pa.py_buffer(text), valid)
