"""The innermost loops, compiled from the C files beside this one, where that was done.

There are several modules, so that one can be had without the others: `documents` contains yyjson, `sources`
tree-sitter's runtime, and the build may have to do without these. Where a module is not there, and where
`SNAKE_PIPE_PURE_PYTHON` is set, Python does the same, more slowly; but it cannot stop a
parse. The rows are the same.
"""

from __future__ import annotations

import os
import warnings
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Callable

PURE_PYTHON = "SNAKE_PIPE_PURE_PYTHON"
"""The variable that keeps the module from being built, and from being used; empty is as good as not set."""


MODULE = "snake_pipe.transform.native.loops"
DOCUMENTS_MODULE = "snake_pipe.transform.native.documents"
ROWS_MODULE = "snake_pipe.transform.native.rows"
SOURCES_MODULE = "snake_pipe.transform.native.sources"


class Loops(Protocol):
    """What the compiled module has. Columns are integers as the machine has them, for `numpy.frombuffer`."""

    def open_walk(self, document: Any, place: int, type_key: str, codes: dict[str, int], chunk: int) -> Any:
        """A walk through a document as `Walker.walk` makes it; `codes` has -1 for keys that hold no nodes."""

    def next_nodes(self, walk: Any) -> tuple[list[dict[str, Any]], list[str], bytearray] | None:
        """The next nodes, a chunk of them at most, with their types and places (int64); None at the end.

        Those that were given before are emptied.
        """

    def codes(self, words: list[str], known: dict[str, int]) -> bytearray:
        """The code of each word (int32); -1 for one that is not known."""
        ...

    def numbers(self, nodes: list[dict[str, Any]], plan: tuple[Any, ...], columns: int) -> bytearray:
        """So many columns (int64), one after the other: what the plan finds in each node, else -1.

        A plan is `((key, column), (key, plan), ...)`; a number as key is an index into a list. Only integers
        from 0 to 2^63-1 are found. ValueError for what is no plan.
        """
        ...


class Documents(Protocol):
    """What the module has that reads JSON without a Python object for each value.

    Objects in it are shown by *views*: as a dict that can only be read, `view.__class__ is dict`, and the
    same view each time. They are empty once their document is gone.
    """

    def read_document(self, text: bytes) -> Any:
        """The document of a text in plain JSON, of any depth, with numbers of any size; None for all else."""

    def document_root(self, document: Any) -> Any:
        """The document's value: a scalar, a list, or a view."""

    def open_plan(
        self,
        type_key: str,
        fields: dict[str, int],
        learn: Callable[[str], tuple[Any, ...]],
        places: tuple[Any, ...] | None,
        columns: int,
        links: tuple[tuple[str, tuple[Any, ...]], ...],
        atoms: tuple[str, ...],
        kinds: tuple[int, int],
        shown: tuple[str, ...] | None,
        notes: tuple[str, ...],
        longest: int,
        longest_comment: int,
        seed: int,
    ) -> Any:
        """What is declared of a dialect's documents.

        `fields` has codes as for `open_walk`. `learn` is asked once for each type: its code and kind, the
        keys of its name and value, flags (1 is a literal, 2 a comment, 4 has a rule for its name, 8 for what
        stands before it, 16 is a function, 32 a class), bit, guard and definitions of each other rule, the
        readings of its name, and its notes; `trees.walk.encoded` writes them. `links` are those of the types
        in a chain (`dialects.guards`), `atoms` the words for true, false and null, `kinds` those of literals
        that are strings and of those that are numbers.
        `places` is as for `numbers`, each first key there once; None for those of clang, which have the
        columns that `ClangPositions` reads. `shown` are keys that are no attributes, None where those are not
        wanted. `notes` are all words of notes. `longest` are the characters of values that are kept. `seed`
        is a number that nobody can know.

        A plan keeps what it is given, and the collector of garbage does not see it: nothing of that may hold
        the plan.
        """

    def walk_document(self, document: Any, plan: Any, roots: list[tuple[Any, int, int]]) -> tuple[Any, ...]:
        """The columns of all nodes below views, and what is to be asked of some; see `trees.walk.native`.

        With each view are the depth and the code of the field of the nodes in it, or of itself as one.
        """
        ...

    def lines_of_view(self, plan: Any, view: Any) -> tuple[int, int, int]:
        """What the columns 2 to 4 of a plan have for a view: first line, first column, last line, else -1."""
        ...

    def row_of_view(self, document: Any, view: Any) -> int:
        """The row of a node in the tree of clang's that was walked last; -1 for what is none."""
        ...

    def find_marks(self, text: bytes) -> tuple[Any, Any, Any, Any]:
        """The columns of a scanner's marks: places, what they are (bytes), depths; and the unpaired ones."""
        ...


class Rows(Protocol):
    """What builds columns of rows. Columns are contiguous arrays of int32 unless said otherwise.

    ValueError for columns of different lengths, and for offsets outside of their text.
    """

    def shape(self, depth: Any, parent: Any, child_index: Any, end: Any) -> None:
        """Fills in the last three; see `rows.shape`. ValueError where the depths are no preorder."""

    def line_starts(self, text: Any) -> bytearray:
        """The offsets at which lines begin, the first of them 0."""
        ...

    def locate(
        self, line_starts: Any, offset: Any, base: Any, near: Any | None, line: Any, column: Any
    ) -> None:
        """Fills in lines and columns of offsets in their files, which begin at `base`, both from 1.

        `near` are lines near which they are, for speed.
        """

    def cut(self, source: Any, start: Any, end: Any, present: Any | None) -> tuple[bytearray, bytearray]:
        """Offsets (int32) and bytes of a column of strings, slices of a text; `present` are bytes."""
        ...

    def shorten(self, source: Any, start: Any, end: Any, characters: int) -> None:
        """Moves ends so that slices have so many characters of UTF-8 at most."""

    def climb(self, *columns_and_numbers: Any) -> None:
        """Fills in what places say of names; see `sources.names`, which gives the columns in their order."""

    def find_roles(self, *columns_and_numbers: Any) -> tuple[bytearray, bytearray, bytearray, bytearray]:
        """Rows, roles (int8), qualifying members and deciding places of names.

        See `trees.columns.scopes`, which gives the columns in their order.
        """
        ...

    def nest_symbols(
        self, *columns_and_kinds: Any
    ) -> tuple[bytearray, bytearray, bytearray, bytearray, bytearray]:
        """Definitions that count, their kinds, parents, and qualified names as ends and text.

        See `trees.columns.nested`, which gives the columns in their order.
        """
        ...


class Sources(Protocol):
    """What the module has that parses sources and walks their trees without a Python object for each node."""

    def open_reader(self, language: Any, codes: bytes) -> Any | None:
        """What reads files of a language, which is a capsule or an address, as its wheel gives it.

        `codes` has one (uint16) for each of 65,536 kinds, as `Grammar.code_of_kind_id`. None where the
        module's runtime does not know languages of this version, or memory is short.
        """

    def read_source(
        self, reader: Any, text: bytes, nanoseconds: int
    ) -> tuple[bytes, bytes, bytes, bytes, bytes, int, bool, bytes] | None:
        """The columns of a `WalkedTree`, its depth, whether it has errors, and its problems; None if late.

        Codes are uint8 or uint16, depths uint8 or int32: as wide as it takes. Problems have five int32 each:
        kind, whether it is missing, line and column from 0, and the row around a missing one. They are the
        first 20, and all that are missing. With 0 nanoseconds parsing takes as long as it takes. The
        interpreter's lock is not held; a reader may be used by several threads.
        """
        ...


def _load(name: str) -> Any:
    if os.environ.get(PURE_PYTHON):
        return None
    try:
        module = import_module(name)
    except ModuleNotFoundError:
        return None
    except ImportError as error:
        message = f"a compiled module does not load, Python does without: {error}"
        warnings.warn(message, RuntimeWarning, stacklevel=2)
        return None
    return None if module.__file__ is None else module  # the folder of its C files is there always


LOOPS = cast("Loops | None", _load(MODULE))
"""The compiled loops, None where Python has to do without."""

DOCUMENTS = cast("Documents | None", _load(DOCUMENTS_MODULE))
"""What reads JSON documents, None where Python has to do without."""

ROWS = cast("Rows | None", _load(ROWS_MODULE))
"""What builds columns, None where Python has to do without."""

SOURCES = cast("Sources | None", _load(SOURCES_MODULE))
"""What parses and walks sources, None where Python has to do without."""
