"""Definitions that count, each in the symbol it stands in → the rows of `symbols`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from snake_pipe.transform.rows.builder import KIND_CODES, empty_batch, int_column, record_batch
from snake_pipe.transform.trees.columns.scopes import Enclosing

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from snake_pipe.transform.trees.columns.columns import Columns
    from snake_pipe.transform.trees.walk.extract import DefinedAt

_CALLABLE = ("function", "method")


@dataclass(slots=True)
class Symbol:
    """A definition that counts, with its row over all documents and the symbol around it."""

    found: DefinedAt
    row: int
    end: int
    file: int
    kind: str
    parent: Symbol | None
    qualified_name: str


@dataclass(slots=True)
class Scopes:
    """Functions and classes, in which names have another meaning."""

    functions: NDArray[np.bool_]
    classes: NDArray[np.bool_]
    around: Enclosing

    def of(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Whether each row stands directly in a function, and whether directly in a class."""
        holder = self.around.of(rows)
        known = holder >= 0
        return known & self.functions[holder], known & self.classes[holder]


class Symbols:
    """The symbols of some documents; sets their number in the documents' facts.

    `found` are in preorder; `enclosing` gives the innermost of them around a row.
    """

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self.scopes = self._find_scopes()
        self.found = self._resolve()
        self.enclosing = Enclosing((symbol.row, symbol.end) for symbol in self.found)

    def rows(self) -> pa.RecordBatch:
        """The rows of `symbols`."""
        columns = self._columns
        symbols = self.found
        if not symbols:
            return empty_batch("symbols")
        rows = np.array([s.row for s in symbols], np.int64)
        files = np.array([s.file for s in symbols], np.int64)
        found = [s.found for s in symbols]
        definitions = [f.definition for f in found]
        base = columns.bases[files]
        parents = np.array([-1 if s.parent is None else s.parent.row for s in symbols], np.int64)
        return record_batch(
            "symbols",
            {
                "file_id": columns.file_ids[files],
                "node_id": (rows - base).astype(np.int32),
                "name": [d.name for d in definitions],
                "qualified_name": [s.qualified_name for s in symbols],
                "kind": [s.kind for s in symbols],
                "parent_node_id": int_column(parents - base, pa.int32(), null=parents < 0),
                "signature": [_signature(d.name, d.parameters) for d in definitions],
                "doc": [d.doc for d in definitions],
                "modifiers": [sorted(set(d.modifiers)) if d.modifiers else None for d in definitions],
                "visibility": [d.visibility for d in definitions],
                "exported": [d.exported for d in definitions],
                "complexity": int_column(
                    self._complexity(rows), pa.int32(), null=~np.array([s.kind in _CALLABLE for s in symbols])
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
        around = Enclosing(zip(rows.tolist(), columns.shape.end[rows].tolist(), strict=True))
        return Scopes(functions, classes, around)

    def _resolve(self) -> list[Symbol]:
        """The definitions that count, in preorder, each with the symbol it stands in."""
        columns = self._columns
        symbols: list[Symbol] = []
        for index, one in enumerate(columns.pending):
            base = int(columns.bases[index])
            before = len(symbols)
            separator = one.vocabulary.dialect.name_separator
            found = columns.found[index].definitions
            rows = np.array([base + each.row for each in found], np.int64)
            local, in_class = self.scopes.of(rows)
            stack: list[Symbol] = []
            for each, row, is_local, is_member in zip(
                found, rows.tolist(), local.tolist(), in_class.tolist(), strict=True
            ):
                definition = each.definition
                if definition.outer_only and is_local:
                    continue
                while stack and stack[-1].end <= row:
                    stack.pop()
                parent = next((s for s in reversed(stack) if s.row < row), None)
                kind, name = definition.kind, definition.name
                if kind == "field" and parent is not None and parent.kind in _CALLABLE:
                    parent = parent.parent  # declared by a constructor's parameter
                if is_member:
                    kind = {"function": "method", "variable": "field"}.get(kind, kind)
                elif definition.outer_visibility is not None:
                    definition.visibility = definition.outer_visibility
                path = (parent and parent.qualified_name, definition.qualifier, name)
                qualified = ".".join(part for part in path if part).replace(separator, ".")
                symbol = Symbol(each, row, int(columns.shape.end[row]), index, kind, parent, qualified)
                symbols.append(symbol)
                stack.append(symbol)
            one.facts.symbol_count = len(symbols) - before
        return symbols


def _signature(name: str, parameters: list[str] | None) -> str | None:
    return None if parameters is None else f"{name}({', '.join(parameters)})"
