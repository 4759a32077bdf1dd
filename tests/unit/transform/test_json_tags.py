"""Types around nodes: the walker sees the same tree as if they were in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from snake_pipe.transform.dialects import DIALECTS
from snake_pipe.transform.dialects.libpg_query import LIBPG_QUERY
from snake_pipe.transform.json_large import stream
from snake_pipe.transform.json_tags import write_types
from snake_pipe.transform.json_tree import JsonTreeTransformer
from snake_pipe.transform.transformer import TransformOptions

DUMP = Path(__file__).parent / "golden_dialects" / "libpg_query.json"


def document(*statements: Any) -> Any:
    return {"version": 1, "stmts": [{"stmt": one} for one in statements]}


def types(value: Any) -> list[str]:
    """The types of all nodes of a document in preorder, by recursion."""
    found = []
    if isinstance(value, dict):
        found = [value["NodeTag"]] if "NodeTag" in value else []
        found += [type_ for inner in value.values() for type_ in types(inner)]
    elif isinstance(value, list):
        found = [type_ for inner in value for type_ in types(inner)]
    return found


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ({"SelectStmt": {}}, ["SelectStmt"]),
        ({"NewStmt": {"a": {"NewExpr": {}}}}, ["NewStmt", "NewExpr"]),  # of a later PostgreSQL
        ({"InsertStmt": {"relation": {"relname": "t"}}}, ["InsertStmt", "RangeVar"]),
        ({"RenameStmt": {"relation": {"RangeVar": {}}}}, ["RenameStmt", "RangeVar"]),
        ({"SelectStmt": {"larg": {"op": "SETOP_NONE"}, "rarg": {}}}, ["SelectStmt"] * 3),
        ({"SelectStmt": {"valuesLists": [{"List": {"items": [{"A_Const": {}}]}}]}}, None),
        ({"SelectStmt": {"a": {"unknown": {}}}}, ["SelectStmt"]),
    ],
)
def test_a_type_comes_from_the_only_key_around_or_from_the_field(
    statement: Any, expected: list[str] | None
) -> None:
    tree = document(statement)
    write_types(tree, LIBPG_QUERY)
    assert types(tree) == ["ParseResult", "RawStmt", *(expected or ["SelectStmt", "List", "A_Const"])]


def test_a_part_of_a_document_has_no_type_of_the_whole():
    # A part that is read for itself once became a second root.
    part = [{"stmt": {"SelectStmt": {}}}]
    write_types(part, LIBPG_QUERY, "stmts")
    assert types(part) == ["RawStmt", "SelectStmt"]
    part = {"SelectStmt": {}}
    write_types(part, LIBPG_QUERY, "stmt")
    assert types(part) == ["SelectStmt"]


def test_other_dialects_are_left_alone():
    tree = {"SelectStmt": {"relation": {}}}
    write_types(tree, DIALECTS["estree"])
    assert tree == {"SelectStmt": {"relation": {}}}


class _Blocks:
    """A file's bytes in blocks, as they are read from disk."""

    traits: tuple[str, ...] = ()
    lines = 0

    def __init__(self, data: bytes) -> None:
        self._data = data

    def __iter__(self) -> Any:
        return (self._data[at : at + 1000] for at in range(0, len(self._data), 1000))


def test_a_document_read_in_pieces_gives_the_same_rows():
    data = json.dumps(json.loads(DUMP.read_bytes())).encode()
    transformer = JsonTreeTransformer(TransformOptions())
    transformer.add(0, "a.json", data)
    whole = {table: batch.to_pylist() for table, batch in transformer.drain().tables.items()}
    pieces: dict[str, list[Any]] = {table: [] for table in whole}
    for part in stream(0, "a.json", lambda: _Blocks(data), TransformOptions(), 2000):  # type: ignore[arg-type]
        for table, batch in part.tables.items():
            pieces[table] += batch.to_pylist()
    for table, rows in whole.items():
        assert sorted(map(repr, pieces[table])) == sorted(map(repr, rows)), table
