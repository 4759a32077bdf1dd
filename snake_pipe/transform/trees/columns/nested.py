"""Definitions in one another: which of them count, as what, in which symbol, and by which qualified name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from snake_pipe.transform.native.compiled import ROWS
from snake_pipe.transform.rows.builder import KIND_CODES
from snake_pipe.transform.rows.contract import RowError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from snake_pipe.transform.native.compiled import Rows

_FUNCTION, _METHOD, _VARIABLE, _FIELD = (KIND_CODES[k] for k in ("function", "method", "variable", "field"))
CALLABLE = (_FUNCTION, _METHOD)
_KIND_OF_MEMBER = {_FUNCTION: _METHOD, _VARIABLE: _FIELD}


@dataclass(frozen=True, slots=True)
class Defined:
    """Definitions, their rows in order; each column has one entry for each of them.

    `ends` are those of the rows' subtrees. A definition that `is_left_out` is no symbol. `qualifiers` are
    what the name itself says of its place, null for nothing. `separators` are places in `separator_words`.
    """

    rows: NDArray[np.int32]
    ends: NDArray[np.int32]
    is_left_out: NDArray[np.bool_]
    in_class: NDArray[np.bool_]
    kinds: NDArray[np.int32]
    names: pa.StringArray
    qualifiers: pa.StringArray
    separators: NDArray[np.int32]
    separator_words: pa.StringArray


@dataclass(frozen=True, slots=True)
class Nested:
    """Those that count: their places among all, and for each what it is.

    `parents` are the symbols around them, as places among those that count, -1 for none.
    """

    kept: NDArray[np.int64]
    kinds: NDArray[np.int32]
    parents: NDArray[np.int64]
    qualified_names: pa.StringArray


def nested(defined: Defined) -> Nested:
    """The definitions that count, each in the symbol it stands in."""
    return _by_python(defined) if ROWS is None else _compiled(ROWS, defined)


def _compiled(module: Rows, defined: Defined) -> Nested:
    try:
        kept, kinds, parents, ends, text = module.nest_symbols(
            defined.rows,
            defined.ends,
            defined.is_left_out,
            defined.in_class,
            defined.kinds,
            *_strings(defined.names),
            *_strings(defined.qualifiers),
            defined.separators,
            *_strings(defined.separator_words),
            *(_FUNCTION, _METHOD, _VARIABLE, _FIELD),
        )
    except ValueError as error:
        raise RowError(str(error)) from None
    count = len(kept) // 4
    names = pa.StringArray.from_buffers(count, pa.py_buffer(ends), pa.py_buffer(text))
    return Nested(
        np.frombuffer(kept, np.int32).astype(np.int64),
        np.frombuffer(kinds, np.int32),
        np.frombuffer(parents, np.int32).astype(np.int64),
        names,
    )


def _strings(column: pa.StringArray) -> tuple[Any, Any]:
    """The ends of strings, and their text; there is none for those that are null."""
    _, ends, text = column.buffers()
    return np.frombuffer(ends, np.int32)[: len(column) + 1] if len(column) else np.zeros(
        1, np.int32
    ), text or b""


def _by_python(defined: Defined) -> Nested:
    separators = defined.separator_words.to_pylist()
    columns = (
        defined.rows.tolist(),
        defined.ends.tolist(),
        defined.is_left_out.tolist(),
        defined.in_class.tolist(),
        defined.kinds.tolist(),
        defined.names.to_pylist(),
        defined.qualifiers.to_pylist(),
        defined.separators.tolist(),
    )
    kept: list[int] = []
    kinds: list[int] = []
    parents: list[int] = []
    names: list[str] = []
    open_symbols: list[tuple[int, int, int]] = []  # of each its row, its end, and its place in the above
    for index, (row, end, is_left_out, in_class, kind, name, qualifier, separator) in enumerate(
        zip(*columns, strict=True)
    ):
        if is_left_out:
            continue
        while open_symbols and open_symbols[-1][1] <= row:
            open_symbols.pop()
        parent = next((place for at, _, place in reversed(open_symbols) if at < row), -1)
        if kind == _FIELD and parent >= 0 and kinds[parent] in CALLABLE:
            parent = parents[parent]  # declared by a constructor's parameter
        path = ("" if parent < 0 else names[parent], qualifier, name)
        open_symbols.append((row, end, len(kept)))
        kept.append(index)
        kinds.append(_KIND_OF_MEMBER.get(kind, kind) if in_class else kind)
        parents.append(parent)
        names.append(".".join(filter(None, path)).replace(separators[separator], "."))
    return Nested(
        np.array(kept, np.int64),
        np.array(kinds, np.int32),
        np.array(parents, np.int64),
        pa.array(names, pa.string()),
    )
