"""Definitions: which names define something, what it is, and the rows of `symbols`."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from snake_pipe.schemas import KINDS
from snake_pipe.transform.languages.rules import Define, Head
from snake_pipe.transform.row_builder import (
    KIND_CODES,
    dictionary_column,
    int_column,
    record_batch,
    shorten,
    text_column,
)
from snake_pipe.transform.source_docs import Comments, docstring
from snake_pipe.transform.source_grammar import DEFINES, NO_REFERENCE, ROLE_CODES, SCOPES
from snake_pipe.transform.source_names import drop_inside, place_tables
from snake_pipe.transform.source_rows import Nesting

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from snake_pipe.transform.source_grammar import Grammar
    from snake_pipe.transform.source_names import Names
    from snake_pipe.transform.source_rows import SourceRows

_VARIABLE, _FIELD = KIND_CODES["variable"], KIND_CODES["field"]
_FUNCTION, _METHOD = KIND_CODES["function"], KIND_CODES["method"]
_CLASS_SCOPE, _FUNCTION_SCOPE = SCOPES.index("class"), SCOPES.index("function")
_WRITE = ROLE_CODES["write"]
_TYPES = np.array([KIND_CODES[kind] for kind in ("class", "interface", "enum")])
_CARRIERS = np.array([KIND_CODES[kind] for kind in ("variable", "field", "type_alias")])
_NAME_LENGTH = 1000
_SIGNATURE_LENGTH = 300
_HEAD_BYTES = 400
_LONGEST_GAP = 80
_SEPARATOR = re.compile(r"::|\\(?=\w)")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Definitions:
    """Every definition, sorted by row, no row twice.

    `head_row` is the statement's row where several names share it (`int a, b`), else the same.
    `name` is a position in Names and `name_row` the row whose text is the name, `kind` a code of
    KIND_CODES, `scope_row` the row of the innermost scope around it (-1: the file). `nesting.outer` is
    the enclosing definition, -1 at the top.
    """

    row: NDArray[np.int32]
    head_row: NDArray[np.int32]
    name: NDArray[np.int64]
    name_row: NDArray[np.int32]
    kind: NDArray[np.int32]
    place: NDArray[np.uint8]
    scope_row: NDArray[np.int32]
    nesting: Nesting

    def __len__(self) -> int:
        return len(self.row)


def find_definitions(rows: SourceRows, names: Names) -> Definitions:
    """The definitions among the names; the others lose that role (local variables become writes)."""
    grammar = rows.grammar
    _refuse_unannounced(rows, names)
    at = _once(names, np.flatnonzero(names.role == DEFINES), _column(grammar, lambda p: p.whole))
    place = names.place[at]
    own = _column(grammar, lambda p: p.own)[place]
    head_row = np.where(own, names.way[at], names.holder[at])
    row = _one_row_each(head_row, names.way[at], names.row[at])
    whole = _column(grammar, lambda p: p.whole)[place]
    name_row = np.where(whole, names.way[at], names.row[at])
    scope_row = _scopes(rows, row)
    kind = _kinds(rows, names, at, row, place)
    scope = np.where(scope_row < 0, 0, grammar.scope[rows.code[scope_row]])

    local = _column(grammar, lambda p: ROLE_CODES.get(p.local or "", -1))[place]
    hinted = _column(grammar, lambda p: p.hinted)[place]
    qualified = (names.qualifier_end[at] >= 0) & ~whole
    refused = qualified & ~_column(grammar, lambda p: p.qualified)[place]
    inside = (scope == _FUNCTION_SCOPE) & (local >= 0) & ((kind == _VARIABLE) | hinted)
    nowhere = (kind < 0) | refused | inside
    drop_inside(rows, names, names.way[at[whole]])
    names.role[at[whole]] = DEFINES
    names.role[at[nowhere]] = np.where(local >= 0, local, np.where(refused, _WRITE, NO_REFERENCE))[nowhere]

    member = (scope == _CLASS_SCOPE) | qualified
    kind = np.where(member & (kind == _FUNCTION), _METHOD, kind)
    kind = np.where((scope == _CLASS_SCOPE) & (kind == _VARIABLE), _FIELD, kind)
    stay = np.flatnonzero(~nowhere)
    stay = stay[np.argsort(row[stay], kind="stable")]
    row, place, scope_row, kind = row[stay], place[stay], scope_row[stay], kind[stay]
    promoted = (kind == _FIELD) & (scope[stay] == _FUNCTION_SCOPE)
    nesting = _lifted(Nesting.of(row, rows.shape.end[row]), place, scope_row, kind, promoted)
    return Definitions(row, head_row[stay], at[stay], name_row[stay], kind, place, scope_row, nesting)


def _refuse_unannounced(rows: SourceRows, names: Names) -> None:
    """Take back definitions that lack the word their place asks for, and those of reserved words."""
    for index, place in enumerate(rows.grammar.places):
        if isinstance(place, Define) and place.after:
            at = np.flatnonzero((names.role == DEFINES) & (names.place == index))
            row = names.row[at]
            missing = at[~_preceded(rows, row, place.after.encode())]
            names.role[missing] = np.maximum(rows.grammar.name_role[rows.code[names.row[missing]]], 0)
    for word in rows.grammar.rules.reserved:
        at = np.flatnonzero(names.role == DEFINES)
        names.role[at[rows.reads(names.row[at], word.encode())]] = NO_REFERENCE


def _preceded(rows: SourceRows, row: NDArray[np.int32], word: bytes) -> NDArray[np.bool_]:
    """Whether the word stands before each row's text, with nothing but blanks between."""
    before = rows.start[row].astype(np.int64) - 1
    for _ in range(_LONGEST_GAP):
        blank = (before >= 0) & np.isin(rows.source[np.maximum(before, 0)], (32, 9))
        if not blank.any():
            break
        before = before - blank
    same = before + 1 >= len(word)
    for back, letter in enumerate(reversed(word)):
        same &= rows.source[np.maximum(before - back, 0)] == letter
    return same


def _once(names: Names, at: NDArray[np.int64], whole: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The names without the further parts of one whole name (`a.b.c`)."""
    holder = names.holder[at]
    again = np.flatnonzero(whole[names.place[at[1:]]] & (holder[1:] == holder[:-1])) + 1
    names.role[at[again]] = NO_REFERENCE
    return np.delete(at, again)


def _column(grammar: Grammar, value: Any) -> NDArray[Any]:
    """A property of each place that defines, as a column; that of a plain `Define` for the others."""
    plain = Define(None)
    return np.array([value(place if isinstance(place, Define) else plain) for place in grammar.places])


def _one_row_each(row: NDArray[np.int32], way: NDArray[np.int32], leaf: NDArray[np.int32]) -> NDArray[np.int32]:
    """The first name keeps the definition's row; further ones get a row nearer to themselves."""
    row = row.copy()
    for nearer in (way, leaf):
        order = np.argsort(row, kind="stable")
        again = order[1:][row[order[1:]] == row[order[:-1]]]
        if len(again) == 0:
            break
        row[again] = nearer[again]
    return row


def _lifted(
    nesting: Nesting,
    place: NDArray[np.uint8],
    scope_row: NDArray[np.int32],
    kind: NDArray[np.int32],
    promoted: NDArray[np.bool_],
) -> Nesting:
    """The nesting without containers that are none.

    Names of one statement (`a, b = 1, 2`, `a = b = 1`) stand beside one another; a type that is
    defined on the way (`typedef struct s {} t`) is no part of what is defined with it; a constructor's
    parameter that is `promoted` to a field belongs to the class.
    """
    outer = nesting.outer.copy()
    while True:
        within = np.flatnonzero(outer >= 0)
        around = outer[within]
        beside = (place[within] == place[around]) & (scope_row[within] == scope_row[around])
        beside &= (kind[within] != _FUNCTION) & (kind[within] != _METHOD)
        free = np.isin(kind[within], _TYPES) & np.isin(kind[around], _CARRIERS)
        risen = promoted[within] & ((kind[around] == _METHOD) | (kind[around] == _FUNCTION))
        lift = np.flatnonzero(beside | free | risen)
        if len(lift) == 0:
            return replace(nesting, outer=outer)
        outer[within[lift]] = outer[around[lift]]


def _scopes(rows: SourceRows, at: NDArray[np.int32]) -> NDArray[np.int32]:
    """The row of the innermost scope strictly around each row, -1 for none."""
    scope_rows = np.flatnonzero(rows.grammar.scope[rows.code] > 0)
    if len(scope_rows) == 0:
        return np.full(len(at), -1, np.int32)
    item = Nesting.of(scope_rows, rows.shape.end[scope_rows]).around(len(rows))[at]
    return np.where(item < 0, -1, scope_rows[item]).astype(np.int32)


def _kinds(
    rows: SourceRows, names: Names, at: NDArray[np.int64], row: NDArray[np.int32], place: NDArray[np.uint8]
) -> NDArray[np.int32]:
    """The kind of each definition, -1 where the place defines nothing after all."""
    grammar = rows.grammar
    kind = _column(grammar, lambda p: KIND_CODES.get(p.kind or "", -1))[place].astype(np.int32)
    hints = place_tables(grammar).hints
    if len(hints) > 1:
        hint_kind = np.array([KIND_CODES.get(hint, -1) for hint in hints], np.int32)
        hinted = _column(grammar, lambda p: p.hinted)[place] & (names.hint[at] > 0)
        kind = np.where(hinted, hint_kind[names.hint[at]], kind)
    for index, candidate in enumerate(grammar.places):
        if isinstance(candidate, Define) and candidate.by is not None:
            field, kinds = candidate.by
            here = np.flatnonzero(place == index)
            child = _step(rows, row[here], field)
            by_type = np.array([KIND_CODES.get(kinds.get(type_, ""), -1) for type_ in grammar.types], np.int32)
            decided = np.where(child < 0, -1, by_type[rows.code[child]])
            kind[here] = np.where(decided >= 0, decided, kind[here])
    return kind


def _step(rows: SourceRows, row: NDArray[np.int32], step: str) -> NDArray[np.int32]:
    """The child of each row in a field, or with `:` of a type; -1 for none."""
    return rows.child_of_type(row, step[1:]) if step.startswith(":") else rows.child(row, step)


def bodies(rows: SourceRows, definitions: Definitions) -> NDArray[np.int32]:
    """The row of each definition's body, -1 for none."""
    body = np.full(len(definitions), -1, np.int32)
    for index, place in enumerate(rows.grammar.places):
        if isinstance(place, Define):
            here = np.flatnonzero(definitions.place == index)
            row = definitions.row[here]
            for step in place.body:
                row = _step(rows, row, step)
            body[here] = row if place.body else -1
    return body


def symbol_batch(rows: SourceRows, names: Names, definitions: Definitions, file_ids: NDArray[np.int64]) -> pa.RecordBatch:
    """The rows of `symbols`."""
    row = definitions.row
    file = rows.files(row)
    base = rows.bases[file]
    leaf = definitions.name_row
    body = bodies(rows, definitions)
    has_body = body >= 0
    outer = definitions.nesting.outer
    start, end = rows.start[row], rows.end[row]
    name_column = text_column(rows.source, rows.start[leaf], rows.end[leaf])
    name_texts: list[str] = name_column.to_pylist()
    qualified_names = _qualified_names(rows, names, definitions, name_texts)
    heads = _Heads(rows, definitions, name_texts, qualified_names)
    modifiers, visibility, exported = heads.read()
    name_line, name_col = rows.lines.locate(rows.start[leaf], base)
    function_like = (definitions.kind == _FUNCTION) | (definitions.kind == _METHOD)
    body_start = np.where(has_body, rows.start[body], base)
    body_end = np.where(has_body, rows.end[body], base)
    return record_batch(
        "symbols",
        {
            "file_id": file_ids[file],
            "node_id": row - rows.row_bases[file],
            "name": name_column,
            "qualified_name": pa.array(qualified_names, pa.string()),
            "kind": dictionary_column(definitions.kind, KINDS),
            "parent_node_id": int_column(
                np.where(outer < 0, 0, row[outer] - rows.row_bases[file]), pa.int32(), null=outer < 0
            ),
            "signature": _signatures(rows, start, np.where(has_body & (body_start > start), body_start, end)),
            "doc": pa.array(_docs(rows, definitions, body, heads.top), pa.string()),
            "modifiers": pa.array(modifiers, pa.list_(pa.string())),
            "visibility": visibility,
            "exported": exported,
            "complexity": int_column(_complexity(rows, row), pa.int32(), null=~function_like),
            "start_offset": (start - base).astype(np.int64),
            "end_offset": (end - base).astype(np.int64),
            "start_line": rows.lines.lines(start, base),
            "end_line": rows.lines.lines(end, base),
            "name_line": name_line,
            "name_col": name_col,
            "body_start_line": int_column(rows.lines.lines(body_start, base), pa.int32(), null=~has_body),
            "body_end_line": int_column(rows.lines.lines(body_end, base), pa.int32(), null=~has_body),
        },
    )


def _qualified_names(rows: SourceRows, names: Names, definitions: Definitions, texts: list[str]) -> list[str]:
    """Names with those of what encloses them; very deep nesting keeps the innermost part."""
    prefixes = _prefixes(rows, names, definitions)
    qualified: list[str] = []
    for index, (text, outer) in enumerate(zip(texts, definitions.nesting.outer.tolist(), strict=True)):
        text = _SEPARATOR.sub(".", text)
        full = text if outer < 0 else f"{qualified[outer]}.{text}"
        if index in prefixes:
            prefix = prefixes[index]
            full = f"{prefix}.{text}" if outer < 0 else f"{qualified[outer]}.{prefix}.{text}"
        qualified.append(full if len(full) <= _NAME_LENGTH else "…" + full[-_NAME_LENGTH:])
    return qualified


def _prefixes(rows: SourceRows, names: Names, definitions: Definitions) -> dict[int, str]:
    """What qualifies a definition though it is no symbol around it: `impl A`, `func (a A)`, `A::f`."""
    grammar, rules = rows.grammar, rows.grammar.rules
    prefixes: dict[int, str] = {}
    for type_, field in rules.qualifiers.items():
        code = grammar.types.index(type_)
        inside = np.flatnonzero((definitions.scope_row >= 0) & (rows.code[definitions.scope_row] == code))
        target = rows.child(definitions.scope_row[inside], field)
        for index, row in zip(inside.tolist(), target.tolist(), strict=True):
            if row >= 0:
                prefixes[index] = type_name(rows.text(row))
    for number, place in enumerate(grammar.places):
        if isinstance(place, Define) and place.receiver:
            here = np.flatnonzero(definitions.place == number)
            receiver = rows.child(definitions.row[here], place.receiver)
            wanted = grammar.flags({"type_identifier"})
            for index, row in zip(here.tolist(), rows.first_of(receiver, wanted).tolist(), strict=True):
                if row >= 0:
                    prefixes[index] = rows.text(row)
    plain = definitions.name_row == names.row[definitions.name]
    qualified = np.flatnonzero(plain & (names.qualifier_end[definitions.name] >= 0))
    for index in qualified.tolist():
        name = definitions.name[index]
        text = rows.data[names.qualifier_start[name] : names.qualifier_end[name]].decode("utf-8", "replace")
        prefixes[index] = type_name(text)
    return prefixes


def type_name(text: str) -> str:
    """A type's name as a qualifier: without its arguments, dots between its parts."""
    return ".".join(re.findall(r"[\w~$]+", re.sub(r"<.*>", "", text, flags=re.DOTALL))) or text


def _signatures(rows: SourceRows, start: NDArray[np.int32], end: NDArray[np.int32]) -> pa.StringArray:
    """The source between the offsets on one line each, white space folded, shortened."""
    end = np.minimum(end, start + 4 * _SIGNATURE_LENGTH)
    for _ in range(3):  # back to where a character begins
        inside = (end < len(rows.source)) & (end > start)
        end = end - (inside & ((rows.source[np.minimum(end, len(rows.source) - 1)] & 0xC0) == 0x80))
    length = (end - start).astype(np.int64)
    offsets = np.concatenate([[0], np.cumsum(length)])
    text = rows.source[np.arange(offsets[-1]) + np.repeat(start - offsets[:-1], length)]
    space = (text == 32) | ((text >= 9) & (text <= 13))
    after_space = np.ones(len(text), np.bool_)
    after_space[1:] = space[:-1]
    after_space[offsets[:-1][length > 0]] = True
    # A space stays when something else precedes it in its signature and follows it.
    keep = ~(space & after_space)
    kept = np.concatenate([[0], np.cumsum(keep)])[offsets]
    folded = np.where(space, np.uint8(32), text)[keep]
    begin, stop = kept[:-1], kept[1:]
    trailing = (stop > begin) & (folded[np.maximum(stop - 1, 0)] == 32) if len(folded) else np.zeros(len(stop), bool)
    stop = stop - trailing
    return text_column(folded, begin, shorten(folded, begin, stop, _SIGNATURE_LENGTH))


def _complexity(rows: SourceRows, row: NDArray[np.int32]) -> NDArray[np.int64]:
    """1 + branches in each row's subtree."""
    grammar = rows.grammar
    branch = np.flatnonzero(grammar.flags(grammar.rules.branches)[rows.code])
    branches = [branch]
    if grammar.rules.operators:
        branches.append(_logical(rows, np.flatnonzero(grammar.flags(grammar.rules.operators)[rows.code])))
    every = np.sort(np.concatenate(branches))
    count: NDArray[np.int64] = np.searchsorted(every, rows.shape.end[row]) - np.searchsorted(every, row)
    return count + 1


def _logical(rows: SourceRows, binary: NDArray[np.int64]) -> NDArray[np.int64]:
    """Those binary operations whose operator is `&&`, `||` or `??`: they branch."""
    binary = binary[rows.shape.end[binary] > binary + 1]
    if len(binary) == 0:
        return binary
    at = rows.end[binary + 1].astype(np.int64)
    last = len(rows.source) - 2
    for _ in range(_LONGEST_GAP):
        space = (at < last) & (rows.source[np.minimum(at, last + 1)] <= 32)
        if not space.any():
            break
        at = at + space
    at = np.minimum(at, max(last, 0))
    first, second = rows.source[at], rows.source[np.minimum(at + 1, last + 1)]
    return binary[(first == second) & ((first == ord("&")) | (first == ord("|")) | (first == ord("?")))]


def _docs(
    rows: SourceRows, definitions: Definitions, body: NDArray[np.int32], top: NDArray[np.int32]
) -> list[str | None]:
    docs: list[str | None] = [None] * len(definitions)
    if rows.grammar.rules.docstring:
        docstring(rows, body, docs)
    Comments(rows).before(top, docs)
    return docs


class _Heads:
    """Modifiers, visibility and export of definitions, from the words before their names.

    Heads repeat, so what a language says of one is kept; the rules see no more of a name than its
    first two characters and whether it ends in two underscores.
    """

    def __init__(
        self, rows: SourceRows, definitions: Definitions, texts: list[str], qualified: list[str]
    ) -> None:
        self._rows, self._definitions, self._texts, self._qualified = rows, definitions, texts, qualified
        self._leaf = definitions.name_row
        self._rules = rows.grammar.rules
        self.top = self._wrapped(definitions.head_row)

    def _wrapped(self, row: NDArray[np.int32]) -> NDArray[np.int32]:
        """The outermost wrapper around each definition, such as a decorated definition."""
        rows, rules = self._rows, self._rules
        around = rows.grammar.flags(rules.wrappers)
        first_in = rows.grammar.flags(rules.declarations)
        top = row.copy()
        for _ in range(8):
            above = rows.shape.parent[top]
            code = rows.code[above]
            rise = (above >= 0) & (around[code] | (first_in[code] & (top == above + 1)))
            if not rise.any():
                break
            top = np.where(rise, above, top)
        return top

    def read(self) -> tuple[list[list[str] | None], pa.Array, pa.Array]:
        """The columns modifiers, visibility and exported."""
        rows, rules = self._rows, self._rules
        data = rows.data
        scopes = np.where(
            self._definitions.scope_row < 0, 0, rows.code[self._definitions.scope_row]
        ).tolist()
        outermost = rows.code[self.top].tolist()
        begins = rows.start[self.top]
        ends = rows.start[self._leaf]
        begins = np.where(ends - begins > _HEAD_BYTES, rows.start[self._definitions.row], begins)
        sections = self._sections()
        place_modifiers = [p.modifiers if isinstance(p, Define) else () for p in rows.grammar.places]
        declares = [isinstance(p, Define) and p.hinted for p in rows.grammar.places]
        known: dict[Any, tuple[list[str] | None, str | None, bool | None]] = {}
        modifiers: list[list[str] | None] = []
        visibility: list[str | None] = []
        exported: list[bool | None] = []
        codes = rows.code[self._definitions.row].tolist()
        for text, qualified, begin, end, kind, place, scope, outer, section, code in zip(
            self._texts,
            self._qualified,
            begins.tolist(),
            ends.tolist(),
            self._definitions.kind.tolist(),
            self._definitions.place.tolist(),
            scopes,
            outermost,
            sections,
            codes,
            strict=True,
        ):
            head = data[begin : min(end, begin + _HEAD_BYTES)]
            constructs = text in rules.constructors or (
                rules.named_constructors and kind == _METHOD and f".{qualified}".endswith(f".{text}.{text}")
            )
            key = (head, kind, place, scope, outer, section, text[:2], text[-2:] == "__", constructs)
            declared = ("declaration",) if declares[place] and kind in {_FUNCTION, _METHOD} else ()
            answer = known.get(key)
            if answer is None:
                answer = known[key] = self._describe(
                    Head(
                        text,
                        KINDS[kind],
                        frozenset(_WORD.findall(head.decode("utf-8", "replace"))),
                        rows.grammar.types[scope],
                        section,
                        rows.grammar.types[outer],
                        rows.grammar.types[code],
                    ),
                    (*place_modifiers[place], *(("constructor",) if constructs else ()), *declared),
                )
            modifiers.append(answer[0])
            visibility.append(answer[1])
            exported.append(answer[2])
        return (
            modifiers,
            pa.array(visibility, pa.string()).dictionary_encode(),
            pa.array(exported, pa.bool_()),
        )

    def _describe(
        self, head: Head, by_place: tuple[str, ...]
    ) -> tuple[list[str] | None, str | None, bool | None]:
        rules = self._rules
        modifiers = {rules.modifiers[word] for word in head.words if word in rules.modifiers}
        modifiers.update(by_place)
        return sorted(modifiers) or None, rules.visibility(head), rules.exported(head)

    def _sections(self) -> list[str]:
        """The word of the last section mark (`private:`) before each definition in its class body."""
        rows, rules = self._rows, self._rules
        if not rules.sections:
            return [""] * len(self._definitions)
        marks: dict[int, tuple[list[int], list[str]]] = {}
        for type_, accepted in rules.sections.items():
            for row in np.flatnonzero(rows.grammar.flags({type_})[rows.code]).tolist():
                if int(rows.end[row]) - int(rows.start[row]) <= _HEAD_BYTES:
                    word = rows.text(row)
                    if word in accepted:
                        at, found = marks.setdefault(int(rows.shape.parent[row]), ([], []))
                        at.append(row)
                        found.append(word)
        if not marks:
            return [""] * len(self._definitions)
        sections = []
        for top, parent in zip(self.top.tolist(), rows.shape.parent[self.top].tolist(), strict=True):
            at, found = marks.get(parent, ([], []))
            before = bisect_left(at, top)
            sections.append(found[before - 1] if before else "")
        return sections
