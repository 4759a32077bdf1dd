"""How many nodes have no kind of their own, in each language and dialect: a gap in a table can be seen here.

Over the golden sources and trees, `sample_repos`, and the running Python's standard library, as sources and
as trees of `ast`. `pytest -s` shows the types that are `other`, the commonest first; `python -m
benchmarks.accuracy` shows the same for real repositories.
"""

from __future__ import annotations

import json
import sysconfig
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from snake_pipe.transform.dialects import DIALECTS
from snake_pipe.transform.languages import LANGUAGES
from snake_pipe.transform.languages.detection import language_of_name
from snake_pipe.transform.rows.contract import TransformOptions
from snake_pipe.transform.sources.transformer import SourceTreeTransformer
from snake_pipe.transform.trees.transformer import JsonTreeTransformer
from testkit.places import AST_DUMPS, GOLDEN_DIALECTS, GOLDEN_LANGUAGES, SAMPLES
from testkit.python_trees import python_tree
from testkit.samples import sample

STDLIB = sample(sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py"))[::6], 8)

MOST = 0.02
"""Of a language's or dialect's nodes, whose type no table knows."""
SHOWN = 5

Transformer = JsonTreeTransformer | SourceTreeTransformer


def kinds(transformer: Transformer, files: Iterable[tuple[str, bytes]]) -> tuple[int, Counter[str]]:
    """How many nodes, and those of kind `other` by type."""
    for file_id, (name, data) in enumerate(files):
        assert transformer.add(file_id, name, data).status in {"ok", "partial"}, name
    nodes = transformer.drain().tables["nodes"]
    types, found = nodes["type"].to_pylist(), nodes["kind"].to_pylist()
    return len(types), Counter(t for t, kind in zip(types, found, strict=True) if kind == "other")


def check(name: str, nodes: int, others: Counter[str]) -> None:
    share = others.total() / nodes
    shown = ", ".join(f"{type_} {times}" for type_, times in others.most_common(SHOWN))
    line = f"{name}: {nodes:,} nodes, {share:.2%} other; {shown or 'every type has a kind'}"
    print(line)
    assert share < MOST, line


def sources(language: str) -> list[Path]:
    golden = [p for p in GOLDEN_LANGUAGES.glob(f"{language}.*") if p.suffix != ".rows"]
    samples = [p for p in SAMPLES.rglob("*") if p.is_file() and language_of_name(p.name) == language]
    return golden + (samples if language != "json" else []) + (STDLIB if language == "python" else [])


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_sources(language: str) -> None:
    entry = LANGUAGES[language]
    if not entry.installed:
        pytest.skip(f"{language} is not installed: {entry.install_command}")
    transformer = SourceTreeTransformer(language, TransformOptions(tables=frozenset({"nodes"})))
    check(language, *kinds(transformer, [(p.name, p.read_bytes()) for p in sources(language)]))


def trees() -> list[tuple[str, bytes]]:
    """AST files: committed ones, and Python's standard library."""
    paths = [*GOLDEN_DIALECTS.glob("*.json"), *AST_DUMPS.glob("*[._]ast.json*")]
    paths += AST_DUMPS.glob("*.syntax.json")
    found = [(path.name, path.read_bytes()) for path in sorted(paths)]
    return found + [(f"{p.name}.ast.json", json.dumps(python_tree(p.read_bytes())).encode()) for p in STDLIB]


def test_trees() -> None:
    """A dialect of which nothing is there would be missing in the last line."""
    seen: dict[str, tuple[int, Counter[str]]] = {}
    for name, data in trees():
        transformer = JsonTreeTransformer(TransformOptions(tables=frozenset({"nodes"})))
        assert transformer.add(0, name, data).status == "ok", name
        read = transformer.drain()
        (dialect,) = {facts.dialect for facts in read.facts.values() if facts.reason != "holds_trees"}
        assert dialect is not None
        rows = read.tables["nodes"].to_pylist()
        nodes, others = seen.get(dialect, (0, Counter[str]()))
        others.update(row["type"] for row in rows if row["kind"] == "other")
        seen[dialect] = nodes + len(rows), others
    for dialect, (nodes, others) in sorted(seen.items()):
        if dialect != "generic":  # whatever words a tool without a table of its own has
            check(dialect, nodes, others)
    assert seen.keys() == set(DIALECTS)
