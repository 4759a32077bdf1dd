"""What tables and columns mean, as comments in SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.schemas import TABLES, VIEWS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MEANING = {
    "files": "a row for each file and for each tree in a file that holds several",
    "nodes": "the nodes of the syntax trees, in preorder",
    "symbols": "definitions",
    "refs": "references: uses of a name",
    "imports": "statements that bring in names",
    "processed": "what processors, functions of your own, say of files",
    "errors": "what went wrong with files and folders",
    "batches": "what workers processed together, and how long it took",
    "runs": "a row for each run and repository: its commit, how it ended, what it changed",
    "dump_sources": "which source an AST file was made from",
    "import_targets": "imports with the file or folder that each means",
    "import_graph": "which file imports which file or folder of its repository",
    "functions": "functions and methods, with their place and size",
    "classes": "classes, interfaces and enums, with their place and size",
    "call_sites": "calls, each with the symbol it stands in",
    "hot_spots": "functions by complexity, size and calls, hottest first, but those in_error or generated",
    "todo_comments": "comments with TODO, FIXME, XXX or HACK",
    "batch_statistics": "a row for each job with the figures of its finished batches",
}
_EVENTS = ("batches", "runs")
"""What is never superseded."""

_HISTORY = "; with what was superseded"


def comments(kind: str, names: Iterable[str], *, database: str = "main") -> Iterator[str]:
    """Statements that comment these tables or views, and their columns; `kind` is VIEW or TABLE."""
    for name in names:
        base = name.removesuffix("_history")
        meaning = _MEANING[base] + (_HISTORY if name != base and base not in _EVENTS else "")
        yield f"COMMENT ON {kind} {database}.{name} IS {literal(meaning)};"
        for column in (TABLES | VIEWS).get(base, ()):
            yield f'COMMENT ON COLUMN {database}.{name}."{column.name}" IS {literal(column.doc)};'


def literal(text: str) -> str:
    """A string as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"
