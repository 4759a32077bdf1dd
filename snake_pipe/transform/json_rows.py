"""What was extracted from many documents → the record batches of all tree tables."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from snake_pipe.schemas import KINDS, ROLES
from snake_pipe.transform.json_positions import finish
from snake_pipe.transform.json_scopes import (
    LOCAL_ROLE,
    NONE_ROLE,
    TYPE_ROLE,
    WRITE_ROLE,
    Climbed,
    Climber,
    Enclosing,
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

    from snake_pipe.transform.dialects.dialect import Dialect, Import
    from snake_pipe.transform.json_extract import DefinedAt, Extract, RowTexts, Texts
    from snake_pipe.transform.json_vocabulary import Vocabulary
    from snake_pipe.transform.transformer import FileFacts

_CALLABLE = ("function", "method")
_LAST_ROLE = len(ROLES)


@dataclass(slots=True)
class Pending:
    """One document that waits for the drain."""

    file_id: int
    facts: FileFacts
    vocabulary: Vocabulary
    extract: Extract


class _Uses(NamedTuple):
    """References: the rows they stand in, their roles, names and qualifiers."""

    rows: NDArray[np.int64]
    roles: NDArray[np.int8]
    names: pa.StringArray
    qualifiers: pa.StringArray


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
        self._spans = finish([e.spans for e in extracts])
        self._found = [e.findings for e in extracts]
        self._names = _texts(found.names for found in self._found)
        self._shape: TreeShape = tree_shape(self._depth)
        self._mention_kinds()
        self._scopes = self._find_scopes()
        self._symbols = self._resolve_symbols()
        self._enclosing = Enclosing((s.row, s.end) for s in self._symbols)

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

    def branches(self, rows: slice) -> int:
        """What those rows add to the complexity of what they stand in."""
        return int(self._weights()[rows].sum())

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
        attrs = None
        if any(found.attrs.pieces for found in self._found):
            attrs = _texts(found.attrs for found in self._found)
        return record_batch(
            "nodes",
            {
                **columns,
                "field": dictionary_column(self._field_codes - 1, self._fields.words[1:]),
                "type": dictionary_column(self._codes, self._types),
                "kind": dictionary_column(self._kinds, KINDS),
                "name": self._names,
                "value": self._texts_at(slice(-1), [found.values for found in self._found]),
                **self._span_columns(slice(None), _SPAN_NAMES),
                **({} if attrs is None else {"attrs": attrs}),
            },
        )

    def _rows(self, rows_of_files: Iterable[Iterable[NDArray[np.int64]]]) -> NDArray[np.int64]:
        """Rows in documents, in pieces, as rows over all of them."""
        bases = self._bases.tolist()
        rows = [base + piece for base, of_file in zip(bases, rows_of_files, strict=True) for piece in of_file]
        return np.concatenate(rows) if rows else np.empty(0, np.int64)

    def _texts_at(self, rows: Any, texts_of_files: list[RowTexts]) -> pa.Array:
        """The texts that some rows have, null for all others and for row -1."""
        known = self._rows(texts.rows for texts in texts_of_files)
        index = np.full(len(self._depth) + 1, -1, np.int32)
        index[known] = np.arange(len(known), dtype=np.int32)
        picked = index[rows]
        return _texts(texts.texts for texts in texts_of_files).take(pa.array(picked, mask=picked < 0))

    def _span_columns(self, rows: Any, names: Iterable[str]) -> dict[str, pa.Array]:
        columns = {}
        for name in names:
            values = self._spans[_SPAN_NAMES.index(name)][rows]
            if name.endswith("offset"):
                columns[name] = int_column(values, pa.int64(), null=values < 0)
            else:
                columns[name] = int_column(values, pa.int32(), null=values <= 0)
        return columns

    def _flags(self, words_of: Callable[[Dialect], Iterable[str]]) -> NDArray[np.bool_]:
        """The rows whose type is one of the words that their dialect's table gives."""
        flags = np.zeros(len(self._depth), np.bool_)
        for mask, vocabulary in self._by_vocabulary():
            codes = [self._types.code_of[w] for w in words_of(vocabulary.dialect) if w in self._types.code_of]
            flags |= mask & np.isin(self._variants, codes)
        return flags

    def _find_scopes(self) -> _Scopes:
        functions = self._flags(lambda dialect: dialect.functions)
        classes = self._flags(lambda dialect: dialect.classes)
        rows = np.flatnonzero(functions | classes)
        around = Enclosing(zip(rows.tolist(), self._shape.end[rows].tolist(), strict=True))
        return _Scopes(functions, classes, around)

    def _resolve_symbols(self) -> list[_Symbol]:
        """The definitions that count, in preorder, each with the symbol it stands in."""
        symbols: list[_Symbol] = []
        for index, one in enumerate(self._pending):
            base = int(self._bases[index])
            before = len(symbols)
            found = self._found[index].definitions
            rows = np.array([base + each.row for each in found], np.int64)
            local, in_class = self._scopes.of(rows)
            stack: list[_Symbol] = []
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
                qualified = ".".join(part for part in path if part)
                symbol = _Symbol(each, row, int(self._shape.end[row]), index, kind, parent, qualified)
                symbols.append(symbol)
                stack.append(symbol)
            one.facts.symbol_count = len(symbols) - before
        return symbols

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
                "modifiers": [sorted(set(d.modifiers)) if d.modifiers else None for d in definitions],
                "visibility": [d.visibility for d in definitions],
                "exported": [d.exported for d in definitions],
                "complexity": int_column(
                    self._complexity(rows), pa.int32(), null=~np.array([s.kind in _CALLABLE for s in symbols])
                ),
                **self._span_columns(rows, ("start_offset", "end_offset", "start_line", "end_line")),
                "name_line": [f.name_line for f in found],
                "name_col": [f.name_col for f in found],
                "body_start_line": [f.body_start_line for f in found],
                "body_end_line": [f.body_end_line for f in found],
            },
        )

    def _complexity(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """1 + the branches in each row's subtree."""
        until = np.concatenate((np.zeros(1, np.int64), np.cumsum(self._weights())))
        complexity: NDArray[np.int64] = 1 + until[self._shape.end[rows]] - until[rows]
        return complexity

    def _weights(self) -> NDArray[np.int64]:
        """What each row adds to the complexity of what it stands in."""
        weights = self._flags(lambda dialect: dialect.branches).astype(np.int64)
        rows = self._rows([piece[0] for piece in found.weights] for found in self._found)
        pieces = [piece[1] for found in self._found for piece in found.weights]
        if pieces:
            weights[rows] = np.concatenate(pieces)
        return weights

    def _refs(self) -> pa.RecordBatch:
        parts = [self._climbed(mask, vocabulary) for mask, vocabulary in self._by_vocabulary()]
        parts.append(self._stated())
        rows = np.concatenate([part.rows for part in parts])
        if not len(rows):
            return empty_batch("refs")
        order = np.argsort(rows, kind="stable")
        rows = rows[order]
        roles = np.concatenate([part.roles for part in parts])[order]
        names = pa.concat_arrays([part.names for part in parts]).take(pa.array(order))
        qualifiers = pa.concat_arrays([part.qualifiers for part in parts]).take(pa.array(order))
        files = np.searchsorted(self._bases + self._sizes, rows, side="right")
        base = self._bases[files]
        for index, count in enumerate(np.bincount(files, minlength=len(self._pending)).tolist()):
            self._pending[index].facts.ref_count = count
        holders = self._enclosing.of(rows)
        return record_batch(
            "refs",
            {
                "file_id": self._file_ids[files],
                "node_id": (rows - base).astype(np.int32),
                "name": names,
                "qualifier": qualifiers,
                "role": dictionary_column(roles, ROLES),
                "enclosing_node_id": int_column(holders - base, pa.int32(), null=holders < 0),
                **self._name_places(rows, names, stated=order >= len(rows) - len(parts[-1].rows)),
            },
        )

    def _name_places(
        self,
        rows: NDArray[np.int64],
        names: pa.StringArray,
        *,
        stated: NDArray[np.bool_],
    ) -> dict[str, pa.Array]:
        """Line and column of the names that these rows carry; some types end with their name.

        Of names that a rule has `stated` only the line is known, because no node stands for them.
        """
        line, col = self._spans[2][rows], self._spans[3][rows]
        at_end = np.flatnonzero(self._flags(lambda dialect: dialect.names_at_end)[rows])
        if len(at_end):
            lengths = pc.binary_length(names.take(pa.array(at_end))).to_numpy()
            line[at_end] = self._spans[4][rows[at_end]]
            col[at_end] = self._spans[5][rows[at_end]] - lengths
        return {
            "start_line": int_column(line, pa.int32(), null=line <= 0),
            "start_col": int_column(col, pa.int32(), null=(col <= 0) | (line <= 0) | stated),
        }

    def _climbed(self, mask: NDArray[np.bool_], vocabulary: Vocabulary) -> _Uses:
        """The references of one dialect's names."""
        climber = Climber(vocabulary.dialect, vocabulary, self._fields.code_of)
        candidates = np.flatnonzero(mask & self._wanted())
        climbed = climber.climb(candidates, self._variants, self._field_codes, self._shape)
        self._settle(climbed)
        climbed = climbed.pick(climbed.roles < _LAST_ROLE)
        texts = self._names.take(pa.array(climbed.rows))
        not_names = pa.array(["", None, *vocabulary.dialect.not_names], pa.string())
        is_name = np.array(pc.invert(pc.is_in(texts, not_names)), np.bool_)
        builtin = vocabulary.dialect.builtin_types
        if builtin:
            is_type = climbed.roles == TYPE_ROLE
            is_name[is_type] &= ~np.array(
                pc.is_in(texts.filter(pa.array(is_type)), pa.array(sorted(builtin), pa.string())), np.bool_
            )
        climbed, texts = climbed.pick(is_name), texts.filter(pa.array(is_name))
        qualifiers = self._texts_at(climbed.qualified_by, [found.qualifiers for found in self._found])
        return _Uses(climbed.rows, climbed.roles, texts, qualifiers)

    def _settle(self, climbed: Climbed) -> None:
        """A name that a definition was made of is no reference; a local variable is a write."""
        defines = np.zeros(len(self._depth) + 1, np.bool_)
        defines[[symbol.row for symbol in self._symbols]] = True
        defined = defines[climbed.place]
        roles = climbed.roles
        is_local = roles == LOCAL_ROLE
        roles[(roles == WRITE_ROLE) & defined] = NONE_ROLE
        written = self._scopes.of(climbed.rows)[0] & ~defined | (climbed.qualified_by >= 0)
        roles[is_local] = np.where(written[is_local], WRITE_ROLE, NONE_ROLE)

    def _wanted(self) -> NDArray[np.bool_]:
        """Rows that stand in the file itself, not in one it includes."""
        wanted = np.ones(len(self._depth), np.bool_)
        for one, base in zip(self._pending, self._bases.tolist(), strict=True):
            if one.extract.in_main is not None:
                wanted[base : base + len(one.extract)] = one.extract.in_main
        return wanted

    def _stated(self) -> _Uses:
        """References that a rule found in a node that is no name itself."""
        bases = self._bases.tolist()
        pairs = zip(bases, self._found, strict=True)
        rows = [base + row for base, found in pairs for row, _ in found.references]
        references = [reference for found in self._found for _, reference in found.references]
        return _Uses(
            np.array(rows, np.int64),
            np.array([ROLES.index(reference.role) for reference in references], np.int8),
            pa.array([reference.name for reference in references], pa.string()),
            pa.array([reference.qualifier for reference in references], pa.string()),
        )

    def _imports(self) -> pa.RecordBatch:
        found = []
        for index, one in enumerate(self._pending):
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
                "file_id": self._file_ids[files],
                "node_id": rows.astype(np.int32),
                "module": [i.module for i in imports],
                "name": [i.name for i in imports],
                "alias": [i.alias for i in imports],
                "is_relative": [i.is_relative for i in imports],
                "is_wildcard": [i.is_wildcard for i in imports],
                "start_line": self._import_lines(rows + self._bases[files], imports),
            },
        )

    def _import_lines(self, rows: NDArray[np.int64], imports: list[Import]) -> pa.Array:
        """Lines of the imports' nodes, or of their statements where the nodes tell none."""
        lines = self._spans[2][rows]
        told = np.array([import_.line or 0 for import_ in imports], np.int64)
        lines = np.where(lines > 0, lines, told)
        return int_column(lines, pa.int32(), null=lines <= 0)


@dataclass(slots=True)
class _Scopes:
    """Functions and classes, in which names have another meaning."""

    functions: NDArray[np.bool_]
    classes: NDArray[np.bool_]
    around: Enclosing

    def of(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Whether each row stands directly in a function, and whether directly in a class."""
        holder = self.around.of(rows)
        known = holder >= 0
        return known & self.functions[holder], known & self.classes[holder]


_SPAN_NAMES = ("start_offset", "end_offset", "start_line", "start_col", "end_line", "end_col")


def _joined(parts: list[Any]) -> Any:
    return parts[0].copy() if len(parts) == 1 else np.concatenate(parts)


def _texts(columns: Iterable[Texts]) -> pa.Array:
    """The texts of all files as one column."""
    pieces = [piece for column in columns for piece in column.pieces]
    return pa.concat_arrays(pieces) if pieces else pa.array([], pa.string())


def _signature(name: str, parameters: list[str] | None) -> str | None:
    return None if parameters is None else f"{name}({', '.join(parameters)})"
