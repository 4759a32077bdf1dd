"""What is extracted of one document: its columns, one entry a node, and what rules found by row."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa

from snake_pipe.transform.trees.walk import definitions, imports
from snake_pipe.transform.trees.walk.records import Records

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from snake_pipe.transform.dialects.dialect import Reference
    from snake_pipe.transform.trees.positions.reader import Table

_MOST_TEXT = 2**31 - 1
"""Bytes that a column of strings holds."""


class Strings(NamedTuple):
    """Strings as the compiled walk gives them: the bytes of each (int32, below 0 for null), and all text."""

    lengths: Any
    text: Any


@dataclass(slots=True)
class Texts:
    """A column of strings in pieces. Strings of Python would keep the tree's memory in use."""

    pieces: list[pa.StringArray | Strings] = field(default_factory=list)

    def add(self, values: list[Any]) -> None:
        """More values; what is no string becomes null."""
        try:
            self.pieces.append(pa.array(values, pa.string()))
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            self.pieces.append(pa.array([v if v.__class__ is str else None for v in values], pa.string()))


@dataclass(slots=True)
class RowTexts:
    """Strings that only some rows have, in pieces as well; of two for one row the later counts."""

    rows: list[NDArray[np.int64]] = field(default_factory=list)
    texts: Texts = field(default_factory=Texts)

    def add(self, found: dict[int, str]) -> None:
        """More texts by row."""
        if found:
            self.rows.append(np.fromiter(found, np.int64, len(found)))
            self.texts.add(list(found.values()))

    def add_column(self, rows: NDArray[np.int64], texts: Strings, base: int) -> None:
        """The same of a column, whose rows are counted from `base`."""
        if len(rows):
            self.rows.append(rows + base if base else rows)
            self.texts.pieces.append(texts)


def joined_texts(columns: Iterable[Texts]) -> pa.StringArray:
    """All pieces as one column."""
    pieces = (piece for column in columns for piece in column.pieces)
    arrays: list[pa.StringArray] = []
    for class_, same in groupby(pieces, type):
        run: list[Any] = [*same]
        arrays += [_joined_strings(run)] if class_ is Strings else run
    if len(arrays) == 1:
        return arrays[0]
    return pa.concat_arrays(arrays) if arrays else pa.array([], pa.string())


def _joined_strings(pieces: list[Strings]) -> pa.StringArray:
    lengths = np.frombuffer(b"".join([piece.lengths for piece in pieces]), np.int32)
    text = b"".join([piece.text for piece in pieces])
    if len(text) > _MOST_TEXT:
        raise OverflowError(f"{len(text):,} bytes of text in one column")
    valid = lengths >= 0
    ends = np.zeros(len(lengths) + 1, np.int32)
    np.cumsum(np.where(valid, lengths, 0), out=ends[1:])
    bits = pa.py_buffer(np.packbits(valid, bitorder="little"))
    return pa.StringArray.from_buffers(len(lengths), pa.py_buffer(ends), pa.py_buffer(text), bits)


@dataclass(slots=True)
class Extract:
    """One document's columns, one entry a node, and its findings by row."""

    codes: NDArray[np.int32]
    variants: NDArray[np.int32]
    kinds: NDArray[np.int32]
    depths: NDArray[np.int32]
    fields: NDArray[np.int32]
    spans: Table
    in_main: NDArray[np.bool_] | None
    source_path: str | None
    findings: Findings

    def __len__(self) -> int:
        return len(self.codes)


@dataclass(slots=True)
class Findings:
    """What rules find during the walk, by row in the document.

    It waits for the drain, so there is little of it that is a Python object: each of them keeps memory from
    being used as a whole for the next trees, and a tree in scattered memory takes a fifth longer to read.
    """

    names: Texts = field(default_factory=Texts)
    given_names: RowTexts = field(default_factory=RowTexts)
    """Those that stand in the place of `names`, and in that of the attributes' texts."""
    values: RowTexts = field(default_factory=RowTexts)
    qualifiers: RowTexts = field(default_factory=RowTexts)
    attrs: Texts = field(default_factory=Texts)
    given_attrs: RowTexts = field(default_factory=RowTexts)
    definitions: Records = field(default_factory=lambda: Records(definitions.RECORD.itemsize))
    references: list[tuple[int, Reference]] = field(default_factory=list)
    imports: Records = field(default_factory=lambda: Records(imports.RECORD.itemsize))
    weights: list[NDArray[np.int64]] = field(default_factory=list)
    """Rows above what they add to the complexity, in pieces."""
