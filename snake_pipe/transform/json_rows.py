"""What was extracted from many documents → the record batches of all tree tables."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from snake_pipe.schemas import KINDS, ROLES
from snake_pipe.transform.json_scopes import (
    LOCAL_ROLE,
    NONE_ROLE,
    WRITE_ROLE,
    Climber,
    Enclosing,
    inside,
)
from snake_pipe.transform.row_builder import (
    KIND_CODES,
    TreeShape,
    Words,
    dictionary_column,
    empty_batch,
    int_column,
    record_batch,
    structure_columns,
    tree_shape,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from snake_pipe.transform.json_extract import DefinedAt, Extract, Vocabulary
    from snake_pipe.transform.transformer import FileFacts

_CONTAINERS = ("module", "class", "interface", "enum", "function", "method")
_CALLABLE = ("function", "method")
_TYPES = ("class", "interface", "enum")
_LAST_ROLE = len(ROLES)


@dataclass(slots=True)
class Pending:
    """One document that waits for the drain."""

    file_id: int
    facts: FileFacts
    vocabulary: Vocabulary
    extract: Extract


@dataclass(slots=True)
class _Symbol:
    """A definition that counts, with its row over all documents and the symbol around it."""

    found: DefinedAt
    row: int
    end: int
    file: int
    kind: str
    parent: _Symbol | None
    qualified_name: str


class TableBuilder:
    """Builds the tables of some documents; sets the counts of symbols, refs and imports in their facts."""

    def __init__(self, pending: list[Pending], types: Words, fields: Words) -> None:
        self._pending = pending
        self._types = types
        self._fields = fields
        extracts = [one.extract for one in pending]
        self._sizes = np.array([len(e) for e in extracts], np.int64)
        self._bases = np.cumsum(self._sizes) - self._sizes
        self._file_ids = np.array([one.file_id for one in pending], np.int64)
        self._depth = _joined([e.depths for e in extracts])
        self._codes = _joined([e.codes for e in extracts])
        self._variants = _joined([e.variants for e in extracts])
        self._kinds = _joined([e.kinds for e in extracts])
        self._field_codes = _joined([e.fields for e in extracts])
        self._spans = tuple(_joined([e.spans[i] for e in extracts]) for i in range(6))
        self._names: list[Any] = [name for e in extracts for name in e.names]
        self._shape: TreeShape = tree_shape(self._depth)
        self._mention_kinds()
        self._symbols = self._resolve_symbols()
        self._enclosing = Enclosing((s.row, s.end) for s in self._symbols if s.kind in _CONTAINERS)

    def build(self, tables: Iterable[str]) -> dict[str, pa.RecordBatch]:
        """A record batch for each of the tables asked for."""
        refs, imports = self._refs(), self._imports()  # also count, whoever asked
        builders: dict[str, Callable[[], pa.RecordBatch]] = {
            "nodes": self._nodes,
            "symbols": self._symbol_rows,
            "refs": lambda: refs,
            "imports": lambda: imports,
        }
        return {table: builders[table]() for table in tables}

    def _mention_kinds(self) -> None:
        """Nodes that only mention something have the kind that their field gives them."""
        for index, one in enumerate(self._pending):
            table = one.vocabulary.dialect.fields_kinds
            if not table:
                continue
            part = slice(int(self._bases[index]), int(self._bases[index] + self._sizes[index]))
            for word, kind in table.items():
                code = self._fields.code_of.get(word)
                if code is not None:
                    self._kinds[part][self._field_codes[part] == code] = KIND_CODES[kind]

    def _nodes(self) -> pa.RecordBatch:
        columns = structure_columns(self._file_ids, self._sizes, self._depth, self._shape)
        values: list[str | None] = [None] * len(self._names)
        for one, base in zip(self._pending, self._bases.tolist(), strict=True):
            for row, value in one.extract.values.items():
                values[base + row] = value
        attrs = None
        if any(one.extract.attrs for one in self._pending):
            attrs = pa.array([a for one in self._pending for a in one.extract.attrs or ()], pa.string())
        return record_batch(
            "nodes",
            {
                **columns,
                "field": dictionary_column(self._field_codes - 1, self._fields.words[1:]),
                "type": dictionary_column(self._codes, self._types),
                "kind": dictionary_column(self._kinds, KINDS),
                "name": _texts(self._names),
                "value": pa.array(values, pa.string()),
                **self._span_columns(slice(None), _SPAN_NAMES),
                **({} if attrs is None else {"attrs": attrs}),
            },
        )

    def _span_columns(self, rows: Any, names: Iterable[str]) -> dict[str, pa.Array]:
        columns = {}
        for name in names:
            values = self._spans[_SPAN_NAMES.index(name)][rows]
            if name.endswith("offset"):
                columns[name] = int_column(values, pa.int64(), null=values < 0)
            else:
                columns[name] = int_column(values, pa.int32(), null=values <= 0)
        return columns

    def _resolve_symbols(self) -> list[_Symbol]:
        """The definitions that count, in preorder, each with the symbol it stands in."""
        local = self._in_functions()
        symbols: list[_Symbol] = []
        for index, one in enumerate(self._pending):
            base = int(self._bases[index])
            stack: list[_Symbol] = []
            for found in one.extract.definitions:
                row = base + found.row
                definition = found.definition
                if definition.outer_only and local[row]:
                    continue
                while stack and stack[-1].end <= row:
                    stack.pop()
                parent = next((s for s in reversed(stack) if s.row < row), None)
                kind = definition.kind
                if kind == "function" and parent is not None and parent.kind in _TYPES:
                    kind = "method"
                elif kind == "variable" and parent is not None and parent.kind in _TYPES:
                    kind = "field"
                name = definition.name
                qualified = f"{parent.qualified_name}.{name}" if parent is not None else name
                symbol = _Symbol(found, row, int(self._shape.end[row]), index, kind, parent, qualified)
                symbols.append(symbol)
                if kind in _CONTAINERS:
                    stack.append(symbol)
            one.facts.symbol_count = len(symbols)
        counted = 0
        for one in self._pending:
            one.facts.symbol_count, counted = one.facts.symbol_count - counted, one.facts.symbol_count
        return symbols

    def _in_functions(self) -> NDArray[np.bool_]:
        """Which rows stand in a function, where variables are local."""
        is_function = np.zeros(len(self._depth), np.bool_)
        for mask, vocabulary in self._by_vocabulary():
            codes = [self._types.code_of[t] for t in vocabulary.dialect.functions if t in self._types.code_of]
            is_function |= mask & np.isin(self._variants, codes)
        self._local = inside(is_function, self._shape.end)
        return self._local

    def _by_vocabulary(self) -> list[tuple[NDArray[np.bool_], Vocabulary]]:
        """For each dialect the rows that are written in it."""
        groups: dict[int, list[int]] = defaultdict(list)
        vocabularies = {}
        for index, one in enumerate(self._pending):
            groups[id(one.vocabulary)].append(index)
            vocabularies[id(one.vocabulary)] = one.vocabulary
        masks = []
        for key, indexes in groups.items():
            files = np.zeros(len(self._pending), np.bool_)
            files[indexes] = True
            masks.append((np.repeat(files, self._sizes), vocabularies[key]))
        return masks

    def _symbol_rows(self) -> pa.RecordBatch:
        symbols = self._symbols
        if not symbols:
            return empty_batch("symbols")
        rows = np.array([s.row for s in symbols], np.int64)
        files = np.array([s.file for s in symbols], np.int64)
        found = [s.found for s in symbols]
        definitions = [f.definition for f in found]
        base = self._bases[files]
        parents = np.array([-1 if s.parent is None else s.parent.row for s in symbols], np.int64)
        return record_batch(
            "symbols",
            {
                "file_id": self._file_ids[files],
                "node_id": (rows - base).astype(np.int32),
                "name": [d.name for d in definitions],
                "qualified_name": [s.qualified_name for s in symbols],
                "kind": [s.kind for s in symbols],
                "parent_node_id": int_column(parents - base, pa.int32(), null=parents < 0),
                "signature": [_signature(d.name, d.parameters) for d in definitions],
                "doc": [d.doc for d in definitions],
                "modifiers": [d.modifiers or [] for d in definitions],
                "visibility": [d.visibility for d in definitions],
                "exported": [d.exported for d in definitions],
                "complexity": self._complexity(),
                **self._span_columns(rows, ("start_offset", "end_offset", "start_line", "end_line")),
                "name_line": [f.name_line for f in found],
                "name_col": [f.name_col for f in found],
                "body_start_line": [f.body_start_line for f in found],
                "body_end_line": [f.body_end_line for f in found],
            },
        )

    def _complexity(self) -> list[int | None]:
        """1 + the branches in a function that are in no symbol inside of it."""
        is_branch = np.zeros(len(self._depth), np.bool_)
        for mask, vocabulary in self._by_vocabulary():
            codes = [self._types.code_of[t] for t in vocabulary.dialect.branches if t in self._types.code_of]
            is_branch |= mask & np.isin(self._variants, codes)
        holders = self._enclosing.of(np.flatnonzero(is_branch))
        counts = np.bincount(holders[holders >= 0], minlength=len(self._depth))
        return [1 + int(counts[s.row]) if s.kind in _CALLABLE else None for s in self._symbols]

    def _refs(self) -> pa.RecordBatch:
        parts = [self._climbed(mask, vocabulary) for mask, vocabulary in self._by_vocabulary()]
        parts.append(self._stated())
        rows = np.concatenate([part[0] for part in parts])
        roles = np.concatenate([part[1] for part in parts])
        names = [name for part in parts for name in part[2]]
        qualifiers = [text for part in parts for text in part[3]]
        if not len(rows):
            return empty_batch("refs")
        order = np.argsort(rows, kind="stable")
        rows = rows[order]
        files = np.searchsorted(self._bases + self._sizes, rows, side="right")
        base = self._bases[files]
        for index, count in enumerate(np.bincount(files, minlength=len(self._pending)).tolist()):
            self._pending[index].facts.ref_count = count
        holders = self._enclosing.of(rows)
        picks = pa.array(order)
        return record_batch(
            "refs",
            {
                "file_id": self._file_ids[files],
                "node_id": (rows - base).astype(np.int32),
                "name": pa.array(names, pa.string()).take(picks),
                "qualifier": pa.array(qualifiers, pa.string()).take(picks),
                "role": dictionary_column(roles[order], ROLES),
                "enclosing_node_id": int_column(holders - base, pa.int32(), null=holders < 0),
                **self._span_columns(rows, ("start_line", "start_col")),
            },
        )

    def _climbed(
        self, mask: NDArray[np.bool_], vocabulary: Vocabulary
    ) -> tuple[NDArray[np.int64], NDArray[np.int8], list[str], list[str | None]]:
        """The references of one dialect's names."""
        climber = Climber(vocabulary.dialect, vocabulary, self._fields.code_of)
        candidates = np.flatnonzero(mask & self._wanted())
        rows, roles, members = climber.climb(candidates, self._variants, self._field_codes, self._shape)
        local = roles == LOCAL_ROLE
        roles[local] = np.where(self._local[rows[local]], WRITE_ROLE, NONE_ROLE)
        is_ref = roles < _LAST_ROLE
        rows, roles, members = rows[is_ref], roles[is_ref], members[is_ref]
        texts = [self._names[row] for row in rows.tolist()]
        if not all(texts) or set(map(type, texts)) - {str}:
            good = np.array([text.__class__ is str and text != "" for text in texts], np.bool_)
            rows, roles, members = rows[good], roles[good], members[good]
            texts = [text for text, is_good in zip(texts, good.tolist(), strict=True) if is_good]
        qualifiers: list[str | None] = [None] * len(texts)
        of_row = self._qualifiers()
        for index in np.flatnonzero(members >= 0).tolist():
            qualifiers[index] = of_row.get(int(members[index]))
        return rows, roles, texts, qualifiers

    def _qualifiers(self) -> dict[int, str]:
        return {
            base + row: text
            for one, base in zip(self._pending, self._bases.tolist(), strict=True)
            for row, text in one.extract.qualifiers.items()
        }

    def _wanted(self) -> NDArray[np.bool_]:
        """Rows that stand in the file itself, not in one it includes."""
        wanted = np.ones(len(self._depth), np.bool_)
        for one, base in zip(self._pending, self._bases.tolist(), strict=True):
            if one.extract.in_main is not None:
                wanted[base : base + len(one.extract)] = one.extract.in_main
        return wanted

    def _stated(self) -> tuple[NDArray[np.int64], NDArray[np.int8], list[str], list[str | None]]:
        """References that a rule found in a node that is no name itself."""
        found = [
            (base + row, reference)
            for one, base in zip(self._pending, self._bases.tolist(), strict=True)
            for row, reference in one.extract.references
        ]
        rows = np.array([row for row, _ in found], np.int64)
        roles = np.array([ROLES.index(reference.role) for _, reference in found], np.int8)
        return rows, roles, [r.name for _, r in found], [r.qualifier for _, r in found]

    def _imports(self) -> pa.RecordBatch:
        found = []
        for index, one in enumerate(self._pending):
            one.facts.import_count = len(one.extract.imports)
            found += [(index, row, import_) for row, import_ in one.extract.imports]
        if not found:
            return empty_batch("imports")
        files = np.array([index for index, _, _ in found], np.int64)
        rows = np.array([row for _, row, _ in found], np.int64)
        imports = [import_ for _, _, import_ in found]
        return record_batch(
            "imports",
            {
                "file_id": self._file_ids[files],
                "node_id": rows.astype(np.int32),
                "module": [i.module for i in imports],
                "name": [i.name for i in imports],
                "alias": [i.alias for i in imports],
                "is_relative": [i.is_relative for i in imports],
                "is_wildcard": [i.is_wildcard for i in imports],
                **self._span_columns(rows + self._bases[files], ("start_line",)),
            },
        )


_SPAN_NAMES = ("start_offset", "end_offset", "start_line", "start_col", "end_line", "end_col")


def _joined(parts: list[Any]) -> Any:
    return parts[0].copy() if len(parts) == 1 else np.concatenate(parts)


def _texts(values: list[Any]) -> pa.Array:
    """Strings as a column; what is none becomes null."""
    try:
        return pa.array(values, pa.string())
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.array([v if v.__class__ is str else None for v in values], pa.string())


def _signature(name: str, parameters: list[str] | None) -> str | None:
    return None if parameters is None else f"{name}({', '.join(parameters)})"
