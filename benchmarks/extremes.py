"""Ingests documents that are nested or large beyond reason, and prints what came of each.

    python -m benchmarks.extremes                 # a million levels, 900 MB under 300 MiB: some minutes
    python -m benchmarks.extremes --levels 100000 --megabytes 200

Each is written to a temporary folder and ingested by the whole command. Ends with code 1 if a document did
not come out as expected, or its processes together took more than the limit (looked at fifty times a second).
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.command import Ingestion, ingest
from snake_pipe.load.sql.views import connect
from snake_pipe.storage.local import LocalStorage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MIB = 1 << 20


@dataclass(frozen=True)
class Extreme:
    """A document, and what must come of it.

    `pieces` is its text; `nodes` and `depth` are the rows and the deepest level expected, None where only
    the parser can tell. `limit` is in MiB, None for all that the machine has. With `may_refuse` it may also
    be `failed` with a reason, and without rows.
    """

    name: str
    file: str
    pieces: Callable[[], Iterator[str]]
    levels: int
    nodes: int | None
    depth: int | None
    limit: int | None = None
    may_refuse: bool = False


def _nested(head: str, before: str, inner: str, after: str, tail: str, levels: int) -> Iterator[str]:
    """`inner` within as many pairs of `before` and `after`, a thousand at a time."""
    yield head
    for text, middle in ((before, inner), (after, tail)):
        for _ in range(levels // 1000):
            yield text * 1000
        yield text * (levels % 1000)
        yield middle


_PLACE = '"start":0,"end":9'
_ESTREE_HEAD = f'{{"type":"Program",{_PLACE},"sourceType":"script","body":['
_NAME = f'{{"type":"Identifier",{_PLACE},"name":"a"}}'
_SPOT = '"lineno":1,"col_offset":0,"end_lineno":1,"end_col_offset":9'


def estree_chain(levels: int, limit: int | None = None) -> Extreme:
    """`a + a + a + ...`: a program, a statement, an operator and an operand a level, one more operand."""

    def pieces() -> Iterator[str]:
        return _nested(
            f'{_ESTREE_HEAD}{{"type":"ExpressionStatement",{_PLACE},"expression":',
            f'{{"type":"BinaryExpression",{_PLACE},"operator":"+","left":',
            _NAME,
            f',"right":{_NAME}}}',
            "}]}",
            levels,
        )

    return Extreme(
        "ESTree, a + a + ...", "a.json", pieces, levels, 2 * levels + 3, levels + 2, limit, limit is not None
    )


def python_chain(levels: int) -> Extreme:
    """The same as Python's `ast` has it."""
    name = f'{{"_type":"Name","id":"a","ctx":{{"_type":"Load"}},{_SPOT}}}'

    def pieces() -> Iterator[str]:
        return _nested(
            '{"_type":"Module","body":[{"_type":"Expr","value":',
            '{"_type":"BinOp","left":',
            name,
            f',"op":{{"_type":"Add"}},"right":{name},{_SPOT}}}',
            f',{_SPOT}}}],"type_ignores":[]}}',
            levels,
        )

    return Extreme("Python ast, a + a + ...", "a.ast.json", pieces, levels, 4 * levels + 4, levels + 3)


def generic_chain(levels: int) -> Extreme:
    """A tree of no known tool, one child a node."""

    def pieces() -> Iterator[str]:
        place = '"line":1,"column":1'
        opening = f'{{"type":"block",{place},"children":['
        return _nested("", opening, f'{{"type":"leaf",{place}}}', "]}", "", levels)

    return Extreme("generic, one child a node", "a.ast.json", pieces, levels, levels + 1, levels)


def estree_large(megabytes: int, limit: int) -> Extreme:
    """A program of many small functions."""
    function = (
        f'{{"type":"FunctionDeclaration",{_PLACE},"id":{_NAME},"params":[{_NAME}],"body":'
        f'{{"type":"BlockStatement",{_PLACE},"body":[{{"type":"ReturnStatement",{_PLACE},"argument":'
        f'{{"type":"CallExpression",{_PLACE},"callee":{_NAME},"arguments":[{_NAME}]}}}}]}}}}'
    )
    count = megabytes * 1_000_000 // (len(function) + 1)

    def pieces() -> Iterator[str]:
        yield _ESTREE_HEAD + function
        for _ in range((count - 1) // 1000):
            yield f",{function}" * 1000
        yield f",{function}" * ((count - 1) % 1000)
        yield "]}"

    return Extreme("ESTree, many functions", "a.json", pieces, 6, 8 * count + 1, 5, limit)


def source(name: str, file: str, head: str, opening: str, inner: str, closing: str, levels: int) -> Extreme:
    """A source nested by brackets; it may be cut by its grammar, but it has a row and breaks nothing."""

    def pieces() -> Iterator[str]:
        return _nested(head, opening, inner, closing, ";\n" if not file.endswith(".py") else "\n", levels)

    return Extreme(name, file, pieces, levels, None, None)


def extremes(levels: int, brackets: int, megabytes: int) -> list[Extreme]:
    """All documents, the fast ones first."""
    large = max(300, megabytes // 3)
    return [
        source("C, parentheses", "a.c", "int a = ", "(", "1", ")", brackets),
        source("JavaScript, parentheses", "a.js", "a = ", "(", "1", ")", brackets),
        source("Python, parentheses", "a.py", "a = ", "(", "1", ")", brackets),
        source("bash, commands in commands", "a.sh", "a=", "$(", "ls", ")", brackets),
        source("Python, lists never closed", "a.py", "a = ", "[", "1", "", brackets),
        generic_chain(levels),
        estree_chain(levels),
        python_chain(levels),
        estree_chain(levels, limit=300),
        estree_large(megabytes, limit=large),
    ]


def measure(extreme: Extreme, scratch: Path, workers: int) -> tuple[int, Ingestion, tuple[object, ...]]:
    """Bytes of the document, the run, and status, reason, nodes and depth of its row."""
    root, dataset = scratch / "root", scratch / "dataset"
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    path = root / extreme.file
    with path.open("w", encoding="ascii") as file:
        file.writelines(extreme.pieces())
    options = ["--workers", str(workers), "--max-file-size", "8GiB", "--file-timeout", "3600"]
    options += ["--set", "timeout_seconds=3600"]
    if extreme.limit is not None:
        options += ["--memory-limit", str(extreme.limit)]
    run = ingest(root, dataset, *options)
    with connect(LocalStorage(dataset), memory_limit_mb=1000) as connection:
        rows = connection.execute(
            "SELECT status, reason, max_depth, (SELECT count(*) FROM nodes), count(*) OVER () FROM files"
        ).fetchall()
    (row,) = rows or [("no row", None, None, 0, 0)]
    return path.stat().st_size, run, row


def _judge(extreme: Extreme, run: Ingestion, row: tuple[object, ...]) -> str:
    status, reason, depth, nodes, _ = row
    if extreme.limit is not None and run.peak_memory > extreme.limit * MIB:
        return "ABOVE THE LIMIT"
    if extreme.may_refuse and status == "failed":
        return "refused" if reason and not nodes else "NO"
    if extreme.nodes is None:
        return "a row" if status in ("ok", "partial", "failed", "quarantined") else "NO"
    return "yes" if (status, nodes, depth) == ("ok", extreme.nodes, extreme.depth) else "NO"


_LAYOUT = "{:27} {:>7} {:>10} {:>9} {:>8} {:>8}  {:22} {:>12}  {}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--levels", type=int, default=1_000_000, help="of the JSON documents")
    parser.add_argument("--brackets", type=int, default=200_000, help="of the sources")
    parser.add_argument("--megabytes", type=int, default=900, help="of the large one; its limit is a third")
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    print(
        _LAYOUT.format(
            "document", "MB", "levels", "limit", "seconds", "peak MB", "status", "nodes", "as expected"
        )
    )
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="snake-pipe-extremes-") as folder:
        for extreme in extremes(options.levels, options.brackets, options.megabytes):
            size, run, row = measure(extreme, Path(folder), options.workers)
            verdict = _judge(extreme, run, row)
            wrong += verdict.isupper()
            print(
                _LAYOUT.format(
                    extreme.name,
                    f"{size / 1e6:,.1f}",
                    f"{extreme.levels:,}",
                    "machine" if extreme.limit is None else f"{extreme.limit} MiB",
                    f"{run.seconds:.1f}",
                    f"{run.peak_memory / 1e6:,.0f}",
                    ", ".join(str(word) for word in row[:2] if word),
                    f"{row[3]:,}",
                    verdict,
                ),
                flush=True,
            )
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
