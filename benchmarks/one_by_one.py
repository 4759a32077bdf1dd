"""The plain way: one process parses, walks and writes one file after the other.

    python -m benchmarks.one_by_one FOLDER INTO

Each file becomes one of Parquet, with a row a node: its type, its parent's number, its depth and its place.
No definitions, no references, and the first file that breaks it ends it. Prints the number of rows.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.independent import AST, files_below, parser_of

Row = tuple[str, int, int, int, int]
_COLUMNS = ("type", "parent", "depth", "start", "end")


def source_rows(data: bytes, language: str) -> list[Row]:
    """A row for each named node of a source, in preorder; places are offsets."""
    rows: list[Row] = []
    stack = [(parser_of(language).parse(data).root_node, -1, 0)]
    while stack:
        node, parent, depth = stack.pop()
        if node.is_named:
            rows.append((node.type, parent, depth, node.start_byte, node.end_byte))
            parent, depth = len(rows) - 1, depth + 1
        stack += [(child, parent, depth) for child in reversed(node.children)]
    return rows


def tree_rows(data: bytes) -> list[Row]:
    """A row for each object of an AST file that has a type, in preorder; places are lines, 0 if unknown."""
    document = orjson.loads(data)
    key = next((key for key in ("type", "_type", "kind") if key in document), None)
    rows: list[Row] = []
    stack: list[tuple[Any, int, int]] = [(document, -1, 0)]
    while stack:
        value, parent, depth = stack.pop()
        if isinstance(value, list):
            stack += [(item, parent, depth) for item in reversed(value)]
        elif isinstance(value, dict):
            if isinstance(value.get(key), str):
                place = value.get("loc") or {}
                start = value.get("lineno") or place.get("line") or place.get("start", {}).get("line") or 0
                end = value.get("end_lineno") or place.get("end", {}).get("line") or start
                rows.append((value[key], parent, depth, start, end))
                parent, depth = len(rows) - 1, depth + 1
            stack += [(item, parent, depth) for item in reversed(value.values())]
    return rows


def process_file(path: Path, language: str, target: Path) -> int:
    """Read a file, and write its rows; how many there are."""
    data = path.read_bytes()
    rows = tree_rows(data) if language == AST else source_rows(data, language)
    columns = dict(zip(_COLUMNS, zip(*rows, strict=True), strict=True)) if rows else {}
    pq.write_table(pa.table(columns), target, compression="zstd")
    return len(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("into", type=Path)
    asked = parser.parse_args()
    asked.into.mkdir(parents=True)
    rows = 0
    for number, (path, language) in enumerate(files_below(asked.folder).items()):
        rows += process_file(asked.folder / path, language, asked.into / f"{number}.parquet")
    print(rows)


if __name__ == "__main__":
    main()
