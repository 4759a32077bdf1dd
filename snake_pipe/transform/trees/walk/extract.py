"""The nodes of one document → its columns, and what its rules find; all that outlives the decoded tree."""

from __future__ import annotations

from collections import defaultdict
from itertools import compress, takewhile
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from snake_pipe.transform.rows.builder import KIND_CODES
from snake_pipe.transform.trees.positions.reader import Picked, PlannedReader
from snake_pipe.transform.trees.positions.readers import open_reader
from snake_pipe.transform.trees.walk.definitions import DefinedAt, add_definitions, export
from snake_pipe.transform.trees.walk.findings import Extract, Findings
from snake_pipe.transform.trees.walk.imports import add_imports
from snake_pipe.transform.trees.walk.native import SHOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from snake_pipe.transform.dialects.dialect import Definition, Dialect, Import, Memo, Node
    from snake_pipe.transform.rows.contract import TransformOptions
    from snake_pipe.transform.trees.document.literals import Literals
    from snake_pipe.transform.trees.positions.reader import PositionReader, Table
    from snake_pipe.transform.trees.walk.native import NodeColumns
    from snake_pipe.transform.trees.walk.vocabulary import Handlers, Vocabulary
    from snake_pipe.transform.trees.walk.walker import NodeChunk


class Extractor:
    """Takes the chunks of one document and gives its `Extract`; InexactNumberError as `literals` do."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        options: TransformOptions,
        literals: Literals,
        reader: PositionReader | None = None,
    ) -> None:
        self._vocabulary = vocabulary
        self._options = options
        self._literals = literals
        self._reader = reader or open_reader(vocabulary.dialect.positions)
        self._memo: Memo = {}
        self._found = Findings()
        self._variant_of: dict[int, str] = {}
        self._rows_of_class: dict[type, list[int]] = defaultdict(list)
        self._rows_of_kind: dict[str, list[int]] = defaultdict(list)
        self._codes: list[NDArray[np.int32]] = []
        self._depths: list[NDArray[np.int32]] = []
        self._fields: list[NDArray[np.int32]] = []
        self._kinds: list[NDArray[np.int32]] = []
        self._spans: list[Table] = []
        self._size = 0
        self._source_path: str | None = None
        self._defined: list[DefinedAt] = []
        self._imported: list[tuple[int, Import]] = []
        self._unresolved: list[tuple[DefinedAt, Node, Node]] = []

    def extract(self, chunks: Iterable[NodeChunk]) -> Extract:
        """The columns of all chunks of a document."""
        for chunk in chunks:
            self._add(chunk)
        return self._finish()

    def extract_columns(self, found: NodeColumns, above: NodeChunk | None = None) -> Extract:
        """The same of what was read in place: a document, or a piece with copies of what is above it."""
        if above is not None:
            self._add(above)
        reader, base = self._reader, self._size
        assert isinstance(reader, PlannedReader)
        picked = Picked(found.places, found.head, found.main_file, found.row_of, found.lines_of)
        self._spans.append(reader.picked(picked))
        self._codes.append(found.codes)
        self._depths.append(found.depths)
        self._fields.append(found.fields)
        self._kinds.append(found.kinds)
        if not base:
            self._source_path = _source_path(found.head[0], self._vocabulary.dialect.source_keys)
        self._found.values.add_column(found.value_rows, found.values, base)
        self._add_open_values(found)
        self._found.qualifiers.add_column(found.qualifier_rows, found.qualifiers, base)
        names: dict[int, Any] = {}
        exported: dict[str | None, int] = {}
        self._apply_rules(self._ruled(found, names, exported), names)
        if exported:
            export(found.definitions, found.definition_texts, exported)
        self._found.definitions.add_piece(found.definitions, found.definition_texts)
        self._found.imports.add_piece(found.imports, found.import_texts)
        if self._options.attrs:
            attrs = zip(
                found.attrs_rows.tolist(), _attrs(found.attrs_nodes, self._vocabulary.dialect), strict=True
            )
            self._found.attrs.pieces.append(found.attrs)
            self._found.given_attrs.add({base + row: text for row, text in attrs if text})
        self._found.names.pieces.append(found.names)
        given = {base + row: name for row, name in names.items() if name.__class__ is str}
        self._found.given_names.add(given)
        return self._finish()

    def _ruled(
        self, found: NodeColumns, names: dict[int, Any], exported: dict[str | None, int]
    ) -> Iterator[tuple[int, Handlers, Node]]:
        """The nodes in which rules may find something, with those rules.

        `exported` are names that the memo has under 0, with the row of the node whose rule said so.
        """
        masked, memo = self._vocabulary.masked, self._memo
        for row, key, noted, words, node in zip(
            found.node_rows.tolist(),
            found.rule_keys.tolist(),
            found.noted.tolist(),
            found.notes,
            found.nodes,
            strict=True,
        ):
            if words:
                memo[id(node)] = words
            if noted and id(node) in memo:
                key |= noted
            elif not key & 0xFFFF:
                continue
            handlers = masked(key)
            if handlers.named is not None:
                names[row] = None
            yield row, handlers, node
            if handlers.prepare is not None and len(memo.get(0, ())) > len(exported):
                for name in takewhile(lambda name: name not in exported, reversed(memo[0])):
                    exported[name] = row

    def _add_open_values(self, found: NodeColumns) -> None:
        """The values of nodes whose text is in the language's own words."""
        vocabulary, values = self._vocabulary, {}
        longest, longest_comment = self._options.value_length, self._options.comment_length
        for row, node in zip(found.open_rows.tolist(), found.open_values, strict=True):
            handlers = vocabulary.handlers[int(found.codes[row])]
            assert handlers.value_key is not None
            text = self._literals.text_of(node, handlers.value_key)
            if text is not None:
                values[self._size + row] = text[: longest_comment if handlers.is_comment else longest]
        self._found.values.add(values)

    def _finish(self) -> Extract:
        codes, depths, kinds = _joined(self._codes), _joined(self._depths), _joined(self._kinds)
        for defined, first, last in self._unresolved:
            defined.place_body(self._reader.lines(first, last))
        add_definitions(self._found.definitions, self._defined)
        add_imports(self._found.imports, self._imported)
        in_main = self._reader.in_main
        source_path = self._reader.main_file or self._source_path
        if len(depths) > 1 and source_path is not None and np.count_nonzero(depths == 0) > 1:
            source_path = None  # several trees, of several sources
        for class_, kind in _KIND_OF_VALUE.items():
            if class_ in self._rows_of_class:
                kinds[self._rows_of_class[class_]] = KIND_CODES[kind]
        for kind, rows in self._rows_of_kind.items():
            kinds[rows] = KIND_CODES[kind]
        return Extract(
            codes,
            self._variants(codes),
            kinds,
            depths,
            _joined(self._fields),
            _joined(self._spans),
            None if in_main is None else np.asarray(in_main, np.bool_),
            source_path,
            self._found,
        )

    def _add(self, chunk: NodeChunk) -> None:
        nodes, vocabulary = chunk.nodes, self._vocabulary
        n = len(nodes)
        if not self._size:
            self._source_path = _source_path(nodes[0], vocabulary.dialect.source_keys)
        self._spans.append(self._reader.spans(nodes))
        codes = vocabulary.codes(chunk.types)
        self._codes.append(codes)
        self._kinds.append(vocabulary.kinds(codes))
        depths, fields = chunk.depths_and_fields()
        self._depths.append(depths)
        self._fields.append(fields)
        names = list(map(dict.get, nodes, map(vocabulary.name_keys.__getitem__, chunk.types)))
        self._apply_handlers(nodes, codes.tolist(), names)
        self._found.names.add(names)
        if self._options.attrs:
            self._found.attrs.add(_attrs(nodes, vocabulary.dialect))
        self._size += n

    def _variants(self, codes: NDArray[np.int32]) -> NDArray[np.int32]:
        found = self._variant_of
        if not found:
            return codes
        variants = codes.copy()
        variants[list(found)] = [self._vocabulary.code(word) for word in found.values()]
        return variants

    def _apply_handlers(self, nodes: list[Node], codes: list[int], names: list[Any]) -> None:
        base = self._size
        handlers = self._vocabulary.handlers
        values: dict[int, str] = {}
        rows_of_class = self._rows_of_class
        longest, longest_comment = self._options.value_length, self._options.comment_length
        text_of = self._literals.text_of
        ruled: list[int] = []
        for row in compress(range(len(codes)), map(handlers.__contains__, codes)):
            each = handlers[codes[row]]
            value_key = each.value_key
            if value_key is not None:
                node = nodes[row]
                value: Any = node.get(value_key)
                if each.is_literal:
                    rows_of_class[value.__class__].append(base + row)
                if value.__class__ is not str:
                    value = text_of(node, value_key)
                if value is not None:
                    values[base + row] = value[: longest_comment if each.is_comment else longest]
                if each.is_value_only:
                    continue
            ruled.append(row)
        self._found.values.add(values)
        self._apply_rules([(row, handlers[codes[row]], nodes[row]) for row in ruled], names)

    def _apply_rules(
        self, nodes: Iterable[tuple[int, Handlers, Node]], names: list[Any] | dict[int, Any]
    ) -> None:
        """What rules find in nodes, given with their rows; names that they find are added."""
        found, memo, base = self._found, self._memo, self._size
        in_main = self._reader.in_main
        values: dict[int, str] = {}
        qualifiers: dict[int, str] = {}
        weights: dict[int, int] = {}
        longest = self._options.value_length
        find_qualifier = self._vocabulary.dialect.qualifier
        for row, handlers, node in nodes:
            (
                _,
                named,
                prepare,
                definition,
                reference,
                import_,
                variant,
                weight,
                kind_of,
                valued,
                is_member,
                *_,
            ) = handlers
            at = base + row
            if is_member:
                qualifier = find_qualifier(node)
                if qualifier is not None:
                    qualifiers[at] = qualifier
            if variant is not None:
                word = variant(node, memo)
                if word is not None:
                    self._variant_of[at] = word
            if named is not None and names[row].__class__ is not str:
                names[row] = named(node)
            if valued is not None:
                value = valued(node)
                if value is not None:
                    values[at] = value[:longest]
            if kind_of is not None:
                kind = kind_of(node)
                if kind is not None:
                    self._rows_of_kind[kind].append(at)
            if weight is not None:
                weights[at] = weight(node)
            if prepare is not None:
                prepare(node, memo)
            if in_main is not None and not in_main[at]:
                continue
            if definition is not None:
                for one in definition(node, memo):
                    self._define(at, one)
            if reference is not None:
                found.references += [(at, one) for one in reference(node, memo)]
            if import_ is not None:
                self._imported += [(at, one) for one in import_(node, memo)]
        found.values.add(values)
        found.qualifiers.add(qualifiers)
        if weights:
            found.weights.append(np.array([[*weights], [*weights.values()]], np.int64))

    def _define(self, row: int, definition: Definition) -> None:
        defined = DefinedAt(row, definition, *self._reader.point(definition.at))
        body = definition.body
        definition.at, definition.body = _LET_GO, ()
        self._defined.append(defined)
        if body:
            lines = self._reader.lines(body[0], body[-1])
            if lines is None:
                self._unresolved.append((defined, body[0], body[-1]))
            else:
                defined.place_body(lines)


def _joined(pieces: list[NDArray[Any]]) -> NDArray[Any]:
    """The columns, or tables of columns, of all chunks as one; most documents have one chunk only."""
    return pieces[0] if len(pieces) == 1 else np.concatenate(pieces, axis=-1)


_KIND_OF_VALUE = {str: "string", int: "number", float: "number"}


def _source_path(root: Node, paths: tuple[str, ...]) -> str | None:
    for path in paths:
        value: Any = root
        for key in path.split("."):
            if value.__class__ is dict:
                value = value.get(key)
            else:
                value = (
                    value[int(key)]
                    if value.__class__ is list and key.isdigit() and len(value) > int(key)
                    else None
                )
        if value.__class__ is str and value:
            return str(value)
    return None


_LET_GO: Node = {}
"""Stands where a definition held on to nodes: what waits for the drain must not keep trees in memory."""

_SCALARS = (str, int, float, bool)


def _attrs(nodes: list[Node], dialect: Dialect) -> list[str | None]:
    """The scalar fields that no column shows, as JSON."""
    shown = {dialect.type_key, *SHOWN}
    rows: list[str | None] = []
    for node in nodes:
        rest = {k: v for k, v in node.items() if v.__class__ in _SCALARS and k not in shown}
        if not rest:
            rows.append(None)
            continue
        try:
            rows.append(orjson.dumps(rest).decode())
        except TypeError:  # an integer beyond 64 bits
            big = {k: float(v) if v.__class__ is int and abs(v) >= 2**63 else v for k, v in rest.items()}
            rows.append(orjson.dumps(big).decode())
    return rows
