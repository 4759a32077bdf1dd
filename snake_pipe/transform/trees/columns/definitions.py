"""The definitions of many documents as columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import orjson
import pyarrow as pa

from snake_pipe.transform.trees.columns.records import RecordColumns
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
    from snake_pipe.transform.trees.walk.records import Records


class DefinitionColumns(RecordColumns):
    """All definitions; see `RecordColumns`."""

    def __init__(self, found: list[Records], bases: NDArray[np.int64]) -> None:
        super().__init__(found, bases, RECORD, TEXTS)

    def numbers(self, name: str, which: NDArray[np.int64]) -> pa.Array:
        """The column of `LINES` with this name, null where it is not known."""
        values = np.ascontiguousarray(self.records[name][which])
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
        flags = self.records["flags"][which]
        return pa.array(flags & IS_EXPORTED != 0, pa.bool_(), mask=flags & EXPORT_IS_KNOWN == 0)

    @property
    def outer_only(self) -> NDArray[np.bool_]:
        """Whether they count outside of functions alone."""
        is_outer_only: NDArray[np.bool_] = self.records["flags"] & OUTER_ONLY != 0
        return is_outer_only
