"""Names and what was stated of them → the rows of `refs`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from snake_pipe.schemas import ROLES
from snake_pipe.transform.rows.builder import dictionary_column, empty_batch, int_column, record_batch
from snake_pipe.transform.trees.columns.scopes import (
    LOCAL_ROLE,
    NONE_ROLE,
    TYPE_ROLE,
    WRITE_ROLE,
    Climbed,
    Climber,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from snake_pipe.transform.trees.columns.columns import Columns
    from snake_pipe.transform.trees.columns.symbols import Symbols
    from snake_pipe.transform.trees.walk.vocabulary import Vocabulary

_LAST_ROLE = len(ROLES)


class _Uses(NamedTuple):
    """References: the rows they stand in, their roles, names and qualifiers."""

    rows: NDArray[np.int64]
    roles: NDArray[np.int8]
    names: pa.StringArray
    qualifiers: pa.StringArray


class References:
    """The references of some documents; sets their number in the documents' facts."""

    def __init__(self, columns: Columns, symbols: Symbols) -> None:
        self._columns = columns
        self._symbols = symbols

    def rows(self) -> pa.RecordBatch:
        """The rows of `refs`."""
        columns = self._columns
        parts = [self._climbed(mask, vocabulary) for mask, vocabulary in columns.by_vocabulary]
        parts.append(self._stated())
        rows = np.concatenate([part.rows for part in parts])
        if not len(rows):
            return empty_batch("refs")
        order = np.argsort(rows, kind="stable")
        rows = rows[order]
        roles = np.concatenate([part.roles for part in parts])[order]
        names = pa.concat_arrays([part.names for part in parts]).take(pa.array(order))
        qualifiers = pa.concat_arrays([part.qualifiers for part in parts]).take(pa.array(order))
        files = np.searchsorted(columns.bases + columns.sizes, rows, side="right")
        base = columns.bases[files]
        for index, count in enumerate(np.bincount(files, minlength=len(columns.pending)).tolist()):
            columns.pending[index].facts.ref_count = count
        holders = self._symbols.enclosing[rows]
        return record_batch(
            "refs",
            {
                "file_id": columns.file_ids[files],
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
        columns = self._columns
        line, col = columns.spans[2][rows], columns.spans[3][rows]
        at_end = np.flatnonzero(columns.flags(lambda dialect: dialect.names_at_end)[rows])
        if len(at_end):
            lengths = pc.binary_length(names.take(pa.array(at_end))).to_numpy()
            line[at_end] = columns.spans[4][rows[at_end]]
            col[at_end] = columns.spans[5][rows[at_end]] - lengths
        return {
            "start_line": int_column(line, pa.int32(), null=line <= 0),
            "start_col": int_column(col, pa.int32(), null=(col <= 0) | (line <= 0) | stated),
        }

    def _climbed(self, mask: NDArray[np.bool_], vocabulary: Vocabulary) -> _Uses:
        """The references of one dialect's names."""
        columns = self._columns
        climber = Climber(vocabulary.dialect, vocabulary, columns.fields.code_of)
        wanted = mask & columns.in_main()
        climbed = climber.climb(wanted, columns.variants, columns.field_codes, columns.shape)
        self._settle(climbed)
        climbed = climbed.pick(climbed.roles < _LAST_ROLE)
        texts = columns.names.take(pa.array(climbed.rows))
        not_names = pa.array(["", None, *vocabulary.dialect.not_names], pa.string())
        is_name = np.array(pc.invert(pc.is_in(texts, not_names)), np.bool_)
        builtin = vocabulary.dialect.builtin_types
        if builtin:
            is_type = climbed.roles == TYPE_ROLE
            is_name[is_type] &= ~np.array(
                pc.is_in(texts.filter(pa.array(is_type)), pa.array(sorted(builtin), pa.string())), np.bool_
            )
        climbed, texts = climbed.pick(is_name), texts.filter(pa.array(is_name))
        qualifiers = columns.texts_at(climbed.qualified_by, [found.qualifiers for found in columns.found])
        return _Uses(climbed.rows, climbed.roles, texts, qualifiers)

    def _settle(self, climbed: Climbed) -> None:
        """A name that a definition was made of is no reference; a local variable is a write."""
        defines = np.zeros(len(self._columns.depth) + 1, np.bool_)
        defines[self._symbols.defining] = True
        defined = defines[climbed.place]
        roles = climbed.roles
        is_local = roles == LOCAL_ROLE
        roles[(roles == WRITE_ROLE) & defined] = NONE_ROLE
        written = self._symbols.scopes.of(climbed.rows)[0] & ~defined | (climbed.qualified_by >= 0)
        roles[is_local] = np.where(written[is_local], WRITE_ROLE, NONE_ROLE)

    def _stated(self) -> _Uses:
        """References that a rule found in a node that is no name itself."""
        columns = self._columns
        bases = columns.bases.tolist()
        pairs = zip(bases, columns.found, strict=True)
        rows = [base + row for base, found in pairs for row, _ in found.references]
        references = [reference for found in columns.found for _, reference in found.references]
        return _Uses(
            np.array(rows, np.int64),
            np.array([ROLES.index(reference.role) for reference in references], np.int8),
            pa.array([reference.name for reference in references], pa.string()),
            pa.array([reference.qualifier for reference in references], pa.string()),
        )
