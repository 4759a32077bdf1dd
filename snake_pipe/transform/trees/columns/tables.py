"""What was extracted from many documents → the record batches of all tree tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from snake_pipe.schemas import KINDS
from snake_pipe.transform.rows.builder import (
    Words,
    dictionary_column,
    empty_batch,
    int_column,
    record_batch,
    structure_columns,
)
from snake_pipe.transform.trees.columns.columns import SPAN_NAMES, Columns, Pending
from snake_pipe.transform.trees.columns.refs import References
from snake_pipe.transform.trees.columns.symbols import Symbols

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from snake_pipe.transform.dialects.dialect import Import


class TableBuilder:
    """Builds the tables of some documents; sets the counts of symbols, refs and imports in their facts."""

    def __init__(self, pending: list[Pending], types: Words, fields: Words) -> None:
        self._columns = Columns(pending, types, fields)
        self._symbols = Symbols(self._columns)

    def build(self, tables: Iterable[str]) -> dict[str, pa.RecordBatch]:
        """A record batch for each of the tables asked for."""
        refs = References(self._columns, self._symbols).rows()  # these two also count, whoever asked
        imports = self._imports()
        builders: dict[str, Callable[[], pa.RecordBatch]] = {
            "nodes": self._nodes,
            "symbols": self._symbols.rows,
            "refs": lambda: refs,
            "imports": lambda: imports,
        }
        return {table: builders[table]() for table in tables}

    def branches(self, rows: slice) -> int:
        """What those rows add to the complexity of what they stand in."""
        return int(self._columns.weights()[rows].sum())

    def _nodes(self) -> pa.RecordBatch:
        columns = self._columns
        attrs = None
        if any(found.attrs.pieces for found in columns.found):
            texts = [found.attrs for found in columns.found]
            attrs = columns.full_column(texts, [found.given_attrs for found in columns.found])
        return record_batch(
            "nodes",
            {
                **structure_columns(columns.file_ids, columns.sizes, columns.depth, columns.shape),
                "field": dictionary_column(columns.field_codes - 1, columns.fields.words[1:]),
                "type": dictionary_column(columns.codes, columns.types),
                "kind": dictionary_column(columns.kinds, KINDS),
                "name": columns.names,
                "value": columns.text_column([found.values for found in columns.found]),
                **columns.span_columns(slice(None), SPAN_NAMES),
                **({} if attrs is None else {"attrs": attrs}),
            },
        )

    def _imports(self) -> pa.RecordBatch:
        columns = self._columns
        found = []
        for index, one in enumerate(columns.pending):
            of_file = one.extract.findings.imports
            one.facts.import_count = len(of_file)
            found += [(index, row, import_) for row, import_ in of_file]
        if not found:
            return empty_batch("imports")
        files = np.array([index for index, _, _ in found], np.int64)
        rows = np.array([row for _, row, _ in found], np.int64)
        imports = [import_ for _, _, import_ in found]
        return record_batch(
            "imports",
            {
                "file_id": columns.file_ids[files],
                "node_id": rows.astype(np.int32),
                "module": [i.module for i in imports],
                "name": [i.name for i in imports],
                "alias": [i.alias for i in imports],
                "is_relative": [i.is_relative for i in imports],
                "is_wildcard": [i.is_wildcard for i in imports],
                "start_line": self._import_lines(rows + columns.bases[files], imports),
            },
        )

    def _import_lines(self, rows: NDArray[np.int64], imports: list[Import]) -> pa.Array:
        """Lines of the imports' nodes, or of their statements where the nodes have none."""
        lines = self._columns.spans[2][rows]
        own_lines = np.array([import_.line or 0 for import_ in imports], np.int64)
        lines = np.where(lines > 0, lines, own_lines)
        return int_column(lines, pa.int32(), null=lines <= 0)
