"""Imports as records."""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING

import numpy as np

from snake_pipe.transform.trees.walk.records import lengths_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from snake_pipe.transform.dialects.dialect import Import
    from snake_pipe.transform.trees.walk.records import Records

TEXTS = ("module", "name", "alias")
"""The texts of an import in their order."""
RECORD = np.dtype(
    [("row", np.int64), ("line", np.int32), ("flags", np.int32), ("lengths", np.int32, 3)], align=True
)
"""A line is 0 where it is not known, a length is in bytes, -1 for no text; `found.h` has the same."""
IS_RELATIVE, IS_WILDCARD = 1, 2

_PACKED = Struct("@q5i4x")


def add_imports(to: Records, found: Iterable[tuple[int, Import]]) -> None:
    """More imports, as rules give them, with their rows."""
    records: list[bytes] = []
    texts: list[bytes | None] = []
    for row, one in found:
        written = [None if text is None else text.encode() for text in (one.module, one.name, one.alias)]
        flags = IS_RELATIVE * one.is_relative | IS_WILDCARD * one.is_wildcard
        records.append(_PACKED.pack(row, one.line or 0, flags, *lengths_of(written)))
        texts += written
    to.add_written(records, texts)
