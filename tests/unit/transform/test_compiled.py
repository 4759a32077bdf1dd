"""The compiled loops and their twins in Python give the same, and the compiled ones keep no object alive."""

from __future__ import annotations

import hashlib
import os
import sys
import sysconfig
from copy import deepcopy
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snake_pipe.transform import (
    compiled,
    json_clang_positions,
    json_locations,
    json_numbers,
    json_vocabulary,
    json_walk,
)
from snake_pipe.transform.dialects.generic import generic
from snake_pipe.transform.json_clang_positions import ClangPositions
from snake_pipe.transform.json_numbers import numbers
from snake_pipe.transform.json_walk import Walker
from snake_pipe.transform.row_builder import Words
from snake_pipe.transform.transformer import AST_QUEUE, TransformOptions, open_transformer

ROOT = Path(__file__).parents[3]
USERS = (json_clang_positions, json_locations, json_numbers, json_vocabulary, json_walk)
LOOPS = compiled.LOOPS
needs_loops = pytest.mark.skipif(LOOPS is None, reason="Python alone, as SNAKE_PIPE_PURE_PYTHON asks for")


def in_python(function: Any, *arguments: Any) -> Any:
    """What a function gives without the compiled loops."""
    with pytest.MonkeyPatch.context() as patch:
        for module in USERS:
            patch.setattr(module, "LOOPS", None)
        return function(*arguments)


@pytest.mark.skipif(bool(os.environ.get(compiled.PURE_PYTHON)), reason="asked for Python alone")
@pytest.mark.skipif(
    sysconfig.get_platform() not in ("linux-x86_64", "linux-aarch64"), reason="not built for this platform"
)
def test_the_module_was_built_from_these_sources() -> None:
    module = import_module("snake_pipe.transform.json_native")
    folder = ROOT / "snake_pipe" / "transform"
    sources = (folder / "json_native.c").read_bytes() + (folder / "python_abi.h").read_bytes()
    assert module.__doc__ == hashlib.sha256(sources).hexdigest(), "install the project again"
    assert compiled.LOOPS is module


def test_no_user_of_the_loops_is_forgotten_here() -> None:
    users = [
        path.stem
        for path in (ROOT / "snake_pipe" / "transform").glob("*.py")
        if "import LOOPS" in path.read_text()
    ]
    assert sorted(users) == [module.__name__.rpartition(".")[2] for module in USERS]


# -- the same ------------------------------------------------------------------------------------------

DUMPS = [
    path
    for folder in (ROOT / "sample_repos", Path(__file__).parent / "golden_dialects")
    for path in sorted(folder.rglob("*.json*"))
]


def tables(documents: list[bytes], *, attrs: bool = False) -> dict[str, Any]:
    transformer = open_transformer(AST_QUEUE, TransformOptions(attrs=attrs))
    for file_id, data in enumerate(documents):
        transformer.add(file_id, f"{file_id}.ast.json", data)
    result = transformer.drain()
    return {**{name: rows.to_pylist() for name, rows in result.tables.items()}, "facts": result.facts}


@needs_loops
@pytest.mark.parametrize("attrs", [False, True])
def test_real_trees_give_the_same_rows(*, attrs: bool) -> None:
    documents = [path.read_bytes() for path in DUMPS]
    found = tables(documents, attrs=attrs)
    assert len(found["nodes"]) > 1000
    assert found == in_python(partial(tables, attrs=attrs), documents)


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3)
keys = st.sampled_from(["type", "a", "b", "loc", "list"])
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner), max_leaves=40
)


def walked(documents: list[Any], chunk: int) -> list[tuple[Any, ...]]:
    fields = Words([""])
    walker = Walker(generic("type", "loc"), fields)
    found = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_walk, "CHUNK", chunk)
        for document in documents:
            for part in walker.walk(document, walker.place(2, "top")):
                depths, codes = part.depths_and_fields()
                words = [fields.words[code] for code in codes.tolist()]
                found += zip(map(repr, part.nodes), part.types, depths.tolist(), words, strict=True)
    return found


@needs_loops
@given(st.lists(values, max_size=3), st.integers(1, 5))
def test_walks_are_the_same(documents: list[Any], chunk: int) -> None:
    assert walked(deepcopy(documents), chunk) == in_python(walked, documents, chunk)


PLAN = (("a", 0), ("loc", (("a", 1), ("b", (("a", 2),)))), ("list", ((0, 3), (1, 4))))


@needs_loops
@given(st.lists(st.dictionaries(keys, values), max_size=5))
def test_numbers_are_the_same(nodes: list[dict[str, Any]]) -> None:
    found = numbers(nodes, PLAN, 6)
    assert found.tolist() == in_python(numbers, nodes, PLAN, 6).tolist()
    assert (found >= -1).all()


counts = st.integers(0, 9) | st.sampled_from([-1, 2**31 - 1, 2**31, 2**70, True, 1.5, "x", None])
files = st.sampled_from(["a.c", "b.h", 7])
bare = st.fixed_dictionaries(
    {},
    optional={
        "offset": counts,
        "col": counts,
        "line": counts,
        "tokLen": counts,
        "file": files,
        "includedFrom": st.just({}),
    },
)
locations = bare | st.fixed_dictionaries(
    {}, optional={"expansionLoc": bare | counts, "spellingLoc": bare | counts, "line": counts}
)
clang_nodes = st.fixed_dictionaries(
    {},
    optional={
        "loc": locations | counts,
        "range": counts | st.fixed_dictionaries({}, optional={"begin": locations, "end": locations | counts}),
    },
)


def clang_places(chunks: list[list[dict[str, Any]]]) -> tuple[Any, ...]:
    reader = ClangPositions()
    found = []
    for nodes in chunks:
        found.append(reader.spans(nodes).tolist())
        found += [(reader.point(node), reader.lines(nodes[0], node)) for node in nodes]
    return found, reader.in_main, reader.main_file, reader.at


@needs_loops
@given(st.lists(st.lists(clang_nodes, max_size=4), max_size=4))
def test_places_of_clang_are_the_same(chunks: list[list[dict[str, Any]]]) -> None:
    assert clang_places(chunks) == in_python(clang_places, chunks)


# -- locations ----------------------------------------------------------------------------------------


def located(text: bytes) -> bool:
    return json_locations.read_located(text) is not None


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
    # read as they are:
    b"null",
    b"{}",
    b'{"start":{"line":1,"column":2},"end":{"line":3,"column":4},"source":"a.js"}',
    b'{"start":{"line":1,"column":2},"end":{"line":3,"column":4},"identifierName":"\\u0041"}',
    '{"start":{"line":1,"column":2},"end":{"line":3,"column":4},"identifierName":"é"}'.encode(),
    b'{"start":{"line":1,"column":2},"end":{"line":2147483647,"column":2147483648}}',
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
    # what a number could be taken for:
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


@needs_loops
def test_locations_are_cut_out_where_they_are_written_as_tools_do() -> None:
    for form in FORMS[:4]:
        assert located(DOCUMENT % (form, PLAIN, PLAIN, b"")), form
    for form in FORMS[4:16]:  # the other two are cut
        assert located(DOCUMENT % (PLAIN, form, PLAIN, b"")), form
    for form in FORMS[16:]:
        assert not located(DOCUMENT % (PLAIN, form, PLAIN, b"")), form
    assert [located(DOCUMENT % (PLAIN, PLAIN, PLAIN, inner)) for inner in INNER] == [True] * 5 + [
        False
    ] * 3 + [True] * 3
    assert not located(b"[%b]" % (DOCUMENT % (PLAIN, PLAIN, PLAIN, b"")))
    assert not located(b'{"type":"Program"}')
    assert not located(b"")


@needs_loops
@given(st.lists(st.sampled_from(FORMS), min_size=3, max_size=3), st.sampled_from(INNER))
def test_trees_without_their_locations_give_the_same_rows(forms: list[bytes], inner: bytes) -> None:
    documents = [DOCUMENT % (*forms, inner)]
    assert tables(documents) == in_python(tables, documents)


@needs_loops
@given(st.data())
def test_mutated_locations_give_the_same_rows(data: st.DataObject) -> None:
    text = bytearray(DOCUMENT % (*FORMS[:3], INNER[1]))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(18, len(text) - 1))
        text[at : at + data.draw(st.integers(0, 2))] = data.draw(st.sampled_from(MUTATIONS))
    documents = [bytes(text)]
    assert tables(documents) == in_python(tables, documents)


MUTATIONS = [
    b"",
    b'"',
    b"\\",
    b"{",
    b"}",
    b",",
    b":",
    b"0",
    b"9",
    b"-",
    b" ",
    b"\0",
    b"\xff",
    b"loc",
    b"null",
]


@needs_loops
@given(st.binary(max_size=80), st.binary(max_size=80))
def test_any_bytes_can_be_looked_through(before: bytes, after: bytes) -> None:
    assert LOOPS is not None
    text = before + b',"loc":' + PLAIN + after
    for end in range(len(text)):
        LOOPS.cut_locations(text[:end])
    cut = LOOPS.cut_locations(text)
    assert cut is None or np.frombuffer(cut[1], np.int32).tolist() == [1, 2, 3, 4]


# -- what a compiled module can do wrong ---------------------------------------------------------------


@needs_loops
def test_nothing_is_kept_alive() -> None:
    """A reference too many is memory that never comes back; one too few is a crash."""
    assert LOOPS is not None
    name = "".join(["na", "me"])  # no constant, which others may hold
    leaf: dict[str, Any] = {"type": name}
    document = {"type": name, "a": [leaf, {"b": [leaf]}]}
    watched = (name, leaf, document["a"])
    before = [sys.getrefcount(each) for each in watched]
    codes = {"a": 1, "b": 2}
    for chunk in (1, 2, 99):
        walk = LOOPS.open_walk(deepcopy(document), 0, "type", codes, chunk)
        while LOOPS.next_nodes(walk):
            pass
        abandoned = LOOPS.open_walk([document], 0, "type", codes, chunk)
        del walk, abandoned
    LOOPS.codes([name, name], {"x": 1})
    LOOPS.numbers([document, leaf], (("type", 0), ("a", ((0, (("type", 1),)),))), 2)
    LOOPS.clang_places([document, {"loc": {"file": name}}], None, 0, None)
    assert [sys.getrefcount(each) for each in watched] == before


@needs_loops
def test_a_walk_that_is_left_half_way_frees_what_it_held() -> None:
    assert LOOPS is not None
    leaf: dict[str, Any] = {"type": "L"}
    before = sys.getrefcount(leaf)
    walk = LOOPS.open_walk({"type": "R", "a": [leaf] * 5}, 0, "type", {"a": 1}, 2)
    found = LOOPS.next_nodes(walk)
    assert found is not None
    assert sys.getrefcount(leaf) > before
    del walk, found
    assert sys.getrefcount(leaf) == before


@needs_loops
def test_any_depth_is_walked_without_recursion() -> None:
    assert LOOPS is not None
    document: Any = {"type": "T"}
    for _ in range(200_000):
        document = {"type": "T", "a": document}
    walk = LOOPS.open_walk(document, 0, "type", {"a": 1}, 1000)
    del document
    count = 0
    while found := LOOPS.next_nodes(walk):
        count += len(found[0])
    assert count == 200_001


@needs_loops
@pytest.mark.parametrize(
    "plan",
    [
        ("a", 0),
        (("a",),),
        (("a", 0, 0),),
        (("a", -1),),
        (("a", 6),),
        (("a", 2**70),),
        (("a", "b"),),
        tuple(("a", 0) for _ in range(40)),
        ((-1, 0),),
        ((2**70, 0),),
    ],
)
def test_what_is_no_plan_is_refused(plan: Any) -> None:
    assert LOOPS is not None
    with pytest.raises((ValueError, TypeError, OverflowError, SystemError)):
        LOOPS.numbers([{"a": 1}, {"a": [1]}], plan, 6)


@needs_loops
def test_an_error_in_the_codes_is_raised() -> None:
    assert LOOPS is not None

    class Codes(dict[str, int]):
        def __missing__(self, key: str) -> int:
            raise LookupError(key)

    walk = LOOPS.open_walk({"type": "R", "a": []}, 0, "type", Codes(), 9)
    with pytest.raises(LookupError):
        LOOPS.next_nodes(walk)
    with pytest.raises(TypeError):
        LOOPS.open_walk({}, 0, "type", 7, 9)  # type: ignore[arg-type]
    with pytest.raises(ValueError):
        LOOPS.next_nodes("no walk")
    assert np.frombuffer(LOOPS.codes(["x"], {}), np.int32).tolist() == [-1]
