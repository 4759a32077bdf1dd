"""What a reader of positions gives, and the columns that are made of it.

Dialects write positions in different ways, and each way has a reader. A reader takes the nodes of one
document in preorder, a chunk at a time, and gives six rows of numbers, one entry a node: offsets, lines, and
columns from 0, ends exclusive. What is out of range is unknown; `finish` makes the columns of many documents
of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from snake_pipe.transform.dialects.dialect import Node

Point = tuple[int | None, int | None]
Table = Any
"""An int64 array of six rows: start_offset, end_offset, start_line, start_col, end_line, end_col."""
Context = tuple[str | None, int]
"""The file and the line that the next location may leave out."""
LINE_MAX, OFFSET_MAX = 2**31 - 1, 2**63 - 1
"""The largest that columns of lines and of offsets hold."""
_LARGEST = (OFFSET_MAX, OFFSET_MAX, LINE_MAX, LINE_MAX - 1, LINE_MAX, LINE_MAX - 1)
_LINES, _COLUMNS = (2, 4), (3, 5)
"""Which of the six are lines, and which columns."""


class PositionReader:
    """Reads the positions of the nodes of one document: none here, as of trees that have none.

    Only dialects whose trees span several files have `main_file`, the file that was parsed, and `in_main`,
    which says of each node read so far whether it stands in that file. What follows `lines` is for documents
    that are read in pieces, and does nothing where the place of a node depends on no other node.
    """

    main_file: str | None = None
    in_main: Sequence[bool] | NDArray[np.bool_] | None = None
    context: Context = (None, 0)
    follows: bool = False
    """Whether places leave out what the one before has said, so that a piece is nothing without that."""

    def spans(self, nodes: Sequence[Node]) -> Table:
        """The numbers of the next nodes; called before their `point`."""
        return np.full((6, len(nodes)), -1, np.int64)

    def point(self, node: Node) -> Point:  # noqa: ARG002 (for the readers that have lines)
        """Line and column, from 1, of the start of a node (of its name, where the dialect has that)."""
        return None, None

    def lines(self, first: Node, last: Node) -> Point | None:  # noqa: ARG002
        """The line where the first node begins and the one where the last ends.

        None where that is known only once the rest of the document has been read.
        """
        return None, None

    def sample(self, nodes: Sequence[Node]) -> None:
        """See what the document's nodes are like, before any of its pieces is read."""

    def begin_piece(self) -> None:
        """Forget the nodes read so far, but not the `context`."""

    def pin(self, node: Node) -> None:
        """Remember the place of a node whose children come in several pieces, for as long as it lives."""


class Picked(NamedTuple):
    """What the compiled walk has read of a document's places: a table, and the first nodes.

    `lines_of` gives first line, first column and last line of a view, as they are in the table. Of a tree
    that spans several files `main_file` is the one that was parsed, and `row_of` gives the row of a node, -1
    for what is none.
    """

    table: Table
    head: Sequence[Node]
    main_file: str | None
    row_of: Callable[[Node], int]
    lines_of: Callable[[Node], tuple[int, int, int]]


class PlannedReader(PositionReader):
    """Reads numbers that stand under keys which are always the same.

    `plan` (see `positions.numbers`) finds all numbers that its nodes may have, in a table of `columns` rows.
    It is None where the compiled walk reads them as clang writes them.
    """

    plan: tuple[tuple[str | int, Any], ...] | None = ()
    columns: int = 6

    lines_are_read: bool = False
    """Whether lines and columns from 0 are in the columns 2 to 5 of the plan, as in the table."""
    lines_of: Callable[[Node], tuple[int, int, int]] | None = None
    """Of views, where nodes were read by the compiled walk; those above a piece are no views."""

    def begin_piece(self) -> None:
        """See `PositionReader`."""
        self.lines_of = None

    def picked(self, found: Picked) -> Table:
        """The numbers that `spans` would give, of all that were found in a document, or in a piece of one."""
        self.lines_of = found.lines_of
        return found.table


def finish(tables: Sequence[Table]) -> tuple[NDArray[np.int64], ...]:
    """The six columns of documents: offsets from 0, else -1; lines and columns from 1, else 0."""
    columns = []
    for index, largest in enumerate(_LARGEST):
        column = np.concatenate([table[index] for table in tables])
        missing = 0 if index in _LINES else -1
        if len(column) and (int(column.max()) > largest or int(column.min()) < missing):
            column = np.where((column > largest) | (column < 0), missing, column)
        if index in _COLUMNS:
            column += 1
        columns.append(column)
    return tuple(columns)
