"""Source rows against independent judges: plain py-tree-sitter, Python's own `ast`, universal-ctags."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sysconfig
import warnings
from pathlib import Path

import pytest
from tree_sitter import Parser

from snake_pipe.transform.decoding import to_utf8
from snake_pipe.transform.source_grammar import load_language
from snake_pipe.transform.source_tree import SourceTreeTransformer
from snake_pipe.transform.transformer import TransformOptions

STRIDE = 25
STDLIB = Path(sysconfig.get_paths()["stdlib"])
POLYGLOT = Path(__file__).parents[2] / "sample_repos" / "polyglot"


def stdlib_files() -> list[Path]:
    return [path for path in sorted(STDLIB.rglob("*.py")) if "site-packages" not in path.parts]


def transform(language, files, tables=("nodes", "symbols")):
    """Rows of each table as lists, and the facts, of files read in one batch."""
    transformer = SourceTreeTransformer(language, TransformOptions(tables=frozenset(tables)))
    for file_id, path in enumerate(files):
        transformer.add(file_id, path.name, path.read_bytes())
    out = transformer.drain()
    return out.tables, out.facts


def named_nodes(root):
    """A plain walk by `children`, with its own stack."""
    stack, found = [root], 0
    while stack:
        node = stack.pop()
        found += node.is_named
        stack.extend(node.children)
    return found


def test_rows_are_all_named_nodes_of_the_standard_library():
    files = stdlib_files()[::STRIDE]
    tables, facts = transform("python", files, ["nodes"])
    counted = dict.fromkeys(range(len(files)), 0)
    for file_id in tables["nodes"].column("file_id").to_pylist():
        counted[file_id] += 1
    parser = Parser(load_language("python"))
    for file_id, path in enumerate(files):
        text = to_utf8(path.read_bytes(), cookies=True).data
        assert text is not None
        assert counted[file_id] == named_nodes(parser.parse(text).root_node) == facts[file_id].node_count, path


def ast_definitions(source: bytes) -> set[tuple[str, int]] | None:
    """(name, line) of functions, classes, and of simple assignments outside of functions."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return None
    found: set[tuple[str, int]] = set()
    todo: list[tuple[ast.AST, bool]] = [(tree, False)]
    while todo:
        node, in_function = todo.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add((node.name, node.lineno))
        if not in_function and isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found.update((name.id, name.lineno) for target in targets for name in simple_names(target))
        inner = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) or (
            in_function and not isinstance(node, ast.ClassDef)
        )
        todo.extend((child, inner) for child in ast.iter_child_nodes(node))
    return found


def simple_names(target):
    if isinstance(target, ast.Name):
        yield target
    elif isinstance(target, ast.Tuple | ast.List):
        for element in target.elts:
            yield from simple_names(element)
    elif isinstance(target, ast.Starred):
        yield from simple_names(target.value)


def python_agreement(files):
    """(found, missed, extra) definitions against `ast`, as lists of (file, name, line)."""
    tables, _ = transform("python", files, ["symbols"])
    rows: dict[int, set[tuple[str, int]]] = {}
    symbols = tables["symbols"]
    for file_id, name, line in zip(
        *(symbols.column(name).to_pylist() for name in ("file_id", "name", "name_line")), strict=True
    ):
        rows.setdefault(file_id, set()).add((name, line))
    found, missed, extra = [], [], []
    for file_id, path in enumerate(files):
        wanted = ast_definitions(path.read_bytes())
        if wanted is None:
            continue
        have = rows.get(file_id, set())
        found += [(path, *item) for item in wanted & have]
        missed += [(path, *item) for item in wanted - have]
        extra += [(path, *item) for item in have - wanted]
    return found, missed, extra


def test_python_definitions_agree_with_ast():
    found, missed, extra = python_agreement(stdlib_files()[::STRIDE])
    assert len(found) > 1000
    assert len(missed) <= 0.005 * len(found), missed[:20]
    assert len(extra) <= 0.005 * len(found), extra[:20]
