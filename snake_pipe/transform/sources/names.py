"""Names climb: every name of the rows gets its role, by one table and a few whole-column steps."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from snake_pipe.transform.languages.rules import Define, Use
from snake_pipe.transform.native.compiled import ROWS
from snake_pipe.transform.sources.grammar import DEFINES, NO_REFERENCE, ROLE_CODES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from snake_pipe.transform.languages.rules import Region
    from snake_pipe.transform.native.compiled import Rows as CompiledRows
    from snake_pipe.transform.sources.grammar import Grammar
    from snake_pipe.transform.sources.rows import SourceRows

_LONGEST_CLIMB = 100
"""Deeper patterns than any person writes; beyond, a name keeps the role it has."""


_MOST_TOKENS = 4
"""Tokens that are looked past before a first child (`catch (`)."""


@dataclass(slots=True)
class Names:
    """Every name, one entry each, in the order of rows.

    `role` is a code of ROLE_CODES, `used_as` the one it had before it was taken for a definition's name.
    The row of an unnamed definition stands for its name. `place` is the index of the `Define` that was
    reached (0: none), with `holder` the row of its type and `way` the holder's child the name came through.
    `qualifier_start`/`qualifier_end` are offsets, -1 where there is none. `hint` is an index into
    the `hints` of the place tables, 0 for none.
    """

    row: NDArray[np.int32]
    role: NDArray[np.int8]
    used_as: NDArray[np.int8]
    place: NDArray[np.uint8]
    holder: NDArray[np.int32]
    way: NDArray[np.int32]
    hint: NDArray[np.int8]
    qualifier_start: NDArray[np.int32]
    qualifier_end: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.row)


@dataclass(frozen=True, slots=True)
class _PlaceTables:
    """The fields of a grammar's places as columns, indexed by place."""

    role: NDArray[np.int8]
    climbs: NDArray[np.bool_]
    qualifier: NDArray[np.int16]
    hint: NDArray[np.int8]
    first: NDArray[np.bool_]
    direct: NDArray[np.bool_]
    hints: tuple[str, ...]


@lru_cache(maxsize=64)
def place_tables(grammar: Grammar) -> _PlaceTables:
    """Columns of the grammar's places."""
    places = grammar.places
    hints = ("", *sorted({p.hint for p in places if isinstance(p, Use) and p.hint}))
    return _PlaceTables(
        role=np.array(
            [DEFINES if isinstance(p, Define) else ROLE_CODES.get(p.role or "", -1) for p in places], np.int8
        ),
        climbs=np.array([isinstance(p, Use) and p.climb for p in places], np.bool_),
        qualifier=np.array(
            [
                grammar.field_ids[p.qualifier] if isinstance(p, Use) and p.qualifier is not None else -1
                for p in places
            ],
            np.int16,
        ),
        hint=np.array([hints.index(p.hint) if isinstance(p, Use) and p.hint else 0 for p in places], np.int8),
        first=np.array([isinstance(p, Define) and p.first for p in places], np.bool_),
        direct=np.array([p.direct for p in places], np.bool_),
        hints=hints,
    )


def climb(rows: SourceRows) -> Names:
    """The role of every name, by its way up the tree."""
    grammar, code = rows.grammar, rows.code
    tables = place_tables(grammar)
    unnamed = grammar.unnamed[code]
    leaves = np.flatnonzero((grammar.name_role[code] >= 0) | (unnamed > 0)).astype(np.int32)
    role = grammar.name_role[code[leaves]]
    n = len(leaves)
    names = Names(
        leaves,
        role,
        role.copy(),
        np.zeros(n, np.uint8),
        np.full(n, -1, np.int32),
        np.full(n, -1, np.int32),
        np.zeros(n, np.int8),
        np.full(n, -1, np.int32),
        np.full(n, -1, np.int32),
    )
    at = np.flatnonzero(unnamed[leaves])
    names.role[at], names.used_as[at] = DEFINES, NO_REFERENCE
    names.place[at] = unnamed[leaves[at]]
    names.holder[at] = names.way[at] = leaves[at]
    index = np.flatnonzero(unnamed[leaves] == 0).astype(np.int32)
    if ROWS is not None and code.dtype == np.uint8:
        _climb_compiled(ROWS, rows, tables, names, index)
    else:
        _climb_by_steps(rows, tables, names, index)
    if grammar.rules.dotted_qualifiers:
        at = np.flatnonzero(names.qualifier_end > 0)
        names.qualifier_end[at] -= rows.source[names.qualifier_end[at] - 1] == ord(".")
    for region in grammar.rules.regions:
        _settle(rows, names, region)
    for word in grammar.rules.literals:
        names.role[rows.reads(names.row, word.encode())] = NO_REFERENCE
    return names


def _climb_compiled(
    module: CompiledRows, rows: SourceRows, tables: _PlaceTables, names: Names, index: NDArray[np.int32]
) -> None:
    """Note what the places say of the names at `index`, by the compiled module."""
    grammar = rows.grammar
    module.climb(
        *(rows.code, rows.field, rows.shape.parent, rows.start, rows.end, rows.source, names.row, index),
        *(grammar.edge, grammar.first_edge, grammar.is_token),
        *(tables.role, tables.climbs, tables.qualifier, tables.hint, tables.first, tables.direct),
        *(names.role, names.used_as, names.place, names.holder, names.way, names.hint),
        *(names.qualifier_start, names.qualifier_end),
        *(len(grammar.fields), DEFINES, _LONGEST_CLIMB),
    )


def _climb_by_steps(rows: SourceRows, tables: _PlaceTables, names: Names, index: NDArray[np.int32]) -> None:
    """The same, one step of all names at a time."""
    grammar, code, field, parent = rows.grammar, rows.code, rows.field, rows.shape.parent
    tells_first, tells_direct = bool(grammar.first_edge.any()), bool(tables.direct.any())
    child = names.row[index]
    for _ in range(_LONGEST_CLIMB):
        above = parent[child]
        place = grammar.edge[code[above], field[child]]
        if tells_first:
            of_first = grammar.first_edge[code[above]]
            place = np.where((of_first > 0) & _is_first(rows, child, above), of_first, place)
        hit = np.flatnonzero((place > 0) & (above >= 0) & (~tables.first[place] | (child == above + 1)))
        if tells_direct:
            hit = hit[~tables.direct[place[hit]] | (child[hit] == names.row[index[hit]])]
        if len(hit) == 0:
            break
        index, child, above, place = index[hit], child[hit], above[hit], place[hit]
        _note(names, rows, tables, index, child, above, place)
        further = np.flatnonzero(tables.climbs[place])
        index, child = index[further], above[further]


def _settle(rows: SourceRows, names: Names, region: Region) -> None:
    """Give the names in the region their roles."""
    grammar = rows.grammar
    if region.below.startswith(":"):
        around = np.flatnonzero(grammar.flags({region.below[1:]})[rows.code])
    else:
        around = np.flatnonzero(rows.field == grammar.field_ids[region.below])
    at = np.flatnonzero(_inside(rows, names, around))
    role_of_type = np.array(
        [ROLE_CODES.get(region.roles.get(type_, ""), -1) for type_ in grammar.types], np.int8
    )
    role = role_of_type[rows.code[names.row[at]]]
    for word, role_after in region.after.items():
        role[rows.preceded(rows.start[names.row[at]], word)] = ROLE_CODES[role_after]
    for word, role_before in region.before.items():
        role[rows.followed(rows.end[names.row[at]], word)] = ROLE_CODES[role_before]
    at, role = at[role >= 0], role[role >= 0]
    names.used_as[at] = role
    references = names.role[at] != DEFINES
    names.role[at[references]] = role[references]


def _is_first(rows: SourceRows, child: NDArray[np.int32], above: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Whether each child is its parent's first that is no token."""
    same: NDArray[np.bool_] = _first_child(rows, np.maximum(above, 0)) == child
    return same


def _first_child(rows: SourceRows, above: NDArray[np.int32]) -> NDArray[np.int32]:
    """The row after each parent and the tokens that it begins with."""
    first = above + 1
    if rows.grammar.tokens:
        for _ in range(_MOST_TOKENS):
            first = first + rows.grammar.is_token[rows.code[np.minimum(first, len(rows) - 1)]]
    return first.astype(np.int32)


def _note(
    names: Names,
    rows: SourceRows,
    tables: _PlaceTables,
    index: NDArray[np.int32],
    child: NDArray[np.int32],
    above: NDArray[np.int32],
    place: NDArray[np.uint8],
) -> None:
    """Write down what the places say of the names at `index`."""
    given = tables.role[place]
    says = np.flatnonzero(given >= 0)
    defines = says[given[says] == DEFINES]
    names.used_as[index[defines]] = names.role[index[defines]]
    names.role[index[says]] = given[says]
    if len(defines):
        at = index[defines]
        names.place[at] = place[defines]
        names.holder[at] = above[defines]
        names.way[at] = child[defines]
    hint = tables.hint[place]
    hinted = np.flatnonzero(hint > 0)
    hinted = hinted[names.hint[index[hinted]] == 0]
    names.hint[index[hinted]] = hint[hinted]
    wanted = tables.qualifier[place]
    member = np.flatnonzero(wanted >= 0)
    if len(member):
        first = _first_child(rows, above[member])
        # A qualifier is the first child, and it isn't what the name came through.
        has = (rows.field[first] == wanted[member]) & (first != child[member])
        at = index[member[has]]
        fresh = names.qualifier_end[at] < 0
        names.qualifier_end[at[fresh]] = rows.end[first[has][fresh]]
        whole, inner = rows.start[above[member[has]]], rows.start[first[has]]
        bracketed = rows.source[whole] == ord("[")  # `[a b]` of Objective-C, not `[1, 2].b`
        names.qualifier_start[at] = np.where(bracketed, inner, whole)


def drop_inside(rows: SourceRows, names: Names, subtrees: NDArray[np.int64] | NDArray[np.int32]) -> None:
    """Names in these subtrees (imports, parts of a definition's name) are no references."""
    names.role[_inside(rows, names, subtrees)] = NO_REFERENCE


def _inside(
    rows: SourceRows, names: Names, subtrees: NDArray[np.int64] | NDArray[np.int32]
) -> NDArray[np.bool_]:
    """Which names are in these subtrees."""
    low = np.searchsorted(names.row, subtrees)
    high = np.searchsorted(names.row, rows.shape.end[subtrees])
    change = np.zeros(len(names) + 1, np.int32)
    np.add.at(change, low, 1)
    np.add.at(change, high, -1)
    return np.cumsum(change[:-1]) > 0
