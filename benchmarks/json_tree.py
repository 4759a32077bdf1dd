"""AST files in DuckDB: `json_tree` over each of them, written as a file of Parquet.

    python -m benchmarks.json_tree FOLDER INTO --threads 2

A row a JSON value: objects, lists, strings and numbers alike, with no idea of what a node, a name or a place
is. Prints the number of rows.

Each document is a parameter of a query of its own. Joined to a table of documents, `json_tree` keeps the
whole text of the document with each of its rows: 50 MB then fill a disk of 70 GB.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb

_ROWS = "SELECT id, parent, key, type, atom FROM json_tree(?)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("into", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    asked = parser.parse_args()
    asked.into.mkdir(parents=True)
    with duckdb.connect(config={"threads": asked.threads, "max_temp_directory_size": "1GB"}) as connection:

        def write(numbered: tuple[int, Path]) -> int:
            number, path = numbered
            copied = f"COPY ({_ROWS}) TO '{asked.into / str(number)}.parquet' (COMPRESSION zstd)"
            counted = connection.cursor().execute(copied, [path.read_text()]).fetchone()
            return int(counted[0]) if counted else 0

        with ThreadPoolExecutor(asked.threads) as threads:
            files = (path for path in asked.folder.rglob("*.json") if path.is_file())
            print(sum(threads.map(write, enumerate(files))))


if __name__ == "__main__":
    main()
