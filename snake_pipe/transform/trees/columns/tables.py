"""What was extracted from many documents → the record batches of all tree tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.schemas import KINDS
from snake_pipe.transform.rows.builder import (
    Words,
    dictionary_column,
    record_batch,
    structure_columns,
)
from snake_pipe.transform.trees.columns.columns import SPAN_NAMES, Columns, Pending
from snake_pipe.transform.trees.columns.imports import import_rows
from snake_pipe.transform.trees.columns.refs import References
from snake_pipe.transform.trees.columns.symbols import Symbols

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pyarrow as pa


class TableBuilder:
    """Builds the tables of some documents; sets the counts of symbols, refs and imports in their facts."""

    def __init__(self, pending: list[Pending], types: Words, fields: Words) -> None:
        self._columns = Columns(pending, types, fields)
        self._symbols = Symbols(self._columns)

    def build(self, tables: Iterable[str]) -> dict[str, pa.RecordBatch]:
        """A record batch for each of the tables asked for."""
        refs = References(self._columns, self._symbols).rows()  # these two also count, whoever asked
        imports = import_rows(self._columns)
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
