"""The transformer of serialized syntax trees: bytes of JSON files → rows.

A file goes through `json_document` (decoding), `dialects.sniffing` (which dialect), `json_walk` (nodes in
preorder, a chunk at a time) and `json_extract` (columns of each chunk); what was seen of the decoded tree is
let go at once. `drain` builds the tables of all files since the last one with `json_rows`.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from snake_pipe.errors import TransformError
from snake_pipe.transform.dialects.dialect import revision_of
from snake_pipe.transform.dialects.sniffing import recognise
from snake_pipe.transform.json_document import GZIP_MAGIC, decode, decode_exactly, to_utf8, unpack
from snake_pipe.transform.json_extract import Extract, Extractor
from snake_pipe.transform.json_facts import describe, refuse
from snake_pipe.transform.json_literals import InexactNumberError, Literals
from snake_pipe.transform.json_rows import Pending, TableBuilder
from snake_pipe.transform.json_vocabulary import Vocabulary
from snake_pipe.transform.json_walk import Walker
from snake_pipe.transform.row_builder import Words, empty_batch
from snake_pipe.transform.transformer import FileFacts, Transformed, TransformOptions

if TYPE_CHECKING:
    from snake_pipe.transform.dialects.dialect import Dialect

_MOST_FIELDS = 50_000


class JsonTreeTransformer:
    """Implements `Transformer` for the queue of AST files, whatever their dialects."""

    def __init__(self, options: TransformOptions) -> None:
        self._options = options
        self._revision = revision_of(options.dialects)
        self._forget()
        self._fields = Words([""])
        self._walkers: dict[int, Walker] = {}

    def _forget(self) -> None:
        self._pending: list[Pending] = []
        self._facts: dict[int, FileFacts] = {}
        self._nodes = 0
        self._types = Words()
        self._vocabularies: dict[int, Vocabulary] = {}

    @property
    def pending_nodes(self) -> int:
        """Nodes held in memory since the last drain."""
        return self._nodes

    def add(self, file_id: int, path: str, data: bytes) -> FileFacts:
        """Read one file's bytes into columns; see `Transformer.add`."""
        facts = FileFacts()
        self._facts[file_id] = facts
        text = data
        try:
            if data.startswith(GZIP_MAGIC):
                facts.traits.append("gzip")
                text = unpack(data)
            text, transcoded = to_utf8(text)
            if transcoded:
                facts.traits.append("transcoded")
            document = decode(text)
            self._read(file_id, path, text, document, facts)
        except TransformError as error:
            refuse(facts, path, text, error)
        return facts

    def drain(self) -> Transformed:
        """The rows of all files since the last drain; see `Transformer.drain`."""
        tables = sorted(self._options.tables)
        if self._pending:
            batches = TableBuilder(self._pending, self._types, self._fields).build(tables)
        else:
            batches = {table: empty_batch(table) for table in tables}
        result = Transformed(batches, self._facts)
        self._forget()
        if len(self._fields) > _MOST_FIELDS:
            self._fields = Words([""])
            self._walkers = {}
        return result

    def _read(self, file_id: int, path: str, text: bytes, document: Any, facts: FileFacts) -> None:
        dialect = recognise(document, self._options.dialects)
        columns = None if dialect is None else self._columns(dialect, text, document)
        if dialect is None or columns is None:
            facts.status, facts.reason = "skipped", "not_an_ast"
            return
        facts.node_count = len(columns)
        facts.max_depth = int(columns.depths.max())
        if facts.max_depth > self._options.max_depth:
            facts.node_count = facts.max_depth = 0
            raise TransformError(
                "extract", "too_deep", f"nested more than {self._options.max_depth} levels deep"
            )
        describe(facts, path, self._vocabulary(dialect), columns, text)
        facts.parser_version = f"{facts.parser_version}{self._revision}"
        self._pending.append(Pending(file_id, facts, self._vocabulary(dialect), columns))
        self._nodes += len(columns)

    def _columns(self, dialect: Dialect, text: bytes, document: Any) -> Extract | None:
        """What the nodes say; None for a tree of none, as pandoc makes of an empty page."""
        vocabulary = self._vocabulary(dialect)
        walker = self._walkers.get(id(dialect))
        if walker is None:
            walker = self._walkers[id(dialect)] = Walker(dialect, self._fields)
        literals = Literals(dialect, text)
        chunks = walker.walk(document)
        first = next(chunks, None)
        if first is None:
            return None
        try:
            return Extractor(vocabulary, self._options, literals).extract(chain((first,), chunks))
        except InexactNumberError:
            document, literals = decode_exactly(text), Literals(dialect, None)
            return Extractor(vocabulary, self._options, literals).extract(walker.walk(document))

    def _vocabulary(self, dialect: Dialect) -> Vocabulary:
        known = self._vocabularies.get(id(dialect))
        if known is None:
            known = self._vocabularies[id(dialect)] = Vocabulary(dialect, self._types)
        return known
