"""Names that climb to their role.

Works on the columns of many documents at once; a *row* is a position in those columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from snake_pipe.schemas import ROLES
from snake_pipe.transform.native.compiled import ROWS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from snake_pipe.transform.dialects.dialect import Dialect
    from snake_pipe.transform.native.compiled import Rows
    from snake_pipe.transform.rows.shape import TreeShape
    from snake_pipe.transform.trees.walk.vocabulary import Vocabulary

_ROLE_WORDS = (*ROLES, "none", "local")
_ROLE_CODES = {word: code for code, word in enumerate(_ROLE_WORDS)}
NONE_ROLE = _ROLE_CODES["none"]
LOCAL_ROLE = _ROLE_CODES["local"]
WRITE_ROLE = _ROLE_CODES["write"]
TYPE_ROLE = _ROLE_CODES["type"]
_CLIMBS, _ONLY_FIRST, _ONLY_TYPES = 1, 2, 4
"""As the compiled module knows a `RoleRule`."""
_LONGEST_CLIMB = 64
"""Steps after which a name keeps the role it has: a chain of additions must not cost its square."""


@dataclass(slots=True)
class Climbed:
    """Names: their rows, the codes of their roles, the members that qualify them and the places that decided.

    `qualified_by` and `place` are rows, -1 for none.
    """

    rows: NDArray[np.int64]
    roles: NDArray[np.int8]
    qualified_by: NDArray[np.int64]
    place: NDArray[np.int64]

    def pick(self, which: NDArray[np.bool_]) -> Climbed:
        """Only some of them."""
        return Climbed(self.rows[which], self.roles[which], self.qualified_by[which], self.place[which])


class Climber:
    """Finds the roles of names in one dialect by `Dialect.uses`."""

    def __init__(self, dialect: Dialect, vocabulary: Vocabulary, fields: dict[str, int]) -> None:
        count = len(vocabulary.words)
        parents = {word: i for i, word in enumerate(dialect.uses, 1)}
        holders = {word: i for i, word in enumerate({f for uses in dialect.uses.values() for f in uses}, 1)}
        self._parent_index = np.zeros(count, np.int32)
        for word, index in parents.items():
            code = vocabulary.words.code_of.get(word)
            if code is not None:
                self._parent_index[code] = index
        self._field_index = np.zeros(max(fields.values(), default=0) + 1, np.int32)
        for word, index in holders.items():
            if word in fields:
                self._field_index[fields[word]] = index
        shape = (len(parents) + 1, len(holders) + 1)
        self._role = np.full(shape, -1, np.int8)
        self._climb = np.zeros(shape, np.bool_)
        self._first = np.zeros(shape, np.bool_)
        self._only_types = np.zeros(shape, np.bool_)
        for parent, uses in dialect.uses.items():
            for field_, use in uses.items():
                at = parents[parent], holders[field_]
                self._role[at] = -1 if use.role is None else _ROLE_CODES[use.role]
                self._climb[at] = use.climb
                self._first[at] = use.first
                self._only_types[at] = use.only_types
        self._initial = np.full(count, -1, np.int8)
        self._member = np.zeros(count, np.bool_)
        for word, role in dialect.names.items():
            code = vocabulary.words.code_of.get(word)
            if code is not None:
                self._initial[code] = _ROLE_CODES[role]
        for word in dialect.members:
            code = vocabulary.words.code_of.get(word)
            if code is not None:
                self._member[code] = True

    def climb(
        self,
        wanted: NDArray[np.bool_],
        types: NDArray[np.int32],
        fields: NDArray[np.int32],
        shape: TreeShape,
    ) -> Climbed:
        """The roles of those wanted rows that are names."""
        if ROWS is None:
            return self._climb_in_steps(np.flatnonzero(wanted), types, fields, shape)
        return self._climb_compiled(ROWS, wanted, types, fields, shape)

    def _climb_compiled(
        self,
        module: Rows,
        wanted: NDArray[np.bool_],
        types: NDArray[np.int32],
        fields: NDArray[np.int32],
        shape: TreeShape,
    ) -> Climbed:
        flags = self._climb * _CLIMBS | self._first * _ONLY_FIRST | self._only_types * _ONLY_TYPES
        rows, roles, qualified_by, place = module.find_roles(
            types,
            fields,
            shape.parent,
            shape.child_index,
            wanted,
            self._initial,
            self._member,
            self._parent_index,
            self._field_index,
            self._role,
            flags.astype(np.uint8),
            flags.shape[1],
            TYPE_ROLE,
            _LONGEST_CLIMB,
        )
        return Climbed(
            np.frombuffer(rows, np.int32).astype(np.int64),
            np.frombuffer(roles, np.int8),
            np.frombuffer(qualified_by, np.int32).astype(np.int64),
            np.frombuffer(place, np.int32).astype(np.int64),
        )

    def _climb_in_steps(
        self, rows: NDArray[np.int64], types: NDArray[np.int32], fields: NDArray[np.int32], shape: TreeShape
    ) -> Climbed:
        """The same, all names one step after the other."""
        role = self._initial[types[rows]]
        is_name = role >= 0
        rows, role = rows[is_name], role[is_name]
        qualified_by = np.where(self._member[types[rows]], rows, -1)
        place = np.full(len(rows), -1, np.int64)
        active = np.arange(len(rows))
        at = rows
        only_types = np.zeros(len(rows), np.bool_)
        for _step in range(_LONGEST_CLIMB):
            above = shape.parent[at].astype(np.int64)
            known = above >= 0
            active, at, above = active[known], at[known], above[known]
            if not len(active):
                break
            entry = self._parent_index[types[above]], self._field_index[fields[at]]
            use = self._role[entry]
            counts = ~(self._first[entry] & (shape.child_index[at] > 0))
            counts &= ~only_types[active] | (use < 0) | (use == TYPE_ROLE)
            decides = (use >= 0) & counts
            role[active[decides]] = use[decides]
            place[active[decides]] = above[decides]
            goes_on = self._climb[entry] & counts
            only_types[active] |= self._only_types[entry]
            active, at = active[goes_on], above[goes_on]
            through = self._member[types[at]] & (qualified_by[active] < 0)
            qualified_by[active[through]] = at[through]
        return Climbed(rows, role, qualified_by, place)
