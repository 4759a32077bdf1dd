"""Definitions that count, each in the symbol it stands in → the rows of `symbols`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from snake_pipe.schemas import KINDS
from snake_pipe.transform.rows.builder import (
    KIND_CODES,
    Words,
    dictionary_column,
    empty_batch,
    int_column,
    record_batch,
)
from snake_pipe.transform.rows.nesting import Nesting

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from snake_pipe.transform.trees.columns.columns import Columns
    from snake_pipe.transform.trees.walk.findings import DefinedAt

_CALLABLE = tuple(KIND_CODES[kind] for kind in ("function", "method"))
_FIELD = KIND_CODES["field"]
_KIND_OF_MEMBER = {KIND_CODES["function"]: KIND_CODES["method"], KIND_CODES["variable"]: _FIELD}


@dataclass(slots=True)
class Resolved:
    """Definitions that count, in preorder, with columns of what they stand in.

    `files` are places among the documents, `kinds` codes of words, `parents` the rows of the symbols around
    them, -1 for none.
    """

    found: list[DefinedAt]
    rows: NDArray[np.int64]
    files: NDArray[np.int64]
    kinds: NDArray[np.int32]
    parents: NDArray[np.int64]
    qualified_names: list[str]


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
        self._resolved = self._resolve()
        self.defining = np.unique(self._resolved.rows)
        end = columns.shape.end[self.defining]
        self.enclosing = Nesting.of(self.defining, end).holders(len(columns.depth))

    def rows(self) -> pa.RecordBatch:
        """The rows of `symbols`."""
        columns, resolved = self._columns, self._resolved
        rows, parents, found = resolved.rows, resolved.parents, resolved.found
        if not found:
            return empty_batch("symbols")
        definitions = [f.definition for f in found]
        base = columns.bases[resolved.files]
        return record_batch(
            "symbols",
            {
                "file_id": columns.file_ids[resolved.files],
                "node_id": (rows - base).astype(np.int32),
                "name": [d.name for d in definitions],
                "qualified_name": resolved.qualified_names,
                "kind": dictionary_column(resolved.kinds, self._kinds),
                "parent_node_id": int_column(parents - base, pa.int32(), null=parents < 0),
                "signature": [_signature(d.name, d.parameters) for d in definitions],
                "doc": [d.doc for d in definitions],
                "modifiers": [sorted(set(d.modifiers)) if d.modifiers else None for d in definitions],
                "visibility": [d.visibility for d in definitions],
                "exported": [d.exported for d in definitions],
                "complexity": int_column(
                    self._complexity(rows), pa.int32(), null=~np.isin(resolved.kinds, _CALLABLE)
                ),
                "in_error": self._in_error(rows),
                **columns.span_columns(rows, ("start_offset", "end_offset", "start_line", "end_line")),
                "name_line": [f.name_line for f in found],
                "name_col": [f.name_col for f in found],
                "body_start_line": [f.body_start_line for f in found],
                "body_end_line": [f.body_end_line for f in found],
            },
        )

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

    def _resolve(self) -> Resolved:
        """The definitions that count, each with the symbol it stands in."""
        columns = self._columns
        found = [each for of_file in columns.found for each in of_file.definitions]
        counts = [len(of_file.definitions) for of_file in columns.found]
        files = np.repeat(np.arange(len(counts)), counts)
        rows = columns.bases[files] + np.array([each.row for each in found], np.int64)
        local, in_class = (column.tolist() for column in self.scopes.of(rows))
        separators = [one.vocabulary.dialect.name_separator for one in columns.pending]
        kept: list[int] = []
        kinds: list[int] = []
        parents: list[int] = []
        names: list[str] = []
        open_symbols: list[tuple[int, int, int]] = []  # of each its row, its end, and its place in the above
        for index, (each, row, end, file) in enumerate(
            zip(found, rows.tolist(), columns.shape.end[rows].tolist(), files.tolist(), strict=True)
        ):
            definition = each.definition
            if definition.outer_only and local[index]:
                continue
            while open_symbols and open_symbols[-1][1] <= row:
                open_symbols.pop()
            parent = next((place for at, _, place in reversed(open_symbols) if at < row), -1)
            kind = self._kinds.code(definition.kind)
            if kind == _FIELD and parent >= 0 and kinds[parent] in _CALLABLE:
                parent = parents[parent]  # declared by a constructor's parameter
            if in_class[index]:
                kind = _KIND_OF_MEMBER.get(kind, kind)
            elif definition.outer_visibility is not None:
                definition.visibility = definition.outer_visibility
            path = ("" if parent < 0 else names[parent], definition.qualifier, definition.name)
            open_symbols.append((row, end, len(kept)))
            kept.append(index)
            kinds.append(kind)
            parents.append(parent)
            names.append(".".join(filter(None, path)).replace(separators[file], "."))
        self._count(files[kept])
        rows = rows[kept]
        around = np.array(parents, np.int64)
        return Resolved(
            [found[index] for index in kept],
            rows,
            files[kept],
            np.array(kinds, np.int32),
            np.where(around < 0, -1, rows[around]) if kept else around,
            names,
        )

    def _count(self, files: NDArray[np.int64]) -> None:
        counts = np.bincount(files, minlength=len(self._columns.pending)).tolist()
        for one, count in zip(self._columns.pending, counts, strict=True):
            one.facts.symbol_count = count


def _signature(name: str, parameters: list[str] | None) -> str | None:
    return None if parameters is None else f"{name}({', '.join(parameters)})"
