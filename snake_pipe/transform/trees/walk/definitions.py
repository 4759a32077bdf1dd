"""Definitions as bytes: how what rules find, or the compiled walk itself, waits for the drain.

One record a definition, with the lengths of its texts, which stand behind one another. So there is no Python
object for a definition once its tree was read, and one form for both roads.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from struct import Struct
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from snake_pipe.transform.dialects.dialect import Definition
    from snake_pipe.transform.trees.positions.reader import Point

TEXTS = ("kind", "name", "qualifier", "signature", "doc", "modifiers", "visibility", "outer_visibility")
"""The texts of a definition in their order; `modifiers` are a list as JSON, sorted and each once."""
LINES = ("name_line", "name_col", "body_start_line", "body_end_line")
"""Numbers from 1, -1 where they are not known."""
RECORD = np.dtype(
    [("row", np.int64), *((name, np.int32) for name in LINES), ("flags", np.int32), ("lengths", np.int32, 8)],
    align=True,
)
"""A length is in bytes, -1 where there is no text; `native/documents/definitions.h` has the same."""
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


@dataclass(slots=True)
class Encoded:
    """Definitions of one document in pieces; in each piece the rows ascend."""

    records: list[Any] = field(default_factory=list)
    texts: list[Any] = field(default_factory=list)

    def add(self, found: Iterable[DefinedAt]) -> None:
        """More definitions, as rules give them."""
        records: list[bytes] = []
        texts: list[bytes] = []
        for one in found:
            written = _written(one)
            lengths = [-1 if text is None else len(text) for text in written]
            lines = (one.name_line, one.name_col, one.body_start_line, one.body_end_line)
            known = (-1 if line is None else line for line in lines)
            records.append(_PACKED.pack(one.row, *known, _flags(one), *lengths))
            texts += filter(None, written)
        if records:
            self.add_piece(b"".join(records), b"".join(texts))

    def add_piece(self, records: Any, texts: Any, exported: Collection[str] = ()) -> None:
        """Those that are encoded already; of the ones that may be exported, those with these names are."""
        if exported:
            _export(np.frombuffer(records, RECORD), bytes(texts), exported)
        self.records.append(records)
        self.texts.append(texts)

    def __len__(self) -> int:
        return sum(map(len, self.records)) // RECORD.itemsize


def _export(records: Any, texts: bytes, exported: Collection[str]) -> None:
    """Set the flags of definitions whose names are exported."""
    names = {name.encode() for name in exported if name}
    lengths = np.maximum(records["lengths"], 0)
    ends = np.cumsum(lengths.ravel()).reshape(lengths.shape)[:, _NAME]
    for index in np.flatnonzero(records["flags"] & MAY_BE_EXPORTED).tolist():
        end = int(ends[index])
        if texts[end - int(lengths[index, _NAME]) : end] in names:
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
