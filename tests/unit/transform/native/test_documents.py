"""Documents that are read in place and those that Python decodes give the same rows, node by node."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import sysconfig
import weakref
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from snake_pipe.transform.dialects.dialect_file import compile_dialect
from snake_pipe.transform.dialects.generic import generic
from snake_pipe.transform.native import compiled
from snake_pipe.transform.rows.builder import Words
from snake_pipe.transform.rows.contract import AST_QUEUE, TransformOptions
from snake_pipe.transform.transformer import open_transformer
from snake_pipe.transform.trees.document import native
from snake_pipe.transform.trees.document.decoding import decode, mend
from snake_pipe.transform.trees.document.native import read_natively
from snake_pipe.transform.trees.walk.findings import Texts, joined_texts
from snake_pipe.transform.trees.walk.native import NativeWalker
from snake_pipe.transform.trees.walk.vocabulary import Vocabulary
from snake_pipe.transform.trees.walk.walker import Walker
from testkit.native import blocks_kept, digest
from testkit.places import GOLDEN_DIALECTS, SAMPLES
from testkit.python_trees import python_tree

if TYPE_CHECKING:
    from collections.abc import Callable

DOCUMENTS = compiled.DOCUMENTS
needs_documents = pytest.mark.skipif(
    DOCUMENTS is None, reason="Python alone, as SNAKE_PIPE_PURE_PYTHON asks for"
)


@pytest.mark.skipif(bool(os.environ.get(compiled.PURE_PYTHON)), reason="asked for Python alone")
@pytest.mark.skipif(
    sysconfig.get_platform() not in ("linux-x86_64", "linux-aarch64"), reason="not built for this platform"
)
def test_the_module_was_built_from_these_sources() -> None:
    module = import_module(compiled.DOCUMENTS_MODULE)
    assert module.__doc__ == digest("documents"), "install the project again"
    assert compiled.DOCUMENTS is module


# -- the same rows -------------------------------------------------------------------------------------


def tables(documents: list[bytes], *, in_place: bool, own: str = "", attrs: bool = False) -> dict[str, Any]:
    with pytest.MonkeyPatch.context() as patch:
        if not in_place:
            patch.setattr(native, "DOCUMENTS", None)
        dialects = (compile_dialect(own, "own.toml"),) if own else ()
        options = TransformOptions(value_length=9, comment_length=20, dialects=dialects, attrs=attrs)
        transformer = open_transformer(AST_QUEUE, options)
        for number, data in enumerate(documents):
            transformer.add(number * 100, f"{number}.ast.json", data, most_trees=90)
        result = transformer.drain()
    return {**{name: rows.to_pylist() for name, rows in result.tables.items()}, "facts": result.facts}


DUMPS = [path for folder in (SAMPLES, GOLDEN_DIALECTS) for path in sorted(folder.rglob("*.json*"))]


@needs_documents
@pytest.mark.parametrize("path", DUMPS, ids=[path.name for path in DUMPS])
def test_samples_of_all_dialects_give_the_same_rows(path: Any) -> None:
    documents = [path.read_bytes()]
    for attrs in (False, True):
        found = tables(documents, in_place=True, attrs=attrs)
        assert found == tables(documents, in_place=False, attrs=attrs)


@needs_documents
def test_many_documents_share_what_was_learned() -> None:
    documents = [path.read_bytes() for path in DUMPS] * 2
    found = tables(documents, in_place=True)
    assert len(found["nodes"]) > 9000
    assert found == tables(documents, in_place=False)


@needs_documents
def test_a_large_module_of_python_gives_the_same_rows() -> None:
    documents = [json.dumps(python_tree(Path(contextlib.__file__).read_text())).encode()]
    found = tables(documents, in_place=True)
    assert len(found["nodes"]) > 2000
    assert found == tables(documents, in_place=False)


TYPES = st.sampled_from(
    "Program File Literal Identifier FunctionDeclaration VariableDeclaration VariableDeclarator"
    " CallExpression MemberExpression ImportDeclaration ExportNamedDeclaration ClassDeclaration"
    " MethodDefinition Property AssignmentExpression TemplateElement StringLiteral NumericLiteral"
    " BlockStatement SwitchCase FunctionExpression ClassExpression ThisExpression TSQualifiedName PrivateName"
    " JSXMemberExpression ParenthesizedExpression ForOfStatement ClassMethod ObjectPattern Import"
    " Attribute Name Assign FunctionDef ClassDef ImportFrom alias BoolOp".split()
)
KEYS = st.sampled_from(
    "type type name value raw id body left right key object property computed declarations init params source"
    " specifiers loc start end range line column extra é _type attr targets values names kind callee"
    " arguments declaration inner".split()
)
SCALARS = st.sampled_from(
    [
        *'true null true false 0 -1 7 -0 1.5 -2.5e3 1e400 -1e400 1E5 "" "a" "b.c" "x y"'.split(),
        '"\\u00e9\\u0000"',
        '"Program"',
        '"const"',
        '"require"',
        "123456789012345678901234567890",
        "-123456789012345678901234567890",
        "9223372036854775807",
        "9223372036854775808",
        "18446744073709551616",
        "1.0e25",
        "NaN",
        "-Infinity",
        '"\\ud800"',
        '"\\ud83d\\ude00 and more of it"',
        "9" * 5000,
    ]
) | st.text(max_size=12).map(json.dumps)


def nested(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    members = st.lists(st.tuples(KEYS, inner), max_size=5)  # a key may be there several times
    spot = st.tuples(st.integers(-1, 9), st.integers(0, 2**33)).map(
        '{{"line":{0[0]},"column":{0[1]}}}'.format
    )
    loc = st.tuples(spot | inner, spot).map('{{"start":{0[0]},"end":{0[1]}}}'.format)
    located = st.tuples(st.sampled_from(["type", "type", "_type"]), TYPES, members, loc).map(
        lambda parts: written([(parts[0], json.dumps(parts[1])), *parts[2], ("loc", parts[3])])
    )
    return (
        located | members.map(written) | st.lists(inner, max_size=4).map(lambda items: f"[{','.join(items)}]")
    )


def written(members: list[tuple[str, str]]) -> str:
    return "{" + ",".join(f"{json.dumps(key)}:{value}" for key, value in members) + "}"


DOCUMENT = (
    b'{"type":"Program","start":0,"end":9,"loc":%b,"sourceType":"module","body":[{"type":"FunctionDeclaration",'
    b'"id":{"type":"Identifier","loc":%b,"name":"f"},"params":[],"body":{"type":"BlockStatement","loc":%b,'
    b'"body":[%b]}}]}'
)
PLAIN = b'{"start":{"line":1,"column":2},"end":{"line":3,"column":4}}'
FORMS = [
    PLAIN,
    b'{"start":{"line":1,"column":2,"index":7},"end":{"line":3,"column":4,"index":9}}',
    b'{"start":{"line":1,"column":2,"index":7},"end":{"line":3,"column":4},"identifierName":"a b"}',
    b'{"start":{"line":0,"column":0},"end":{"line":999999999,"column":999999999}}',
    b"null",
    b"{}",
    b'{"start":{"line":1,"column":2},"end":{"line":3,"column":4},"source":"a.js"}',
    b'{"start":{"line":1,"column":2},"end":{"line":3,"column":4},"identifierName":"\\u0041"}',
    '{"start":{"line":1,"column":2},"end":{"line":3,"column":4},"identifierName":"é"}'.encode(),
    b'{"start":{"line":1,"column":2},"end":{"line":2147483647,"column":2147483648}}',
    b'{"start":{"line":4999999999,"column":2},"end":{"line":3,"column":4}}',
    b'{"start":{"line":1.5,"column":2},"end":{"line":3,"column":4e0}}',
    b'{"start":{"line":-1,"column":2},"end":{"line":3,"column":4}}',
    b'{"end":{"line":3,"column":4},"start":{"line":1,"column":2}}',
    b'{"start":{"column":2,"line":1},"end":{"line":3,"column":4}}',
    b'{"start":{"line":1,"column":2},"end":null}',
    b'{"start": {"line":1,"column":2},"end":{"line":3,"column":4}}',
    # no JSON:
    b'{"start":{"line":01,"column":2},"end":{"line":3,"column":4}}',
    b'{"start":{"line":1,"column":2},"end":{"line":3,"column":4}',
    b'{"start":{"line":1,"column":2},"end":{"line":3,"column":}}',
    b"0",
    b"1",
    b"true",
    b'"loc"',
    b"[]",
    b' {"start":{"line":1,"column":2},"end":{"line":3,"column":4}}',
]
INNER = [
    b"",
    b'{"type":"Literal","value":"\\"loc\\":{\\"start\\":1}","loc":%b}' % PLAIN,
    b'{"type":"Literal","value":",\\"loc","loc":%b}' % PLAIN,
    b'{"type":"Identifier","name":"loc","loc":%b}' % PLAIN,
    b'{"type":"Identifier","names":["loc","loc"],"loc":%b,"loc":%b}' % (PLAIN, FORMS[1]),
    b'{"type":"Identifier","names":[ "loc" ],"loc":%b}' % PLAIN,
    b'{"type":"Identifier","\\u006coc":1}',
    b'{"type":"Identifier","name":"x", "loc" : 1}',
    b'{"type":"Identifier","name":"x",\n"loc":%b}' % PLAIN,
    b'{"type":"Literal","value":1,"a\\"loc":%b}' % PLAIN,
    b'{"type":"Literal","value":123456789012345678901234567890,"loc":%b}' % PLAIN,
]


@needs_documents
@settings(deadline=None)
@given(st.lists(st.sampled_from(FORMS), min_size=3, max_size=3), st.sampled_from(INNER))
def test_odd_locations_give_the_same_rows(forms: list[bytes], inner: bytes) -> None:
    documents = [DOCUMENT % (*forms, inner)]
    assert tables(documents, in_place=True) == tables(documents, in_place=False)


CLANG_TYPES = st.sampled_from(
    "FunctionDecl VarDecl RecordDecl CXXRecordDecl FieldDecl CompoundStmt DeclRefExpr MemberExpr CallExpr"
    " ImplicitCastExpr BinaryOperator UnaryOperator CXXThisExpr IntegerLiteral".split()
)
CLANG_KEYS = st.sampled_from(
    "inner name value opcode referencedDecl foundReferencedDecl isImplicit completeDefinition kind type loc"
    " range begin end expansionLoc spellingLoc".split()
)
NUMBERS = st.sampled_from("0 1 2 77 2147483647 2147483648 -1 -0 1.0 true null".split())
LOCATIONS = st.dictionaries(
    st.sampled_from("offset line col tokLen offset col".split()), NUMBERS, max_size=4
) | st.fixed_dictionaries({"offset": NUMBERS, "col": NUMBERS, "tokLen": st.just("3")})
PLACES = st.builds(
    lambda numbers, file, included, inner: written(
        [*numbers.items(), *([("file", file)] if file else []), *included, *inner]
    ),
    LOCATIONS,
    st.sampled_from([None, '"a.c"', '"b.h"', "5"]),
    st.sampled_from([[], [], [("includedFrom", "{}")]]),
    st.sampled_from(
        [[], [("spellingLoc", '{"offset":4,"line":3,"col":1}'), ("expansionLoc", '{"offset":8,"col":2}')]]
    ),
)


def clang_nodes(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    members = st.lists(st.tuples(CLANG_KEYS, inner), max_size=4)
    spans = st.tuples(PLACES, PLACES).map('{{"begin":{0[0]},"end":{0[1]}}}'.format)
    return st.builds(
        lambda type_, loc, span, more: written(
            [("kind", json.dumps(type_)), ("loc", loc), ("range", span), *more]
        ),
        CLANG_TYPES,
        PLACES,
        spans,
        members,
    ) | st.lists(inner, max_size=4).map(lambda items: f"[{','.join(items)}]")


@needs_documents
@settings(deadline=None)
@given(st.lists(st.recursive(SCALARS, clang_nodes, max_leaves=25), max_size=4).map(",".join))
def test_odd_trees_of_clang_give_the_same_rows(inner: str) -> None:
    documents = [written([("kind", '"TranslationUnitDecl"'), ("inner", f"[{inner}]")]).encode()]
    assert tables(documents, in_place=True) == tables(documents, in_place=False)


ODD = st.recursive(SCALARS, nested, max_leaves=25)
ROOTS = st.sampled_from(
    [
        '{"type":"Program","start":0,"end":9,"sourceType":"module","body":[%s]}',
        '{"type":"Program","range":[0,9],"loc":{"start":{"line":1,"column":0}},"body":[%s]}',
        '{"type":"File","program":{"type":"Program","body":[%s]},"comments":[]}',
        '{"_type":"Module","body":[{"_type":"Expr","lineno":1,"value":%s}]}',
        '[{"path":"a.js","ast":{"type":"Program","body":[%s]}},{"path":"b.js","ast":{"type":"Program"}}]',
        '{"type":"Program","body":[]}\n{"type":"Program","body":[%s]}',
        "%s",
    ]
)


@needs_documents
@settings(deadline=None)
@given(ROOTS, st.lists(ODD, max_size=4).map(",".join))
@example('{"type":"Program","body":[%s]}', '{"type":"Literal","value":1,"value":"a","type":"Identifier"}')
@example('{"type":"Program","body":[%s]}', '{"type":"Literal","value":NaN}')
@example(
    '[{"path":"a.js","ast":{"type":"Program","body":[%s]}},{"path":"b.js","ast":{"type":"Program"}}]', ""
)
def test_odd_documents_give_the_same_rows(root: str, inner: str) -> None:
    documents = [(root % inner).encode(errors="surrogatepass")]
    assert tables(documents, in_place=True, attrs=True) == tables(documents, in_place=False, attrs=True)


OWN = """
name = "own"
language = "x"
type_key = "type"
literals = ["Literal"]
[root]
types = ["Program"]
keys = ["body"]
[names]
"*" = "name"
VariableDeclarator = "id.name"
[values]
Literal = "value"
[qualifiers]
MemberExpression = "object"
[definitions.VariableDeclarator]
kind = "variable"
body = "body"
only_outside_functions = true
[[definitions.FunctionDeclaration]]
kind = "function"
when = { "async" = true, "body.type" = "BlockStatement" }
parameters = "params"
[references.CallExpression]
role = "call"
name = "callee.name"
[imports.ImportDeclaration]
module = "source.value"
each = "specifiers"
name = "imported"
[positions]
unit = "char"
start_line = "loc.start.line"
start_col = "loc.start.column"
end_line = "loc.end.line"
start_offset = "range.0"
end_offset = "end"
ends_on_last = ["offset"]
"""


@needs_documents
@settings(deadline=None)
@given(st.lists(ODD, max_size=4).map(",".join))
def test_odd_documents_of_a_dialect_of_ones_own_give_the_same_rows(inner: str) -> None:
    documents = [f'{{"type":"Program","body":[{inner}]}}'.encode(errors="surrogatepass")]
    found = tables(documents, in_place=True, own=OWN)
    assert found == tables(documents, in_place=False, own=OWN)
    assert found["facts"][0].dialect in ("own", None)


@needs_documents
@settings(deadline=None)
@given(st.data())
def test_mutated_documents_give_the_same_rows(data: st.DataObject) -> None:
    text = bytearray(PROGRAM)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text) - 1))
        text[at : at + data.draw(st.integers(0, 3))] = data.draw(
            st.binary(max_size=2) | st.sampled_from(BYTES)
        )
    documents = [bytes(text)]
    assert tables(documents, in_place=True) == tables(documents, in_place=False)


BYTES = [
    b'"',
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"0",
    b"-",
    b"e9",
    b" ",
    b"\n",
    b"\0",
    b"\xff",
    b"NaN",
]
PROGRAM = (
    b'{"type":"Program","start":0,"end":9,"sourceType":"module","body":[{"type":"VariableDeclaration","kind":'
    b'"const","declarations":[{"type":"VariableDeclarator","id":{"type":"Identifier","name":"a","loc":{"start":'
    b'{"line":1,"column":6},"end":{"line":1,"column":7}}},"init":{"type":"Literal","value":12,"raw":"12"}}]},'
    b'{"type":"ExpressionStatement","expression":{"type":"CallExpression","callee":{"type":"Identifier","name":'
    b'"require"},"arguments":[{"type":"Literal","value":"\\u00e9\\n"}]}}]}'
)


@needs_documents
def test_any_depth_is_read() -> None:
    depth = 100_000
    text = b'{"type":"Program","body":' * depth + b"[" * depth + b"]" * depth + b"}" * depth
    document = read_natively(text)
    assert document is not None
    vocabulary = Vocabulary(generic("type", "loc"), Words())
    found = NativeWalker(vocabulary, Words([""]), TransformOptions()).walk(document, (document.root, 0, 0))
    assert found.depths.tolist() == list(range(depth))
    lists = read_natively(b"[" * depth + b"]" * depth)
    assert lists is not None
    inner = lists.root
    while inner:
        (inner,) = inner


# -- node by node --------------------------------------------------------------------------------------

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["type", "a", "b", "loc", "start", "range"]) | st.text(max_size=2), inner
        )
    ),
    max_leaves=40,
)


@needs_documents
@given(st.dictionaries(st.sampled_from(["type", "a", "b", "loc"]), PLAIN))
def test_walks_are_the_same(content: dict[str, Any]) -> None:
    dialect, text = generic("type", "loc"), json.dumps(content).encode(errors="surrogatepass")
    document = read_natively(text)
    assert document is not None
    fields, types = Words([""]), Words()
    found = NativeWalker(Vocabulary(dialect, types), fields, TransformOptions()).walk(
        document, (document.root, 0, 0)
    )
    walked = [
        (type_, depth, field, node.get("name"))
        for chunk, (depths, codes) in (
            (c, c.depths_and_fields()) for c in Walker(dialect, fields).walk(decode(text))
        )
        for node, type_, depth, field in zip(
            chunk.nodes, chunk.types, depths.tolist(), codes.tolist(), strict=True
        )
    ]
    named = [types.words[code] for code in found.codes.tolist()]
    names = joined_texts([Texts([found.names])]).to_pylist()
    assert list(zip(named, found.depths.tolist(), found.fields.tolist(), names, strict=True)) == walked


@needs_documents
def test_a_walker_is_gone_with_all_that_it_has_learned() -> None:
    """There is one for each dialect and drain: a worker's memory grew as long as it lived."""
    document = read_natively(TREE)
    assert document is not None
    vocabulary = Vocabulary(generic("type", "loc"), Words())
    NativeWalker(vocabulary, Words([""]), TransformOptions()).walk(document, (document.root, 0, 0))
    kept = weakref.ref(vocabulary)
    del vocabulary
    gc.collect()
    assert kept() is None


@needs_documents
def test_where_no_key_holds_a_name_an_empty_one_does_not() -> None:
    """Python took it for the key of names, as tables say with an empty string that there is none."""
    text = (
        b'{"kind":"Document","":"a","definitions":[{"kind":"OperationDefinition","":"b"}],"loc":{"start":0}}'
    )
    found = tables([text], in_place=True)
    assert [(row["type"], row["name"]) for row in found["nodes"]] == [
        ("Document", None),
        ("OperationDefinition", None),
    ]
    assert found == tables([text], in_place=False)


# -- views ---------------------------------------------------------------------------------------------


def opened(value: Any) -> Any:
    """What a view shows, as Python's own objects."""
    if value.__class__ is dict:
        assert isinstance(value, dict)
        assert list(value) == list(value.keys()) == [key for key, _ in value.items()]
        assert len(value) == len(list(value.values()))
        for key, inner in value.items():
            assert key in value
            assert value.get(key, 1) is value[key] or inner.__class__ is not dict
        assert "no such key" not in value
        assert value.get("no such key", 5) == 5
        assert 7 not in value
        with pytest.raises(KeyError):
            value["no such key"]
        return {key: opened(inner) for key, inner in value.items()}
    return [opened(item) for item in value] if value.__class__ is list else value


@needs_documents
@given(PLAIN)
def test_views_show_what_is_decoded(content: Any) -> None:
    text = json.dumps(content).encode(errors="surrogatepass")
    document = read_natively(text)
    assert document is not None
    assert opened(document.root) == json.loads(mend(text))


@needs_documents
@given(
    st.lists(st.integers(0, 9) | st.lists(st.none(), max_size=2), max_size=6),
    st.slices(7),
    st.integers(-8, 8),
)
def test_a_list_shows_what_a_list_does(content: list[Any], part: slice, index: int) -> None:
    document = read_natively(json.dumps(content).encode())
    assert document is not None
    view = document.root
    assert view.__class__ is list
    assert len(view) == len(content)
    assert opened(view[part]) == content[part]
    assert opened(list(reversed(view))) == content[::-1]
    if -len(content) <= index < len(content):
        assert opened(view[index]) == content[index]
    else:
        with pytest.raises(IndexError):
            view[index]
    with pytest.raises(TypeError):
        view["0"]
    items = iter(view)
    next(items, None)
    del document
    assert list(items) == list(view) == view[:] == []


@needs_documents
def test_an_object_has_one_view_which_is_empty_after_its_document() -> None:
    """Rules remember nodes by their `id`."""
    document = read_natively(b'{"a":{"b":1,"b":2},"c":[{}]}')
    assert document is not None
    view = document.root["a"]
    assert document.root["a"] is view is document.root.get("a")
    assert document.root["c"][0] is document.root["c"][0]
    assert dict(view) == {"b": 2}
    del document
    assert dict(view) == {}
    assert view.get("b") is None
    assert len(view) == 0
    assert "b" not in view


@needs_documents
def test_a_list_is_empty_where_its_document_goes_while_items_are_taken() -> None:
    """A new list may start the collector of garbage, and the document be part of that."""
    threshold = gc.get_threshold()
    gc.collect()
    try:
        gc.disable()  # what is young is what is collected first
        document = read_natively(b"[" + b"[1]," * 50_000 + b"1]")
        assert document is not None
        view = document.root
        circle: list[Any] = [document]
        circle.append(circle)
        del document, circle
        gc.set_threshold(1)
        gc.enable()
        taken = view[40_000:40_001]
    finally:
        gc.set_threshold(*threshold)
        gc.enable()
    gc.collect()
    assert list(view) == []
    assert opened(taken) in ([], [[]])  # later Pythons collect after it


@needs_documents
@pytest.mark.parametrize(
    "text", [b"", b" ", b"{", b"{} {}", b"{}\n{}", b"[1,]", b'{"a":01}', b"nul", b"'a'", b"\xff"]
)
def test_what_is_no_single_document_is_left_to_others(text: bytes) -> None:
    assert read_natively(text) is None


# -- what a compiled module can do wrong ---------------------------------------------------------------


def open_plan(learn: Callable[[str], Any], places: Any = (("a", 0),), columns: int = 6) -> Any:
    assert DOCUMENTS is not None
    return DOCUMENTS.open_plan(
        "type",
        {"a": 1, "b": 2},
        learn,
        places,
        columns,
        (),
        ("true", "false", "null"),
        (1, 2),
        (),
        (),
        9,
        9,
        5,
    )


def walk(text: bytes, learn: Callable[[str], Any]) -> Any:
    assert DOCUMENTS is not None
    document = DOCUMENTS.read_document(text)
    return DOCUMENTS.walk_document(document, open_plan(learn), [(DOCUMENTS.document_root(document), 0, 0)])


def walk_some(text: bytes, depth: int, field: int) -> Any:
    """What is in two lists of a document, as pieces are walked."""
    assert DOCUMENTS is not None
    document = DOCUMENTS.read_document(text)
    root = DOCUMENTS.document_root(document)
    plan = open_plan(lambda word: (1, 5, "", None, 0, (), (), ()))
    return DOCUMENTS.walk_document(document, plan, [(root["b"], depth, field), (root["a"], depth + 1, 7)])


def refuse(word: str) -> Any:
    raise LookupError(word)


TREE = b'{"type":"A","a":{"type":"B","name":"x","value":1.5},"b":[{"type":"B","value":"y"},{"type":"C"}]}'


def trials() -> dict[str, Callable[[], Any]]:
    """Calls of each function, good and bad; what they take is made again for each."""
    documents = DOCUMENTS
    assert documents is not None
    return {
        "read": lambda: read_natively(TREE),
        "not read": lambda: documents.read_document(TREE[:-1]),
        "no text": lambda: documents.read_document("text"),  # type: ignore[arg-type]
        "views": lambda: opened(read_natively(TREE).root),  # type: ignore[union-attr]
        "walk": lambda: walk(
            TREE, lambda word: (300_000, 5, "name", "value", 63, ((1, None, (), ()),), (), ())
        ),
        "walk failed": lambda: walk(TREE, refuse),
        "walk learned nonsense": lambda: walk(TREE, lambda word: 5),
        "walk unknown field": lambda: walk(
            b'{"type":"A","z":{}, "y":{"type":"B"}}', lambda word: (1, 5, "", None, 0, (), (), ())
        ),
        "no root": lambda: documents.walk_document(
            documents.read_document(TREE), open_plan(refuse), [({}, 0, 0)]
        ),
        "several roots": lambda: walk_some(TREE, 2, 5),
        "no depth": lambda: walk_some(TREE, -1, 5),
        "too deep": lambda: walk_some(TREE, 2**40, 5),
        "no field": lambda: walk_some(TREE, 1, 2**31),
        "no place": lambda: documents.walk_document(documents.read_document(TREE), open_plan(refuse), [5]),
        "marks": lambda: documents.find_marks(TREE + TREE[:50] + b"}}]"),
        "no marks": lambda: documents.find_marks("text"),  # type: ignore[arg-type]
        "no plan": lambda: documents.walk_document(documents.read_document(TREE), 5, []),
        "bad plan": lambda: open_plan(refuse, ((0, 1),)),
        "bad columns": lambda: open_plan(refuse, columns=-1),
    }


@needs_documents
@pytest.mark.parametrize("name", list(trials()) if DOCUMENTS else [])
def test_nothing_is_kept_alive(name: str) -> None:
    assert blocks_kept(trials()[name]) < 200


@needs_documents
@pytest.mark.parametrize(
    "places",
    [
        ("a", 0),
        (("a",),),
        (("a", -1),),
        (("a", 6),),
        (("a", 2**70),),
        ((0, 1),),
        (("a", 0), ("a", 1)),
        (("a", "b"),),
    ],
)
def test_what_is_no_plan_is_refused(places: Any) -> None:
    with pytest.raises((ValueError, TypeError, OverflowError, SystemError)):
        open_plan(refuse, places)


@needs_documents
def test_what_is_walked_has_the_place_that_it_is_given() -> None:
    _, depths, fields, *_ = walk_some(TREE, 2, 5)
    assert memoryview(depths).cast("i").tolist() == [2, 2, 3]
    assert memoryview(fields).cast("i").tolist() == [5, 5, 7]


@needs_documents
@pytest.mark.parametrize(("depth", "field"), [(-1, 5), (2**40, 5), (1, -1), (1, 2**31)])
def test_what_is_no_place_is_refused(depth: int, field: int) -> None:
    with pytest.raises(ValueError, match="no place of a node"):
        walk_some(TREE, depth, field)


@needs_documents
def test_a_plan_is_not_used_while_it_learns() -> None:
    assert DOCUMENTS is not None
    documents = DOCUMENTS
    errors = []

    def learn(word: str) -> Any:
        try:
            documents.walk_document(document, plan_, [(documents.document_root(document), 0, 0)])
        except ValueError as error:
            errors.append(str(error))
        return (1, 5, "", None, 0, (), (), ())

    document, plan_ = documents.read_document(TREE), open_plan(learn)
    documents.walk_document(document, plan_, [(documents.document_root(document), 0, 0)])
    assert errors == ["the plan is in use"] * 3


@needs_documents
def test_a_type_that_was_not_learned_is_asked_for_again() -> None:
    """The next new one got its number, behind the end of what was known."""
    assert DOCUMENTS is not None
    documents, asked = DOCUMENTS, []

    def learn(word: str) -> Any:
        asked.append(word)
        if asked == ["A", "B"]:
            raise LookupError(word)
        return (ord(word), 5, "", None, 0, (), (), ())

    def codes(text: bytes) -> list[int]:
        document = documents.read_document(text)
        found = documents.walk_document(document, plan, [(documents.document_root(document), 0, 0)])
        return memoryview(found[0]).cast("B").cast("i").tolist()

    plan = open_plan(learn)
    with pytest.raises(LookupError):
        codes(TREE)
    assert codes(b'{"type":"C"}') == [ord("C")]
    assert codes(TREE) == [ord(word) for word in "ABBC"]
    assert asked == ["A", "B", "C", "B"]


@needs_documents
def test_errors_are_raised() -> None:
    with pytest.raises(LookupError):
        walk(TREE, refuse)
    with pytest.raises((TypeError, SystemError)):
        walk(TREE, lambda word: 5)
    assert DOCUMENTS is not None
    one, other = DOCUMENTS.read_document(TREE), DOCUMENTS.read_document(TREE)
    with pytest.raises(ValueError):
        DOCUMENTS.walk_document(one, open_plan(refuse), [(DOCUMENTS.document_root(other), 0, 0)])
    with pytest.raises(ValueError):
        DOCUMENTS.document_root("no document")


def test_the_folder_of_a_modules_c_files_is_not_taken_for_the_module(tmp_path: Path) -> None:
    """Without its file, a module's folder beside it was imported in its place, and had no function."""
    (tmp_path / "folder_of_sources").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(tmp_path))
        patch.delenv(compiled.PURE_PYTHON, raising=False)
        assert compiled._load("folder_of_sources") is None
        assert compiled._load("json") is json
