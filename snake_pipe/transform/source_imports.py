"""The rows of `imports`: statements are found by type or by the called name, then read one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from snake_pipe.transform.row_builder import record_batch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from snake_pipe.transform.languages.rules import Import, ImportReader
    from snake_pipe.transform.source_grammar import Grammar
    from snake_pipe.transform.source_names import Names
    from snake_pipe.transform.source_rows import SourceRows


class RowSubtree:
    """One node's subtree with its columns as lists: small, and read node by node."""

    def __init__(self, rows: SourceRows, row: int) -> None:
        stop = int(rows.shape.end[row])
        self._grammar: Grammar = rows.grammar
        self._data = rows.data
        self._code: list[int] = rows.code[row:stop].tolist()
        self._field: list[int] = rows.field[row:stop].tolist()
        self._start: list[int] = rows.start[row:stop].tolist()
        self._end: list[int] = rows.end[row:stop].tolist()
        self._after: list[int] = (rows.shape.end[row:stop] - row).tolist()

    def type(self, node: int) -> str:
        """The node's type."""
        return self._grammar.types[self._code[node]]

    def text(self, node: int) -> str:
        """The node's source text."""
        return self._data[self._start[node] : self._end[node]].decode("utf-8", "replace")

    def field(self, node: int) -> str:
        """The field that holds the node."""
        return self._grammar.fields[self._field[node]]

    def children(self, node: int) -> Iterator[int]:
        """The node's children with a name of their own, in order."""
        child = node + 1
        while child < self._after[node]:
            if not self._grammar.types[self._code[child]].startswith("\0"):
                yield child
            child = self._after[child]

    def child(self, node: int, field: str) -> int:
        """The first child in this field, -1 for none."""
        wanted = self._grammar.field_ids.get(field)
        return next((child for child in self.children(node) if self._field[child] == wanted), -1)

    def words(self, node: int) -> list[str]:
        """The words of the source from the statement's begin up to the node."""
        head = self._data[self._start[0] : self._start[node]].decode("utf-8", "replace")
        return head.split()


def import_statements(rows: SourceRows) -> NDArray[np.int64]:
    """The rows of statements that import by their type."""
    grammar, rules = rows.grammar, rows.grammar.rules
    found = np.flatnonzero(grammar.flags(rules.imports)[rows.code])
    for type_, field in rules.import_fields.items():
        asked = rows.code[found] == grammar.types.index(type_)
        without = np.flatnonzero(asked)[rows.child(found[asked], field) < 0]
        found = np.delete(found, without)
    return found


def _import_calls(rows: SourceRows, names: Names) -> Iterator[tuple[int, ImportReader]]:
    """The rows of calls that import by their name."""
    wrapper = rows.grammar.flags(rows.grammar.rules.import_wrappers)
    for word, reader in rows.grammar.rules.import_calls.items():
        for row in names.row[rows.reads(names.row, word.encode())].tolist():
            parent = int(rows.shape.parent[row])
            if parent >= 0:
                around = int(rows.shape.parent[parent])
                yield around if around >= 0 and wrapper[rows.code[around]] else parent, reader


def import_batch(
    rows: SourceRows, names: Names, statements: NDArray[np.int64], file_ids: NDArray[np.int64]
) -> tuple[pa.RecordBatch, NDArray[np.int64]]:
    """The rows of `imports` in the order of the source, and the file (its position) of each."""
    rules = rows.grammar.rules
    types = rows.grammar.types
    readers = [(row, rules.imports[types[rows.code[row]]]) for row in statements.tolist()]
    readers += _import_calls(rows, names)
    readers.sort(key=lambda item: item[0])
    at: list[int] = []
    found: list[Import] = []
    for row, reader in readers:
        for item in reader(RowSubtree(rows, row), 0):
            at.append(row + item.node)
            found.append(item)
    row_column = np.array(at, np.int32)
    file = rows.files(row_column)
    base = rows.bases[file]
    batch = record_batch(
        "imports",
        {
            "file_id": file_ids[file],
            "node_id": row_column - rows.row_bases[file],
            "module": pa.array([item.module for item in found], pa.string()),
            "name": pa.array([item.name for item in found], pa.string()),
            "alias": pa.array([item.alias for item in found], pa.string()),
            "is_relative": pa.array([item.is_relative for item in found], pa.bool_()),
            "is_wildcard": pa.array([item.is_wildcard for item in found], pa.bool_()),
            "start_line": rows.lines.lines(rows.start[row_column], base),
        },
    )
    return batch, file
