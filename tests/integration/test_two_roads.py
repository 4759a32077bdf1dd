"""A program by two roads: its source, and a tree of it that another tool wrote, give the same rows.

The same definitions (kind, name, line), calls (name, line) and imports (module, name, line). What the roads
see differently is listed with its reason; a row that is not listed fails, and so does a listed one that is
gone. Where a tree tells no lines, names are compared as often as they come.
"""

from __future__ import annotations

import json
import sysconfig
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from snake_pipe.transform.languages import LANGUAGES
from snake_pipe.transform.rows.contract import TransformOptions
from snake_pipe.transform.sources.transformer import SourceTreeTransformer
from snake_pipe.transform.trees.transformer import JsonTreeTransformer
from testkit.places import AST_DUMPS, GOLDEN_DIALECTS
from testkit.python_trees import python_tree
from testkit.samples import sample

_STDLIB = Path(sysconfig.get_paths()["stdlib"])
STDLIB = sorted(
    p for p in _STDLIB.rglob("*.py") if p.stat().st_size < 40_000 and "site-packages" not in p.parts
)

SOURCES = {
    AST_DUMPS / "inventory_ast.json": "inventory.py",
    AST_DUMPS / "queue.babel.ast.json": "queue.ts",
    AST_DUMPS / "queue.typescript-estree.ast.json": "queue.ts",
    AST_DUMPS / "ring.syntax.json": "ring.c",
    AST_DUMPS / "shapes.acorn.ast.json": "shapes.js",
    AST_DUMPS / "shapes.babel.ast.json": "shapes.js",
    AST_DUMPS / "shapes.espree.ast.json": "shapes.js",
    AST_DUMPS / "shapes.meriyah.ast.json.gz": "shapes.js",
    GOLDEN_DIALECTS / "asty.json": "asty.go",
    GOLDEN_DIALECTS / "csstree.json": "csstree.css",
    GOLDEN_DIALECTS / "nikic.json": "nikic.php",
    GOLDEN_DIALECTS / "php-parser.json": "php-parser.php",
    GOLDEN_DIALECTS / "postcss.json": "postcss.css",
    GOLDEN_DIALECTS / "py-tree-sitter.json": "py-tree-sitter.py",
    GOLDEN_DIALECTS / "tree-sitter.json": "tree-sitter.js",
    GOLDEN_DIALECTS / "unist.json": "unist.md",
}
"""A tree that tells lines → its source, in `sources` or beside it."""

WITHOUT_LINES = {
    GOLDEN_DIALECTS / "libpg_query.json": "libpg_query.sql",
    GOLDEN_DIALECTS / "pandoc.json": "pandoc.md",
    GOLDEN_DIALECTS / "prism.json": "prism.rb",
    GOLDEN_DIALECTS / "solc.json": "solc.sol",
}

DIFFERENCES: dict[str, tuple[set[tuple[Any, ...]], set[tuple[Any, ...]]]] = {
    # The preprocessor has been there before clang.
    "ring.syntax.json": ({("definition", "macro", "SIZE", 3)}, set()),
    # A heading is named by its source there, by its text here; links and footnotes have names here alone.
    "unist.json": (
        {("definition", "module", "The shop, `open`", 1)},
        {
            ("definition", "module", "The shop, open", 1),
            ("definition", "variable", "goods", 21),
            ("definition", "variable", "1", 22),
        },
    ),
    "pandoc.json": (
        {("definition", "module", "The shop, `open`")},
        {("definition", "module", "The shop, open")},
    ),
    # `private` on a line of its own: a mark of what follows there, a call for Ruby's own parser.
    "prism.json": (set(), {("call", "private")}),
}
"""A tree → what only its source has, what only it has."""

_NONE: tuple[set[Any], set[Any]] = (set(), set())
_LANGUAGE_OF = {
    ".c": "c", ".css": "css", ".go": "go", ".js": "javascript", ".md": "markdown", ".php": "php",
    ".py": "python", ".rb": "ruby", ".sol": "solidity", ".sql": "sql", ".ts": "typescript",
}  # fmt: skip


def facts(transformer: Any, name: str, data: bytes) -> Counter[tuple[Any, ...]]:
    """Definitions, calls and imports, each as often as there are rows of it."""
    assert transformer.add(1, name, data).status == "ok"
    tables = {table: batch.to_pylist() for table, batch in transformer.drain().tables.items()}
    found = Counter(("definition", r["kind"], r["name"], r["name_line"]) for r in tables["symbols"])
    found.update(("call", r["name"], r["start_line"]) for r in tables["refs"] if r["role"] == "call")
    found.update(("import", r["module"], r["name"], r["start_line"]) for r in tables["imports"])
    return found


def of_source(path: Path, data: bytes | None = None) -> Counter[tuple[Any, ...]]:
    language = LANGUAGES[_LANGUAGE_OF[path.suffix]]
    if not language.installed:
        pytest.skip(f"{language.name} is not installed: {language.install_command}")
    return facts(
        SourceTreeTransformer(language.name, TransformOptions()), path.name, data or path.read_bytes()
    )


def of_tree(name: str, data: bytes) -> Counter[tuple[Any, ...]]:
    return facts(JsonTreeTransformer(TransformOptions()), name, data)


def source_beside(tree: Path, name: str) -> Path:
    return next(path for path in (tree.parent / "sources" / name, tree.parent / name) if path.is_file())


@pytest.mark.parametrize(("tree", "source"), SOURCES.items(), ids=lambda value: Path(value).name)
def test_a_tree_and_its_source_give_the_same_rows(tree: Path, source: str) -> None:
    theirs = of_tree(tree.name, tree.read_bytes())
    ours = of_source(source_beside(tree, source))
    assert (set(ours) - set(theirs), set(theirs) - set(ours)) == DIFFERENCES.get(tree.name, _NONE)


@pytest.mark.parametrize(("tree", "source"), WITHOUT_LINES.items(), ids=lambda value: Path(value).name)
def test_a_tree_without_lines_and_its_source_name_the_same(tree: Path, source: str) -> None:
    theirs, ours = (
        Counter(fact[:-1] for fact in found.elements())
        for found in (of_tree(tree.name, tree.read_bytes()), of_source(source_beside(tree, source)))
    )
    assert (set(ours - theirs), set(theirs - ours)) == DIFFERENCES.get(tree.name, _NONE)


@pytest.mark.parametrize("path", sample(STDLIB[::60], 8), ids=lambda path: path.name)
def test_python_and_its_dump_give_the_same_rows(path: Path) -> None:
    data = path.read_bytes()
    try:
        tree = json.dumps(python_tree(data))
    except (SyntaxError, ValueError):
        pytest.skip("a source that Python refuses, for its own tests")
    theirs, ours = of_tree(f"{path.name}.ast.json", tree.encode()), of_source(path, data)
    assert ours == theirs


def test_every_listed_tree_is_there() -> None:
    assert {tree.name for tree in (*SOURCES, *WITHOUT_LINES)} >= DIFFERENCES.keys()
