"""The compiled loops and their twins in Python give the same, and the compiled ones keep no object alive."""

from __future__ import annotations

import os
import sys
import sysconfig
from copy import deepcopy
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snake_pipe.transform.dialects.generic import generic
from snake_pipe.transform.native import compiled
from snake_pipe.transform.rows.builder import Words
from snake_pipe.transform.rows.contract import AST_QUEUE, TransformOptions
from snake_pipe.transform.transformer import open_transformer
from snake_pipe.transform.trees.document import native
from snake_pipe.transform.trees.positions import numbers as number_plans
from snake_pipe.transform.trees.positions.numbers import numbers
from snake_pipe.transform.trees.walk import vocabulary
from snake_pipe.transform.trees.walk import walker as tree_walker
from snake_pipe.transform.trees.walk.walker import Walker
from testkit.native import blocks_kept, digest
from testkit.places import GOLDEN_DIALECTS, PROJECT, SAMPLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

USERS = (number_plans, vocabulary, tree_walker)
LOOPS = compiled.LOOPS
needs_loops = pytest.mark.skipif(LOOPS is None, reason="Python alone, as SNAKE_PIPE_PURE_PYTHON asks for")


@pytest.fixture(autouse=True, scope="module")
def _no_text_is_read_in_place() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(native, "DOCUMENTS", None)
        yield


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
    module = import_module(compiled.MODULE)
    assert module.__doc__ == digest("loops"), "install the project again"
    assert compiled.LOOPS is module


def test_a_module_that_does_not_load_is_not_passed_over_in_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once whatever kept it from loading was taken for a module that had never been built."""

    def refuse(name: str) -> None:
        raise ImportError("undefined symbol")

    monkeypatch.delenv(compiled.PURE_PYTHON, raising=False)
    monkeypatch.setattr(compiled, "import_module", refuse)
    with pytest.warns(RuntimeWarning, match="undefined symbol"):
        assert compiled._load(compiled.MODULE) is None


def test_no_user_of_the_loops_is_forgotten_here() -> None:
    users = [
        ".".join(path.relative_to(PROJECT).with_suffix("").parts)
        for path in (PROJECT / "snake_pipe" / "transform").rglob("*.py")
        if "import LOOPS" in path.read_text()
    ]
    assert sorted(users) == [module.__name__ for module in USERS]


# -- the same ------------------------------------------------------------------------------------------

DUMPS = [path for folder in (SAMPLES, GOLDEN_DIALECTS) for path in sorted(folder.rglob("*.json*"))]


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
        patch.setattr(tree_walker, "CHUNK", chunk)
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


def nest(depth: int) -> dict[str, Any]:
    """A tree in which a node is followed by others at all levels above it."""
    inner = [nest(depth - 1) for _ in range(depth)]
    return {"type": f"T{depth}", "a": inner, "b": {"c": inner[:1] and [nest(depth - 1)]}}


@needs_loops
@pytest.mark.parametrize("chunk", [1, 2, 3, 5, 7, 11, 1000])
def test_nodes_are_kept_until_their_children_were_met(chunk: int) -> None:
    documents = [nest(5)]
    found = walked(deepcopy(documents), chunk)
    assert len(found) > 300
    assert found == in_python(walked, documents, chunk)


PLAN = (("a", 0), ("loc", (("a", 1), ("b", (("a", 2),)))), ("list", ((0, 3), (1, 4))))


@needs_loops
@given(st.lists(st.dictionaries(keys, values), max_size=5))
def test_numbers_are_the_same(nodes: list[dict[str, Any]]) -> None:
    found = numbers(nodes, PLAN, 6)
    assert found.tolist() == in_python(numbers, nodes, PLAN, 6).tolist()
    assert (found >= -1).all()


# -- what a compiled module can do wrong ---------------------------------------------------------------


class Refusing(dict[str, int]):
    """Codes that fail for a key they do not have."""

    def __missing__(self, key: str) -> int:
        raise LookupError(key)


class Learning(dict[str, int]):
    """Codes that learn."""

    def __missing__(self, key: str) -> int:
        self[key] = 1000 + len(self)
        return self[key]


def walk_through(document: Any, codes: dict[str, int], chunk: int) -> None:
    assert LOOPS is not None
    walk = LOOPS.open_walk(document, 0, "type", codes, chunk)
    while LOOPS.next_nodes(walk):
        pass
    assert LOOPS.next_nodes(walk) is None


def trials() -> dict[str, Callable[[], Any]]:
    """Calls of each function, good and bad; what they take is made again for each."""
    loops = LOOPS
    assert loops is not None
    node = {"a": 300_000, "loc": {"a": 400_000}, "list": [500_000]}
    return {
        "walk": lambda: walk_through(nest(2), Learning(), 1),
        "walk left": lambda: loops.next_nodes(loops.open_walk(nest(2), 0, "type", Learning(), 2)),
        "walk failed": lambda: walk_through(nest(2), Refusing(), 2),
        "walk refused": lambda: loops.open_walk({}, 0, "type", 7, 2),  # type: ignore[arg-type]
        "codes": lambda: loops.codes(["".join(("a", "b")), "c"], {"ab": 300_000}),
        "codes failed": lambda: loops.codes(["a"], {"a": "x"}),  # type: ignore[dict-item]
        "numbers": lambda: loops.numbers([dict(node)], PLAN, 6),
        "numbers failed": lambda: loops.numbers([dict(node)], PLAN, 2),
        "numbers refused": lambda: loops.numbers([dict(node)], (("a", -1),), 2),
    }


@needs_loops
@pytest.mark.parametrize("name", list(trials()) if LOOPS else [])
def test_nothing_is_kept_alive(name: str) -> None:
    """A reference too many is memory that never comes back; one too few is a crash, sooner or later."""
    assert blocks_kept(trials()[name]) < 200


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
def test_errors_are_raised() -> None:
    assert LOOPS is not None
    walk = LOOPS.open_walk({"type": "R", "a": []}, 0, "type", Refusing(), 9)
    with pytest.raises(LookupError):
        LOOPS.next_nodes(walk)
    assert LOOPS.next_nodes(walk) is None, "what has failed is not gone on with"
    with pytest.raises(ValueError):
        LOOPS.next_nodes("no walk")
    with pytest.raises(TypeError):
        LOOPS.codes(["a"], {"a": "x"})  # type: ignore[dict-item]
    with pytest.raises(ValueError):
        LOOPS.numbers([], (), 2**61)


@needs_loops
def test_codes_that_spoil_the_walk_do_not_crash_it() -> None:
    """What learns the codes is Python: it may empty the very object, or ask for the next nodes."""
    assert LOOPS is not None
    loops = LOOPS
    inner: dict[str, Any] = {"type": "I"}
    document = {"type": "R", "a": inner, "b": [inner]}
    errors = []

    class Spoiling(dict[str, int]):
        def __missing__(self, key: str) -> int:
            document.clear()
            try:
                loops.next_nodes(walk)
            except ValueError as error:
                errors.append(str(error))
            return 1

    walk = loops.open_walk(document, 0, "type", Spoiling(), 9)
    found = loops.next_nodes(walk)
    assert found is not None
    assert found[1] == ["R", "I"]
    assert errors == ["the walk is making a chunk"]
