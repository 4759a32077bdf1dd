"""Documents come in chunks and are taken apart behind the walk; no row depends on where they are cut."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from snake_pipe.transform.dialects.generic import generic
from snake_pipe.transform.rows.builder import Words
from snake_pipe.transform.rows.contract import AST_QUEUE, TransformOptions
from snake_pipe.transform.transformer import open_transformer
from snake_pipe.transform.trees.walk import walker
from snake_pipe.transform.trees.walk.walker import Walker
from testkit.places import AST_DUMPS

if TYPE_CHECKING:
    from snake_pipe.transform.rows.contract import Transformed

DUMPS = sorted(AST_DUMPS.glob("*.json*"))

REQUIRES = b"""{"type":"Program","sourceType":"script","body":[{"type":"VariableDeclaration","kind":"const",
"declarations":[{"type":"VariableDeclarator","id":{"type":"ObjectPattern","properties":[{"type":"Property",
"key":{"type":"Identifier","name":"a"},"value":{"type":"Identifier","name":"b"}}]},"init":{"type":
"CallExpression","callee":{"type":"Identifier","name":"require"},"arguments":[{"type":"Literal","value":"m"}]}
}]}]}"""

CLANG = b"""{"id":"1","kind":"TranslationUnitDecl","loc":{},"range":{"begin":{},"end":{}},"inner":[
{"id":"2","kind":"FunctionDecl","loc":{"offset":4,"file":"a.c","line":1,"col":5,"tokLen":1},"range":{"begin":
{"offset":0,"col":1,"tokLen":3},"end":{"offset":30,"line":4,"col":1,"tokLen":1}},"name":"f","inner":[
{"id":"3","kind":"ParmVarDecl","loc":{"offset":10,"line":2,"col":3,"tokLen":1},"range":{"begin":{"offset":6,
"col":1,"tokLen":3},"end":{"offset":10,"col":3,"tokLen":1}},"name":"x","type":{"qualType":"int"}},
{"id":"4","kind":"CompoundStmt","range":{"begin":{"offset":12,"line":3,"col":1,"tokLen":1},"end":{"offset":30,
"line":4,"col":1,"tokLen":1}}}]}]}"""


def transform(documents: list[bytes]) -> Transformed:
    transformer = open_transformer(AST_QUEUE, TransformOptions(attrs=True))
    for file_id, data in enumerate(documents):
        transformer.add(file_id, f"{file_id}.ast.json", data)
    return transformer.drain()


@pytest.mark.parametrize("size", [1, 2, 7])
def test_no_row_depends_on_the_size_of_a_chunk(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    documents = [path.read_bytes() for path in DUMPS] + [REQUIRES, CLANG]
    assert len(documents) > 5
    expected = transform(documents)
    monkeypatch.setattr(walker, "CHUNK", size)
    found = transform(documents)
    assert found.facts == expected.facts
    for table, rows in expected.tables.items():
        assert found.tables[table].to_pylist() == rows.to_pylist(), table


def test_what_a_rule_notes_outlives_its_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walker, "CHUNK", 1)
    imports = transform([REQUIRES]).tables["imports"].to_pylist()
    assert [(row["module"], row["name"], row["alias"]) for row in imports] == [("m", "a", "b")]


def test_a_body_in_a_later_chunk_has_its_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walker, "CHUNK", 1)
    (symbol,) = transform([CLANG]).tables["symbols"].to_pylist()
    assert (symbol["name"], symbol["body_start_line"], symbol["body_end_line"]) == ("f", 3, 4)


def test_what_was_handed_over_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walker, "CHUNK", 1)
    leaf: Any = {"type": "Leaf"}
    document = {"type": "Root", "a": {"type": "Branch", "b": leaf}}
    types = []
    for chunk in Walker(generic("type", "none"), Words([""])).walk(document):
        types += chunk.types
    assert types == ["Root", "Branch", "Leaf"]
    assert document == {}
