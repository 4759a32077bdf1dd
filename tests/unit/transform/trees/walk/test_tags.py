"""Types around nodes: the walker sees the same tree as if they were in them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from snake_pipe.transform.dialects import DIALECTS
from snake_pipe.transform.dialects.dotnet_astgen import DOTNET_ASTGEN
from snake_pipe.transform.dialects.libpg_query import LIBPG_QUERY
from snake_pipe.transform.dialects.syn_serde import SYN_SERDE
from snake_pipe.transform.rows.contract import TransformOptions
from snake_pipe.transform.trees.large.transformer import PieceSizes, stream
from snake_pipe.transform.trees.transformer import JsonTreeTransformer
from snake_pipe.transform.trees.walk.tags import write_types
from testkit.places import GOLDEN_DIALECTS

DUMP = GOLDEN_DIALECTS / "libpg_query.json"


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


def test_a_piece_of_a_document_has_no_type_of_the_whole():
    # A piece that is read for itself once became a second root.
    piece = {"stmts": [{"stmt": {"SelectStmt": {}}}]}
    write_types(piece, LIBPG_QUERY)
    assert types(piece) == ["RawStmt", "SelectStmt"]
    piece = {"stmt": {"SelectStmt": {}}}
    write_types(piece, LIBPG_QUERY)
    assert types(piece) == ["SelectStmt"]


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
    for part in stream(0, "a.json", lambda: _Blocks(data), TransformOptions(), PieceSizes(2000, 20_000, 33)):  # type: ignore[arg-type]
        for table, batch in part.tables.items():
            pieces[table] += batch.to_pylist()
    for table, rows in whole.items():
        assert sorted(map(repr, pieces[table])) == sorted(map(repr, rows)), table


_PATH = {"path": {"segments": [{"ident": "a"}]}}


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        # An argument's `type` only holds the type itself, an item's is a node.
        ({"type": {"ident": "A", "ty": {"slice": {"elem": _PATH}}}}, ["type", "slice", "path"]),
        ({"impl": {"self_ty": _PATH, "items": [{"type": _PATH}]}}, ["impl", "path", "path"]),
        ({"const": {"lit": {"int": "1"}}}, ["lit"]),
        # A parameter's `type` is neither.
        ({"fn": {"generics": {"params": [{"type": {"ident": "T"}}]}}}, ["fn", "type_param"]),
        ({"fn": {"generics": {"params": [{"const": {"ident": "N"}}]}}}, ["fn", "const_param"]),
        # Structs have no variant around them, and their fields may be named like one.
        ({"struct": {"fields": {"named": [{"ty": _PATH}]}}}, ["struct", "field_definition", "path"]),
        ({"struct": {"fields": [{"ident": "a", "expr": _PATH}]}}, ["struct", "field_value", "path"]),
        ({"impl": {"trait": [False, {"segments": []}], "self_ty": _PATH}}, ["impl", "path", "path"]),
        ({"closure": {"inputs": [{"ident": {"ident": "a"}}]}}, ["closure", "ident"]),
        ({"bare_fn": {"inputs": [{"ty": _PATH}]}}, ["bare_fn", "bare_fn_arg", "path"]),
        # Variants without members are words.
        ({"fn": {"inputs": [], "output": "!"}}, ["fn"]),
    ],
)
def test_a_variant_is_a_node_by_what_it_holds_and_where_it_stands(item: Any, expected: list[str]) -> None:
    tree = [item]
    write_types({"items": tree}, SYN_SERDE)
    assert types(tree) == expected


def test_a_type_inside_of_an_object_becomes_the_nodes():
    unit = {
        "Members": [{"Name": {"MetaData": {"Kind": "ast.A"}}, "MetaData": {"Kind": "ast.B", "Code": "b"}}],
        "Identifier": {"Value": "no node"},
        "MetaData": {"Kind": "ast.CompilationUnit"},
    }
    write_types({"AstRoot": unit, "FileName": "a.cs"}, DOTNET_ASTGEN)
    assert (unit["Kind"], unit["Members"][0]["Kind"]) == ("ast.CompilationUnit", "ast.B")
    assert unit["Members"][0]["Name"]["Kind"] == "ast.A"
    assert "Kind" not in unit["Identifier"]
