"""What is declared of definitions finds those that the rules find, and leaves to the rules what is odd."""

from __future__ import annotations

import json
from time import process_time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snake_pipe.transform.dialects.estree import ESTREE
from snake_pipe.transform.dialects.python_ast import PYTHON_AST
from snake_pipe.transform.native.compiled import DOCUMENTS
from snake_pipe.transform.rows.builder import Words
from snake_pipe.transform.rows.contract import AST_QUEUE, TransformOptions
from snake_pipe.transform.transformer import open_transformer
from snake_pipe.transform.trees.document import native
from snake_pipe.transform.trees.document.native import read_natively
from snake_pipe.transform.trees.walk.native import NativeWalker, NodeColumns
from snake_pipe.transform.trees.walk.vocabulary import BITS, Vocabulary

pytestmark = pytest.mark.skipif(DOCUMENTS is None, reason="Python alone, as SNAKE_PIPE_PURE_PYTHON asks for")


def walked(tree: Any, dialect: Any) -> NodeColumns:
    document = read_natively(json.dumps(tree).encode())
    assert document is not None
    vocabulary = Vocabulary(dialect, Words())
    return NativeWalker(vocabulary, Words([""]), TransformOptions()).walk(document, (document.root, 0, 0))


def tables(text: str, *, in_place: bool) -> dict[str, Any]:
    with pytest.MonkeyPatch.context() as patch:
        if not in_place:
            patch.setattr(native, "DOCUMENTS", None)
        transformer = open_transformer(AST_QUEUE, TransformOptions())
        transformer.add(1, "a.ast.json", text.encode())
        result = transformer.drain()
    return {**{name: rows.to_pylist() for name, rows in result.tables.items()}, "facts": result.facts}


def asked(found: NodeColumns) -> int:
    return sum(1 for mask in found.rule_keys.tolist() if mask & BITS["definition"])


# -- trees of JavaScript and TypeScript, plain and odd -------------------------------------------------

NAMES = ["a", "_b", "__c", "__init__", "#d", "", "é", "0", "__"]
LOC = {"start": {"line": 3, "column": 0}, "end": {"line": 2**31, "column": 7}}
scalars = st.sampled_from([None, True, False, 5, -1, 1.5, *NAMES, "get", "constructor", "const", "private"])


def member_of(keys: list[str], types: list[str], type_key: str) -> st.SearchStrategy[Any]:
    """Objects with some of these keys, below which there are scalars, objects, and lists of both."""

    def nodes(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        typed = st.fixed_dictionaries(
            {type_key: st.sampled_from(types)},
            optional=dict.fromkeys(keys, inner | scalars),
        )
        return typed | st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(keys), inner, max_size=2)

    names = st.builds(
        lambda name, more: {type_key: "Identifier", "name": name, **more},
        st.sampled_from(NAMES),
        st.sampled_from([{}, {"loc": LOC}, {"loc": 5}]),
    )
    return st.recursive(scalars | names, nodes, max_leaves=25)


ECMASCRIPT = member_of(
    [
        *(
            "id",
            "init",
            "key",
            "value",
            "left",
            "right",
            "property",
            "object",
            "body",
            "params",
            "parameters",
        ),
        *("argument", "parameter", "declaration", "declarations", "kind", "computed", "async", "generator"),
        *("abstract", "declare", "static", "accessibility", "source", "specifiers", "local", "loc"),
        *("imported", "exported"),
    ],
    [
        *("FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression", "ClassDeclaration"),
        *("ClassExpression", "VariableDeclaration", "VariableDeclarator", "MethodDefinition", "ClassMethod"),
        *(
            "PropertyDefinition",
            "TSEnumMember",
            "TSMethodSignature",
            "TSAbstractMethodDefinition",
            "Property",
        ),
        *(
            "ObjectMethod",
            "AssignmentExpression",
            "MemberExpression",
            "ExportNamedDeclaration",
            "PrivateName",
        ),
        *("ExportDefaultDeclaration", "ForOfStatement", "AssignmentPattern", "RestElement", "ArrayPattern"),
        *("ObjectPattern", "TSParameterProperty", "TSDeclareFunction", "PrivateIdentifier", "ThisExpression"),
        *("ImportDeclaration", "ImportSpecifier", "ExportSpecifier", "ImportNamespaceSpecifier", "Literal"),
        *("ImportDefaultSpecifier", "TSLiteralType"),
    ],
    "type",
)


@settings(max_examples=200)
@given(st.lists(ECMASCRIPT, max_size=4))
def test_odd_definitions_of_ecmascript_give_the_same_rows(body: list[Any]) -> None:
    text = json.dumps({"type": "Program", "sourceType": "module", "body": body, "loc": LOC})
    assert tables(text, in_place=True) == tables(text, in_place=False)


def identifier(name: str, line: int = 1) -> Any:
    return {"type": "Identifier", "name": name, "loc": {"start": {"line": line, "column": 2}}}


def function(type_: str = "FunctionExpression", **more: Any) -> Any:
    body = {"type": "BlockStatement", "body": [], "loc": LOC}
    parameters = [
        identifier("a"),
        {"type": "AssignmentPattern", "left": identifier("b")},
        {"type": "RestElement", "argument": {"type": "ArrayPattern"}},
        {"type": "ObjectPattern"},
    ]
    return {"type": type_, "params": parameters, "body": body, **more}


def exported(declaration: Any, *, default: bool = False) -> Any:
    kind = "ExportDefaultDeclaration" if default else "ExportNamedDeclaration"
    return {"type": kind, "declaration": declaration}


def variables(*declarators: Any, kind: str = "const", **more: Any) -> Any:
    return {"type": "VariableDeclaration", "kind": kind, "declarations": list(declarators), **more}


def variable(name: str, value: Any = None) -> Any:
    return {"type": "VariableDeclarator", "id": identifier(name), "init": value}


PLAIN = [
    exported(function("FunctionDeclaration", id=identifier("f"), **{"async": True})),
    exported(function("FunctionDeclaration", id=identifier("g"), generator=True), default=True),
    exported(function("FunctionDeclaration", id=None), default=True),
    exported(variables(variable("v"), variable("w", function("ArrowFunctionExpression")))),
    variables(variable("late"), kind="let"),
    {
        "type": "ExportNamedDeclaration",
        "specifiers": [{"type": "ExportSpecifier", "local": identifier("late")}],
    },
    {"type": "ForOfStatement", "left": variables(variable("each"))},
    variables(variable("C", {"type": "ClassExpression"}), declare=True),
    {
        "type": "ClassDeclaration",
        "id": identifier("D"),
        "body": [
            {"type": "MethodDefinition", "key": identifier("m"), "value": function(), "static": True},
            {"type": "MethodDefinition", "key": identifier("n"), "value": function(), "computed": True},
            {"type": "MethodDefinition", "key": identifier("p"), "kind": "get", "accessibility": "private"},
            {"type": "PropertyDefinition", "key": identifier("q"), "readonly": True, "loc": LOC},
            {"type": "TSAbstractMethodDefinition", "key": identifier("r")},
        ],
    },
    {
        "type": "TSEnumDeclaration",
        "id": identifier("E"),
        "members": [{"type": "TSEnumMember", "id": identifier("e")}],
    },
    {"type": "TSDeclareFunction", "id": identifier("h"), "params": []},
    {"type": "Property", "key": identifier("o"), "value": function(kind="set")},
    {"type": "ObjectMethod", "key": identifier("om"), "params": [], "body": {"type": "BlockStatement"}},
    {
        "type": "AssignmentExpression",
        "left": {"type": "MemberExpression", "object": identifier("A"), "property": identifier("b")},
        "right": function(),
    },
    {"type": "AssignmentExpression", "left": identifier("x"), "right": function()},
]


def test_plain_definitions_of_ecmascript_are_found_without_asking() -> None:
    program = {"type": "Program", "sourceType": "module", "body": PLAIN}
    assert asked(walked(program, ESTREE)) == 0
    found = tables(json.dumps(program), in_place=True)
    assert found == tables(json.dumps(program), in_place=False)
    symbols = {row["qualified_name"]: row for row in found["symbols"]}
    assert symbols["f"]["signature"] == "f(a, b, ...[...], {...})"
    assert symbols["f"]["modifiers"] == ["async"]
    assert symbols["g"]["modifiers"] == ["default", "generator"]
    assert [name for name, row in symbols.items() if row["exported"]] == ["f", "g", "v", "w", "late"]
    assert symbols["w"]["kind"] == "function"
    assert symbols["C"]["modifiers"] == ["const", "declare"]
    assert symbols["D.p"]["visibility"] == "private"
    assert symbols["A.b"]["kind"] == "method"
    assert "each" not in symbols


def test_names_are_exported_from_the_program_on_that_says_so() -> None:
    declared = [function("FunctionDeclaration", id=identifier(name)) for name in ("f", "g")]
    specifiers = [{"type": "ExportSpecifier", "local": identifier("f"), "exported": identifier("f")}]
    export = {"type": "ExportNamedDeclaration", "declaration": None, "source": None, "specifiers": specifiers}
    inner = {"type": "Program", "sourceType": "module", "body": [*declared, export]}
    program = {"type": "Program", "sourceType": "module", "body": [*declared, inner, *declared]}
    found = tables(json.dumps(program), in_place=True)
    assert [row["exported"] for row in found["symbols"]] == [None, None, True, None, True, None]
    assert found == tables(json.dumps(program), in_place=False)


def test_private_names_and_patterns_are_asked_about() -> None:
    private = {"type": "PropertyDefinition", "key": {"type": "PrivateIdentifier", "name": "p"}}
    pattern = variables({"type": "VariableDeclarator", "id": {"type": "ObjectPattern"}})
    assert asked(walked({"type": "Program", "body": [private, pattern]}, ESTREE)) == 2


# -- trees of Python -----------------------------------------------------------------------------------

PYTHON = member_of(
    [
        *("name", "id", "attr", "arg", "args", "body", "value", "s", "targets", "target", "elts", "ctx"),
        *("decorator_list", "posonlyargs", "kwonlyargs", "vararg", "kwarg", "lineno", "end_lineno"),
        *("names", "module", "level", "asname"),
    ],
    [
        *("FunctionDef", "AsyncFunctionDef", "ClassDef", "Assign", "AnnAssign", "TypeAlias", "Name", "Expr"),
        *("Constant", "arguments", "arg", "Tuple", "Starred", "Attribute", "If"),
        *("Import", "ImportFrom", "alias"),
    ],
    "_type",
)


@settings(max_examples=200)
@given(st.lists(PYTHON, max_size=4))
def test_odd_definitions_of_python_give_the_same_rows(body: list[Any]) -> None:
    text = json.dumps({"_type": "Module", "type_ignores": [], "body": body})
    assert tables(text, in_place=True) == tables(text, in_place=False)


def said(doc: Any, key: str = "value") -> Any:
    return {"_type": "Expr", "value": {"_type": "Constant", key: doc}}


@pytest.mark.parametrize(
    ("statement", "doc", "is_asked"),
    [
        (said("\n  a doc.\x1f \v"), "a doc.", False),
        (said("é"), "é", True),
        (said("\u3000a\u3000"), "a", True),
        (said(" \n"), "", True),
        (said(""), "", True),
        (said("old", "s"), "old", False),
        (said(5), None, False),
        ({"_type": "Pass"}, None, False),
        ({"_type": "AugAssign", "value": {"_type": "Constant", "value": "no doc"}}, None, False),
    ],
)
def test_docstrings_are_stripped(statement: Any, doc: str | None, is_asked: bool) -> None:
    tree = {
        "_type": "Module",
        "type_ignores": [],
        "body": [{"_type": "ClassDef", "name": "A", "body": [statement]}],
    }
    assert asked(walked(tree, PYTHON_AST)) == is_asked
    found, expected = (tables(json.dumps(tree), in_place=in_place) for in_place in (True, False))
    assert found == expected
    assert found["symbols"][0]["doc"] == doc


def test_plain_definitions_of_python_are_found_without_asking() -> None:
    def arg(name: str) -> Any:
        return {"_type": "arg", "arg": name}

    def named(type_: str, name: str, **more: Any) -> Any:
        return {"_type": type_, "name": name, "lineno": 4, "body": [said("doc")], **more}

    arguments = {
        "_type": "arguments",
        "posonlyargs": [arg("a")],
        "args": [arg("b")],
        "vararg": None,
        "kwonlyargs": [arg("c")],
        "kwarg": arg("d"),
    }
    decorators = [
        {"_type": "Name", "id": "staticmethod"},
        {"_type": "Attribute", "attr": "setter"},
        {"_type": "Call"},
    ]
    body = [
        named("FunctionDef", "__f", args=arguments, decorator_list=decorators),
        named(
            "AsyncFunctionDef",
            "_g",
            args={"_type": "arguments", "vararg": arg("v"), "kwonlyargs": [arg("w")]},
        ),
        named("ClassDef", "A", body=[named("FunctionDef", "__init__"), named("FunctionDef", "_h")]),
        {"_type": "Assign", "targets": [{"_type": "Name", "id": "_x"}]},
        {"_type": "AnnAssign", "target": {"_type": "Name", "id": "y"}},
        {"_type": "TypeAlias", "name": {"_type": "Name", "id": "T"}},
    ]
    tree = {"_type": "Module", "type_ignores": [], "body": body}
    assert asked(walked(tree, PYTHON_AST)) == 0
    found = tables(json.dumps(tree), in_place=True)
    assert found == tables(json.dumps(tree), in_place=False)
    shown = [(row["name"], row["signature"], row["modifiers"], row["visibility"]) for row in found["symbols"]]
    assert shown == [
        ("__f", "__f(a, /, b, *, c, **d)", ["setter", "static"], "private"),
        ("_g", "_g(*v, w)", ["async"], "internal"),
        ("A", None, None, "public"),
        ("__init__", "__init__()", ["constructor"], "public"),
        ("_h", "_h()", None, "protected"),
        ("_x", None, None, "internal"),
        ("y", None, None, "public"),
        ("T", None, None, "public"),
    ]


# -- imports -------------------------------------------------------------------------------------------


def of_source(type_: str, module: str, *specifiers: Any) -> Any:
    return {"type": type_, "source": {"type": "Literal", "value": module}, "specifiers": list(specifiers)}


MODULE = {"type": "Literal", "value": "m"}


def specifier(type_: str, **names: str) -> Any:
    return {"type": type_, **{key: identifier(name) for key, name in names.items()}}


@pytest.mark.parametrize("is_around", [True, False])
def test_what_many_names_stand_in_is_looked_through_once(is_around: bool) -> None:
    many, names = '"a":0,' * 160_000, [specifier("ImportSpecifier", imported="x", local="y")] * 5_000
    text = json.dumps({"type": "Program", "body": [of_source("ImportDeclaration", "m", *names)]})
    text = text.replace('"source": {', f'{many} "source": {{' if is_around else f'"source": {{{many}')
    started = process_time()
    found = tables(text, in_place=True)
    assert process_time() - started < 3  # 5,000 times 160,000 members take longer
    assert {(row["module"], row["name"], row["alias"]) for row in found["imports"]} == {("m", "x", "y")}


def test_nothing_is_found_where_nothing_is_to_be_walked() -> None:
    document = read_natively(b'{"a": 1}')
    assert document is not None
    walker = NativeWalker(Vocabulary(ESTREE, Words()), Words([""]), TransformOptions(), in_pieces=True)
    assert len(walker.walk(document).codes) == 0


def test_answers_are_those_of_the_node_around() -> None:
    many = {f"a{i}": 0 for i in range(20)}

    def statement(module: str, *names: Any) -> Any:
        return {**of_source("ImportDeclaration", module, *names), **many}

    inner = statement("in", specifier("ImportSpecifier", imported="i", local="i"))
    first, last = ({**specifier("ImportSpecifier", imported=n, local=n), "more": inner} for n in "fl")
    program = {"type": "Program", "body": [statement("out", first, last), statement("next", first)]}
    found = tables(json.dumps(program), in_place=True)
    modules = [row["module"] for row in found["imports"]]
    assert modules == ["out", "in", "out", "in", "next", "in"]
    assert found == tables(json.dumps(program), in_place=False)


def test_plain_imports_of_ecmascript_are_found_without_asking() -> None:
    body = [
        of_source("ImportDeclaration", "./side"),
        of_source("ImportDeclaration", "m", specifier("ImportDefaultSpecifier", local="d")),
        of_source("ImportDeclaration", "..", specifier("ImportNamespaceSpecifier", local="n")),
        of_source(
            "ImportDeclaration",
            ".hidden",
            specifier("ImportSpecifier", imported="a", local="b"),
            specifier("ImportSpecifier", imported="c", local="c"),
        ),
        {
            "type": "ExportNamedDeclaration",
            "source": None,
            "specifiers": [specifier("ExportSpecifier", local="e")],
        },
    ]
    program = {"type": "Program", "sourceType": "module", "body": body}
    masks = walked(program, ESTREE).rule_keys.tolist()
    assert [mask & 0xFFFF for mask in masks] == [BITS["prepare"]], "of the program alone"
    found = tables(json.dumps(program), in_place=True)
    assert found == tables(json.dumps(program), in_place=False)
    shown = [(row["module"], row["name"], row["alias"], row["is_relative"]) for row in found["imports"]]
    assert shown == [
        ("./side", None, None, True),
        ("m", "default", "d", False),
        ("..", None, "n", True),
        (".hidden", "a", "b", False),
        (".hidden", "c", None, False),
    ]


@pytest.mark.parametrize(
    ("node", "imports"),
    [
        (of_source("ExportNamedDeclaration", "m", specifier("ExportSpecifier", local="a", exported="b")), 1),
        (of_source("ImportDeclaration", "m", specifier("ImportSpecifier")), 1),
        (of_source("ImportDeclaration", "m", None, specifier("ImportSpecifier", imported="a")), 1),
        (of_source("ImportDeclaration", "", specifier("ImportSpecifier", imported="a")), 0),
        (of_source("ImportDeclaration", "m", {"x": specifier("ImportSpecifier", imported="a")}), 0),
        ({"type": "ImportDeclaration", "source": "m", "specifiers": []}, 1),
        (exported(specifier("ExportSpecifier", local="a", exported="b")), 0),
        (of_source("ImportDeclaration", "exported", function("FunctionDeclaration", id=identifier("f"))), 0),
        (exported({"type": "CallExpression", "callee": identifier("require"), "arguments": [MODULE]}), 1),
        (
            of_source(
                "ImportDeclaration", "m", {"type": "ImportSpecifier", "imported": {"type": "PrivateName"}}
            ),
            1,
        ),
    ],
)
def test_odd_imports_are_what_their_rules_say(node: Any, imports: int) -> None:
    text = json.dumps({"type": "Program", "sourceType": "module", "body": [node]})
    found = tables(text, in_place=True)
    assert found == tables(text, in_place=False)
    assert len(found["imports"]) == imports


def test_plain_imports_of_python_are_found_without_asking() -> None:
    def aliases(*names: str, **more: Any) -> Any:
        return {
            "names": [{"_type": "alias", "name": name, "asname": None} for name in names],
            "lineno": 7,
            **more,
        }

    body = [
        {"_type": "Import", **aliases("a.b", "c")},
        {"_type": "ImportFrom", **aliases("d", level=0, module="m")},
        {"_type": "ImportFrom", **aliases("e", level=2)},
        {"_type": "ImportFrom", **aliases("*", level=1, module="n")},
    ]
    tree = {"_type": "Module", "type_ignores": [], "body": body}
    assert walked(tree, PYTHON_AST).rule_keys.tolist() == []
    found = tables(json.dumps(tree), in_place=True)
    assert found == tables(json.dumps(tree), in_place=False)
    shown = [(row["module"], row["name"], row["is_relative"], row["is_wildcard"]) for row in found["imports"]]
    assert shown == [
        ("a.b", None, False, False),
        ("c", None, False, False),
        ("m", "d", False, False),
        ("..", "e", True, False),
        (".n", None, True, True),
    ]
    assert {row["start_line"] for row in found["imports"]} == {7}


# -- what is no plan -----------------------------------------------------------------------------------

PLAN = (None, 0, "class", (), (), (), None, (), (), (), (), (), (), None)


def with_part(index: int, part: Any) -> Any:
    return (*PLAN[:index], part, *PLAN[index + 1 :])


@pytest.mark.parametrize(
    "plan",
    [
        5,
        (),
        with_part(0, (99,)),
        with_part(0, (6, "no note")),
        with_part(0, (7,)),
        with_part(3, 5),
        with_part(6, 5),
        with_part(6, ((),)),
        with_part(8, ((None, 32, (), (), (), ()),)),
        with_part(8, ((None, -1, (), (), ("a",), ()),)),
        with_part(8, ((None, -1, (), (), ("a",), (32,)),)),
        with_part(13, "x"),
    ],
)
def test_what_is_no_plan_of_definitions_is_refused(plan: Any) -> None:
    with pytest.raises((TypeError, ValueError, SystemError)):
        learned((128, None, (plan,), ()), ())


@pytest.mark.parametrize(
    "note", [5, (), ("no note", "a", None, 0), ("a", None, None, 0), ("a", "b", (99,), 0)]
)
def test_what_is_no_note_is_refused(note: Any) -> None:
    with pytest.raises((TypeError, ValueError, SystemError)):
        learned((128, None, (), ()), (note,))


IMPORT = (None, 0, (), (), (), None, (), ())


@pytest.mark.parametrize(
    "plan",
    [
        5,
        (),
        (*IMPORT[:2], 5, *IMPORT[3:]),
        (*IMPORT[:5], (99,), (), ()),
        (*IMPORT[:6], 5, ()),
        ((7,), *IMPORT[1:]),
    ],
)
def test_what_is_no_plan_of_imports_is_refused(plan: Any) -> None:
    with pytest.raises((TypeError, ValueError, SystemError)):
        learned((512, None, (), (plan,)), ())


def learned(rule: Any, notes: Any) -> None:
    """Walk a document whose only type has this rule, and these notes."""
    assert DOCUMENTS is not None
    document = DOCUMENTS.read_document(b'{"type":"A"}')
    plan = DOCUMENTS.open_plan(
        "type",
        {"b": 1},
        lambda _word: (0, 5, "", None, 0, (rule,), (), notes),
        (),
        6,
        (),
        ("", "", ""),
        (1, 2),
        (),
        ("a",),
        9,
        9,
        5,
    )
    DOCUMENTS.walk_document(document, plan, [(DOCUMENTS.document_root(document), 0, 0)])
