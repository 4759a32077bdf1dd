"""The contract of the seam: what a transformer is asked, and what it answers with.

`transform.transformer.open_transformer` gives the transformer for a queue.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from sys import maxsize
from typing import TYPE_CHECKING, Protocol

from snake_pipe.schemas import TREE_TABLES

if TYPE_CHECKING:
    import pyarrow as pa

    from snake_pipe.transform.dialects.dialect import Dialect

AST_QUEUE = "ast"
"""The queue of files that hold a serialized tree; their dialect is recognised by their content."""


class RowError(ValueError):
    """Columns do not fit their table; always a mistake in a reader, never in a file."""


@dataclass(frozen=True, slots=True)
class TransformOptions:
    """What to extract; `max_depth` is the nesting above which a file is refused, not cut.

    Values are cut to `value_length` characters, those of comments, which people write for people, to
    `comment_length`.
    `dialects` are the user's own, asked before the built-in ones.
    `seconds` are those that a source may be parsed for, 0 for as many as it takes; Python alone cannot stop.
    """

    tables: frozenset[str] = frozenset(TREE_TABLES)
    anonymous: bool = False
    attrs: bool = False
    max_depth: int = 2_000_000
    value_length: int = 200
    comment_length: int = 2000
    dialects: tuple[Dialect, ...] = ()
    seconds: float = 0.0


@dataclass(slots=True)
class Problem:
    """One row for `errors`, still without the file and job."""

    phase: str
    code: str
    message: str
    start_line: int | None = None
    start_col: int | None = None


def timeout_problem(seconds: float) -> Problem:
    """A file's time was over; its status is `quarantined`, whoever has noticed it."""
    message = f"not done after {seconds:g} s; raise --file-timeout or exclude it"
    return Problem("worker", "timeout", message)


@dataclass(slots=True)
class FileFacts:
    """What a transformer found out about one file: the figures of its row in `files`.

    Of one of several trees in a document, `container_id` is the document's file id and `fragment` names the
    tree in it; the document has then facts of its own.
    """

    status: str = "ok"
    reason: str | None = None
    language: str | None = None
    dialect: str | None = None
    parser: str | None = None
    parser_version: str | None = None
    node_count: int = 0
    symbol_count: int = 0
    ref_count: int = 0
    import_count: int = 0
    max_depth: int = 0
    line_count: int = 0
    offset_unit: str = "none"
    traits: list[str] = field(default_factory=list)
    source_path: str | None = None
    problems: list[Problem] = field(default_factory=list)
    container_id: int | None = None
    fragment: str = ""


HOLDS_TREES = "holds_trees"
"""The reason of a document that has no nodes because each of its trees has a row of its own."""


@dataclass(slots=True)
class Transformed:
    """Rows of the files added since the last drain: a record batch a table, and each file's figures.

    `facts` also has those of the trees in documents that hold several, under ids of their own.
    """

    tables: dict[str, pa.RecordBatch]
    facts: dict[int, FileFacts]


class Transformer(Protocol):
    """Takes files one at a time and gives their rows in a few large record batches."""

    def add(self, file_id: int, path: str, data: bytes, *, most_trees: int = maxsize) -> FileFacts:
        """Read one file's bytes into columns.

        A document of several trees gives the `most_trees` ids behind its own to them, in their order.

        Bad content never raises: the facts say `failed` or `skipped` with a reason and hold the problems.
        The counts of symbols, refs and imports are complete only after `drain`.
        """
        ...

    @property
    def pending_nodes(self) -> int:
        """Nodes held in memory, so that the caller can drain before they are too many."""
        ...

    def drain(self) -> Transformed:
        """Build the rows of all files added since the last drain, and forget them."""
        ...
