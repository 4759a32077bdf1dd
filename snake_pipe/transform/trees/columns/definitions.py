"""The definitions of many documents as columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import orjson
import pyarrow as pa

from snake_pipe.transform.rows.contract import RowError
from snake_pipe.transform.trees.walk.definitions import (
    EXPORT_IS_KNOWN,
    IS_EXPORTED,
    OUTER_ONLY,
    RECORD,
    TEXTS,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from snake_pipe.transform.rows.builder import Words
    from snake_pipe.transform.trees.walk.definitions import Encoded

_MOST_TEXT = 2**31 - 1


class DefinitionColumns:
    """All definitions in the order of their rows, those of one row in the order in which they were found.

    `files` are the places of their documents, `rows` those over all documents, whose first are `bases`.
    """

    def __init__(self, encoded: list[Encoded], bases: NDArray[np.int64]) -> None:
        records = np.frombuffer(b"".join(piece for one in encoded for piece in one.records), RECORD)
        files = np.repeat(np.arange(len(encoded)), [len(one) for one in encoded])
        rows = records["row"] + bases[files]
        self._order = np.argsort(rows, kind="stable")
        self._records = records[self._order]
        self.files = files[self._order]
        self.rows = rows[self._order]
        self._texts = _texts(records["lengths"].ravel(), b"".join(t for one in encoded for t in one.texts))

    def __len__(self) -> int:
        return len(self._records)

    def text(self, name: str, which: NDArray[np.int64] | None = None) -> pa.StringArray:
        """The column of `TEXTS` with this name, of some definitions or of all; null where there is none."""
        order = self._order if which is None else self._order[which]
        return self._texts.take(pa.array(order * len(TEXTS) + TEXTS.index(name)))

    def numbers(self, name: str, which: NDArray[np.int64]) -> pa.Array:
        """The column of `LINES` with this name, null where it is not known."""
        values = np.ascontiguousarray(self._records[name][which])
        return pa.array(values, pa.int32(), mask=values < 0)

    def kinds(self, words: Words) -> NDArray[np.int32]:
        """Their kinds as codes; those that the words do not have are added."""
        kinds = self.text("kind").dictionary_encode()
        codes = np.array([words.code(word) for word in kinds.dictionary.to_pylist()], np.int32)
        found: NDArray[np.int32] = codes[kinds.indices.to_numpy()]
        return found

    def modifiers(self, which: NDArray[np.int64]) -> pa.Array:
        """Lists of words, null where there are none."""
        written = self.text("modifiers", which).dictionary_encode()
        lists = [orjson.loads(text) for text in written.dictionary.to_pylist()]
        return pa.array(lists, pa.list_(pa.string())).take(written.indices)

    def exported(self, which: NDArray[np.int64]) -> pa.Array:
        """Whether they are, null where that is not known."""
        flags = self._records["flags"][which]
        return pa.array(flags & IS_EXPORTED != 0, pa.bool_(), mask=flags & EXPORT_IS_KNOWN == 0)

    @property
    def outer_only(self) -> NDArray[np.bool_]:
        """Whether they count outside of functions alone."""
        is_outer_only: NDArray[np.bool_] = self._records["flags"] & OUTER_ONLY != 0
        return is_outer_only


def _texts(lengths: NDArray[np.int32], text: bytes) -> pa.StringArray:
    if len(text) > _MOST_TEXT:
        raise RowError("the texts of definitions are more than one column can hold")
    ends = np.zeros(len(lengths) + 1, np.int32)
    np.cumsum(np.maximum(lengths, 0), out=ends[1:])
    valid = pa.py_buffer(np.packbits(lengths >= 0, bitorder="little"))
    return pa.StringArray.from_buffers(len(lengths), pa.py_buffer(ends), pa.py_buffer(text), valid)
