"""Definitions: which names define something, what it is, and what is around it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from snake_pipe.transform.languages.rules import Define
from snake_pipe.transform.rows.builder import KIND_CODES
from snake_pipe.transform.rows.nesting import Nesting
from snake_pipe.transform.sources.grammar import DEFINES, NO_REFERENCE, ROLE_CODES, SCOPES
from snake_pipe.transform.sources.names import drop_inside, place_tables

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from snake_pipe.transform.sources.grammar import Grammar
    from snake_pipe.transform.sources.names import Names
    from snake_pipe.transform.sources.rows import SourceRows

_VARIABLE, _FIELD = KIND_CODES["variable"], KIND_CODES["field"]
FUNCTION, METHOD = KIND_CODES["function"], KIND_CODES["method"]
_CLASS_SCOPE, _FUNCTION_SCOPE = SCOPES.index("class"), SCOPES.index("function")
_WRITE = ROLE_CODES["write"]
_TYPES = np.array([KIND_CODES[kind] for kind in ("class", "interface", "enum")])
_CONTAINERS = np.append(_TYPES, KIND_CODES["module"])
_CARRIERS = np.array([KIND_CODES[kind] for kind in ("variable", "field", "type_alias")])


@dataclass(frozen=True, slots=True)
class Definitions:
    """Every definition, sorted by row, no row twice.

    `head_row` is the statement's row where several names share it (`int a, b`), else the same.
    `last_row` is the last of the rows that make up one definition, mostly `row` itself, and `last_place`
    its place. `name` is a position in Names, `name_start` and `name_end` are the offsets of its text, `kind`
    a code of KIND_CODES, `scope_row` the row of the innermost scope around it (-1: the file).
    `nesting.outer` is the enclosing definition, -1 at the top.
    """

    row: NDArray[np.int32]
    head_row: NDArray[np.int32]
    last_row: NDArray[np.int32]
    name: NDArray[np.int64]
    name_start: NDArray[np.int32]
    name_end: NDArray[np.int32]
    kind: NDArray[np.int32]
    place: NDArray[np.uint8]
    last_place: NDArray[np.uint8]
    scope_row: NDArray[np.int32]
    nesting: Nesting

    def __len__(self) -> int:
        return len(self.row)


def find_definitions(rows: SourceRows, names: Names) -> Definitions:
    """The definitions among the names; the others lose that role (local variables become writes)."""
    grammar = rows.grammar
    places = _define_tables(grammar)
    _refuse_unannounced(rows, names)
    at = _once(
        names,
        np.flatnonzero(names.role == DEFINES),
        places.whole,
        places.single,
        places.last,
    )
    place = names.place[at]
    own = places.own[place]
    head_row = np.where(own, names.way[at], names.holder[at])
    row = _one_row_each(head_row, names.way[at], names.row[at])
    whole = places.whole[place]
    name_row = np.where(whole, names.way[at], names.row[at])
    name_start, name_end = rows.start[name_row].copy(), rows.end[name_row].copy()
    _name_the_unnamed(rows, name_row, name_start, name_end)
    if marks := grammar.rules.name_marks:
        name_end -= np.isin(rows.source[np.maximum(name_end - 1, 0)], tuple(marks.encode()))
    scope_row = _scopes(rows, head_row)
    kind = _kinds(rows, names, at, head_row, row, place, name_start)
    scope = np.where(scope_row < 0, 0, grammar.scope[rows.code[scope_row]])

    local = places.local[place]
    hinted = places.hinted[place]
    qualified = (names.qualifier_end[at] >= 0) & ~whole
    refused = qualified & ~places.qualified[place]
    inside = (scope == _FUNCTION_SCOPE) & (local >= 0) & ((kind == _VARIABLE) | hinted)
    nameless = name_start == name_end  # a MISSING identifier
    nowhere = (kind < 0) | refused | inside | nameless
    drop_inside(rows, names, names.way[at[whole]])
    names.role[at[whole]] = DEFINES
    local = np.where(_in_head(grammar, names)[at], NO_REFERENCE, local)
    names.role[at[nowhere]] = np.where(local >= 0, local, np.where(refused, _WRITE, NO_REFERENCE))[nowhere]

    member = (scope == _CLASS_SCOPE) | (qualified & ~places.free[place])
    kind = np.where(member & (kind == FUNCTION), METHOD, kind)
    kind = np.where((scope == _CLASS_SCOPE) & (kind == _VARIABLE), _FIELD, kind)
    stay = np.flatnonzero(~nowhere)
    stay = stay[np.argsort(row[stay], kind="stable")]
    last = stay.copy()
    if places.repeats[place].any():
        stay, last = _neighbours_as_one(rows, stay, row, kind, place, name_start, name_end)
    row, last_row, place, last_place = row[stay], row[last], place[stay], place[last]
    last_row = _with_followers(rows, last_row, last_place)
    scope_row, kind = scope_row[stay], kind[last]
    promoted = (kind == _FIELD) & (scope[stay] == _FUNCTION_SCOPE)
    inside = Nesting.of(row, rows.shape.end[last_row])
    nesting = _lifted(inside, head_row[stay], place, scope_row, kind, promoted)
    return Definitions(
        row,
        head_row[stay],
        last_row,
        at[stay],
        name_start[stay],
        name_end[stay],
        kind,
        place,
        last_place,
        scope_row,
        nesting,
    )


def _refuse_unannounced(rows: SourceRows, names: Names) -> None:
    """Take back definitions that lack what their place asks for, and those of reserved words."""
    defining = np.flatnonzero(names.role == DEFINES)
    place_of = names.place[defining]
    for index, place in enumerate(rows.grammar.places):
        if not isinstance(place, Define) or not (place.after or place.via or place.keywords):
            continue
        at = defining[place_of == index]
        row = names.row[at]
        ok = np.ones(len(at), np.bool_)
        if place.via:
            ok &= rows.grammar.flags(place.via)[rows.code[names.way[at]]]
        if place.after:
            ok &= rows.preceded(rows.start[row], place.after)
        if place.keywords and place.kind is None:
            found = [rows.preceded(rows.start[row], words) for words in place.keywords]
            if place.keywords_at is not None:
                steps, kinds = place.keywords_at
                found += [_preceded_at(rows, names.holder[at], steps, words) for words in kinds]
            ok &= np.logical_or.reduce(found)
        used_as = ROLE_CODES[place.local] if place.keywords and place.local else names.used_as[at[~ok]]
        names.role[at[~ok]] = used_as
    at = defining[names.role[defining] == DEFINES]
    for word in rows.grammar.rules.reserved:
        names.role[at[rows.reads(names.row[at], word.encode())]] = NO_REFERENCE


def _preceded_at(rows: SourceRows, row: NDArray[np.int32], steps: str, words: str) -> NDArray[np.bool_]:
    """Whether the words stand directly before the node that is so many steps from each row."""
    for step in steps.split("/"):
        row = _step(rows, row, step)
    return (row >= 0) & rows.preceded(rows.start[row], words)


def _name_the_unnamed(
    rows: SourceRows, row: NDArray[np.int32], start: NDArray[np.int32], end: NDArray[np.int32]
) -> None:
    """Narrow the names of unnamed definitions to the word they are known by, at its first place in them."""
    grammar = rows.grammar
    for index in np.flatnonzero(grammar.unnamed[rows.code[row]]).tolist():
        at = int(row[index])
        word = re.compile(rb"\b(?:%b)\b" % grammar.rules.unnamed[grammar.types[rows.code[at]]][0].encode())
        begin = stop = int(start[index])
        for child in (*rows.children(at), -1):  # the word stands between the children, not in an attribute
            stop = int(end[index]) if child < 0 else int(rows.start[child])
            if found := word.search(rows.data, begin, stop):
                start[index], end[index] = found.span()
                break
            begin = int(rows.end[child])
        else:
            end[index] = start[index]


def _with_followers(
    rows: SourceRows, last_row: NDArray[np.int32], place: NDArray[np.uint8]
) -> NDArray[np.int32]:
    """The last rows, moved on to what follows them and is theirs."""
    last_row = last_row.copy()
    for index, candidate in enumerate(rows.grammar.places):
        if isinstance(candidate, Define) and candidate.followed_by:
            here = np.flatnonzero(place == index)
            behind = rows.shape.end[last_row[here]]
            theirs = rows.grammar.flags({candidate.followed_by})[rows.code[np.minimum(behind, len(rows) - 1)]]
            theirs &= behind < len(rows)
            last_row[here[theirs]] = behind[theirs]
    return last_row


def _neighbours_as_one(
    rows: SourceRows,
    order: NDArray[np.int64],
    row: NDArray[np.int32],
    kind: NDArray[np.int32],
    place: NDArray[np.uint8],
    name_start: NDArray[np.int32],
    name_end: NDArray[np.int32],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The first and the last definition of each run of neighbours that `repeats` makes one."""
    repeats = _define_tables(rows.grammar).repeats[place] & ~np.isin(kind, _CONTAINERS)
    run_of_parent: dict[int, tuple[bytes, int]] = {}
    firsts: list[int] = []
    lasts: list[int] = []
    for item, parent in zip(order.tolist(), rows.shape.parent[row[order]].tolist(), strict=True):
        name = rows.data[name_start[item] : name_end[item]]
        before = run_of_parent.get(parent)
        if repeats[item] and before is not None and before[0] == name:
            lasts[before[1]] = item
            continue
        run_of_parent[parent] = (name if repeats[item] else b"", len(firsts))
        firsts.append(item)
        lasts.append(item)
    return np.array(firsts, np.int64), np.array(lasts, np.int64)


def _once(
    names: Names,
    at: NDArray[np.int64],
    whole: NDArray[np.bool_],
    single: NDArray[np.bool_],
    last: NDArray[np.bool_],
) -> NDArray[np.int64]:
    """The names without further parts of a whole one (`a.b.c`), those after a single, those before a last."""
    holder = names.holder[at]
    again = np.flatnonzero(holder[1:] == holder[:-1]) + 1
    place = names.place[at[again]]
    parts, others = again[whole[place]], again[single[place]]
    parts = np.concatenate([parts, again[last[place]] - 1])
    names.role[at[parts]] = NO_REFERENCE
    names.role[at[others]] = names.used_as[at[others]]
    return np.delete(at, np.concatenate([parts, others]))


@dataclass(frozen=True, slots=True)
class _DefineTables:
    """What a grammar's places say of definitions as columns, indexed by place; others as a plain `Define`."""

    whole: NDArray[Any]
    single: NDArray[Any]
    last: NDArray[Any]
    own: NDArray[Any]
    hinted: NDArray[Any]
    qualified: NDArray[Any]
    free: NDArray[Any]
    repeats: NDArray[Any]
    local: NDArray[Any]
    kind: NDArray[Any]


@lru_cache(maxsize=64)
def _define_tables(grammar: Grammar) -> _DefineTables:
    plain = Define(None)
    defines = [place if isinstance(place, Define) else plain for place in grammar.places]
    flags = ("whole", "single", "last", "own", "hinted", "qualified", "free", "repeats")
    tables = {name: np.array([getattr(define, name) for define in defines], np.bool_) for name in flags}
    return _DefineTables(
        **tables,
        local=np.array([ROLE_CODES.get(define.local or "", -1) for define in defines], np.int8),
        kind=np.array([KIND_CODES.get(define.kind or "", -1) for define in defines], np.int32),
    )


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
    head_row: NDArray[np.int32],
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
        beside &= np.isin(kind[within], _CARRIERS) & np.isin(kind[around], _CARRIERS)
        beside |= (place[within] == place[around]) & (head_row[within] == head_row[around])
        free = np.isin(kind[within], _TYPES) & np.isin(kind[around], _CARRIERS)
        risen = promoted[within] & np.isin(kind[around], (METHOD, FUNCTION))
        risen &= (outer[around] >= 0) & np.isin(kind[outer[around]], _TYPES)
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
    rows: SourceRows,
    names: Names,
    at: NDArray[np.int64],
    head_row: NDArray[np.int32],
    row: NDArray[np.int32],
    place: NDArray[np.uint8],
    name_start: NDArray[np.int32],
) -> NDArray[np.int32]:
    """The kind of each definition, -1 where the place defines nothing after all."""
    grammar = rows.grammar
    places = _define_tables(grammar)
    kind = places.kind[place].astype(np.int32)
    hints = place_tables(grammar).hints
    if len(hints) > 1:
        hint_kind = np.array([KIND_CODES.get(hint, -1) for hint in hints], np.int32)
        hinted = places.hinted[place] & (names.hint[at] > 0)
        kind = np.where(hinted, hint_kind[names.hint[at]], kind)
    for index, candidate in enumerate(grammar.places):
        if not isinstance(candidate, Define):
            continue
        # `by` comes last and wins; it sees only the first of several names, `also_by` sees them all.
        for begin, deciding in ((head_row, candidate.also_by), (row, candidate.by)):
            if deciding is not None:
                steps, kinds = deciding
                here = np.flatnonzero(place == index)
                child = begin[here]
                for step in steps.split("/"):
                    child = _step(rows, child, step)
                by_type = np.array(
                    [KIND_CODES.get(kinds.get(type_, ""), -1) for type_ in grammar.types], np.int32
                )
                decided = np.where(child < 0, -1, by_type[rows.code[child]])
                kind[here] = np.where(decided >= 0, decided, kind[here])
        for words, word_kind in reversed(list(candidate.keywords.items())):
            here = np.flatnonzero(place == index)
            kind[here[rows.preceded(name_start[here], words)]] = KIND_CODES[word_kind]
        if candidate.keywords_at is not None:
            steps, kinds = candidate.keywords_at
            here = np.flatnonzero((place == index) & (kind < 0))
            for words, word_kind in kinds.items():
                kind[here[_preceded_at(rows, row[here], steps, words)]] = KIND_CODES[word_kind]
    kind[_in_head(grammar, names)[at]] = -1
    return kind


def _in_head(grammar: Grammar, names: Names) -> NDArray[np.bool_]:
    """Which names are hinted to be mere parts of a definition's head."""
    hints = place_tables(grammar).hints
    in_head: NDArray[np.bool_] = names.hint == (hints.index("none") if "none" in hints else -1)
    return in_head


def _step(rows: SourceRows, row: NDArray[np.int32], step: str) -> NDArray[np.int32]:
    """The node one step from each row, -1 for none; see `Define`."""
    if step == "..":
        return np.where(row < 0, -1, rows.shape.parent[row])
    if step == "^":
        return rows.first_child(row)
    return rows.child_of_type(row, step[1:]) if step.startswith(":") else rows.child(row, step)


def bodies(rows: SourceRows, definitions: Definitions) -> NDArray[np.int32]:
    """The row of each definition's body, -1 for none."""
    body = np.full(len(definitions), -1, np.int32)
    for index, place in enumerate(rows.grammar.places):
        if isinstance(place, Define):
            here = np.flatnonzero(definitions.last_place == index)
            row = definitions.last_row[here]
            for step in place.body:
                row = _step(rows, row, step)
            body[here] = row if place.body else -1
    return body


def head_ends(rows: SourceRows, definitions: Definitions, body: NDArray[np.int32]) -> NDArray[np.int32]:
    """The offset where each definition's signature ends."""
    row = definitions.row
    before_body = (body >= 0) & (rows.start[body] > rows.start[row])
    end = np.where(before_body, np.minimum(rows.start[body], rows.end[row]), rows.end[row])
    for index, place in enumerate(rows.grammar.places):
        if isinstance(place, Define) and place.head is not None:
            here = np.flatnonzero(definitions.place == index)
            head = _step(rows, row[here], place.head)
            end[here[head >= 0]] = rows.end[head[head >= 0]]
    return end
