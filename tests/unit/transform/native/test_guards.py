"""What is declared of rules saves calls: the compiled walk asks only those that may find something."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from snake_pipe.transform.dialects import python_ast
from snake_pipe.transform.dialects.estree import ESTREE
from snake_pipe.transform.dialects.guards import (
    NOTED,
    OUTSIDE,
    all_of,
    any_of,
    begins_with,
    ends_with,
    is_empty,
    is_not,
    is_one_of,
    is_true,
    lacks,
    noted,
)
from snake_pipe.transform.native.compiled import DOCUMENTS
from snake_pipe.transform.rows.builder import Words
from snake_pipe.transform.rows.contract import TransformOptions
from snake_pipe.transform.trees.document.native import read_natively
from snake_pipe.transform.trees.walk.definitions import RECORD
from snake_pipe.transform.trees.walk.findings import Strings, Texts, joined_texts
from snake_pipe.transform.trees.walk.native import NativeWalker, NodeColumns
from snake_pipe.transform.trees.walk.vocabulary import BITS, MEMBER, Vocabulary

pytestmark = pytest.mark.skipif(DOCUMENTS is None, reason="Python alone, as SNAKE_PIPE_PURE_PYTHON asks for")


def walked(tree: Any, dialect: Any = ESTREE) -> NodeColumns:
    document = read_natively(json.dumps(tree).encode())
    assert document is not None
    vocabulary = Vocabulary(dialect, Words())
    return NativeWalker(vocabulary, Words([""]), TransformOptions()).walk(document, (document.root, 0, 0))


def member(before: Any, name: str, **more: Any) -> Any:
    return {"type": "MemberExpression", "object": before, "property": identifier(name), **more}


def identifier(name: str) -> Any:
    return {"type": "Identifier", "name": name}


def listed(strings: Strings) -> list[str | None]:
    return joined_texts([Texts([strings])]).to_pylist()  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("tree", "qualifier"),
    [
        (member(identifier("a"), "b"), "a"),
        (member(member(member({"type": "ThisExpression"}, "a"), "b"), "c"), "this.a.b"),
        (member({"type": "CallExpression", "callee": identifier("f")}, "b"), None),
        (member(identifier("a"), "b", computed=True), None),
        (member(identifier(""), "b"), None),
        ({"type": "MemberExpression", "property": identifier("b")}, None),
    ],
)
def test_chains_of_names_are_read_in_place(tree: Any, qualifier: str | None) -> None:
    found = walked(tree)
    assert listed(found.qualifiers)[:1] == ([] if qualifier is None else [qualifier])
    assert not any(mask & MEMBER for mask in found.rule_keys.tolist())
    assert ESTREE.qualifier(tree) == qualifier


@pytest.mark.parametrize(
    "before", [{"type": "PrivateName", "id": identifier("a")}, {"type": "ChainExpression"}]
)
def test_what_is_not_declared_of_a_chain_is_asked_of_its_rule(before: Any) -> None:
    found = walked(member({"type": "MemberExpression", "object": identifier("x"), "property": before}, "c"))
    assert found.rule_keys[0] & MEMBER or before["type"] == "ChainExpression"
    assert walked(member({"type": "ChainExpression"}, "c")).rule_keys[0] & MEMBER


def test_a_chain_is_as_long_as_that_of_its_rule() -> None:
    tree: Any = identifier("a")
    for _ in range(30):
        tree = member(tree, "b")
    assert listed(walked(tree).qualifiers)[0] == ESTREE.qualifier(tree) == "a" + ".b" * 29
    tree = member(tree, "b")
    assert ESTREE.qualifier(tree) is None
    assert len(listed(walked(tree).qualifiers)) == 30, "of the inner ones alone"


def test_local_variables_are_asked_about_only_where_they_hold_a_function() -> None:
    def declared(value: Any) -> Any:
        return {"type": "VariableDeclarator", "id": identifier("v"), "init": value}

    local = declared({"type": "Literal", "value": 1})
    function = declared({"type": "FunctionExpression"})
    tree = {"type": "Program", "body": [local, {"type": "FunctionDeclaration", "body": [local, function]}]}
    found = walked(tree)
    defined = np.frombuffer(found.definitions, RECORD)["row"].tolist()
    assert [listed(found.names)[row] for row in defined] == ["v", "v"]
    assert not any(mask & BITS["definition"] for mask in found.rule_keys.tolist()), "none is asked about"
    assert listed(found.names).count("v") == 6, "declarators and their identifiers"
    assert (
        len(walked({"_type": "FunctionDef", "body": [{"_type": "Assign"}]}, python_ast.PYTHON_AST).nodes) == 1
    )


LEAVES = {"object": -1, "list": -1}


@pytest.mark.parametrize(
    ("guard", "mask", "noted"),
    [
        (any_of(), 0, 0),
        (all_of(), 1, 0),
        (any_of(NOTED, OUTSIDE), 1, 0),
        (any_of(NOTED, is_true("no")), 0, 1),
        (all_of(NOTED, OUTSIDE), 0, 1),
        (all_of(any_of(is_true("no"), is_true("yes")), lacks("none")), 1, 0),
        (lacks("yes"), 0, 0),
        (lacks("string.key"), 1, 0),
        (is_one_of("string", "b", "a"), 1, 0),
        (is_one_of("string.a", "a"), 0, 0),
        (is_one_of("list.a", "x"), 1, 0),
        (is_one_of("list.a", "y"), 0, 0),
        (is_one_of("object.a", "x"), 1, 0),
        (is_one_of("list.1", "x"), 0, 0),
        (is_one_of("list.2.a", "x"), 1, 0),
        (is_one_of("list.9.a", "x"), 0, 0),
        (lacks("list.9"), 1, 0),
        (lacks("list.2.a"), 0, 0),
        (lacks("object.b"), 1, 0),
        (is_not(is_true("yes")), 0, 0),
        (is_not(is_true("no")), 1, 0),
        (is_not(NOTED), 0, 1),
        (begins_with("string", ""), 1, 0),
        (begins_with("object.a", "x"), 1, 0),
        (begins_with("string", "ab"), 0, 0),
        (begins_with("object", "a"), 0, 0),
        (ends_with("string", "a"), 1, 0),
        (ends_with("string", "ba"), 0, 0),
        (is_empty("none"), 1, 0),
        (is_empty("null"), 1, 0),
        (is_empty("object.b"), 1, 0),
        (is_empty("object"), 0, 0),
        (noted("a"), 0, 0),
        (is_not(noted("a", "b")), 1, 0),
    ],
)
def test_guards(guard: Any, mask: int, noted: int) -> None:
    assert DOCUMENTS is not None
    text = (
        b'{"type":"A","yes":true,"no":false,"null":null,"string":"a","object":{"a":1,"a":"x"},'
        b'"list":[1,[{"a":"y"}],{"a":"x"}]}'
    )
    document = DOCUMENTS.read_document(text)

    def learn(word: str) -> Any:
        return 0, 5, "", None, 0, ((1, guard, (), ()),), (), ()

    plan = DOCUMENTS.open_plan(
        "type", LEAVES, learn, (), 0, (), ("", "", ""), (1, 2), (), ("a", "b"), 9, 9, 5
    )
    columns = DOCUMENTS.walk_document(document, plan, [(DOCUMENTS.document_root(document), 0, 0)])
    found = walked_masks(columns)
    assert found == ([], []) if not mask | noted else ([mask], [noted])


def walked_masks(columns: tuple[Any, ...]) -> tuple[list[int], list[int]]:
    masks, noted = columns[15:17]  # of a type whose code is 0
    return memoryview(masks).cast("q").tolist(), memoryview(noted).cast("i").tolist()


@pytest.mark.parametrize(
    "guard", [(), (9,), (2, ("a",)), (2, (), ("a",)), (3, "a"), (0, 5), (3, ("a", 1)), "x"]
)
def test_what_is_no_guard_is_refused(guard: Any) -> None:
    assert DOCUMENTS is not None
    document = DOCUMENTS.read_document(b'{"type":"A"}')
    plan = DOCUMENTS.open_plan(
        "type",
        {},
        lambda word: (0, 5, "", None, 0, ((1, guard, (), ()),), (), ()),
        (),
        0,
        (),
        ("", "", ""),
        (1, 2),
        (),
        (),
        9,
        9,
        5,
    )
    with pytest.raises((TypeError, ValueError, SystemError)):
        DOCUMENTS.walk_document(document, plan, [(DOCUMENTS.document_root(document), 0, 0)])
