"""Source files → rows of the tree tables, by tree-sitter."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from snake_pipe.schemas import KINDS, TREE_TABLES
from snake_pipe.transform.languages import LANGUAGES
from snake_pipe.transform.rows.builder import dictionary_column, empty_batch, record_batch, structure_columns
from snake_pipe.transform.rows.contract import FileFacts, Problem, Transformed, timeout_problem
from snake_pipe.transform.rows.texts import name_column, shorten, text_column
from snake_pipe.transform.sources.decoding import source_to_utf8
from snake_pipe.transform.sources.definitions import find_definitions
from snake_pipe.transform.sources.grammar import grammar
from snake_pipe.transform.sources.imports import import_batch, import_statements
from snake_pipe.transform.sources.names import climb, drop_inside
from snake_pipe.transform.sources.reading import open_reader
from snake_pipe.transform.sources.refs import ref_batch
from snake_pipe.transform.sources.rows import SourceRows
from snake_pipe.transform.sources.symbols import symbol_batch
from snake_pipe.transform.sources.traits import source_traits

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from snake_pipe.transform.rows.contract import TransformOptions
    from snake_pipe.transform.sources.definitions import Definitions
    from snake_pipe.transform.sources.grammar import Grammar
    from snake_pipe.transform.sources.names import Names
    from snake_pipe.transform.sources.walk import WalkedTree

logger = logging.getLogger(__name__)

_LARGEST_FILE = 2**30
"""tree-sitter counts bytes in 32 bits, and so do the columns of offsets."""

_NOTHING = np.empty(0, np.int32)

_COUNTS = {"nodes": "node_count", "symbols": "symbol_count", "refs": "ref_count", "imports": "import_count"}


@dataclass(slots=True)
class _Pending:
    """A walked file that waits for its rows."""

    file_id: int
    text: bytes
    tree: WalkedTree
    unclosed: NDArray[np.int32]
    facts: FileFacts


class SourceTreeTransformer:
    """Parses and walks one file at a time, builds the rows of many at once. Not thread-safe.

    ImportError if the language's grammar is not installed, KeyError for an unknown language.
    """

    def __init__(self, language: str, options: TransformOptions) -> None:
        self._entry = LANGUAGES[language]
        self._options = options
        self._grammar: Grammar = grammar(language, anonymous=options.anonymous)
        self._reader = open_reader(self._grammar)
        self._pending: list[_Pending] = []
        self._pending_nodes = 0
        self._facts: dict[int, FileFacts] = {}
        self._version = self._entry.parser_version

    @property
    def pending_nodes(self) -> int:
        """Nodes that wait for `drain`."""
        return self._pending_nodes

    def add(
        self,
        file_id: int,
        path: str,
        data: bytes,
        *,
        most_trees: int = 0,  # noqa: ARG002 - a source is one tree
    ) -> FileFacts:
        """Parse and walk one file; see `Transformer.add`."""
        facts = FileFacts(
            language=self._entry.name,
            parser=self._entry.parser,
            parser_version=self._version,
            offset_unit="byte",
        )
        self._facts[file_id] = facts
        try:
            self._read(file_id, path, data, facts)
        except Exception as error:  # noqa: BLE001  # a bad file is a value
            _fail(facts, "parse", error)
        return facts

    def _read(self, file_id: int, path: str, data: bytes, facts: FileFacts) -> None:
        decoded = source_to_utf8(data, cookies=self._entry.name == "python")
        text = decoded.data
        if text is None:
            facts.status, facts.reason = "skipped", "binary"
            return
        if len(text) >= _LARGEST_FILE:
            facts.status, facts.reason = "failed", "too_large"
            facts.problems.append(
                Problem("parse", "too_large", f"{len(text)} bytes; the limit is {_LARGEST_FILE}")
            )
            return
        facts.line_count = text.count(b"\n") + (not text.endswith(b"\n") and len(text) > 0)
        facts.traits = source_traits(path, text, facts.line_count)
        if decoded.transcoded:
            facts.traits.append("transcoded")
        if decoded.damaged:
            facts.problems.append(
                Problem("decode", "replaced_bytes", f"not all bytes are valid {decoded.encoding}")
            )
        read = self._reader.read(text, self._options.seconds)
        if read is None:
            facts.status, facts.reason = "quarantined", "timeout"
            facts.problems = [timeout_problem(self._options.seconds)]
            return
        walked, errors = read
        if walked.max_depth > self._options.max_depth:
            facts.status, facts.reason = "failed", "too_deep"
            message = f"nested {walked.max_depth} levels deep; the limit is {self._options.max_depth}"
            facts.problems.append(Problem("parse", "too_deep", message))
            return
        unclosed = _NOTHING
        if errors is not None and not text.isspace() and text:  # some grammars want at least a word
            facts.status, facts.reason = "partial", "syntax_error"
            facts.problems += errors.problems
            unclosed = errors.unclosed
        facts.max_depth = walked.max_depth
        if "nodes" in self._options.tables:
            facts.node_count = len(walked)
        self._pending.append(_Pending(file_id, text, walked, unclosed, facts))
        self._pending_nodes += len(walked)

    def drain(self) -> Transformed:
        """The rows of all files added since the last drain; see `Transformer.drain`."""
        pending, facts = self._pending, self._facts
        self._pending, self._facts, self._pending_nodes = [], {}, 0
        tables: dict[str, list[pa.RecordBatch]] = {
            table: [] for table in TREE_TABLES if table in self._options.tables
        }
        for group in _groups(pending):
            for table, batch in self._build_safely(group).items():
                tables[table].append(batch)
        return Transformed({table: _joined(table, batches) for table, batches in tables.items()}, facts)

    def _build_safely(self, group: list[_Pending]) -> dict[str, pa.RecordBatch]:
        """The group's rows; if they cannot be built, those of each file but the culprits'."""
        try:
            return self._build(group)
        except Exception as error:
            if len(group) == 1:
                logger.exception("no rows from file %d", group[0].file_id)
                _fail(group[0].facts, "extract", error)
                return {}
        parts: dict[str, list[pa.RecordBatch]] = {}
        for item in group:
            for table, batch in self._build_safely([item]).items():
                parts.setdefault(table, []).append(batch)
        return {table: _joined(table, batches) for table, batches in parts.items()}

    def _build(self, group: list[_Pending]) -> dict[str, pa.RecordBatch]:
        wanted = self._options.tables
        rows = SourceRows.of(
            self._grammar,
            [item.tree for item in group],
            [item.text for item in group],
            [item.unclosed for item in group],
        )
        file_ids = np.array([item.file_id for item in group], np.int64)
        names = climb(rows)
        definitions = find_definitions(rows, names)
        statements = import_statements(rows)
        batches: dict[str, pa.RecordBatch] = {}
        files: dict[str, NDArray[np.int64]] = {}
        if "nodes" in wanted:
            batches["nodes"] = self._nodes(rows, names, definitions, file_ids)
        if "symbols" in wanted:
            batches["symbols"] = symbol_batch(rows, names, definitions, file_ids)
            files["symbols"] = rows.files(definitions.row)
        if "refs" in wanted:
            drop_inside(rows, names, statements)
            batches["refs"], files["refs"] = ref_batch(
                rows, names, definitions, file_ids, self._options.value_length
            )
        if "imports" in wanted:
            batches["imports"], files["imports"] = import_batch(rows, names, statements, file_ids)
        for table, at in files.items():
            counts = np.bincount(at, minlength=len(group)).tolist()
            for item, count in zip(group, counts, strict=True):
                setattr(item.facts, _COUNTS[table], count)
        return batches

    def _nodes(
        self, rows: SourceRows, names: Names, definitions: Definitions, file_ids: NDArray[np.int64]
    ) -> pa.RecordBatch:
        compiled, code = rows.grammar, rows.code
        base = np.repeat(rows.bases, rows.counts)
        start_line, start_col = rows.lines.locate(rows.start, base)
        end_line, end_col = rows.lines.locate(rows.end, base, start_line)
        name_start, name_end = rows.start.copy(), rows.end.copy()
        named = np.zeros(len(rows), np.bool_)
        named[names.row] = True
        named[definitions.row] = True
        name_start[definitions.row] = definitions.name_start
        name_end[definitions.row] = definitions.name_end
        value_end = rows.end.copy()
        valued = (compiled.is_literal | compiled.is_comment)[code]
        at = np.flatnonzero(valued)
        lengths, is_comment = rows.end[at] - rows.start[at], compiled.is_comment[code[at]]
        for comments, longest in ((False, self._options.value_length), (True, self._options.comment_length)):
            long = at[(lengths > longest) & (is_comment == comments)]
            value_end[long] = shorten(rows.source, rows.start[long], rows.end[long], longest)
        columns: dict[str, Any] = structure_columns(file_ids, rows.counts, rows.depth, rows.shape)
        columns |= {
            "field": dictionary_column(
                np.where(rows.field == 0, -1, rows.field.astype(np.int32)), compiled.field_words
            ),
            "type": dictionary_column(compiled.type_word[code], compiled.type_words),
            "kind": dictionary_column(compiled.kind[code], KINDS),
            "name": name_column(rows.source, name_start, name_end, named),
            "value": text_column(rows.source, rows.start, value_end, valued),
            "start_offset": (rows.start - base).astype(np.int64),
            "end_offset": (rows.end - base).astype(np.int64),
            "start_line": start_line,
            "start_col": start_col,
            "end_line": end_line,
            "end_col": end_col,
        }
        return record_batch("nodes", columns)


def _groups(pending: list[_Pending]) -> list[list[_Pending]]:
    """Files in groups whose joined text can be addressed with 31 bits."""
    groups: list[list[_Pending]] = []
    size = _LARGEST_FILE
    for item in pending:
        size += len(item.text)
        if size >= _LARGEST_FILE:
            groups.append([])
            size = len(item.text)
        groups[-1].append(item)
    return groups


def _joined(table: str, batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    if not batches:
        return empty_batch(table)
    if len(batches) == 1:
        return batches[0]
    joined = pa.Table.from_batches(batches).combine_chunks().to_batches()
    return joined[0] if joined else empty_batch(table)


def _fail(facts: FileFacts, phase: str, error: Exception) -> None:
    """Make the facts those of a file that our own code could not cope with."""
    facts.status, facts.reason = "failed", "internal_error"
    facts.node_count = facts.symbol_count = facts.ref_count = facts.import_count = 0
    facts.problems.append(Problem(phase, "internal_error", f"{type(error).__name__}: {error}"))
