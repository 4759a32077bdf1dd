"""Definitions as records."""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from snake_pipe.transform.trees.walk.records import lengths_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from snake_pipe.transform.dialects.dialect import Definition
    from snake_pipe.transform.trees.positions.reader import Point
    from snake_pipe.transform.trees.walk.records import Records

TEXTS = ("kind", "name", "qualifier", "signature", "doc", "modifiers", "visibility", "outer_visibility")
"""The texts of a definition in their order; `modifiers` are a list as JSON, sorted and each once."""
LINES = ("name_line", "name_col", "body_start_line", "body_end_line")
"""Numbers from 1, -1 where they are not known."""
RECORD = np.dtype(
    [("row", np.int64), *((name, np.int32) for name in LINES), ("flags", np.int32), ("lengths", np.int32, 8)],
    align=True,
)
"""A length is in bytes, -1 where there is no text; `native/documents/found.h` has the same."""
OUTER_ONLY, EXPORT_IS_KNOWN, IS_EXPORTED, MAY_BE_EXPORTED = 1, 2, 4, 8

_NAME = TEXTS.index("name")
_PACKED = Struct("@q13i4x")


@dataclass(slots=True)
class DefinedAt:
    """A definition with its row in the document and the places that need the decoded tree."""

    row: int
    definition: Definition
    name_line: int | None
    name_col: int | None
    body_start_line: int | None = None
    body_end_line: int | None = None

    def place_body(self, lines: Point | None) -> None:
        """Note the lines on which the body begins and ends, if they are known."""
        if lines is not None:
            self.body_start_line, self.body_end_line = lines


def add_definitions(to: Records, found: Iterable[DefinedAt]) -> None:
    """More definitions, as rules give them."""
    records: list[bytes] = []
    texts: list[bytes | None] = []
    for one in found:
        written = _written(one)
        lines = (one.name_line, one.name_col, one.body_start_line, one.body_end_line)
        known = (-1 if line is None else line for line in lines)
        records.append(_PACKED.pack(one.row, *known, _flags(one), *lengths_of(written)))
        texts += written
    to.add_written(records, texts)


def export(written: Any, texts: Any, exported: Mapping[str | None, int]) -> None:
    """Set the flags of those definitions with these names, from a row on, that may be exported."""
    records, texts = np.frombuffer(written, RECORD), bytes(texts)
    first_rows = {name.encode(): row for name, row in exported.items() if name}
    lengths = np.maximum(records["lengths"], 0)
    ends = np.cumsum(lengths.ravel()).reshape(lengths.shape)[:, _NAME]
    for index in np.flatnonzero(records["flags"] & MAY_BE_EXPORTED).tolist():
        end = int(ends[index])
        first = first_rows.get(texts[end - int(lengths[index, _NAME]) : end])
        if first is not None and first <= records["row"][index]:
            records["flags"][index] |= EXPORT_IS_KNOWN | IS_EXPORTED


def _written(one: DefinedAt) -> list[bytes | None]:
    """The texts of a definition."""
    found, parameters = one.definition, one.definition.parameters
    return [
        None if text is None else text.encode()
        for text in (
            found.kind,
            found.name,
            found.qualifier,
            None if parameters is None else f"{found.name}({', '.join(parameters)})",
            found.doc,
            orjson.dumps(sorted(set(found.modifiers))).decode() if found.modifiers else None,
            found.visibility,
            found.outer_visibility,
        )
    ]


def _flags(one: DefinedAt) -> int:
    exported = one.definition.exported
    known = 0 if exported is None else EXPORT_IS_KNOWN | IS_EXPORTED * bool(exported)
    return OUTER_ONLY * one.definition.outer_only | known
