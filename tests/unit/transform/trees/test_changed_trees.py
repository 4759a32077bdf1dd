"""Real trees, changed in any way: a file of them is read, skipped or refused, and no rule raises."""

from __future__ import annotations

import copy
import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snake_pipe.transform.rows.contract import AST_QUEUE, TransformOptions
from snake_pipe.transform.transformer import open_transformer
from testkit.places import AST_DUMPS, GOLDEN_DIALECTS
from testkit.python_trees import python_tree
from testkit.samples import some_examples

if TYPE_CHECKING:
    from collections.abc import Iterator


def content(path: Path) -> bytes:
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix == ".gz" else data


TREES: dict[str, Any] = {
    path.name: json.loads(content(path)) for path in sorted(AST_DUMPS.glob("*.*.ast.json*"))
}
TREES["ring.c"] = json.loads(content(AST_DUMPS / "ring.syntax.json"))
TREES |= {path.stem: json.loads(content(path)) for path in sorted(GOLDEN_DIALECTS.glob("*.json"))}
TREES["inventory.py"] = python_tree((AST_DUMPS / "sources" / "inventory.py").read_bytes())

NODE = {"type": "Identifier", "_type": "Name", "kind": "DeclRefExpr", "name": "new", "id": "new"}
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "Identifier", ":", '":', "\\", "é", "\ud800", "\x00", "1e5"])
)
VALUES = (
    SCALARS
    | st.sampled_from(
        [[], {}, NODE, [NODE], [[NODE]], [None, NODE], {"raw": "x"}, {"type": 1}, {"inner": NODE}]
    ).map(copy.deepcopy)  # a shared one could be put into itself by a further change: a tree without an end
    | st.dictionaries(st.sampled_from(["type", "raw", "value", "start", "x y"]), SCALARS, max_size=3)
)
KEYS = st.sampled_from(
    "type _type nodeType NodeType t c body name value loc extra range start test source computed id raw "
    "lineno kind inner children nodes src attributes parts Name Type List Doc operator params".split()
)


def places(document: Any) -> Iterator[tuple[Any, Any]]:
    """Everything that can be changed: an object or a list, and a key or an index in it."""
    stack = [document]
    while stack:
        holder = stack.pop()
        for key in holder if isinstance(holder, dict) else range(len(holder)):
            yield holder, key
            if isinstance(holder[key], dict | list):
                stack.append(holder[key])


@st.composite
def changed(draw: st.DrawFn, name: str) -> bytes:
    document = copy.deepcopy(TREES[name])
    for _ in range(draw(st.integers(1, 3))):
        found = list(places(document))
        if not found:
            break
        holder, key = found[draw(st.integers(0, len(found) - 1))]
        what = draw(st.sampled_from(["replace", "remove", "add", "turn"]))
        if what == "replace":
            holder[key] = draw(VALUES)
        elif what == "remove":
            del holder[key]
        elif isinstance(holder, list):
            holder.insert(key, draw(VALUES))
        elif what == "add":
            holder[draw(KEYS)] = draw(VALUES)
        else:
            items = list(holder.items())[::-1]
            holder.clear()
            holder.update(items)
    return json.dumps(document).encode()


def transform(data: bytes) -> str:
    transformer = open_transformer(AST_QUEUE, TransformOptions())
    transformer.add(0, "x.ast.json", data)
    return transformer.drain().facts[0].status


@pytest.mark.parametrize("name", TREES)
def test_no_changed_tree_raises(name: str) -> None:
    @some_examples
    @given(changed(name))
    def check(data: bytes) -> None:
        assert transform(data) in ("ok", "partial", "skipped", "failed")

    check()


@pytest.mark.parametrize(
    "expression",
    [
        {"type": "MemberExpression", "object": {"type": {}}, "property": NODE},
        {"type": "MemberExpression", "object": {"type": "ChainExpression", "expression": {"type": []}}},
        {"type": "AssignmentExpression", "left": NODE, "right": {"type": []}},
        {"type": "Property", "key": NODE, "value": {"type": {}}},
        {"type": "MethodDefinition", "key": NODE, "value": {"type": {}}},
        {"type": "VariableDeclarator", "id": NODE, "init": {"type": {}}},
    ],
)
def test_a_type_that_is_no_word_is_none(expression: dict[str, Any]) -> None:
    """It was looked up in a set of words, which an object cannot be: the file had an internal error."""
    statement = {"type": "ExpressionStatement", "expression": expression}
    assert transform(json.dumps({"type": "Program", "body": [statement]}).encode()) == "ok"
