"""Makes the AST files of `ast_dumps/` again from `ast_dumps/sources/`, with the real parsers.

    python -m sample_repos.make_ast_dumps NODE_FOLDER [--check]

NODE_FOLDER holds `node_modules` with acorn, espree, meriyah, @babel/parser and
@typescript-eslint/typescript-estree; node and clang must be on the path. `--check` writes nothing
and compares: other versions of the parsers, of Python or clang may add fields, which it then names.
"""

from __future__ import annotations

import argparse
import gzip
import os
import sys
import tempfile
from pathlib import Path

from benchmarks.corpus_ast import Job, make_ast_files

FOLDER = Path(__file__).parent / "ast_dumps"

DUMPS = {
    "shapes.acorn.ast.json": ("acorn", "sources/shapes.js"),
    "shapes.espree.ast.json": ("espree", "sources/shapes.js"),
    "shapes.meriyah.ast.json.gz": ("meriyah", "sources/shapes.js"),
    "shapes.babel.ast.json": ("babel", "sources/shapes.js"),
    "queue.babel.ast.json": ("babel", "sources/queue.ts"),
    "queue.typescript-estree.ast.json": ("typescript-estree", "sources/queue.ts"),
    "inventory_ast.json": ("python", "sources/inventory.py"),
    "ring.syntax.json": ("clang", "sources/ring.c"),
}
"""Each AST file, its parser and its source; their names show the usual endings."""


def make(node_folder: Path, target: Path) -> None:
    """Write all dumps into `target`."""
    os.chdir(FOLDER)  # the tools write the source's path as it was given
    jobs = [
        Job(parser, Path(source), target / name.removesuffix(".gz"))
        for name, (parser, source) in DUMPS.items()
    ]
    failures = make_ast_files(jobs, node_folder, processes=1)
    if failures:
        sys.exit("\n".join(f"{source}: {reason}" for source, reason in failures))
    for name in DUMPS:
        if name.endswith(".gz"):
            plain = target / name.removesuffix(".gz")
            (target / name).write_bytes(gzip.compress(plain.read_bytes(), mtime=0))
            plain.unlink()


def differences(made: Path) -> list[str]:
    """Names of dumps whose content is not what is kept."""
    return [name for name in DUMPS if _content(made / name) != _content(FOLDER / name)]


def _content(file: Path) -> bytes | None:
    if not file.exists():
        return None
    raw = file.read_bytes()
    return gzip.decompress(raw) if file.suffix == ".gz" else raw


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("node_folder", type=Path, help="the folder that holds node_modules")
    parser.add_argument("--check", action="store_true", help="compare with what is kept, write nothing")
    given = parser.parse_args()
    node_folder = given.node_folder.resolve()
    if not given.check:
        make(node_folder, FOLDER)
        return
    with tempfile.TemporaryDirectory() as folder:
        make(node_folder, Path(folder))
        different = differences(Path(folder))
    if different:
        sys.exit(f"not as kept: {', '.join(different)}")
    print(f"all {len(DUMPS)} dumps are as kept")


if __name__ == "__main__":
    main()
