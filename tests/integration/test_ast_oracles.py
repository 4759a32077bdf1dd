"""Trees of real programs against the tools that made them."""

from __future__ import annotations

import ast
import gzip
import json
import sysconfig
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from snake_pipe.transform.dialects.sniffing import recognise
from snake_pipe.transform.rows.contract import Transformed, TransformOptions
from snake_pipe.transform.trees.document.decoding import decode, json_to_utf8, unpack
from snake_pipe.transform.trees.transformer import JsonTreeTransformer
from testkit.places import SAMPLES
from testkit.python_trees import python_tree
from testkit.samples import sample

_STDLIB = Path(sysconfig.get_paths()["stdlib"])
_SOURCES = sample(sorted(p for p in _STDLIB.glob("*.py") if p.stat().st_size < 60_000)[::9], 6)
_DUMPS = sorted(SAMPLES.rglob("*ast*.json*"))


def transform(path: str, data: bytes) -> Transformed:
    transformer = JsonTreeTransformer(TransformOptions())
    transformer.add(0, path, data)
    return transformer.drain()


def rows(result: Transformed, table: str, *columns: str) -> list[Any]:
    return list(zip(*(result.tables[table][column].to_pylist() for column in columns), strict=True))


def count_typed(document: Any, key: str) -> int:
    """Objects that carry the key with a string, wherever they are."""
    found, stack = 0, [document]
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            found += isinstance(value.get(key), str) and value[key] != ""
            stack.extend(value.values())
        elif isinstance(value, list):
            stack.extend(value)
    return found


@pytest.mark.parametrize("path", _SOURCES, ids=lambda p: p.name)
def test_python_dumps_agree_with_the_tree(path: Path) -> None:
    tree = ast.parse(path.read_bytes())
    result = transform(path.name + ".ast.json", json.dumps(python_tree(path.read_bytes())).encode())
    facts = result.facts[0]
    assert (facts.status, facts.dialect) == ("ok", "python-ast")
    assert facts.node_count == sum(1 for _ in _nodes(tree)) == result.tables["nodes"].num_rows
    defined = {
        (node.name, node.lineno)
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
    }
    symbols = rows(result, "symbols", "name", "start_line", "kind")
    assert {
        (name, line) for name, line, kind in symbols if kind in {"function", "method", "class"}
    } == defined
    assert Counter(rows(result, "imports", "module", "name", "alias")) == Counter(_imports(tree))


def _nodes(tree: ast.AST) -> Any:
    """Each mention of a node: Python shares one `Load` among all names, their dump doesn't."""
    stack = [tree]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(ast.iter_child_nodes(node))


def _imports(tree: ast.AST) -> list[tuple[str, str | None, str | None]]:
    found: list[tuple[str, str | None, str | None]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, None, alias.asname) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            found += [(module, None if a.name == "*" else a.name, a.asname) for a in node.names]
    return found


@pytest.mark.parametrize("path", _SOURCES, ids=lambda p: p.name)
def test_calls_agree_with_the_tree(path: Path) -> None:
    tree = ast.parse(path.read_bytes())
    result = transform(path.name + ".ast.json", json.dumps(python_tree(path.read_bytes())).encode())
    elsewhere = {id(d) for n in ast.walk(tree) for d in getattr(n, "decorator_list", ())}
    elsewhere |= {id(b) for n in ast.walk(tree) if isinstance(n, ast.ClassDef) for b in n.bases}
    called = sorted(
        node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, (ast.Attribute, ast.Name))
        if id(node) not in elsewhere
    )
    assert sorted(name for name, role in rows(result, "refs", "name", "role") if role == "call") == called


@pytest.mark.parametrize("path", _DUMPS, ids=lambda p: p.name)
def test_real_dumps_lose_no_node(path: Path) -> None:
    data = path.read_bytes()
    text = json_to_utf8(unpack(data) if data.startswith(b"\x1f\x8b") else data)[0]
    result = transform(path.name, data)
    facts = result.facts[0]
    if facts.status != "ok":
        assert facts.status in {"skipped", "failed"}
        return
    document = decode(text)
    dialect = recognise(document)
    assert dialect is not None
    assert facts.node_count == count_typed(document, dialect.type_key)


def test_a_packed_dump_gives_the_same_rows() -> None:
    data = json.dumps(python_tree(_SOURCES[0].read_bytes())).encode()
    plain, packed = transform("a.ast.json", data), transform("a.ast.json.gz", gzip.compress(data))
    for table, batch in plain.tables.items():
        assert batch.equals(packed.tables[table])
