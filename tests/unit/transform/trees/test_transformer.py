"""The walker and the tables it feeds: trees as literals, and properties over random trees."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snake_pipe.schemas import TREE_TABLES, arrow_schema
from snake_pipe.transform.dialects.generic import generic
from snake_pipe.transform.rows.builder import Words
from snake_pipe.transform.rows.contract import Transformed, TransformOptions
from snake_pipe.transform.trees.transformer import JsonTreeTransformer
from snake_pipe.transform.trees.walk.walker import Walker
from testkit.samples import some_examples

Row = dict[str, Any]


def transform(
    *documents: Any, options: TransformOptions | None = None, name: str = "x.ast.json"
) -> Transformed:
    transformer = JsonTreeTransformer(options or TransformOptions())
    for file_id, document in enumerate(documents):
        data = document if isinstance(document, bytes) else json.dumps(document).encode()
        transformer.add(file_id, name, data)
    return transformer.drain()


def rows(result: Transformed, table: str, *columns: str) -> list[Any]:
    """The rows of a table, as tuples of these columns (as plain values for a single one)."""
    values = [result.tables[table][column].to_pylist() for column in columns]
    return values[0] if len(columns) == 1 else list(zip(*values, strict=True))


def at(line: int, col: int, end_line: int, end_col: int) -> dict[str, Any]:
    return {"start": {"line": line, "column": col}, "end": {"line": end_line, "column": end_col}}


def name(word: str, line: int, col: int, offset: int) -> Row:
    end = offset + len(word)
    return {
        "type": "Identifier",
        "start": offset,
        "end": end,
        "loc": at(line, col, line, col + len(word)),
        "name": word,
    }


ADD = {
    "type": "Program",
    "start": 0,
    "end": 42,
    "loc": at(1, 0, 3, 1),
    "sourceType": "module",
    "body": [
        {
            "type": "FunctionDeclaration",
            "start": 0,
            "end": 42,
            "loc": at(1, 0, 3, 1),
            "id": name("add", 1, 9, 9),
            "async": True,
            "params": [name("a", 1, 13, 13)],
            "body": {
                "type": "BlockStatement",
                "start": 16,
                "end": 42,
                "loc": at(1, 16, 3, 1),
                "body": [
                    {
                        "type": "ReturnStatement",
                        "start": 20,
                        "end": 40,
                        "loc": at(2, 2, 2, 22),
                        "argument": {
                            "type": "CallExpression",
                            "start": 27,
                            "end": 39,
                            "loc": at(2, 9, 2, 21),
                            "callee": {
                                "type": "MemberExpression",
                                "computed": False,
                                "start": 27,
                                "end": 35,
                                "loc": at(2, 9, 2, 17),
                                "object": name("Math", 2, 9, 27),
                                "property": name("max", 2, 14, 32),
                            },
                            "arguments": [
                                name("a", 2, 18, 36),
                                {
                                    "type": "Literal",
                                    "start": 38,
                                    "end": 39,
                                    "loc": at(2, 20, 2, 21),
                                    "value": 1,
                                    "raw": "1",
                                },
                            ],
                        },
                    }
                ],
            },
        }
    ],
}
"""async function add(a) { return Math.max(a, 1) } over three lines."""


class TestNodes:
    def test_structure_in_preorder(self) -> None:
        result = transform(ADD)
        assert rows(result, "nodes", "node_id", "parent_id", "depth", "child_index", "descendant_count") == [
            (0, None, 0, 0, 11),
            (1, 0, 1, 0, 10),
            (2, 1, 2, 0, 0),
            (3, 1, 2, 1, 0),
            (4, 1, 2, 2, 7),
            (5, 4, 3, 0, 6),
            (6, 5, 4, 0, 5),
            (7, 6, 5, 0, 2),
            (8, 7, 6, 0, 0),
            (9, 7, 6, 1, 0),
            (10, 6, 5, 1, 0),
            (11, 6, 5, 2, 0),
        ]

    def test_words(self) -> None:
        result = transform(ADD)
        assert rows(result, "nodes", "type", "kind", "field", "name", "value")[:4] == [
            ("Program", "module", None, None, None),
            ("FunctionDeclaration", "function", "body", "add", None),
            ("Identifier", "identifier", "id", "add", None),
            ("Identifier", "identifier", "params", "a", None),
        ]
        assert rows(result, "nodes", "type", "field", "value")[-1] == ("Literal", "arguments", "1")

    def test_positions_count_lines_and_columns_from_one(self) -> None:
        spans = rows(
            transform(ADD),
            "nodes",
            *("start_offset", "end_offset", "start_line", "start_col", "end_line", "end_col"),
        )
        assert spans[0] == (0, 42, 1, 1, 3, 2)
        assert spans[9] == (32, 35, 2, 15, 2, 18)

    def test_tables_have_their_schema(self) -> None:
        result = transform(ADD)
        assert set(result.tables) == set(TREE_TABLES)
        for table, batch in result.tables.items():
            assert batch.schema == arrow_schema(table)

    def test_only_the_tables_asked_for(self) -> None:
        result = transform(ADD, options=TransformOptions(tables=frozenset({"symbols"})))
        assert set(result.tables) == {"symbols"}
        assert result.facts[0].ref_count == 3

    def test_attrs_are_the_scalars_that_no_column_shows(self) -> None:
        result = transform(ADD, options=TransformOptions(attrs=True))
        attrs = rows(result, "nodes", "attrs")
        assert json.loads(attrs[0]) == {"sourceType": "module"}
        assert json.loads(attrs[1]) == {"async": True}
        assert attrs[4] is None

    def test_long_values_are_shortened(self) -> None:
        tree = {"type": "Program", "body": [{"type": "Literal", "value": "é" * 300}]}
        result = transform(tree, options=TransformOptions(value_length=7))
        assert rows(result, "nodes", "value") == [None, "é" * 7]

    def test_files_are_kept_apart(self) -> None:
        result = transform(ADD, {"type": "Program", "body": []}, ADD)
        assert [result.facts[i].node_count for i in range(3)] == [12, 1, 12]
        nodes = rows(result, "nodes", "file_id", "node_id", "parent_id")
        assert [row for row in nodes if row[2] is None] == [(0, 0, None), (1, 0, None), (2, 0, None)]
        assert {file_id for file_id, *_ in rows(result, "refs", "file_id", "name")} == {0, 2}

    def test_drain_forgets(self) -> None:
        transformer = JsonTreeTransformer(TransformOptions())
        transformer.add(1, "a.json", json.dumps(ADD).encode())
        assert transformer.pending_nodes == 12
        transformer.drain()
        assert transformer.pending_nodes == 0
        empty = transformer.drain()
        assert empty.facts == {}
        assert [batch.num_rows for batch in empty.tables.values()] == [0, 0, 0, 0]


class TestFindings:
    def test_symbol(self) -> None:
        (symbol,) = transform(ADD).tables["symbols"].to_pylist()
        assert symbol == {
            "file_id": 0,
            "node_id": 1,
            "name": "add",
            "qualified_name": "add",
            "kind": "function",
            "parent_node_id": None,
            "signature": "add(a)",
            "doc": None,
            "modifiers": ["async"],
            "visibility": None,
            "exported": None,
            "complexity": 1,
            "in_error": False,
            "start_offset": 0,
            "end_offset": 42,
            "start_line": 1,
            "end_line": 3,
            "name_line": 1,
            "name_col": 10,
            "body_start_line": 1,
            "body_end_line": 3,
        }

    def test_refs_stand_at_the_name(self) -> None:
        refs = rows(
            transform(ADD),
            "refs",
            "node_id",
            "name",
            "qualifier",
            "role",
            "enclosing_node_id",
            "start_line",
            "start_col",
        )
        assert refs == [
            (8, "Math", None, "read", 1, 2, 10),
            (9, "max", "Math", "call", 1, 2, 15),
            (10, "a", None, "read", 1, 2, 19),
        ]

    def test_facts(self) -> None:
        facts = transform(ADD).facts[0]
        assert (facts.status, facts.language, facts.dialect, facts.parser) == (
            "ok",
            "javascript",
            "estree",
            "estree",
        )
        assert (facts.node_count, facts.max_depth, facts.line_count) == (12, 6, 3)
        assert (facts.symbol_count, facts.ref_count, facts.import_count) == (1, 3, 0)
        assert facts.offset_unit == "utf16"
        assert facts.parser_version is not None
        assert facts.parser_version.startswith("estree+r")


class TestStrangeTrees:
    def test_objects_without_type_are_transparent(self) -> None:
        tree = {
            "type": "Program",
            "body": [
                {"type": "A", "extra": {"deep": [[{"type": "B"}], {"more": {"type": "C"}}]}},
                None,
                3,
                "x",
                [],
            ],
        }
        result = transform(tree)
        assert rows(result, "nodes", "type", "parent_id", "field") == [
            ("Program", None, None),
            ("A", 0, "body"),
            ("B", 1, "extra"),
            ("C", 1, "extra"),
        ]

    def test_an_empty_type_is_none(self) -> None:
        tree = {
            "type": "Program",
            "body": [{"type": "A", "body": {"type": "", "a": {"type": "B"}}}],
            "x": [{"type": 3}],
        }
        assert rows(transform(tree), "nodes", "type") == ["Program", "A", "B"]

    @pytest.mark.parametrize(
        "position",
        [
            {"start": "a", "end": None},
            {"start": -5, "end": 2**80},
            {"start": 1.5, "end": True, "loc": 3},
            {"start": 1, "end": 2, "loc": {"start": None, "end": {"line": "x"}}},
            {"start": 1, "end": 2, "loc": {"start": {"line": 2**40, "column": -1}, "end": []}},
            {"range": [1], "loc": {}},
            {"range": "ab"},
            {"range": [None, {}]},
        ],
    )
    def test_wrong_positions_are_unknown(self, position: Row) -> None:
        tree = {
            "type": "Program",
            "start": 0,
            "end": 9,
            "loc": at(1, 0, 2, 0),
            "body": [{"type": "A", **position}],
        }
        result = transform(tree)
        assert result.facts[0].status == "ok"
        line, col = rows(result, "nodes", "start_line", "end_col")[1]
        assert (line, col) == (None, None)
        assert rows(result, "nodes", "start_line")[0] == 1

    def test_names_that_are_no_strings_are_none(self) -> None:
        tree = {
            "type": "Program",
            "body": [{"type": "Identifier", "name": {"a": 1}}, {"type": "Identifier", "name": 5}],
        }
        result = transform(tree)
        assert rows(result, "nodes", "name") == [None, None, None]
        assert result.tables["refs"].num_rows == 0

    def test_a_hundred_thousand_levels(self) -> None:
        levels = 100_000
        text = b'{"type":"Program","body":[' + b'{"type":"BinaryExpression","left":' * levels
        text += b'{"type":"Identifier","name":"x"}' + b"}" * levels + b"]}"
        result = transform(text)
        assert result.facts[0].status == "ok"
        assert result.facts[0].max_depth == levels + 1
        assert rows(result, "nodes", "descendant_count")[0] == levels + 1

    def test_deeper_than_allowed_is_refused(self) -> None:
        result = transform(ADD, options=TransformOptions(max_depth=3))
        facts = result.facts[0]
        assert (facts.status, facts.reason, facts.node_count) == ("failed", "too_deep", 0)
        assert result.tables["nodes"].num_rows == 0

    def test_integers_of_any_size_keep_their_digits(self) -> None:
        big = 2**100
        tree = {"_type": "Module", "type_ignores": [], "body": [{"_type": "Constant", "value": big}]}
        assert rows(transform(tree), "nodes", "value") == [None, str(big)]

    def test_floats_stay_floats(self) -> None:
        text = b'{"_type":"Module","type_ignores":[],"body":[{"_type":"Constant","value":1e300}]}'
        assert rows(transform(text), "nodes", "value") == [None, "1e+300"]


json_scalars = (
    st.none()
    | st.booleans()
    | st.integers(-5, 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5)
)
keys = st.sampled_from(["type", "a", "b", "body", "start", "name", "lineno", "kind"])
json_values = st.recursive(
    json_scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=5),
    max_leaves=40,
)
typed = st.dictionaries(keys, json_values, max_size=5).map(lambda d: {**d, "type": "Root"})


def reference(document: Any) -> list[tuple[str, int, int]]:
    """(type, depth, parent) of all typed objects in preorder, by plain recursion."""
    found: list[tuple[str, int, int]] = []

    def visit(value: Any, depth: int, parent: int) -> None:
        if isinstance(value, dict):
            word = value.get("type")
            if isinstance(word, str) and word:
                found.append((word, depth, parent))
                depth, parent = depth + 1, len(found) - 1
            for inner in value.values():
                visit(inner, depth, parent)
        elif isinstance(value, list):
            for inner in value:
                visit(inner, depth, parent)

    visit(document, 0, -1)
    return found


@given(st.lists(typed | json_values, min_size=1, max_size=4))
def test_the_walk_finds_what_plain_recursion_finds(documents: list[Any]) -> None:
    walker = Walker(generic("type", "none"), Words([""]))
    for document in documents:
        expected = reference(document)
        types, depths = [], []
        for chunk in walker.walk(document):
            types += chunk.types
            depths += chunk.depths_and_fields()[0].tolist()
        assert types == [word for word, _, _ in expected]
        assert depths == [depth for _, depth, _ in expected]


@given(st.lists(typed, min_size=1, max_size=3))
def test_parents_are_those_of_plain_recursion(bodies: list[Any]) -> None:
    documents = [{"type": "Program", "body": [body], "sourceType": "module"} for body in bodies]
    result = transform(*documents)
    seen = rows(result, "nodes", "file_id", "type", "depth", "parent_id")
    expected = [
        (index, word, depth, None if parent < 0 else parent)
        for index, document in enumerate(documents)
        for word, depth, parent in reference(without_leaf_keys(document))
    ]
    assert seen == expected


def without_leaf_keys(value: Any) -> Any:
    """The document as ESTree's table sees it: positions and flags never hold nodes."""
    if isinstance(value, dict):
        return {
            k: v if k == "type" and isinstance(v, str) else without_leaf_keys(v)
            for k, v in value.items()
            if k not in {"start", "kind"} and (k != "type" or isinstance(v, str))
        }
    return [without_leaf_keys(item) for item in value] if isinstance(value, list) else value


@some_examples
@given(st.lists(typed, min_size=1, max_size=3))
def test_batches_do_not_change_rows(bodies: list[Any]) -> None:
    documents = [{"type": "Program", "body": [body]} for body in bodies]
    together = transform(*documents).tables
    for table in TREE_TABLES:
        alone = [
            row for index, document in enumerate(documents) for row in _renumbered(document, index, table)
        ]
        assert together[table].to_pylist() == alone


def _renumbered(document: Any, file_id: int, table: str) -> list[Row]:
    return [{**row, "file_id": file_id} for row in transform(document).tables[table].to_pylist()]


def test_definitions_within_a_node_of_an_error_are_in_error():
    def node(type_: str, *children: Row, line: int, field: str | None = None, **more: str) -> Row:
        where = {"start_point": [line, 0], "end_point": [line, 9], "field_name": field, "is_named": True}
        return {"type": type_, **where, "children": list(children), **more}

    def function(word: str, line: int) -> Row:
        name = node("identifier", line=line, field="name", text=word)
        return node("function_definition", name, node("block", line=line, field="body"), line=line)

    error = node("ERROR", function("g", 1), line=1)
    result = transform(node("module", function("f", 0), error, function("h", 2), line=0))
    assert rows(result, "symbols", "name", "in_error") == [("f", False), ("g", True), ("h", False)]


def test_comments_of_documents_keep_their_text_to_a_length_of_their_own():
    literal = {"type": "Literal", "value": "y" * 3000}
    comment = {"type": "Line", "value": "z" * 3000}
    result = transform(ADD | {"body": [{"type": "ExpressionStatement", "expression": literal}, comment]})
    values = [value for value in rows(result, "nodes", "value") if value]
    assert [(value[0], len(value)) for value in values] == [("y", 200), ("z", 2000)]
