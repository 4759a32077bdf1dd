"""The rows of `imports`: statements are found by type or by the called name, then read one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from snake_pipe.transform.rows.builder import record_batch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from snake_pipe.transform.languages.rules import ImportReader, ImportRow
    from snake_pipe.transform.sources.grammar import Grammar
    from snake_pipe.transform.sources.names import Names
    from snake_pipe.transform.sources.rows import SourceRows


class _Subtrees:
    """The columns of some subtrees behind one another, as lists: they are small and read node by node."""

    __slots__ = ("after", "base", "code", "data", "end", "field", "grammar", "roots", "rows", "start")

    def __init__(self, rows: SourceRows, roots: NDArray[np.int64]) -> None:
        sizes = rows.shape.end[roots] - roots
        bases = np.cumsum(sizes) - sizes
        every = np.arange(int(sizes.sum())) + np.repeat(roots - bases, sizes)
        self.rows, self.roots = rows, roots
        self.grammar: Grammar = rows.grammar
        self.data = rows.data
        self.base: list[int] = bases.tolist()
        self.code: list[int] = rows.code[every].tolist()
        self.field: list[int] = rows.field[every].tolist()
        self.start: list[int] = rows.start[every].tolist()
        self.end: list[int] = rows.end[every].tolist()
        self.after: list[int] = (rows.shape.end[every] - np.repeat(roots, sizes)).tolist()


class RowSubtree:
    """One of the subtrees, as readers of imports see it; see `Subtree`."""

    __slots__ = ("_all", "_base", "_index")

    def __init__(self, subtrees: _Subtrees, index: int) -> None:
        self._all = subtrees
        self._index = index
        self._base = subtrees.base[index]

    def type(self, node: int) -> str:
        """The node's type."""
        return self._all.grammar.types[self._all.code[self._base + node]]

    def text(self, node: int) -> str:
        """The node's source text."""
        at = self._base + node
        return self._all.data[self._all.start[at] : self._all.end[at]].decode("utf-8", "replace")

    def field(self, node: int) -> str:
        """The field that holds the node."""
        return self._all.grammar.fields[self._all.field[self._base + node]]

    def children(self, node: int) -> Iterator[int]:
        """The node's children in order, tokens left out."""
        code, after, base, is_token = self._all.code, self._all.after, self._base, self._all.grammar.tokens
        child, stop = node + 1, after[base + node]
        while child < stop:
            if code[base + child] not in is_token:
                yield child
            child = after[base + child]

    def child(self, node: int, field: str) -> int:
        """The first child in this field, -1 for none."""
        wanted = self._all.grammar.field_ids.get(field)
        fields, after, base = self._all.field, self._all.after, self._base
        child, stop = node + 1, after[base + node]
        while child < stop:
            if fields[base + child] == wanted:
                return child
            child = after[base + child]
        return -1

    def words(self, node: int) -> list[str]:
        """The words of the source from the statement's begin up to the node."""
        begin, end = self._all.start[self._base], self._all.start[self._base + node]
        return self._all.data[begin:end].decode("utf-8", "replace").split()

    def above(self, type_: str) -> Iterator[str]:
        """The source texts of the siblings of a type directly before the statement, the last one first.

        Comments may stand between.
        """
        rows, row = self._all.rows, int(self._all.roots[self._index])
        depth, parents = rows.depth[row], rows.shape.parent
        outer, row = int(parents[row]), row - 1
        while row > outer:
            while rows.depth[row] > depth:
                row = int(parents[row])
            found = rows.grammar.types[rows.code[row]]
            if found == type_:
                yield rows.text(row)
            elif found not in rows.grammar.rules.comments:
                return
            row -= 1


def import_statements(rows: SourceRows) -> NDArray[np.int64]:
    """The rows of statements that import by their type."""
    grammar, rules = rows.grammar, rows.grammar.rules
    found = np.flatnonzero(grammar.flags(rules.imports)[rows.code])
    for type_, field in rules.import_fields.items():
        asked = rows.code[found] == grammar.types.index(type_)
        has = rows.child(found[asked], field.removeprefix("!")) >= 0
        without = np.flatnonzero(asked)[has == field.startswith("!")]
        found = np.delete(found, without)
    return found


def _import_calls(rows: SourceRows, names: Names) -> Iterator[tuple[int, ImportReader]]:
    """The rows of calls that import by their name: a word of the language may have a type of its own."""
    wrapper = rows.grammar.flags(rows.grammar.rules.import_wrappers)
    for word, reader in rows.grammar.rules.import_calls.items():
        typed = np.flatnonzero(rows.grammar.flags({word})[rows.code])
        spelled = (found[rows.reads(found, word.encode())] for found in (names.row, typed))
        for row in np.union1d(*spelled).tolist():
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
    found: list[ImportRow] = []
    subtrees = _Subtrees(rows, np.array([row for row, _ in readers], np.int64))
    for index, (row, reader) in enumerate(readers):
        for item in reader(RowSubtree(subtrees, index), 0):
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
