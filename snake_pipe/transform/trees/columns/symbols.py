"""Definitions that count, each in the symbol it stands in → the rows of `symbols`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from snake_pipe.schemas import KINDS, arrow_schema
from snake_pipe.transform.rows.builder import (
    KIND_CODES,
    Words,
    dictionary_column,
    empty_batch,
    int_column,
    record_batch,
)
from snake_pipe.transform.rows.nesting import Nesting
from snake_pipe.transform.trees.columns.definitions import DefinitionColumns
from snake_pipe.transform.trees.columns.nested import CALLABLE, Defined, nested
from snake_pipe.transform.trees.walk.definitions import LINES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from snake_pipe.transform.trees.columns.columns import Columns

_VISIBILITY = arrow_schema("symbols").field("visibility").type


@dataclass(slots=True)
class Scopes:
    """Functions and classes, in which names have another meaning; `around` is the row of the innermost."""

    functions: NDArray[np.bool_]
    classes: NDArray[np.bool_]
    around: NDArray[np.int64]

    def of(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Whether each row stands directly in a function, and whether directly in a class."""
        holder = self.around[rows]
        known = holder >= 0
        return known & self.functions[holder], known & self.classes[holder]


class Symbols:
    """The symbols of some documents; sets their number in the documents' facts.

    `defining` are their rows, each once; `enclosing` is, for each row, that of the innermost around it or -1.
    """

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._kinds = Words(KINDS)  # those of users' dialects may be others
        self.scopes = self._find_scopes()
        self._definitions = DefinitionColumns([found.definitions for found in columns.found], columns.bases)
        local, self._in_class = self.scopes.of(self._definitions.rows)
        self._nested = nested(self._defined(local & self._definitions.outer_only))
        self._rows = self._definitions.rows[self._nested.kept]
        self._files = self._definitions.files[self._nested.kept]
        for one, count in zip(
            columns.pending, np.bincount(self._files, minlength=len(columns.pending)), strict=True
        ):
            one.facts.symbol_count = int(count)
        self.defining = np.unique(self._rows)
        end = columns.shape.end[self.defining]
        self.enclosing = Nesting.of(self.defining, end).holders(len(columns.depth))

    def rows(self) -> pa.RecordBatch:
        """The rows of `symbols`."""
        columns, definitions, rows, kept = self._columns, self._definitions, self._rows, self._nested.kept
        if not len(rows):
            return empty_batch("symbols")
        base = columns.bases[self._files]
        parents = self._nested.parents
        return record_batch(
            "symbols",
            {
                "file_id": columns.file_ids[self._files],
                "node_id": (rows - base).astype(np.int32),
                "name": definitions.text("name", kept),
                "qualified_name": self._nested.qualified_names,
                "kind": dictionary_column(self._nested.kinds, self._kinds),
                "parent_node_id": int_column(rows[parents] - base, pa.int32(), null=parents < 0),
                "signature": definitions.text("signature", kept),
                "doc": definitions.text("doc", kept),
                "modifiers": definitions.modifiers(kept),
                "visibility": self._visibility().dictionary_encode().cast(_VISIBILITY),
                "exported": definitions.exported(kept),
                "complexity": int_column(
                    self._complexity(rows), pa.int32(), null=~np.isin(self._nested.kinds, CALLABLE)
                ),
                "in_error": self._in_error(rows),
                **columns.span_columns(rows, ("start_offset", "end_offset", "start_line", "end_line")),
                **{name: definitions.numbers(name, kept) for name in LINES},
            },
        )

    def _defined(self, is_left_out: NDArray[np.bool_]) -> Defined:
        columns, definitions = self._columns, self._definitions
        separators = Words()
        of_files = [separators.code(one.vocabulary.dialect.name_separator) for one in columns.pending]
        return Defined(
            definitions.rows.astype(np.int32),
            columns.shape.end[definitions.rows],
            is_left_out,
            self._in_class,
            definitions.kinds(self._kinds),
            definitions.text("name"),
            definitions.text("qualifier"),
            np.array(of_files, np.int32)[definitions.files],
            pa.array(separators.words, pa.string()),
        )

    def _visibility(self) -> pa.StringArray:
        """Elsewhere than in a class it may be another one."""
        kept = self._nested.kept
        elsewhere = pa.array(~self._in_class[kept])
        outer = self._definitions.text("outer_visibility", kept)
        said = self._definitions.text("visibility", kept)
        return pc.if_else(pc.and_(elsewhere, outer.is_valid()), outer, said)

    def _complexity(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """1 + the branches in each row's subtree."""
        until = np.concatenate((np.zeros(1, np.int64), np.cumsum(self._columns.weights())))
        complexity: NDArray[np.int64] = 1 + until[self._columns.shape.end[rows]] - until[rows]
        return complexity

    def _in_error(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether each row stands within a node that its tool made of what it could not read."""
        error = np.flatnonzero(self._columns.kinds == KIND_CODES["error"])
        reach = np.maximum.accumulate(np.concatenate([[0], self._columns.shape.end[error]]))
        within: NDArray[np.bool_] = reach[np.searchsorted(error, rows, side="right")] > rows
        return within

    def _find_scopes(self) -> Scopes:
        columns = self._columns
        functions = columns.flags(lambda dialect: dialect.functions)
        classes = columns.flags(lambda dialect: dialect.classes)
        rows = np.flatnonzero(functions | classes)
        around = Nesting.of(rows, columns.shape.end[rows]).holders(len(columns.depth))
        return Scopes(functions, classes, around)
