"""Definitions: which names define something, what it is, and what is around it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from snake_pipe.transform.languages.rules import Define
from snake_pipe.transform.row_builder import KIND_CODES
from snake_pipe.transform.source_grammar import DEFINES, NO_REFERENCE, ROLE_CODES, SCOPES
from snake_pipe.transform.source_names import drop_inside, place_tables
from snake_pipe.transform.source_rows import Nesting

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from snake_pipe.transform.source_grammar import Grammar
    from snake_pipe.transform.source_names import Names
    from snake_pipe.transform.source_rows import SourceRows

_VARIABLE, _FIELD = KIND_CODES["variable"], KIND_CODES["field"]
FUNCTION, METHOD = KIND_CODES["function"], KIND_CODES["method"]
_CLASS_SCOPE, _FUNCTION_SCOPE = SCOPES.index("class"), SCOPES.index("function")
_WRITE = ROLE_CODES["write"]
_TYPES = np.array([KIND_CODES[kind] for kind in ("class", "interface", "enum")])
_CARRIERS = np.array([KIND_CODES[kind] for kind in ("variable", "field", "type_alias")])
_LONGEST_GAP = 80
"""Blanks that are skipped between a word and the name it announces."""


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
    nameless = rows.start[name_row] == rows.end[name_row]  # a MISSING identifier
    nowhere = (kind < 0) | refused | inside | nameless
    drop_inside(rows, names, names.way[at[whole]])
    names.role[at[whole]] = DEFINES
    names.role[at[nowhere]] = np.where(local >= 0, local, np.where(refused, _WRITE, NO_REFERENCE))[nowhere]

    member = (scope == _CLASS_SCOPE) | qualified
    kind = np.where(member & (kind == FUNCTION), METHOD, kind)
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


def _column(grammar: Grammar, value: Callable[[Define], Any]) -> NDArray[Any]:
    """A property of each place that defines, as a column; that of a plain `Define` for the others."""
    plain = Define(None)
    return np.array([value(place if isinstance(place, Define) else plain) for place in grammar.places])


def _one_row_each(
    row: NDArray[np.int32], way: NDArray[np.int32], leaf: NDArray[np.int32]
) -> NDArray[np.int32]:
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
        beside &= (kind[within] != FUNCTION) & (kind[within] != METHOD)
        free = np.isin(kind[within], _TYPES) & np.isin(kind[around], _CARRIERS)
        risen = promoted[within] & ((kind[around] == METHOD) | (kind[around] == FUNCTION))
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
            by_type = np.array(
                [KIND_CODES.get(kinds.get(type_, ""), -1) for type_ in grammar.types], np.int32
            )
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
