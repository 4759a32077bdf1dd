"""The columns of many documents behind one another, and what is asked of all of them at once."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from snake_pipe.transform.rows.builder import KIND_CODES, Words, int_column
from snake_pipe.transform.rows.shape import TreeShape, tree_shape
from snake_pipe.transform.trees.positions.reader import finish
from snake_pipe.transform.trees.walk.findings import joined_texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from snake_pipe.transform.dialects.dialect import Dialect
    from snake_pipe.transform.rows.contract import FileFacts
    from snake_pipe.transform.trees.walk.findings import Extract, RowTexts, Texts
    from snake_pipe.transform.trees.walk.vocabulary import Vocabulary

SPAN_NAMES = ("start_offset", "end_offset", "start_line", "start_col", "end_line", "end_col")


@dataclass(slots=True)
class Pending:
    """One document that waits for the drain."""

    file_id: int
    facts: FileFacts
    vocabulary: Vocabulary
    extract: Extract


class Columns:
    """One entry a node in preorder, document after document; a *row* is a place in these columns.

    `bases` are the rows of the documents' roots, `sizes` their numbers of nodes.
    """

    def __init__(self, pending: list[Pending], types: Words, fields: Words) -> None:
        self.pending = pending
        self.types = types
        self.fields = fields
        extracts = [one.extract for one in pending]
        self.sizes = np.array([len(e) for e in extracts], np.int64)
        self.bases = np.cumsum(self.sizes) - self.sizes
        self.file_ids = np.array([one.file_id for one in pending], np.int64)
        self.depth = _joined([e.depths for e in extracts])
        self.codes = _joined([e.codes for e in extracts])
        self.variants = _joined([e.variants for e in extracts])
        self.kinds = _joined([e.kinds for e in extracts])
        self.field_codes = _joined([e.fields for e in extracts])
        self.spans = finish([e.spans for e in extracts])
        self.found = [e.findings for e in extracts]
        names = [found.names for found in self.found]
        self.names = self.full_column(names, [found.given_names for found in self.found])
        self.shape: TreeShape = tree_shape(self.depth)
        self._mention_kinds()

    def _mention_kinds(self) -> None:
        """Nodes that only mention something have the kind that their field gives them."""
        for index, one in enumerate(self.pending):
            table = one.vocabulary.dialect.fields_kinds
            if not table:
                continue
            part = slice(int(self.bases[index]), int(self.bases[index] + self.sizes[index]))
            for word, kind in table.items():
                code = self.fields.code_of.get(word)
                if code is not None:
                    self.kinds[part][self.field_codes[part] == code] = KIND_CODES[kind]

    def rows(self, rows_of_files: Iterable[Iterable[NDArray[np.int64]]]) -> NDArray[np.int64]:
        """Rows in documents, in pieces, as rows over all of them."""
        pieces: list[NDArray[np.int64]] = []
        counts = []
        for of_file in rows_of_files:
            first = len(pieces)
            pieces += of_file
            counts.append(sum(map(len, pieces[first:])))
        rows = np.concatenate(pieces) if pieces else np.empty(0, np.int64)
        return rows + np.repeat(self.bases, counts)

    def full_column(self, texts_of_files: list[Texts], given_of_files: list[RowTexts]) -> pa.StringArray:
        """The texts of all rows, with those in their place that some are given."""
        texts = joined_texts(texts_of_files)
        known, given = self._texts_by_row(given_of_files)
        if not len(known):
            return texts
        mask = np.zeros(len(self.depth), np.bool_)
        mask[known] = True
        return pc.replace_with_mask(texts, pa.array(mask), given)

    def texts_at(self, rows: NDArray[np.int64], texts_of_files: list[RowTexts]) -> pa.Array:
        """The texts that some rows have, null for all others and for row -1."""
        known, texts = self._texts_by_row(texts_of_files)
        index = np.full(len(self.depth) + 1, -1, np.int32)
        index[known] = np.arange(len(known), dtype=np.int32)
        picked = index[rows]
        return texts.take(pa.array(picked, mask=picked < 0))

    def text_column(self, texts_of_files: list[RowTexts]) -> pa.StringArray:
        """The texts that some rows have as a column of all rows, null for the others."""
        known, texts = self._texts_by_row(texts_of_files)
        if not len(known):
            return pa.nulls(len(self.depth), pa.string())
        if texts.null_count:
            valid = np.array(texts.is_valid(), np.bool_)
            known, texts = known[valid], texts.drop_null()
        present = np.zeros(len(self.depth), np.bool_)
        present[known] = True
        _, ends, text = texts.buffers()
        lengths = np.zeros(len(self.depth), np.int32)
        lengths[known] = np.diff(np.frombuffer(ends, np.int32)[: len(texts) + 1])
        offsets = np.zeros(len(self.depth) + 1, np.int32)
        np.cumsum(lengths, out=offsets[1:])
        validity = pa.py_buffer(np.packbits(present, bitorder="little"))
        return pa.StringArray.from_buffers(
            len(present), pa.py_buffer(offsets), text, validity, len(present) - len(known)
        )

    def _texts_by_row(self, texts_of_files: list[RowTexts]) -> tuple[NDArray[np.int64], pa.StringArray]:
        """The rows that have texts, ascending and each once, and these texts."""
        known = self.rows(texts.rows for texts in texts_of_files)
        texts = joined_texts(texts.texts for texts in texts_of_files)
        order = np.argsort(known, kind="stable")
        known = known[order]
        last = np.append(known[1:] != known[:-1], True)[: len(known)]
        return known[last], texts.take(pa.array(order[last]))

    def span_columns(self, rows: Any, names: Iterable[str]) -> dict[str, pa.Array]:
        """The columns of `SPAN_NAMES` with these names, of some rows; null where they are not known."""
        columns = {}
        for name in names:
            values = self.spans[SPAN_NAMES.index(name)][rows]
            if name.endswith("offset"):
                columns[name] = int_column(values, pa.int64(), null=values < 0)
            else:
                columns[name] = int_column(values, pa.int32(), null=values <= 0)
        return columns

    def flags(self, words_of: Callable[[Dialect], Iterable[str]]) -> NDArray[np.bool_]:
        """The rows whose type is one of the words that their dialect's table gives."""
        flags = np.zeros(len(self.depth), np.bool_)
        for mask, vocabulary in self.by_vocabulary:
            codes = [self.types.code_of[w] for w in words_of(vocabulary.dialect) if w in self.types.code_of]
            if codes:
                is_wanted = np.zeros(len(self.types), np.bool_)
                is_wanted[codes] = True
                flags |= mask & is_wanted[self.variants]
        return flags

    @cached_property
    def by_vocabulary(self) -> list[tuple[NDArray[np.bool_], Vocabulary]]:
        """For each dialect the rows that are written in it."""
        groups: dict[int, list[int]] = defaultdict(list)
        vocabularies = {}
        for index, one in enumerate(self.pending):
            groups[id(one.vocabulary)].append(index)
            vocabularies[id(one.vocabulary)] = one.vocabulary
        masks = []
        for key, indexes in groups.items():
            files = np.zeros(len(self.pending), np.bool_)
            files[indexes] = True
            masks.append((np.repeat(files, self.sizes), vocabularies[key]))
        return masks

    def weights(self) -> NDArray[np.int64]:
        """What each row adds to the complexity of what it stands in."""
        weights = self.flags(lambda dialect: dialect.branches).astype(np.int64)
        rows = self.rows([piece[0] for piece in found.weights] for found in self.found)
        pieces = [piece[1] for found in self.found for piece in found.weights]
        if pieces:
            weights[rows] = np.concatenate(pieces)
        return weights

    def in_main(self) -> NDArray[np.bool_]:
        """Rows that stand in the file itself, not in one it includes."""
        wanted = np.ones(len(self.depth), np.bool_)
        for one, base in zip(self.pending, self.bases.tolist(), strict=True):
            if one.extract.in_main is not None:
                wanted[base : base + len(one.extract)] = one.extract.in_main
        return wanted


def _joined(parts: list[Any]) -> Any:
    return parts[0].copy() if len(parts) == 1 else np.concatenate(parts)
