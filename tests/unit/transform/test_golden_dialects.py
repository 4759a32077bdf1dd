"""A small tree of each dialect beside the rows it gives, in every table, as a person would note them.

A dump is named `CASE.json`, where the case is the dialect's name and perhaps a word more (`solc-output`); its
source lies beside it, and README.md there says which tool made it. Those of `SAMPLES` lie in `sample_repos`.
After a change that is meant to change rows, `write_golden_rows.py` writes them again and prints what differs.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from snake_pipe.transform.dialects import DIALECTS
from snake_pipe.transform.rows.contract import HOLDS_TREES, FileFacts, TransformOptions
from snake_pipe.transform.trees.transformer import JsonTreeTransformer
from testkit.golden_rows import Row, Tables, lists, meaning, node_start, note
from testkit.places import AST_DUMPS, GOLDEN_DIALECTS
from testkit.samples import WITH_ALL

FOLDER = GOLDEN_DIALECTS
SAMPLES = {
    "shapes.acorn.ast": "estree",
    "queue.babel.ast": "babel",
    "queue.typescript-estree.ast": "typescript-estree",
    "inventory_ast": "python-ast",
    "ring.syntax": "clang",
}
DUMPS = [*sorted(FOLDER.glob("*.json")), *(AST_DUMPS / f"{name}.json" for name in SAMPLES)]


def case_of(dump: Path) -> str:
    return SAMPLES.get(dump.stem, dump.stem)


def noted_rows(dump: Path) -> Path:
    return FOLDER / f"{case_of(dump)}.rows"


def source_of(dump: Path) -> Path | None:
    """What the dump was made from: the file beside it, if it is the only source."""
    if dump.stem == "solc-output" or dump.parent == AST_DUMPS:
        return None
    kept = (".json", ".rows")
    return next((path for path in sorted(FOLDER.glob(f"{dump.stem}.*")) if path.suffix not in kept), None)


@cache
def rows_of(dump: Path) -> tuple[FileFacts, str]:
    """The facts of the dump's first tree, and the rows of all its trees."""
    transformer = JsonTreeTransformer(TransformOptions())
    transformer.add(7, dump.name, dump.read_bytes())
    drained = transformer.drain()
    trees = {file_id: facts for file_id, facts in drained.facts.items() if facts.reason != HOLDS_TREES}
    tables = lists(drained.tables)
    parts = [
        _rows(
            facts,
            {table: [row for row in rows if row["file_id"] == file_id] for table, rows in tables.items()},
        )
        for file_id, facts in trees.items()
    ]
    return next(iter(trees.values())), "\n".join(parts)


def _rows(facts: FileFacts, tables: Tables) -> str:
    assert facts.status == "ok", facts.problems
    source = facts.source_path or "-"
    tree = f"{facts.fragment}: " if facts.fragment else ""
    lines = [
        f"file: {tree}{facts.dialect}, {facts.language}, from {source}, offsets {facts.offset_unit}",
        "",
        *meaning(tables),
        "",
        "nodes: type kind, its field before it, its name or value and its place behind it",
    ]
    for row in tables["nodes"]:
        text = row["name"] or row["value"]
        lines.append(" ".join(filter(None, (node_start(row), text and repr(text), _place(row)))))
    return "\n".join(lines) + "\n"


def _place(row: Row) -> str:
    """`2:5-2:9 @14-18`: line and column, then offsets; what is not known is left out."""
    start, end = (
        ":".join(str(row[key]) for key in keys if row[key] is not None)
        for keys in (("start_line", "start_col"), ("end_line", "end_col"))
    )
    lines = f"{start}-{end}" if start or end else ""
    offsets = "" if row["start_offset"] is None else f"@{row['start_offset']}-{row['end_offset']}"
    return " ".join(filter(None, (lines, offsets)))


@pytest.mark.parametrize("dump", DUMPS, ids=case_of)
def test_rows_are_the_noted_ones(dump: Path) -> None:
    facts, rows = rows_of(dump)
    assert facts.dialect is not None
    assert case_of(dump).startswith(facts.dialect)
    assert rows == noted_rows(dump).read_text()


@pytest.mark.parametrize("dump", [dump for dump in DUMPS if dump.stem != "generic"], ids=case_of)
def test_every_type_has_a_kind(dump: Path) -> None:
    transformer = JsonTreeTransformer(TransformOptions())
    transformer.add(7, dump.name, dump.read_bytes())
    rows = transformer.drain().tables["nodes"].to_pylist()
    assert Counter(row["type"] for row in rows if row["kind"] == "other").most_common() == []


PLACED = [dump for dump in DUMPS if rows_of(dump)[0].offset_unit != "none" and source_of(dump)]


@pytest.mark.parametrize("dump", PLACED, ids=case_of)
def test_names_stand_where_their_rows_say(dump: Path) -> None:
    """By offsets, and by lines and columns: what is cut out of the source there holds the name."""
    transformer = JsonTreeTransformer(TransformOptions())
    facts = transformer.add(7, dump.name, dump.read_bytes())
    source = source_of(dump)
    assert source is not None
    encoding, width = ("utf-16-le", 2) if facts.offset_unit == "utf16" else ("utf-8", 1)
    text = source.read_text()
    data, lines = text.encode(encoding), [line.encode(encoding) for line in text.splitlines()]
    found = 0
    for row in transformer.drain().tables["nodes"].to_pylist():
        if row["kind"] != "identifier" or not row["name"] or row["name"] == "this":
            continue
        found += 1
        if row["start_offset"] is not None:
            end = len(data) if row["end_offset"] is None else row["end_offset"] * width
            assert row["name"] in data[row["start_offset"] * width : end].decode(encoding)
        if row["start_col"] is not None and row["start_line"] == row["end_line"]:
            line = lines[row["start_line"] - 1]
            cut = line[(row["start_col"] - 1) * width : (row["end_col"] - 1) * width].decode(encoding)
            assert row["name"] in cut
    assert found > 2 or facts.dialect in ("postcss", "unist")


@pytest.mark.parametrize(("one", "other"), [("nikic", "php-parser"), ("postcss", "csstree")])
def test_two_parsers_of_one_source_agree(one: str, other: str) -> None:
    """The same definitions, by line, kind and name, and the same imports."""
    found = []
    for case in (one, other):
        rows = (FOLDER / f"{case}.rows").read_text()
        symbols, imports = rows.split("\n\n")[1], rows.split("\n\n")[3]
        found.append(([line.split(" | ")[0] for line in symbols.splitlines()], imports))
    assert found[0] == found[1]


def test_every_dialect_has_a_golden_case() -> None:
    shown = {rows_of(dump)[0].dialect for dump in DUMPS}
    assert shown == set(DIALECTS)


def test_every_golden_case_tells_its_tool() -> None:
    told = (FOLDER / "README.md").read_text()
    assert [dump for dump in DUMPS if f"`{case_of(dump)}`" not in told] == []


_JUNK: list[Any] = [None, True, 0, -1, 2**70, 1.5, "", "x", [], {}, [None], {"a": 1}, [{"a": []}]]


def _places(document: Any) -> list[tuple[Any, Any]]:
    """Everything in a document: what it is in, and its key there."""
    found: list[tuple[Any, Any]] = []
    stack = [document]
    while stack:
        value = stack.pop()
        keys = (
            value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
        )
        found += [(value, key) for key in keys]
        stack += [value[key] for key in keys]
    return found


@pytest.mark.parametrize("dump", DUMPS, ids=case_of)
def test_a_mangled_tree_is_a_value(dump: Path) -> None:
    """Whatever stands where: a location of true, a type that is an object, a document without any node."""
    chance = random.Random(5)
    for changes in (1, 5, 40, 200) * (5 if WITH_ALL else 1):
        document = json.loads(dump.read_bytes())
        places = _places(document)
        for value, key in chance.sample(places, min(changes, len(places))):
            value[key] = chance.choice(_JUNK)
        transformer = JsonTreeTransformer(TransformOptions())
        facts = transformer.add(7, dump.name, json.dumps(document).encode())
        read = transformer.drain()
        assert (facts.status, facts.reason) in {("ok", None), ("skipped", "not_an_ast")} or (
            facts.reason == "holds_trees" and facts.status in ("ok", "partial")
        )
        assert len(read.tables["nodes"]) == sum(each.node_count for each in read.facts.values())


def regenerate() -> None:
    note((noted_rows(dump), rows_of(dump)[1]) for dump in DUMPS)
